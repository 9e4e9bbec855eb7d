#!/usr/bin/env bash
# pc_vm.sh - the small kernel for a PC in virtual machines: its course is that of the bare machine, instruction by instruction, at several depths
# and with both monitors, from a multiboot loader and from a boot sector in real mode; most of it is executed directly.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
built=$(dirname "$TRAPEZE")/examples
[ -e "$built/pc.elf" ] && [ -e "$built/pc.img" ] || skip "$built/pc.elf was not built"
cp "$built/pc.img" "$work/disk"
printf 'wait > \nsend ticks\\n\nwait three times\\r\\n> \nsend disk\\n\nwait > \nsend fault\\n\nwait so far\\r\\n> \nsend exit\\n\n' >"$work/words"
words=(-M ia32 --script "$work/words" --every 1)
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
verify carried -M ia32
first=$count
verify traps -M ia32:traps
verify traps2 -M ia32:traps --depth 2
for way in "--depth 2" "--depth 3" "--shadow trace" "--depth 2 --shadow trace" "--vmm hybrid" "--vmm hybrid --depth 2"; do
    # shellcheck disable=SC2086
    verify "way${way// /}" -M ia32 $way
    [ "$count" = "$first" ] || fail "$way: $count instructions, not $first"
done
verify multiboot "${words[@]}" -kernel "$built/pc.elf"
verify disk "${words[@]}" "${disk[@]}"
verify disk2 "${words[@]}" "${disk[@]}" --depth 2
verify diskhybrid "${words[@]}" "${disk[@]}" --vmm hybrid

run direct 0 -M ia32
direct=$(sed -n 's/.*"direct": *\([0-9]*\).*/\1/p' "$work/direct.err" | head -n 1)
[ "$(retired direct)" = "$first" ] && [ "$((direct * 10))" -gt "$((first * 9))" ] ||
    fail "of $first instructions $direct were executed directly"
