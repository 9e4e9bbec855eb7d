#!/usr/bin/env bash
# builds.sh PRESET - makes the build of that preset and runs its tests: those labelled fuzz in fuzz, elsewhere all that are not long.
# CI, which has half an hour for everything, leaves out of clang what is not quick, and of asan what computes for minutes there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preset=$1
shift
skip() { echo "skipped: $*"; exit 77; }
if [ "$preset" = clang ] || [ "$preset" = fuzz ]; then
    command -v clang >/dev/null || skip "clang is not installed"
fi
if [ "$preset" = fuzz ]; then
    echo 'int LLVMFuzzerTestOneInput(const char *p, unsigned long n); int LLVMFuzzerTestOneInput(const char *p, unsigned long n)
        { return p && n ? 0 : 0; }' | clang -x c -fsanitize=fuzzer,address,undefined -o /dev/null - ||
        skip "clang has no libFuzzer here (package libclang-rt-dev)"
fi
cmake --preset "$preset"
cmake --build --preset "$preset"
[ -z "${CI:-}" ] || case $preset in
clang) set -- -L '^quick$' ;;
asan) set -- -E '^(core|monitor)_(class|theory|prove|published|report)|^bench$' ;;
esac
exec ctest --preset "$preset" -LE '^(long|lint|builds|fresh)$' -j "$(nproc)" "$@"
