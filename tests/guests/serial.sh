#!/usr/bin/env bash
# A serial driver with transmit interrupts that never reads IIR, in a kernel with its timer in M-mode: all that is printed and typed
# arrives, and in the same number of instructions, bare and at depths 1 and 2. A strict PLIC interrupts it again at each completion.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kernel=$(dirname "$TRAPEZE")/tests/serial.elf
[ -e "$kernel" ] || skip "$kernel was not built"
first="typed while it prints, and longer than a FIFO" second="and another line of that" third="one character at a time" fourth="is told of again"
for name in bare depth1 depth2 trace qemu; do
    script $name <<END
wait line 3 of
send $first\n
wait line 120 of
send $second\n
wait quiet
send $third\n$fourth\n
wait end
END
done
run bare 0 --bare -bios none -kernel "$kernel"
run depth1 0 -bios none -kernel "$kernel"
run depth2 0 --depth 2 -bios none -kernel "$kernel"
run trace 0 --shadow trace -bios none -kernel "$kernel"
run qemu 0 --bare -M virt,plic=qemu -bios none -kernel "$kernel"
for line in "line 1 of what" "line 200 of what" "$first" "$second" "$third" "$fourth"; do expect bare "$line"; done
[ "$(grep -c '^line [0-9]* of what is printed while somebody types$' "$work/bare.out")" = 200 ] || fail "not all lines were printed whole"
ticks=$(sed -n 's/^ticks //p' "$work/bare.out")
[ "${ticks:-0}" -ge 20 ] || fail "the timer did not tick"
for other in depth1 depth2 trace qemu; do same bare $other; done
for where in --bare "--depth 1"; do
    run strict 121 $where -M virt,plic=strict -bios none --max-insns 20M -kernel "$kernel"
    ! grep -q "line 200" "$work/strict.out" || fail "a strict gateway is not to be told apart"
done
