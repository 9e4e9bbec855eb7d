#!/usr/bin/env bash
# trapeze prove pg: the paper's verdicts on the machine and its variants, for every state, and what the verdicts do not say.
source "$(dirname "$0")/lib.sh"

# prove STATUS WORD...: as t, and may take long where everything is instrumented.
prove() {
    local wanted=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" prove "$@" >out 2>err </dev/null || status=$?
    [ $status = "$wanted" ] || fail "trapeze prove $*: exit status $status, not $wanted"
}
# verdict VARIANT THEOREM1 THEOREM2 THEOREM3 CRITICAL: a line of the table of variants.
verdict() { grep -Eq "^  $1 +$2 +$3 +$4 +$5 +[0-9]{7,}$" out || fail "pg:$1 is not said to be: $2, $3, $4, critical $5"; }

prove 0 pg
quiet
shows "every state examined"
shows "Theorem 1 holds"
shows "Theorem 3 holds"
verdict JRST1 fails fails holds rtu
verdict GETMODE fails fails holds getmode
verdict LRA fails fails fails lra
verdict GETR fails fails fails getr
verdict SETR-NOP fails fails holds setr
verdict SETR-USER fails fails fails setr
verdict SHRINK fails fails fails shrink
verdict HALT-USER holds holds holds -
grep -Eq "^  bound-clipped +fails +fails +fails +10  just those it guards$" out || fail "the pin bound-clipped guards something else"
grep -Eq "^  trap-cells +fails +fails +fails +8  just those it guards$" out || fail "the pin trap-cells guards something else"
grep -Eq "^  one-guest +holds +holds +holds +0  " out || fail "the pin one-guest guards something on the base machine"
[ "$(awk 'length > 100' out)" = "" ] || fail "lines are longer than 100 columns"

# Sensitive and not privileged, and harmless all the same.
prove 0 pg:SHRINK
shows "shrink: all it does in user mode is to lower b"
t 0 classify pg:SHRINK shrink
grep -Eq "^  note +all it does in user mode is to lower b" out || fail "the note on SHRINK is missing"
# Both readings of HALT.
prove 0 pg:HALT-USER
shows "Theorem 1 holds"
shows "halt: it halts the processor, which is no resource"
grep -Eq "^  one-guest +fails +fails +fails +1  just those it guards$" out || fail "HALT is not critical once the processor is a resource"
prove 0 pg:HALT-USER --without one-guest
shows "Theorem 1 fails"
shows "Theorem 3 fails"
