# lib.sh - sourced by the command-line tests: small guests written out as instruction words, and checks on status, stdout and
# stderr. TRAPEZE names the command.
set -euo pipefail
: "${TRAPEZE:?set TRAPEZE to the trapeze command}"
patience=1200 # seconds, after which a command hangs: more than it takes in an instrumented build on a busy machine
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export COLUMNS=1000 # what is said; how wide it may be is for test_width.sh

skip() { echo "skipped: $*"; exit 77; }
fail() {
    echo "FAILED: $*"
    for file in out err; do [ ! -s $file ] || { echo "--- $file"; head -c 4000 $file; echo; }; done
    exit 1
}

# words FILE WORD...: 32-bit words, little-endian.
words() {
    local file=$1 word
    shift
    for word; do
        word=$(printf %08x "$word")
        printf "\\x${word:6:2}\\x${word:4:2}\\x${word:2:2}\\x${word:0:2}"
    done >"$file"
}

pass="0x001002b7 0x00005337 0x55530313 0x0062a023 0x0000006f"    # lui t0,0x100; t1 = 0x5555; sw t1,(t0); j .
restart="0x001002b7 0x00007337 0x77730313 0x0062a023 0x0000006f" # likewise 0x7777: reset
words exit0.bin $pass
words exit42.bin 0x001002b7 0x002a3337 0x33330313 0x0062a023 0x0000006f                # 42 << 16 | 0x3333: failure 42
words hello.bin 0x100002b7 0x04100313 0x00628023 $pass                                 # 'A' to the UART
words sleep.bin 0x10500073 0x0000006f                                                  # wfi; j .
# The UART's receive interrupt, source 10 of the PLIC, enabled for M-mode and in mie; wfi; j .
words listen.bin 0x100002b7 0x00100313 0x006280a3 0x0c0003b7 0x0263a423 0x0c002e37 0x40000393 0x007e2023 0x00b31313 0x30432073 \
    0x10500073 0x0000006f
words spin.bin 0x0000006f                                                              # j .
words trap.bin 0x00000013 0x00000000                                                   # nop; illegal, and no handler
words restart.bin $restart
# The first time sets a word of RAM beyond itself and resets; the second time powers off.
words again.bin 0x804003b7 0x02039393 0x0203d393 0x0003ae03 0x00100313 0x0063a023 0x000e0463 0x0180006f $restart $pass
# Echoes what comes in on the UART; 'q' powers off.
words echo.bin 0x100002b7 0x0052c303 0x00137313 0xfe030ce3 0x0002c383 0x00728023 0x07100e13 0xffc394e3 $pass

# t STATUS WORD...: runs the command with these arguments, without input; the exit status must be STATUS.
t() {
    local wanted=$1 status=0
    shift
    timeout -k 5 $patience "$TRAPEZE" "$@" >out 2>err </dev/null || status=$?
    [ $status = "$wanted" ] || fail "trapeze $*: exit status $status, not $wanted"
}
# says TEXT: on stderr, as one sentence of ours.
says() {
    grep -qF -- "$1" err || fail "stderr does not say: $1"
    [ "$(wc -l <err)" = 1 ] && grep -q '^trapeze: ' err || fail "stderr is not one sentence"
}
shows() { grep -qF -- "$1" out || fail "stdout does not show: $1"; }
quiet() { [ ! -s err ] || fail "stderr is not empty"; }

# heeds PID SIGNAL: it has a handler for it.
heeds() {
    local mask
    mask=$(sed -n 's/^SigCgt:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) && ((16#${mask:-0} >> ($(kill -l "$2") - 1) & 1))
}
alive() { grep -qs '^State:[[:space:]][^ZX]' "/proc/$1/status"; }
# listens PID: waits until it has made ./socket; fails if it ends without.
listens() { until [ -S socket ]; do alive "$1" || return; sleep 0.05; done; }
# interrupted SIGNAL WORD...: runs the command without input until it heeds SIGNAL, which it then gets; sets status.
interrupted() {
    local signal=$1 pid
    shift
    env --default-signal="$signal" "$TRAPEZE" "$@" >out 2>err </dev/null &
    pid=$!
    until heeds $pid "$signal" || ! alive $pid; do sleep 0.05; done
    kill -s "$signal" $pid 2>/dev/null || true
    status=0
    wait $pid || status=$?
}
