#!/usr/bin/env bash
# compare_linux_ia32.sh - the table of Debian's i386 kernel, from its boot by a hundred thousand system calls to power-off, in every way that there is:
# bare, under each monitor, with its ring 0 in real ring 1, and on each repaired CPU. On the plain CPU it does not survive trap and emulate,
# in ring 3 or in ring 1, as it does not where PUSHF does not trap, and each of these parts at a PUSHF, or where that traps at a PUSH CS. Under
# the repairs of software, where all traps, there in ring 1, too, and in guest mode it is alike to the end.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
kernel=$(ia32_kernel 2>"$work/package.log") && initrd=$(ia32_initrd 2>"$work/package.log") ||
    skip "Debian's i386 packages are not to be had here ($(tail -n 1 "$work/package.log"))"
cp "$initrd" "$work/initrd.gz" # another test may make it anew meanwhile
printf '%s\n' 'wait / # ' 'send dd if=/dev/zero of=/dev/null bs=1 count=50000\n' 'wait records out' 'wait / # ' 'send poweroff -f\n' >"$work/calls.script"

# table MACHINE OPTION...: the ways in $work/ways, a line each; wanted: how many there are.
table() {
    local machine=$1
    shift
    "$TRAPEZE" compare -M "$machine" "$@" --json --no-time --script "$work/calls.script" -m 128M -kernel "$kernel" -initrd "$work/initrd.gz" \
        -append "console=ttyS0 cryptomgr.notests" >"$work/table" 2>"$work/table.err" </dev/null || fail "compare: $(cat "$work/table.err")"
    sed 's/{"machine"/\n&/g' "$work/table" | tail -n +2 >"$work/ways"
    [ "$(wc -l <"$work/ways")" = "$wanted" ] || fail "not $wanted ways: $(cut -c1-80 "$work/ways")"
    head -n 1 "$work/ways" | grep -q '"monitor": "bare", "survives": true, "end": "power-off"' || fail "the bare machine: $(head -n 1 "$work/ways")"
}
# way RING MACHINE MONITOR TEXT: the line of that way is like the text. RING: 1, or nothing.
way() {
    grep -F "\"$2\", \"monitor\": \"$3\"" "$work/ways" | if [ "$1" ]; then grep '"ring": 1'; else grep -v '"ring": 1'; fi | grep -q "$4" ||
        fail "$2 $3 ${1:+ring $1}: $(cat "$work/ways")"
}
equal='"survives": true.*"verdict": "equivalent"' parts='"survives": false.*"verdict": "diverged".*"row": '

wanted=13 && table ia32
for machine in ia32 ia32:umip ia32:cpuidf ia32:noleak; do way '' $machine trap "$parts\"pushf\""; done
way '' ia32:pushf trap "$parts\"push_cs\""
way 1 ia32 trap "$parts\"pushf\""
way 1 ia32 patch "$equal"
for monitor in patch translate hybrid; do way '' ia32 $monitor "$equal"; done
for machine in ia32:traps ia32:vt; do way '' $machine trap "$equal"; done

wanted=3 && table ia32:traps --vmm trap
way '' ia32:traps trap "$equal"
way 1 ia32:traps trap "$equal"
