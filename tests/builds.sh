#!/usr/bin/env bash
# builds.sh PRESET - makes the build of that preset and runs its tests: those labelled fuzz in fuzz, elsewhere all that are not long.
# CI, which has minutes for it, builds and runs of asan and clang what is quick below the monitor, with the command and its guests, and
# gives each fuzz target a few seconds, in fuzz, whose targets have both sanitizers, too.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
skip() { echo "skipped: $*"; exit 77; }
if [ "$preset" = clang ] || [ "$preset" = fuzz ]; then
    command -v clang >/dev/null || skip "clang is not installed"
fi
if [ "$preset" = fuzz ]; then
    echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n); int LLVMFuzzerTestOneInput(const char *p, unsigned long n)
        { return p && n ? 0 : 0; }' | clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - ||
        skip "clang has no libFuzzer here (package libclang-rt-dev)"
fi
few=()
seconds=20
[ -z "${CI:-}" ] || seconds=5
case ${CI:+$preset} in
asan | clang) few=(-L '^quick$' -L '^(mmu|isa|devices|core|guest)$') ;;
esac
few+=(-LE '^(long|lint|builds|fresh)$')
cmake --preset "$preset" -D TRAPEZE_FUZZ_SECONDS=$seconds

# What the selected tests run: programs of their own, the command, and all guests.
selected() {
    local programs targets
    programs=$(ctest --preset "$preset" -N -V "${few[@]}" |
        sed -nE 's/^(Could not find executable|[0-9]+: Test command:) ([^ ]*\/)?([^ /]+).*/\3/p' | sort -u)
    targets=$(cmake --build --preset "$preset" --target help | sed -n 's/^\([a-z0-9_]*\): phony$/\1/p' | sort)
    comm -12 <(echo "$programs") <(echo "$targets")
    printf '%s\n' trapeze_command demos glossary_manual # what is installed
    grep -E '^(guest|ia32_program)_' <<<"$targets"
}
targets=(all)
[ -z "${CI:-}" ] || mapfile -t targets < <(selected)
[ "$preset" != fuzz ] || targets=(fuzz_targets)
cmake --build --preset "$preset" --target "${targets[@]}"
exec ctest --preset "$preset" -j "$(nproc)" "${few[@]}"
