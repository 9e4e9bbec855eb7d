#!/usr/bin/env bash
# tools.sh - prints the folder in which the model checker `cbmc` and the solver `z3` are found by name. They are packages of Debian's
# next release, unpacked beside its C library and its loader, by which they run; nothing is installed. Where both are installed, it is these.
# Exits with 77 and a sentence where they cannot be had.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/../../examples/packages.sh"

suite=trixie
if command -v cbmc >/dev/null && command -v z3 >/dev/null; then
    case $(cbmc --version) in [6-9].*) dirname "$(command -v cbmc)"; exit ;; esac
fi
arch=$(dpkg --print-architecture 2>/dev/null) || { say "skipped: cbmc comes as a Debian package, and this is no Debian"; exit 77; }
[ -n "$(debian_mirror)" ] || { say "skipped: no Debian package source is configured here to take cbmc from"; exit 77; }

bin=$trapeze_cache/$suite-$arch/proofs
if [ ! -e "$bin/.complete" ]; then
    libraries=
    for package in libc6 libgcc-s1 libstdc++6 zlib1g minisat libz3-4 z3 cbmc; do
        files=$(debian_unpack "$suite" "$arch" "$package") || { say "skipped: $package could not be fetched"; exit 77; }
        for folder in $(find "$files" -path '*/lib/*' -name '*.so.*' -printf '%h\n' | grep -v /gdb/ | sort -u); do libraries=$libraries:$folder; done
    done
    loader=$(find "$trapeze_cache/$suite-$arch/libc6/usr" -name 'ld-linux*.so.*' | sort | head -n 1)
    mkdir -p "$bin"
    # The solver may say "unsat" and then fail for want of a model that nobody needs: what it has said counts.
    for program in cbmc z3; do
        last=exec after=
        [ "$program" = cbmc ] || last= after=$'\nexit 0'
        printf '#!/bin/sh\n%s "%s" --library-path "%s" "%s" "$@"%s\n' "$last" "$loader" "${libraries#:}" \
            "$trapeze_cache/$suite-$arch/$program/usr/bin/$program" "$after" >"$bin/$program.new"
        chmod +x "$bin/$program.new"
        mv "$bin/$program.new" "$bin/$program"
    done
    PATH=$bin:$PATH cbmc --version >/dev/null || { say "skipped: cbmc does not run here"; exit 77; }
    : >"$bin/.complete"
fi
echo "$bin"
