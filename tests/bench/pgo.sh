#!/usr/bin/env bash
# pgo.sh - builds build/pgo/trapeze with the profile of a run: first a build that writes it, then a tenth of the benchmark, the guest
# that the command carries, and Debian's Linux to its first program if its packages have been fetched before; then the build that reads it.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$root/examples/packages.sh"
cd "$root"
trapeze=$root/build/pgo/trapeze
if [ -d build/pgo ]; then find build/pgo -name '*.gcda' -delete; fi
cmake --preset pgo-train
cmake --build --preset pgo-train

say "training ..."
build/pgo/tests/bench --check --trapeze "$trapeze" --guest build/pgo/tests/bench_guest.elf
for options in --bare "" "--depth 2" "--shadow trace" "--vmm hybrid"; do
    "$trapeze" run $options </dev/null >/dev/null
done
if [ -e "$trapeze_cache/trixie-riscv64/debian-installer-13-netboot-riscv64/.complete" ]; then
    netboot=$(debian_netboot)
    script=$(mktemp)
    trap 'rm -f "$script"' EXIT
    printf 'wait Run /init as init process\nquit\n' >"$script"
    for options in --bare "" "--shadow trace"; do
        "$trapeze" run $options -m 512M -kernel "$netboot/linux" -initrd "$netboot/initrd.gz" -append console=ttyS0 --script "$script" \
            </dev/null >/dev/null
    done
fi

cmake --preset pgo
cmake --build --preset pgo
