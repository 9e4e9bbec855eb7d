#!/usr/bin/env bash
# The guest that switches address spaces hard: the same everywhere; and a traced shadow keeps what one that follows fences loses.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kernel=$(dirname "$TRAPEZE")/examples/switch.elf
[ -e "$kernel" ] || skip "$kernel was not built"
run bare 0 --bare -kernel "$kernel"
run flush 0 --shadow flush -kernel "$kernel"
run trace 0 --shadow trace -kernel "$kernel"
run depth2 0 --depth 2 --shadow trace -kernel "$kernel"
expect bare "switch: 4000 switches, sum 704000"
for other in flush trace depth2; do same bare $other; done
fills() { sed -n 's/.*"shadow_fills": *\([0-9]*\).*/\1/p' "$work/$1.err"; }
# At least the window's sixteen pages at each of 4000 switches, against once for each page there is and a few for the kernel.
[ "$(fills flush)" -ge 64000 ] || fail "flush: $(fills flush) leaves"
[ "$(fills trace)" -le 1000 ] || fail "trace: $(fills trace) leaves"
echo "shadow leaves written: flush $(fills flush), trace $(fills trace)"
