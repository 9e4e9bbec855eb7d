#!/usr/bin/env bash
# Console scripts: input keyed to output, the same run every time on every machine; input by pipe; what is wrong in a script.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

printf '%s\n' '# a comment' '' 'send ab\n' 'wait ab\n' 'send c\x64\\' 'wait d\\' 'send q' >talk
for mode in --bare "--depth 1" "--depth 2"; do
    t 0 run $mode --stats=json --script talk echo.bin
    printf 'ab\ncd\\q' | cmp - out || fail "the guest did not hear and say what the script holds"
    grep -o '"retired": [0-9]*' err >retired
    [ ! -e first ] && cp retired first
    cmp first retired || fail "another number of instructions"
done
# `wait` sees overlaps: "aab" ends "aaab".
printf 'send aaab\nwait aab\nsend q\n' >overlap; t 0 run --max-insns 100M --script overlap echo.bin
printf 'send x\nwait x\nquit\n' >quits; t 0 run --script quits echo.bin; quiet
printf 'send q\nwait never\n' >unmet; t 119 run --script unmet echo.bin; says "unmet:2: the guest ended before it printed 'never'"
printf 'wait never\nquit\n' >waits; t 121 run --max-insns 2M --script waits echo.bin
t 122 run --script waits sleep.bin; says "waits for an interrupt"
printf 'send one' >no-newline; t 121 run --max-insns 2M --script no-newline echo.bin; [ "$(cat out)" = one ] || fail "no one"

printf 'shout x\n' >bad; t 1 run --script bad echo.bin; says "bad:1: 'shout' is not wait, send or quit"
printf 'a\033\377b x\n' >bad; t 1 run --script bad echo.bin; says "bad:1: 'a\\x1b\\xffb' is not wait, send or quit"
printf '\nsend \\y\n' >bad; t 1 run --script bad echo.bin; says "bad:2: an escape is"
printf 'send \\x1\n' >bad; t 1 run --script bad echo.bin; says "bad:1: an escape is"
printf 'wait\n' >bad; t 1 run --script bad echo.bin; says "bad:1: 'wait' needs a text"
printf 'quit now\n' >bad; t 1 run --script bad echo.bin; says "bad:1: 'quit' stands alone"

# stdin: a pipe, its end, and keys of ours
status=0; printf 'hiq' | timeout -k 5 $patience "$TRAPEZE" run echo.bin >out 2>err || status=$?
[ $status = 0 ] && [ "$(cat out)" = hiq ] || fail "input by pipe"
status=0; printf 'h\001\001\001xq' | timeout -k 5 $patience "$TRAPEZE" run echo.bin >out 2>err || status=$?
[ $status = 0 ] || fail "Ctrl-A x: status $status"
case $(cat out) in h* | "") ;; *) fail "Ctrl-A x: odd output" ;; esac
status=0; (printf 'h'; sleep 1; printf q) | timeout -k 5 $patience "$TRAPEZE" run echo.bin >out 2>err || status=$?
[ $status = 0 ] && [ "$(cat out)" = hq ] || fail "input by pipe, late"
t 121 run --max-insns 5M echo.bin # the end of stdin is not the end of the guest
