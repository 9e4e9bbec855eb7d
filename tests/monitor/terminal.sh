# terminal.sh - sourced after lib.sh by the tests at a terminal, which `script` makes. What is typed waits for what is seen, never for
# a time: a busy machine changes nothing.
command -v script >/dev/null || skip "the command script (package bsdutils) is not installed"

# at_terminal COMMAND: COMMAND in a new terminal, with the steps on stdin of this function, one a line:
#   see TEXT    wait until the terminal shows TEXT, behind what was seen before
#   raw         wait until the terminal is raw: keys are the guest's
#   type TEXT   TEXT as printf writes it
#   resize R C  the terminal gets so many rows and columns
#   send NAME   the signal NAME, when COMMAND heeds it
#   run TEXT    the shell command TEXT
#   until TEXT  wait until the shell command TEXT holds
#   0.5 TEXT    TEXT after half a second, where there is nothing to see
# The terminal's settings before and after are compared; the status is in the file status, what was shown in typescript, stderr in err.
at_terminal() {
    cat >steps
    printf 'echo $$ >pid\nexec %s\n' "$*" >command
    cat >inner <<INNER
stty rows 24 cols 80
stty -a >before
tty >tty
date +%s%N >began
sh command 2>err
echo \$? >status
date +%s%N >ended
stty -a >after
INNER
    rm -f before after status typescript tty pid
    timeout -k 5 $patience script -qefc "bash inner" typescript >out 2>&1 < <(take_steps 2>steps.err) || true
    [ -s after ] || fail "no end: $*; $(cat steps.err)"
    cmp before after || fail "the terminal is not as before: $*"
    [ ! -s steps.err ] || fail "$*: $(cat steps.err)"
}
ends() { [ "$(cat status)" = "$1" ] || fail "status $(cat status), not $1"; }

# take_steps: what at_terminal's steps say, until the command has ended.
take_steps() {
    local word text from=0
    until_true test -s pid
    while read -r word text; do
        case $word in
        see) until_true seen "$text" && from=$at ;;
        raw) until_true is_raw ;;
        type) printf "$text" ;;
        run) eval "$text" ;;
        until) until_true eval "$text" ;;
        [0-9]*) sleep "$word" && printf "$text" ;;
        resize) stty -F "$(cat tty)" rows "${text% *}" cols "${text#* }" && kill -s WINCH "$(cat pid)" ;;
        send) until_true heeds "$(cat pid)" "$text" && kill -s "$text" "$(cat pid)" ;;
        esac || { echo "in vain: $word $text" >&2; break; }
    done <steps
    until_true test -s after
}

# until_true COMMAND...: waits for it to hold, or for the end of what runs in the terminal.
until_true() {
    until "$@"; do
        [ ! -e after ] || { "$@"; return; }
        [ -e "$work" ] || exit # the test has gone
        sleep 0.05
    done
}
seen() { # sets at, the place behind it
    local found
    found=$(tail -c +$((from + 1)) typescript 2>/dev/null | grep -obaF -m 1 -- "$1" | head -n 1) || return
    at=$((from + ${found%%:*} + ${#1}))
}
is_raw() { stty -F "$(cat tty)" -a 2>/dev/null | grep -q -- '-isig'; }
