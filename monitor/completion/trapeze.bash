# Completion of trapeze for bash. The command itself says what may follow.
_trapeze() {
    local line word about files= folders= words=() current cut=0
    # As typed: COMP_WORDS are cut at ':' and '=', which are inside of words here.
    read -ra words <<<"${COMP_LINE:0:COMP_POINT}"
    [[ ${COMP_LINE:0:COMP_POINT} == *[[:space:]] ]] && words+=("")
    current=${words[${#words[@]} - 1]}
    # What readline replaces begins behind the last of these.
    word=$current
    [[ $COMP_WORDBREAKS == *:* && $word == *:* ]] && word=${word##*:}
    [[ $COMP_WORDBREAKS == *=* && $word == *=* ]] && word=${word##*=}
    cut=$((${#current} - ${#word}))
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
        :files) files=1 ;;
        :folders) folders=1 ;;
        *) line=${line%%$'\t'*}; COMPREPLY+=("${line:cut}") ;;
        esac
    done < <("${words[0]/#~\//$HOME/}" complete-words "${words[@]:1}" 2>/dev/null)
    if [[ $files$folders ]]; then
        about=-d
        [[ $files ]] && about=-f
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen $about -- "$word")
        compopt -o filenames 2>/dev/null
    fi
    return 0
}
complete -F _trapeze trapeze
