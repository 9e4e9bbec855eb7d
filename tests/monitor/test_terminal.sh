#!/usr/bin/env bash
# At a terminal: raw while the guest runs, as before afterwards, whichever way it ends. `script` makes the terminal.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
command -v script >/dev/null || skip "the command script (package bsdutils) is not installed"

# at_terminal KEYS COMMAND: COMMAND in a new terminal, which types KEYS after a second, and $more another $more_after later. The terminal's settings before and after
# are compared; the status is in `status`.
at_terminal() {
    local keys=$1
    shift
    cat >inner <<INNER
stty -a >before
date +%s%N >began
$* 2>err
echo \$? >status
date +%s%N >ended
stty -a >after
INNER
    rm -f before after status
    timeout 60 script -qefc "bash inner" typescript >out 2>&1 < <(sleep 1; printf "$keys"; sleep ${more_after:-20}; printf "${more:-}"; sleep 20) || true
    [ -s after ] || fail "no end: $*"
    cmp before after || fail "the terminal is not as before: $*"
}
ends() { [ "$(cat status)" = "$1" ] || fail "status $(cat status), not $1"; }

at_terminal 'abq' "$TRAPEZE run echo.bin"; ends 0; grep -q abq typescript || fail "the guest did not echo"
at_terminal '\003\032\004q' "$TRAPEZE run echo.bin"; ends 0 # Ctrl-C, Ctrl-Z and Ctrl-D are the guest's
at_terminal '\001x' "$TRAPEZE run echo.bin"; ends 0
at_terminal '\001h\001xq' "$TRAPEZE run echo.bin"; ends 0; grep -q 'this help' typescript || fail "no help"
at_terminal '' "$TRAPEZE run exit42.bin"; ends 42
at_terminal '' "$TRAPEZE run trap.bin"; ends 122
at_terminal '' "$TRAPEZE run --max-insns 1M spin.bin"; ends 121
at_terminal '' "$TRAPEZE run -drive file=nowhere spin.bin"; ends 1
# A guest asleep that has enabled interrupts, but none of the serial port's: keys cannot wake it, and nothing else will.
words deaf.bin 0x08000393 0x3043a073 0x10500073 0x0000006f # mie = MTIE; wfi; j .
at_terminal 'abc' "$TRAPEZE run -bios none deaf.bin"; ends 122
says 'nothing that it has enabled can come'

ulimit -c 0
for signal in TERM:143 INT:130 HUP:129 QUIT:131 ABRT:134 SEGV:139 BUS:135 XCPU:152 USR1:138 RTMIN:162; do
    at_terminal '' "timeout --foreground --preserve-status -s ${signal%:*} 1 $TRAPEZE run echo.bin"
    ends ${signal#*:}
done

# So do deaths at the prompt, where a line editor has the terminal.
for signal in TERM:143 SEGV:139 ALRM:142; do
    at_terminal '' "timeout --foreground --preserve-status -s ${signal%:*} 1 $TRAPEZE monitor exit0.bin"
    ends ${signal#*:}
done

# Stopped, it leaves the terminal as it was; when it goes on, keys are the guest's again, without Enter.
for signal in TSTP TTIN; do
    cat >stopping <<INNER
set -m
(until grep -q ZZ typescript; do sleep 0.1; done; kill -$signal \$(cat pid)) &
bash -c 'echo \$\$ >pid; exec $TRAPEZE run echo.bin'
stty -a >stopped
fg
INNER
    rm -f stopped typescript
    more_after=2 more=abq at_terminal 'ZZ' "bash -c 'exec bash stopping 2>&0'" # job control goes by stderr
    ends 0
    cmp before stopped || fail "the terminal is not as before while it is stopped by SIG$signal"
done

# A guest that idles for two seconds of its own time takes at least that of ours at a terminal; elsewhere nothing sleeps.
#   mtimecmp (0x2004000) = 20000000 ticks; mie = MTIE; wfi; power-off
words nap.bin 0x020042b7 0x01313337 0xd0030313 0x0062b023 0x08000393 0x3043a073 0x10500073 $pass
at_terminal '' "$TRAPEZE run -bios none nap.bin"; ends 0
[ $(($(cat ended) - $(cat began))) -ge 1900000000 ] || fail "the guest's idle time was not slept"
t 0 run --stats=json -bios none nap.bin
grep -q '"clock": 20000000[0-9][0-9],' err || fail "the guest's idle time was not skipped"
