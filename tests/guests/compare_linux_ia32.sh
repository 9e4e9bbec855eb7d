#!/usr/bin/env bash
# compare_linux_ia32.sh - the table of Debian's i386 kernel, from its boot to power-off: on the plain CPU under trap and emulate it does not survive, as it
# does not where PUSHF does not trap, and each of these parts at a PUSHF; where all traps, and in guest mode, it is alike to the end.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
kernel=$(ia32_kernel 2>"$work/package.log") && initrd=$(ia32_initrd 2>"$work/package.log") ||
    skip "Debian's i386 packages are not to be had here ($(tail -n 1 "$work/package.log"))"
cp "$initrd" "$work/initrd.gz" # another test may make it anew meanwhile
printf '%s\n' 'wait / # ' 'send poweroff -f\n' >"$work/off.script"
"$TRAPEZE" compare -M ia32 --vmm trap --json --no-time --script "$work/off.script" -m 128M -kernel "$kernel" -initrd "$work/initrd.gz" \
    -append "console=ttyS0 cryptomgr.notests" >"$work/table" 2>"$work/table.err" </dev/null || fail "compare: $(cat "$work/table.err")"
sed 's/{"machine"/\n&/g' "$work/table" | tail -n +2 >"$work/ways"
[ "$(wc -l <"$work/ways")" = 9 ] || fail "not nine ways: $(cut -c1-80 "$work/ways")"
head -n 1 "$work/ways" | grep -q '"monitor": "bare", "survives": true, "end": "power-off"' || fail "the bare machine"
for machine in ia32 ia32:umip ia32:cpuidf ia32:noleak; do
    grep -F "\"$machine\", \"monitor\": \"trap\"" "$work/ways" | grep -q '"survives": false.*"verdict": "diverged".*"row": "pushf"' || fail "$machine: $(cat "$work/ways")"
done
for machine in ia32:traps ia32:vt; do
    grep -F "\"$machine\", \"monitor\": \"trap\"" "$work/ways" | grep -q '"survives": true.*"verdict": "equivalent"' || fail "$machine: $(cat "$work/ways")"
done
