#!/usr/bin/env bash
# linux.sh [monitor] [shell|opensbi|installer|disk] [OPTION...] - boots Debian 13's unmodified riscv64 kernel in a virtual machine.
#   monitor    opens it in the monitor instead, stopped at its first instruction; `c` boots it
#   shell      (default) the installer's initrd with a shell: try `uname -a`, end with `poweroff -f`
#   opensbi    the same with OpenSBI as firmware, which then runs de-privileged in virtual M-mode
#   installer  as it comes: the installer's first dialog
#   disk       root file system on a virtio disk (disk.img in the cache folder, made on first use)
# OPTIONs go to `trapeze run` or `trapeze monitor`: --bare for the bare machine, --stats, --shadow trace, -snapshot ...
# The packages are fetched once, with the machine's own package source, and checked by apt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$here/packages.sh"
command=run what=shell
if [ "${1:-}" = monitor ]; then
    command=monitor
    shift
fi
case "${1:-}" in
shell | opensbi | installer | disk) what=$1; shift ;;
-h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
'' | -*) ;;
*) say "$0: there is no '$1' to boot; there are shell, opensbi, installer and disk, and monitor before them"; exit 2 ;;
esac
trapeze=$(trapeze_command)
netboot=$(debian_netboot)
set -- -m 512M "$@"
case $what in
shell)     set -- -initrd "$netboot/initrd.gz" -append "console=ttyS0 rdinit=/bin/sh" "$@" ;;
opensbi)   firmware=$(debian_opensbi)
           set -- -bios "$firmware" -initrd "$netboot/initrd.gz" -append "console=ttyS0 rdinit=/bin/sh" "$@" ;;
installer) set -- -initrd "$netboot/initrd.gz" -append "console=ttyS0" "$@" ;;
disk)      . "$here/riscv/disk.sh"
           disk_make
           set -- -initrd "$trapeze_cache/disk-initrd.gz" -drive "file=$trapeze_cache/disk.img,format=raw,if=virtio" \
               -append "console=ttyS0 root=/dev/vda rw" "$@" ;;
esac
exec "$trapeze" $command -kernel "$netboot/linux" "$@"
