# plant.awk - plants every fault of the list in a copy of the source, each asleep until it is chosen when a program starts.
#   awk -v root=COPY [-v awake=NUMBER] -f plant.awk faults.psv *.plant
# With `awake` that one is chosen now and for good: for who reads the source and runs no program.
#
# A .plant file has, for each fault, "@ ID FILE" and then lines as a diff has them: " " what is there, "-" what goes, "+" what comes. What
# is there and what goes must stand in FILE just once, blanks, comments at the end and the backslashes of macros aside. MUTANT in what
# comes is: this one is chosen. More places of one fault are more paragraphs with its ID; "@ always FILE" is planted whatever is chosen.

# The line as it is compared.
function bare(line) {
    sub(/\\[ \t]*$/, "", line)
    sub(/[ \t]*\/\*[^*]*\*\/[ \t]*$/, "", line)
    gsub(/[ \t]+/, " ", line)
    gsub(/^ | $/, "", line)
    return line
}
function fail(what) {
    printf "%s: %s\n", id == "" ? FILENAME : "the fault " id " (" where ")", what
    failed = 1
}
# The file to be changed, once; from then on its lines are here.
function take(file,    line, n) {
    if (file in lines)
        return lines[file] > 0
    n = 0
    while ((getline line < (root "/" file)) > 0)
        text[file, ++n] = line
    close(root "/" file)
    lines[file] = n
    return n > 0
}
# Does the paragraph stand at this line?
function stands(file, at,    n, k) {
    k = 0
    for (n = 1; n <= count; n++) {
        if (kind[n] == "+")
            continue
        if (bare(text[file, at + k]) != bare(body[n]))
            return 0
        k++
    }
    return 1
}
function place(file, at,    n, k, m, new, tail) {
    tail = text[file, at] ~ /\\[ \t]*$/ ? " \\" : ""
    m = 0
    k = at
    for (n = 1; n <= count; n++) {
        if (kind[n] == "+")
            new[++m] = body[n] tail
        else if (kind[n] == " ")
            new[++m] = text[file, k++]
        else
            k++
    }
    while (k <= lines[file])
        new[++m] = text[file, k++]
    lines[file] = at - 1 + m
    for (n = 1; n <= m; n++)
        text[file, at - 1 + n] = new[n]
}
# The paragraph that ends here.
function finish(    n, at, found, olds) {
    if (id == "")
        return
    olds = 0
    for (n = 1; n <= count; n++)
        olds += kind[n] != "+"
    if (!take(where))
        return fail("there is no such file")
    if (id != "always" && !(id in planted) && where != file_of[id])
        return fail("the list says that it is in " file_of[id])
    if (olds == 0)
        return fail("it does not say where it goes")
    found = at = 0
    for (n = 1; n + olds - 1 <= lines[where]; n++)
        if (stands(where, n)) {
            found++
            at = n
        }
    if (found != 1)
        return fail("what it changes stands there " found " times, not once")
    place(where, at)
    planted[id] = 1
}

FILENAME ~ /\.psv$/ {
    if ($0 ~ /^[0-9]+\|/) {
        split($0, column, "|")
        number[column[4]] = column[1]
        file_of[column[4]] = column[2]
    }
    next
}
/^@ / {
    finish()
    id = $2
    where = $3
    count = 0
    if (id != "always" && !(id in number))
        fail("it is not in the list")
    next
}
id != "" && /^[-+ ]/ {
    kind[++count] = substr($0, 1, 1)
    body[count] = substr($0, 2)
    gsub(/MUTANT/, awake == "" ? "(trapeze_mutant == " number[id] ")" : awake == number[id] ? "1" : "0", body[count])
    next
}
id != "" && NF > 0 && !/^#/ { fail("this line is none of a fault: " $0) }

END {
    finish()
    id = ""
    for (one in number)
        if (!(one in planted)) {
            printf "the fault %s (%s): it has no paragraph in a .plant file that could be planted\n", one, file_of[one]
            failed = 1
        }
    if (failed)
        exit 1
    for (file in lines) {
        printf "" > (root "/" file)
        for (n = 1; n <= lines[file]; n++)
            print text[file, n] > (root "/" file)
        close(root "/" file)
    }
}
