#!/usr/bin/env bash
# 256 requests of 4 GiB each, minutes of work for the disk: a signal, and Ctrl-A x at a terminal, are answered in the midst of them. One such
# request takes the same course bare and virtual.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kernel=$(dirname "$TRAPEZE")/tests/flood.elf
[ -e "$kernel" ] || skip "$kernel was not built"
cd "$work"
truncate -s 4100M many.img && truncate -s 4100M one.img && printf 1 | dd of=one.img conv=notrunc status=none || skip "there is no room for sparse files"
disk() { echo "file=$work/$1.img,format=raw,if=virtio,readonly=on"; }

run bare 0 --bare -bios none -m 64M -drive "$(disk one)" -kernel "$kernel"
run depth1 0 -bios none -m 64M -drive "$(disk one)" -kernel "$kernel"
expect bare "and is over"
same bare depth1

# until FILE TEXT: TEXT stands there.
until_shown() {
    for ((n = 0; n < 1200; n++)); do
        ! grep -q "$2" "$1" 2>/dev/null || return 0
        sleep 0.05
    done
    fail "$1 does not show: $2"
}
# How long a run took that was asked to end; it has a minute, and without an answer it would go on for several.
began() { start=$(date +%s%N); }
answered() { echo "$1: answered after $((($(date +%s%N) - start) / 1000000)) ms"; }

for where in --bare "--depth 1"; do
    rm -f term.out # what the run before showed is not to be taken for this one's
    timeout -k 1 3600 "$TRAPEZE" run $where -bios none -m 64M -drive "$(disk many)" -kernel "$kernel" >term.out 2>term.err </dev/null &
    timer=$!
    until_shown term.out "the flood begins"
    trapeze=$(pgrep -P $timer)
    began
    kill -TERM "$trapeze"
    status=0
    timeout 1200 tail --pid="$trapeze" -f /dev/null || { kill -KILL "$trapeze"; fail "$where: no answer to SIGTERM"; }
    wait $timer || status=$?
    answered "SIGTERM, $where"
    [ "$status" = 143 ] || fail "$where: exit status $status after SIGTERM"
    ! grep -q "is over" term.out || fail "$where: the flood was over"
done

# verify shows nothing of the guest: a machine that has read so much is in the midst of the first request.
reads() { [ "$(sed -n 's/^rchar: //p' "/proc/$1/io" 2>/dev/null || echo 0)" -gt 200000000 ]; }
for signal in TERM:143 INT:130; do
    env --default-signal=${signal%:*} "$TRAPEZE" verify -bios none -m 64M -drive "$(disk many)" -kernel "$kernel" >verify.out 2>verify.err </dev/null &
    trapeze=$!
    until reads $trapeze || ! kill -0 $trapeze 2>/dev/null; do sleep 0.05; done
    began
    kill -s ${signal%:*} $trapeze || fail "verify has ended: $(cat verify.out verify.err)"
    status=0
    timeout 1200 tail --pid=$trapeze -f /dev/null || { kill -KILL $trapeze; fail "verify: no answer to SIG${signal%:*}"; }
    wait $trapeze || status=$?
    answered "SIG${signal%:*}, verify"
    [ $status = ${signal#*:} ] || fail "verify: exit status $status after SIG${signal%:*}"
    grep -q '^equivalent so far: interrupted after' verify.out || fail "verify: a verdict about what was cut short"
done

command -v script >/dev/null || { echo "Ctrl-A x was not tried: script (package bsdextrautils) is not installed"; exit 0; }
# The keys come when the flood has begun.
(until_shown "$work/typescript" "the flood begins" >&2; printf '\001x'; until_shown "$work/status" . >&2) 2>keys.err |
    timeout 1200 script -qefc "$TRAPEZE run -bios none -m 64M -drive $(disk many) -kernel $kernel; echo \$? >'$work/status'" "$work/typescript" >/dev/null &
keys=$!
for ((n = 0; n < 1200; n++)); do
    [ ! -s status ] || break
    sleep 0.05
done
[ "$(cat status 2>/dev/null)" = 0 ] || fail "no answer to Ctrl-A x"
! grep -q "is over" typescript || fail "the flood was over"
wait $keys || true
