#!/usr/bin/env bash
# linux_ia32_vm.sh - Debian's unmodified i386 kernel in a virtual machine on IA-32: where all that is sensitive traps (ia32:traps) and
# where there is a guest mode (ia32:vt) it takes the course of the bare machine, nearly all of it executed directly; on the plain CPU that ends
# at a PUSHF, which verify names; with rings 0 to 2 interpreted it comes to its shell and is switched off there, too;
# with those rings translated it takes the course of the bare machine again.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
. "$root/examples/ia32/initrd.sh"
kernel=$(ia32_kernel 2>"$work/package.log") && initrd=$(ia32_initrd 2>"$work/package.log") ||
    skip "Debian's i386 packages are not to be had here ($(tail -n 1 "$work/package.log"))"
cp "$initrd" "$work/initrd.gz" # another test may make it anew meanwhile
initrd=$work/initrd.gz
script shell <<'END'
wait / # 
send uname -srm\n
wait / # 
send dd if=/dev/zero bs=1M count=4 2>/dev/null | md5sum\n
wait / # 
send poweroff -f\n
END
linux=(-m 128M -kernel "$kernel" -initrd "$initrd" -append "console=ttyS0 cryptomgr.notests")
cp "$work/shell.script" "$work/hybrid.script"

# verify NAME STATUS OPTION...
verify() {
    local name=$1 wanted=$2 status=0
    shift 2
    echo "+ trapeze verify $*"
    "$TRAPEZE" verify "$@" "${linux[@]}" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = "$wanted" ] || fail "$name: exit status $status, not $wanted"
}
verify equal 0 -M ia32:traps --script "$work/shell.script" --max-insns 8G
tail -n 1 "$work/equal.out" | grep -q '^equivalent after .* power-off' || fail "Linux on ia32:traps"
verify ring1 0 -M ia32:traps --ring 1 --script "$work/shell.script" --max-insns 8G
tail -n 1 "$work/ring1.out" | grep -q '^equivalent after .* power-off' || fail "Linux on ia32:traps, its ring 0 in real ring 1"
verify guest 0 -M ia32:vt --script "$work/shell.script" --max-insns 8G
tail -n 1 "$work/guest.out" | grep -q '^equivalent after .* power-off' || fail "Linux on ia32:vt"
verify patched 0 -M ia32 --vmm patch --script "$work/shell.script" --max-insns 8G
tail -n 1 "$work/patched.out" | grep -q '^equivalent after .* power-off' || fail "Linux on ia32, each instruction inspected"
verify translated 0 -M ia32 --vmm translate --script "$work/shell.script" --max-insns 8G
tail -n 1 "$work/translated.out" | grep -q '^equivalent after .* power-off' || fail "Linux on ia32, its rings 0 to 2 translated"
verify plain 123 -M ia32 --every 100000 --max-insns 100M
grep -q 'pushf is sensitive and did not trap' "$work/plain.out" || fail "Linux on the plain CPU: not at a pushf"

run shell 0 -M ia32:traps "${linux[@]}"
run hybrid 0 -M ia32 --vmm hybrid "${linux[@]}"
for name in shell hybrid; do
    expect $name "i686"
    expect $name "$(head -c 4M /dev/zero | md5sum | cut -d' ' -f1)"
    expect $name "reboot: System halted"
done
direct=$(sed -n 's/.*"direct": *\([0-9]*\).*/\1/p' "$work/shell.err" | head -n 1)
[ "$((direct / 99))" -gt "$(($(retired shell) / 100))" ] || fail "of $(retired shell) instructions $direct were executed directly"
