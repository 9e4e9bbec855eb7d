#!/usr/bin/env bash
# linux.sh [monitor|compare] [shell|calls|disk|installer|memtest] [OPTION...] - boots Debian 12's unmodified i386 kernel (686, without PAE) on the IA-32 machine.
#   monitor    opens it in the monitor instead, stopped at its first instruction; `c` boots it
#   compare    boots it in each way there is, bare and under each monitor, switches it off, and makes a table of that: minutes
#   shell      (default) an initrd with busybox: try `uname -a`, end with `poweroff -f`
#   calls      the same, after 400,000 system calls: with compare, what they cost under each monitor
#   disk       the same with an IDE disk of 64 MiB mounted at /mnt (ia32-disk.img in the cache folder, made on first use)
#   installer  Debian's installer as it comes: its first dialog
#   memtest    no Linux, but started like one: memtest86+, over 8 MiB; a pass takes a minute, Ctrl-A x ends it
# OPTIONs go to `trapeze run` or `trapeze monitor`: -m 128M, -display text (then add console=tty0), --stats, -snapshot ...
# What is typed before the shell asks is lost, as on any PC: for input from a file write a script of `wait` and `send` (--script, see trapeze.1).
# The machine is bare, unless they ask for a monitor (--vmm patch, --depth 2, --ring 1, --shadow trace) or a variant (-M ia32:traps).
# The packages are fetched once, with the machine's own package source, and checked by apt.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
. "$here/packages.sh"
. "$here/ia32/initrd.sh"
command=run what=shell
case "${1:-}" in monitor | compare) command=$1; shift ;; esac
case "${1:-}" in
shell | calls | disk | installer | memtest) what=$1; shift ;;
-h | --help) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 0 ;;
'' | -*) ;;
*) say "$0: there is no '$1' to boot; there are shell, calls, disk, installer and memtest, and monitor or compare before them"; exit 2 ;;
esac
bare=yes # unless something is asked for that virtual machines have; for compare the bare machine is one of the ways
[ $command != compare ] || bare=
for word; do
    case ${word/#--/-} in -vmm* | -depth* | -shadow* | -ring* | ia32:* | -M=ia32:* | -machine=ia32:*) bare= ;; esac
done
trapeze=$(trapeze_command)
append=${TRAPEZE_APPEND:-console=ttyS0 cryptomgr.notests} # those take longer than all the rest
typed=() # by a script, where nobody sits at the console
[ $what = calls ] && typed+=('wait / # ' 'send dd if=/dev/zero of=/dev/null bs=1 count=200000 2>/dev/null\n')
[ $command = compare ] || [ $what = calls ] && typed+=('wait / # ' 'send poweroff -f\n')
[ $command = monitor ] || [[ $what != shell && $what != calls ]] && typed=()
case $what in
shell | calls)
    kernel=$(ia32_kernel)
    initrd=$(ia32_initrd)
    set -- -initrd "$initrd" -append "$append" -m 128M "$@" ;;
disk)
    kernel=$(ia32_kernel)
    initrd=$(ia32_initrd)
    ia32_disk
    set -- -initrd "$initrd" -append "$append disk" -m 128M -drive "file=$trapeze_cache/ia32-disk.img,format=raw,if=ide" "$@" ;;
installer)
    files=$(ia32_installer) # with less memory than 273 MiB its first dialog is about that
    kernel=$files/linux
    set -- -initrd "$files/initrd.gz" -append "$append" -m 512M "$@" ;;
memtest)
    kernel=$(ia32_memtest)
    set -- -append "${TRAPEZE_APPEND:-console=ttyS0,115200}" -m 8M "$@" ;;
esac
[ -z "$bare" ] || set -- --bare "$@"
set -- -M ia32 -kernel "$kernel" "$@"
[ ${#typed[@]} = 0 ] || exec "$trapeze" $command --script <(printf '%s\n' "${typed[@]}") "$@"
exec "$trapeze" $command "$@"
