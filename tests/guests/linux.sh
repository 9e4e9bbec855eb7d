#!/usr/bin/env bash
# linux.sh WHAT [OPTION...] - Debian's kernel and installer initrd. WHAT: shell (built-in firmware), opensbi (under OpenSBI),
# installer (to its first dialog), equal (shell bare and virtual, twice: same console, same count), hybrid (under both
# monitors: likewise).
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
what=$1
shift
netboot_images
kernel=(-m 512M -kernel "$netboot/linux" -initrd "$netboot/initrd.gz")
shell=("${kernel[@]}" -append "console=ttyS0 rdinit=/bin/sh")

shell_script() {
    script "$1" <<'EOF'
wait # 
send mount -t proc proc /proc\n
wait # 
send uname -a\n
wait # 
send cat /proc/interrupts\n
wait # 
send poweroff -f\n
EOF
}

shell_expect() {
    expect "$1" "Linux (none) 6.12"
    expect "$1" "riscv64 GNU/Linux"
    expect "$1" "RISC-V INTC"
    expect "$1" "ttyS0"
    expect "$1" "reboot: Power down"
}

case $what in
shell)
    shell_script shell
    run shell 0 "${shell[@]}" "$@"
    shell_expect shell
    ;;
opensbi)
    opensbi_image
    shell_script opensbi
    run opensbi 0 -bios "$opensbi" "${shell[@]}" "$@"
    expect opensbi "OpenSBI v1"
    shell_expect opensbi
    ;;
installer)
    script installer <<'EOF'
wait Select a language
quit
EOF
    run installer 0 "${kernel[@]}" -append "console=ttyS0" "$@"
    ;;
equal)
    for name in bare virtual again; do shell_script $name; done
    run bare 0 --bare "${shell[@]}" "$@"
    run virtual 0 "${shell[@]}" "$@"
    run again 0 --shadow trace "${shell[@]}" "$@"
    shell_expect bare
    same bare virtual
    same bare again
    ;;
hybrid)
    for name in trap hybrid; do shell_script $name; done
    run trap 0 "${shell[@]}" "$@"
    run hybrid 0 --vmm hybrid "${shell[@]}" "$@"
    shell_expect hybrid
    same trap hybrid
    ;;
esac
