#!/usr/bin/env bash
# pc_vm.sh - the small kernel for a PC in virtual machines. It keeps interrupts away by PUSHF, as kernels do. So under trap and emulate on the
# plain CPU it goes another way, which verify names and the kernel notices itself; on a CPU where all that is sensitive traps, on one with a guest
# mode, and with the monitors that repair the plain one, its course is that of the bare machine, instruction by instruction, at several depths, from a
# multiboot loader and from a boot sector in real mode; most of it is executed directly.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
built=$(dirname "$TRAPEZE")/examples
[ -e "$built/pc.elf" ] && [ -e "$built/pc.img" ] || skip "$built/pc.elf was not built"
cp "$built/pc.img" "$work/disk"
printf 'wait > \nsend ticks\\n\nwait three times\\r\\n> \nsend disk\\n\nwait > \nsend fault\\n\nwait so far\\r\\n> \nsend exit\\n\n' >"$work/words"
words=(-M ia32:traps --script "$work/words" --every 1)
disk=(-drive "file=$work/disk,format=raw,if=ide")

# verify NAME OPTION...: equivalent; sets count.
verify() {
    local name=$1 status=0
    shift
    echo "+ trapeze verify $*"
    timeout 300 "$TRAPEZE" verify "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = 0 ] || fail "$name: exit status $status"
    count=$(tail -n 1 "$work/$name.out" | sed -n 's/^equivalent after \([0-9]*\) instructions: .*/\1/p')
    [ -n "$count" ] || fail "$name: the last line is not the verdict"
}
verify carried -M ia32:traps
first=$count
for way in "ia32:traps --depth 2" "ia32:traps --depth 3" "ia32:traps --shadow trace" "ia32:traps --depth 2 --shadow trace" \
    "ia32:vt" "ia32:vt --depth 2" "ia32:vt --depth 3" "ia32:vt --shadow trace" "ia32:vt --depth 2 --shadow trace" "ia32:vt --engine simple" \
    "ia32:vt+umip --depth 2" "ia32:cpuidf+vt+traps" \
    "ia32:vt --vmm patch" "ia32:vt --vmm hybrid" \
    "ia32 --vmm hybrid" "ia32 --vmm hybrid --depth 2" "ia32 --vmm patch" "ia32 --vmm patch --depth 2" \
    "ia32 --vmm patch --engine simple" "ia32 --vmm patch --no-fuse" "ia32 --vmm patch --shadow trace" \
    "ia32 --vmm translate" "ia32 --vmm translate --depth 2" "ia32 --vmm translate --depth 2 --shadow trace" \
    "ia32:traps --ring 1" "ia32:traps --ring 1 --depth 2" "ia32:traps --ring 1 --depth 3 --shadow trace" "ia32:traps --ring 1 --shadow flush" \
    "ia32 --vmm patch --ring 1" "ia32 --vmm patch --ring 1 --depth 2" "ia32:vt --vmm patch --ring 1" "ia32:traps --ring 1 --engine simple" \
    "ia32 --vmm translate --engine simple" "ia32 --vmm translate --no-fuse" "ia32:vt --vmm translate"; do
    # shellcheck disable=SC2086
    verify "way${way// /}" -M $way
    [ "$count" = "$first" ] || fail "$way: $count instructions, not $first"
done

for ring in 3 1; do
    echo "+ trapeze verify -M ia32 --ring $ring"
    status=0
    "$TRAPEZE" verify -M ia32 --ring $ring >"$work/plain.out" 2>&1 </dev/null || status=$?
    [ "$status" = 123 ] || fail "on the plain CPU: status $status, not 123"
    mode="user mode" said="vm1, a virtual machine on the bare machine"
    [ "$ring" = 3 ] || mode="ring 1" said="$said, its ring 0 in real ring 1"
    "$TRAPEZE" run -M ia32:traps --ring $ring -guest pc --stats 2>&1 </dev/null | grep -qx "$said" || fail "the account: no line '$said'"
    tr '\n' ' ' <"$work/plain.out" | grep -q "pushf is sensitive and did not trap: it ran directly, in real $mode, and" ||
        fail "on the plain CPU: $(cat "$work/plain.out")"
done
run noticed 0 -M ia32
expect noticed "panic: interrupts are on"
verify multiboot "${words[@]}" -kernel "$built/pc.elf"
verify disk "${words[@]}" "${disk[@]}"
verify diskring1 "${words[@]}" "${disk[@]}" --ring 1
verify disk2 "${words[@]}" "${disk[@]}" --depth 2
verify diskguest "${words[@]}" "${disk[@]}" -M ia32:vt --depth 2
verify diskhybrid "${words[@]}" "${disk[@]}" --vmm hybrid
verify diskpatch "${words[@]}" "${disk[@]}" -M ia32 --vmm patch
verify disktranslate "${words[@]}" "${disk[@]}" -M ia32 --vmm translate

run direct 0 -M ia32 --vmm patch
direct=$(sed -n 's/.*"direct": *\([0-9]*\).*/\1/p' "$work/direct.err" | head -n 1)
[ "$(retired direct)" = "$first" ] && [ "$((direct * 10))" -gt "$((first * 9))" ] ||
    fail "of $first instructions $direct were executed directly"
# Of a kernel without a user program nothing is executed directly by who translates it.
run translated 0 -M ia32 --vmm translate
expect translated "the timer has ticked three times"
translated=$(sed -n 's/.*"translated": *\([0-9]*\).*/\1/p' "$work/translated.err" | head -n 1)
[ "$(retired translated)" = "$first" ] && [ "$((translated * 10))" -gt "$((first * 9))" ] && grep -q '"direct": *0,' "$work/translated.err" ||
    fail "of $first instructions $translated were translated"

# Who stops at each critical instruction and goes on sets the machine past its triggers: the monitor sees it all the same, and says how.
"$TRAPEZE" monitor -M ia32 --vmm patch --batch -q -ex 'b class critical' -ex c -ex si -ex why -ex c -ex c -ex c -ex c -ex delete -ex c \
    >"$work/stops.out" 2>&1 </dev/null || fail "the monitor at critical instructions: $(tail -n 5 "$work/stops.out")"
expect stops "the timer has ticked three times"
tr '\n' ' ' <"$work/stops.out" | grep -q 'bare, has not executed it: the monitor inspects each instruction' || fail "why says how it was found otherwise"
for machine in virt pg; do
    run refused$machine 2 -M $machine --vmm translate
    grep -q "is trap or hybrid for this machine, not 'translate'" "$work/refused$machine.err" || fail "$machine does not refuse to translate"
done
run refused 2 --vmm patch
grep -q "is trap or hybrid for this machine, not 'patch'" "$work/refused.err" || fail "RISC-V does not refuse: $(cat "$work/refused.err")"
