#compdef trapeze
# Completion of trapeze for zsh. The command itself says what may follow.
local line files folders
local -a candidates shown
for line in "${(@f)$("${words[1]}" complete-words "${(@)words[2,CURRENT-1]}" "$PREFIX" 2>/dev/null)}"; do
    case $line in
    :files) files=1 ;;
    :folders) folders=1 ;;
    ?*) candidates+=("${line%%$'\t'*}"); shown+=("${line/$'\t'/  -- }") ;;
    esac
done
(( $#candidates )) && compadd -l -d shown -a candidates
if [[ -n $files$folders ]]; then
    compset -P '-*='
    if [[ -n $files ]]; then _files; else _files -/; fi
fi
