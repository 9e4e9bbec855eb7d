# qemu.sh - sourced by tests that compare with qemu-system-riscv64, the board virt, with the hart that is most like ours. The lists of
# differences are for version 7.2, which Debian 12 has.
qemu_here() {
    command -v qemu-system-riscv64 >/dev/null || skip "qemu-system-riscv64 is not installed (package qemu-system-misc)"
    local version
    version=$(qemu-system-riscv64 --version | sed -n 's/^QEMU emulator version \([0-9]*\.[0-9]*\).*/\1/p')
    [ "$version" = 7.2 ] || skip "the lists of differences are for QEMU 7.2, and this is $version"
}
# qemu_run KERNEL CONSOLE: runs it to its end; that it hangs is a failure.
qemu_run() {
    timeout -k 5 1200 qemu-system-riscv64 -M virt -cpu rv64,h=false,pmu-num=29 -m 128M -display none -serial file:"$2" -monitor none \
        -bios none -kernel "$1" </dev/null >"$work/qemu.err" 2>&1 || fail "QEMU: exit status $?"
}
