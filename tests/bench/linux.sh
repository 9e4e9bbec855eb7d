#!/usr/bin/env bash
# linux.sh [OPTION...] - how long Debian 13's unmodified riscv64 kernel takes from the start of the process to its line "Run /init": in
# QEMU, on the bare machine and in virtual machines, alternating, in one run; then what trapeze retired until there.
#   --runs N           rounds (5)
#   --trapeze PATH     the command (build/release/trapeze)
#   --bench PATH       the runner (build/release/tests/bench)
#   --opensbi          every machine runs OpenSBI as its firmware, as QEMU does anyway; otherwise trapeze has its built-in one
#   --engine LIST      of qemu, icount (QEMU whose clock counts instructions, as trapeze's does), bare, native and interpreter (bare, by
#                      that engine of trapeze; else it is the usual one), vm, native.vm, trace (shadow tables that trace), depth2 to depth4 (VMs in VMs): qemu,icount,bare,vm,trace if not said
# Kernel and initrd come from Debian's packages, fetched once (examples/packages.sh).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
. "$root/examples/packages.sh"
runs=5 trapeze=$root/build/release/trapeze bench=$root/build/release/tests/bench engines=qemu,icount,bare,vm,trace bios=
while [ $# -gt 0 ]; do
    case $1 in
    --runs) runs=${2:?}; shift ;;
    --trapeze) trapeze=${2:?}; shift ;;
    --bench) bench=${2:?}; shift ;;
    --engine) engines=${2:?}; shift ;;
    --opensbi) bios=$(debian_opensbi) ;;
    -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) say "$0: there is no option '$1'; see --help"; exit 2 ;;
    esac
    shift
done
for file in "$trapeze" "$bench"; do
    [ -x "$file" ] || die "$file is not there; build it first with: cmake --preset release && cmake --build build/release"
done
NETBOOT=$(debian_netboot)
export NETBOOT BIOS=${bios:-builtin}
line='Run /init as init process'
kernel='-m 512M -kernel "$NETBOOT/linux" -initrd "$NETBOOT/initrd.gz" -append console=ttyS0'
# The extensions of trapeze's machine: what a kernel could use beyond them is switched off.
cpu=rv64,h=false,zba=false,zbb=false,zbc=false,zbs=false,Zihintpause=false
run='"$TRAPEZE" run -bios "$BIOS"'
qemu="qemu-system-riscv64 -M virt -cpu $cpu ${bios:+-bios \"\$BIOS\"} -display none -monitor none -serial stdio"

peers=(--peer "bare=$run --bare $kernel" --peer "vm=$run $kernel" --peer "native.vm=$run --engine native $kernel"
    --peer "trace=$run --shadow trace $kernel")
for engine in native interpreter; do peers+=(--peer "$engine=$run --bare --engine $engine $kernel"); done
for depth in 2 3 4; do peers+=(--peer "depth$depth=$run --depth $depth $kernel"); done
# icount: an instruction lasts a nanosecond, as in trapeze, and where the guest idles the clock does not wait for the wall's.
case ,$engines, in *,qemu,* | *,icount,*)
    need qemu-system-riscv64 qemu-system-misc
    peers=(--peer "qemu=$qemu $kernel" --peer "icount=$qemu -icount shift=0,sleep=off $kernel" "${peers[@]}") ;;
esac
"$bench" --until "$line" --runs "$runs" --trapeze "$trapeze" --engine "$engines" "${peers[@]}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
printf 'wait %s\nquit\n' "$line" >"$work/script"
"$trapeze" run -bios "$BIOS" --bare -m 512M -kernel "$NETBOOT/linux" -initrd "$NETBOOT/initrd.gz" -append console=ttyS0 \
    --script "$work/script" --stats=json:"$work/stats" >"$work/console" </dev/null
sed -n 's/.*"retired": *\([0-9]*\), *"clock": *\([0-9]*\).*/retired until then, on every machine of trapeze: \1 instructions, of a clock of \2/p' "$work/stats"
