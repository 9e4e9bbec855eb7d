#!/usr/bin/env bash
# A system that lives on the CLINT's timer in M-mode: everything it has runs in a virtual privileged mode. Bare and under both monitors, at
# depths 1 and 2, the same console and count; the hybrid one interprets all of it, and verify finds no difference.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kernel=$(dirname "$TRAPEZE")/tests/rtos.elf
[ -e "$kernel" ] || skip "$kernel was not built"
run bare 0 --bare -bios none -kernel "$kernel"
run trap 0 -bios none -kernel "$kernel"
run hybrid 0 --vmm hybrid -bios none -kernel "$kernel"
run hybrid2 0 --vmm hybrid --depth 2 -bios none -kernel "$kernel"
expect bare "rtos: every task had its turns"
for other in trap hybrid hybrid2; do same bare $other; done
grep -qF "\"interpreted\": $(retired hybrid)" "$work/hybrid.err" || fail "not all of it was interpreted"
"$TRAPEZE" verify --vmm hybrid --every 100 -bios none -kernel "$kernel" >"$work/verify.out" 2>&1 </dev/null || fail "verify: exit status $?"
