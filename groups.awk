# groups.awk - which sources a compiler may read as one: `awk -v root=FOLDER -f groups.awk SOURCE...` prints a line GROUP SOURCE for each.
# Two go together if no name at file scope, of their own or of a header that either reads, is given a meaning in two places: that is
# what keeps files apart which have names of the same kind (`ops`, `reset`). More names than need be are taken for such; it costs a group.
# What is compiled in a manner of its own, by a macro defined before the first header, stays alone. No group is long: there are two processors.
BEGIN {
    most = 2500 # lines
    for (i = 1; i < ARGC; i++)
        place(ARGV[i])
    exit
}

# scan(FILE): names[FILE], what it defines at file scope; reads[FILE], the headers; lines[FILE]; alone[FILE]. Macros that are undefined
# again, which tables (.def) do themselves, are none of them.
function scan(file,   line, began, in_comment, in_enum, word, macros, macro) {
    scanned[file] = 1
    began = in_comment = in_enum = 0
    while ((getline line < file) > 0) {
        lines[file]++
        if (in_comment && !sub(/^.*\*\//, "", line))
            continue
        gsub(/\/\*([^*]|\*[^\/])*\*\//, "", line)
        in_comment = sub(/\/\*.*/, "", line)
        sub(/^[A-Z_]+ /, "", line) # what a function is marked with
        if (line ~ /^#include "/) {
            split(line, word, "\"")
            if (word[2] ~ /\//)
                reads[file] = reads[file] " " root "/" word[2]
            else # generated: may be read once in a group
                names[file] = names[file] " generated"
        } else if (line ~ /^#include <(curses|term)\.h>/) {
            alone[file] = 1 # macros with names like `lines`
        } else if (line ~ /^#define /) {
            split(line, word, /[ (]+/)
            if (!began && word[2] != "_GNU_SOURCE" && file ~ /\.c$/)
                alone[file] = 1
            macros[word[2]] = 1
        } else if (line ~ /^#undef /) {
            split(line, word, " ")
            delete macros[word[2]]
        } else if (line ~ /^enum [a-z_0-9]* ?\{/) {
            in_enum = 1
            if (split(line, word, " ") && word[2] ~ /^[a-z]/)
                names[file] = names[file] " tag:" word[2]
            sub(/^[^{]*\{/, "", line)
        } else if (line ~ /^(struct|union) [a-z_0-9]+ \{/) {
            split(line, word, " ")
            names[file] = names[file] " tag:" word[2]
        } else if (line ~ /^(static|typedef|\}) [^=]/) {
            names[file] = names[file] " " declared(line)
        } else if (line ~ /^[a-z_].*[(;=]/ && line !~ /^(struct|union|enum) [a-z_0-9]+;/) {
            line = declared(line)
            gsub(/ /, " +", line) # the same everywhere
            names[file] = names[file] line
        } else if (line ~ /^[A-Z][A-Z_0-9]*\(/) { # a macro may make names of its words
            gsub(/[^a-z_0-9A-Z]+/, " ", line)
            names[file] = names[file] " " line
        }
        if (line ~ /^#include/)
            began = 1
        if (in_enum && line !~ /^#/) {
            in_enum = line !~ /\}/
            sub(/\}.*/, "", line)
            gsub(/=[^,]*/, "", line)
            gsub(/,/, " ", line)
            names[file] = names[file] " " line
        }
    }
    close(file)
    delete macros["_GNU_SOURCE"]
    for (macro in macros)
        names[file] = names[file] " " macro
    if (file ~ /\.def$/)
        names[file] = ""
}

# declared(LINE): the names that a line at file scope declares.
function declared(line,   part, n, i, list) {
    if (match(line, /\(\*(const )?[a-z_0-9]+/)) # a function's address
        line = substr(line, RSTART, RLENGTH)
    if (line ~ /^[^(={]*,/) # several
        n = split(line, part, ",")
    else
        part[n = 1] = line
    for (i = 1; i <= n; i++) {
        sub(/ *(\[|=|\{|;|\().*/, "", part[i])
        sub(/.*[ *]/, "", part[i])
        list = list " " part[i]
    }
    return list
}

# all(FILE): the file and all headers it reads are keys of `whole`.
function all(file,   list, n, i) {
    if (file in whole)
        return
    whole[file] = 1
    if (!(file in scanned))
        scan(file)
    n = split(reads[file], list, " ")
    for (i = 1; i <= n; i++)
        all(list[i])
}

# source_of(FILE, NAME): where that has its meaning; the name itself becomes `word`.
function source_of(file, name) {
    word = name
    return sub(/^\+/, "", word) ? "all" : file
}

function fits(group,   file, from, list, n, i) {
    for (file in whole) {
        n = split(names[file], list, " ")
        for (i = 1; i <= n; i++) {
            from = source_of(file, list[i])
            if ((group, word) in meaning && meaning[group, word] != from)
                return 0
        }
    }
    return 1
}

function place(source,   group, file, from, list, n, i) {
    split("", whole)
    all(source)
    for (group = 1; group <= groups; group++)
        if (!(source in alone) && !closed[group] && length_of[group] + lines[source] <= most && fits(group))
            break
    if (group > groups)
        groups = group
    closed[group] = source in alone
    length_of[group] += lines[source]
    for (file in whole) {
        n = split(names[file], list, " ")
        for (i = 1; i <= n; i++) {
            from = source_of(file, list[i])
            meaning[group, word] = from
        }
    }
    print group, source
}
