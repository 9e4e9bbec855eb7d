#!/usr/bin/env bash
# uboot.sh [--bare] - OpenSBI and U-Boot from Debian to U-Boot's prompt, which answers `version`: U-Boot in M-mode by itself,
# U-Boot in S-mode on OpenSBI, and on the built-in firmware.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
opensbi_image
uboot=$(debian_unpack trixie riscv64 u-boot-qemu 2>"$work/package.log") || cannot_have u-boot-qemu
uboot=$uboot/usr/lib/u-boot
for name in machine opensbi builtin; do
    script $name <<'EOF'
wait Hit any key
send \n
wait => 
send version\n
wait U-Boot 20
wait => 
quit
EOF
done
run machine 0 -bios "$uboot/qemu-riscv64/u-boot.bin" "$@"
run opensbi 0 -bios "$opensbi" -kernel "$uboot/qemu-riscv64_smode/u-boot.bin" "$@"
run builtin 0 -kernel "$uboot/qemu-riscv64_smode/u-boot.bin" "$@"
expect opensbi "OpenSBI v1"
for name in machine opensbi builtin; do
    [ "$(grep -c '^U-Boot 20' "$work/$name.out")" = 2 ] || fail "$name: no answer to version"
done
