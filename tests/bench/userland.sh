#!/usr/bin/env bash
# userland.sh [OPTION...] - how fast programs under Linux are: BusyBox on Debian 13's unmodified riscv64 kernel compresses, sums, runs awk and
# loops of its shell, from one line that it writes to the next, on each machine alternating, in one run.
#   --runs N           rounds (3)
#   --work WHAT        gzip, md5sum, awk, sh, or all: one after the other (all)
#   --trapeze PATH     the command (build/release/trapeze)
#   --bench PATH       the runner (build/release/tests/bench)
#   --engine LIST      of qemu, icount, bare, native, interpreter, vm, native.vm, depth2 (linux.sh says what they are): qemu,bare,vm if not
#                      said
# Kernel and BusyBox come from Debian's packages, fetched once (examples/packages.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/examples/packages.sh"
runs=3 work=all trapeze=$root/build/release/trapeze bench=$root/build/release/tests/bench engines=qemu,bare,vm
while [ $# -gt 0 ]; do
    case $1 in
    --runs) runs=${2:?}; shift ;;
    --work) work=${2:?}; shift ;;
    --trapeze) trapeze=${2:?}; shift ;;
    --bench) bench=${2:?}; shift ;;
    --engine) engines=${2:?}; shift ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) say "$0: there is no option '$1'; see --help"; exit 2 ;;
    esac
    shift
done
case $work in gzip | md5sum | awk | sh | all) ;; *) say "$0: there is no work '$work'; see --help"; exit 2 ;; esac
for file in "$trapeze" "$bench"; do
    [ -x "$file" ] || die "$file is not there; build it first with: cmake --preset release && cmake --build build/release"
done
need cpio cpio

# The initrd: BusyBox and an init that does the work. The kernel hands it the word work=... of the command line as a variable.
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/tree/bin" "$place/tree/dev"
package=$(debian_unpack trixie riscv64 busybox-static)
for busybox in "$package/usr/bin/busybox" "$package/bin/busybox"; do
    [ ! -e "$busybox" ] || cp "$busybox" "$place/tree/bin/busybox"
done
cat >"$place/tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox --install /bin
export PATH=/bin
mount -t devtmpfs dev /dev
do_gzip() { gzip -c /data >/data.gz && gunzip -c /data.gz | cmp - /data; }
do_md5sum() { for i in 1 2 3 4 5 6 7 8; do md5sum /data; done; }
do_awk() { awk '{ n[$1 % 100] += length($0); s = s + $1 * 3 % 7 } END { for (i in n) t += n[i]; print t, s }' /numbers; }
do_sh() { i=0 n=0; while [ $i -lt 30000 ]; do i=$((i + 1)); case $i in *7*) n=$((n + i % 13)) ;; esac; done; echo $n; }
seq 1 100000 >/numbers
seq 1 300000 | tr 0-4 a-e >/data
echo "userland begins: $work"
for one in gzip md5sum awk sh; do
    case $work in $one | all) do_$one || echo "userland fails: $one" ;; esac
done
echo "userland ends"
poweroff -f
INIT
chmod +x "$place/tree/init"
(cd "$place/tree" && find . | LC_ALL=C sort | cpio --quiet -o -H newc | gzip -n) >"$place/initrd.gz"

NETBOOT=$(debian_netboot)
export NETBOOT INITRD=$place/initrd.gz WORKED=$work
kernel='-m 512M -kernel "$NETBOOT/linux" -initrd "$INITRD" -append "console=ttyS0 work=$WORKED"'
cpu=rv64,h=false,zba=false,zbb=false,zbc=false,zbs=false,Zihintpause=false
run='"$TRAPEZE" run'
qemu="qemu-system-riscv64 -M virt -cpu $cpu -display none -monitor none -serial stdio"
peers=()
case ,$engines, in *,qemu,* | *,icount,*)
    need qemu-system-riscv64 qemu-system-misc
    peers=(--peer "qemu=$qemu $kernel" --peer "icount=$qemu -icount shift=0,sleep=off $kernel") ;;
esac
peers+=(--peer "bare=$run --bare $kernel" --peer "native=$run --bare --engine native $kernel"
    --peer "interpreter=$run --bare --engine interpreter $kernel" --peer "vm=$run $kernel" --peer "native.vm=$run --engine native $kernel"
    --peer "depth2=$run --depth 2 $kernel")
"$bench" --since "userland begins" --until "userland ends" --runs "$runs" --trapeze "$trapeze" --engine "$engines" "${peers[@]}"
