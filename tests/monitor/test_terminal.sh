#!/usr/bin/env bash
# At a terminal: raw while the guest runs, as before afterwards, whichever way it ends.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"
export HOME="$work" TERM=dumb
unset XDG_STATE_HOME

# typing KEYS WORD...: KEYS once the terminal is raw, that is, the guest's.
typing() { at_terminal "${@:2}" <<<"raw
type $1"; }
# alone WORD...: nobody types.
alone() { at_terminal "$@" </dev/null; }

typing 'abq' "$TRAPEZE run echo.bin"; ends 0; grep -q abq typescript || fail "the guest did not echo"
typing '\003\032\004q' "$TRAPEZE run echo.bin"; ends 0 # Ctrl-C, Ctrl-Z and Ctrl-D are the guest's
typing '\001x' "$TRAPEZE run echo.bin"; ends 0
typing '\001h\001xq' "$TRAPEZE run echo.bin"; ends 0; grep -q 'this help' typescript || fail "no help"
at_terminal "$TRAPEZE run -M ia32 --bare --guest pc -display text" <<'STEPS'
see >
type \001h
see Ctrl-A x ends trapeze
type \001x
STEPS
ends 0
alone "$TRAPEZE run exit42.bin"; ends 42
alone "$TRAPEZE run trap.bin"; ends 122
alone "$TRAPEZE run --max-insns 1M spin.bin"; ends 121
alone "$TRAPEZE run -drive file=nowhere spin.bin"; ends 1
# A guest asleep that has enabled interrupts, but none of the serial port's: keys cannot wake it, and nothing else will.
words deaf.bin 0x08000393 0x3043a073 0x10500073 0x0000006f # mie = MTIE; wfi; j .
at_terminal "$TRAPEZE run -bios none deaf.bin" <<<'0 abc'; ends 122
says 'nothing that it has enabled can come'

ulimit -c 0
for signal in TERM:143 INT:130 HUP:129 QUIT:131 ABRT:134 SEGV:139 BUS:135 XCPU:152 USR1:138 RTMIN:162; do
    at_terminal "$TRAPEZE run echo.bin" <<STEPS
raw
type ab
see ab
send ${signal%:*}
STEPS
    ends ${signal#*:}
done

# So do deaths at the prompt, where a line editor has the terminal.
for signal in TERM:143 SEGV:139 ALRM:142; do
    at_terminal "$TRAPEZE monitor exit0.bin" <<STEPS
see (trapeze)
send ${signal%:*}
STEPS
    ends ${signal#*:}
done

# Stopped, it leaves the terminal as it was; when it goes on, keys are the guest's again, without Enter.
for signal in TSTP TTIN; do
    cat >stopping <<INNER
set -m
sh -c 'echo \$\$ >guest.pid; exec $TRAPEZE run echo.bin'
stty -a >stopped
fg
INNER
    rm -f stopped guest.pid
    at_terminal "bash -c 'exec bash stopping 2>&0'" <<STEPS # job control goes by stderr
raw
type ZZ
see ZZ
run kill -$signal \$(cat guest.pid)
until test -s stopped
raw
type abq
STEPS
    ends 0
    cmp before stopped || fail "the terminal is not as before while it is stopped by SIG$signal"
done

# A guest that idles for two seconds of its own time takes at least that of ours at a terminal; elsewhere nothing sleeps.
#   mtimecmp (0x2004000) = 20000000 ticks; mie = MTIE; wfi; power-off
words nap.bin 0x020042b7 0x01313337 0xd0030313 0x0062b023 0x08000393 0x3043a073 0x10500073 $pass
alone "$TRAPEZE run -bios none nap.bin"; ends 0
[ $(($(cat ended) - $(cat began))) -ge 1900000000 ] || fail "the guest's idle time was not slept"
t 0 run --stats=json -bios none nap.bin
grep -q '"clock": 20000000[0-9][0-9],' err || fail "the guest's idle time was not skipped"
