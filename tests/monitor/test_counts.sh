#!/usr/bin/env bash
# What is shown of the course up to now is the same whichever way one came: info traps, info stats, info shadow, tr, why.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

views=(-ex 'echo [begin]\n' -ex 'info traps' -ex 'info stats' -ex 'info shadow' -ex 'tr $pc' -ex 'tr $sp' -ex 'tr 0x81234000' -ex 'why' -ex 'vm')
# shown FILE ARGUMENT...: what the views show at the end of a session.
shown() {
    local file=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" monitor --batch "$@" "${views[@]}" >all 2>err </dev/null || status=$?
    grep -qv "the bare machine\|nothing has trapped yet" err && fail "monitor $*: status $status"
    sed '1,/^\[begin\]/d' all >"$file"
    [ "$(wc -l <"$file")" -gt 20 ] || fail "monitor $*: nothing is shown"
}
same() { diff straight other >out || fail "$*: shown is something else (< straight)"; }

for how in --bare '--depth 1' '--depth 1 --shadow trace' '--depth 2' '--depth 2 --shadow trace' '--vmm hybrid'; do
    for place in 142600 400000; do
        shown straight $how -ex "goto $place"
        shown other $how -ex 'goto 900000' -ex "goto $place"
        same "$how: back from 900000 to $place"
        shown other $how -ex "goto $place" -ex 'si 1000' -ex 'rsi 1000'
        same "$how: 1000 steps from $place and back"
        shown other $how -ex 'goto 100' -ex 'b user_return' -ex c -ex c -ex rc -ex rc -ex 'd' -ex "goto $place"
        same "$how: back and on to $place"
        shown other $how -ex "goto $place" -ex 'b trap' -ex c -ex c -ex 'rc' -ex d -ex "goto $place"
        same "$how: by traps from $place and back"
    done
    # A change by hand is a place of the course like any other.
    shown straight $how -ex 'goto 142600' -ex 'set $t6 = 7' -ex 'goto 400000'
    shown other $how -ex 'goto 142600' -ex 'set $t6 = 7' -ex 'goto 900000' -ex 'goto 100' -ex 'goto 400000'
    same "$how: past a change by hand"
    # In a file, and by another process.
    shown straight $how -ex 'goto 142600' -ex 'savevm there' -ex 'goto 400000'
    shown other $how -ex 'goto 900000' -ex 'loadvm there' -ex 'goto 900000' -ex 'goto 400000'
    same "$how: from a file"
    shown straight $how -ex 'goto 142600'
    grep -q 'counted from\|Counted from' straight && fail "$how: counts begin somewhere"
    rm there
done

# Roots that are gone are gone: at the beginning there is none, and nothing was executed.
shown straight -ex 'goto 900000' -ex 'goto 0'
! grep -qE '^[* ] *[0-9]+  (M|S|U|untranslated).* 0x' straight || fail 'there are roots at the beginning'
grep -q '^  executed directly  *0 ' straight || fail 'something was executed at the beginning'

# No reason blames the debugger: after a change by hand nothing is said of a fence that the guest has not ordered.
shown straight -ex 'goto 400000' -ex 'set $t6 = 7'
grep -q 'absent: the next load fills it' straight && ! grep -q 'since the last fence' straight || fail 'a fence of the debugger is a reason'

# Counts of another machine are not taken over, and that is told.
"$TRAPEZE" monitor --batch --depth 2 -ex 'goto 142600' -ex 'savevm there' >out 2>err
shown straight --depth 1 -ex 'loadvm there'
[ "$(grep -c '^Counted from instruction 142600 on: ' straight)" = 3 ] || fail 'it is not told since when there are counts'
