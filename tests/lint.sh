#!/usr/bin/env bash
# lint.sh format - is the source as clang-format 14 sets it? (Other versions set it otherwise.)
# lint.sh tidy BUILD [CHECKS] - has clang-tidy 14 nothing to say? BUILD has compile_commands.json. CHECKS are added to those of
# .clang-tidy: -clang-analyzer-* leaves out the analyzer, which takes several times as long as all others.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
skip() { echo "skipped: $*"; exit 77; }

# pinned NAME: the command NAME-14, or NAME if that is version 14.
pinned() {
    if command -v "$1-14"; then return; fi
    "$1" --version 2>/dev/null | grep -q 'version 14\.' && command -v "$1" || skip "the command $1 of version 14 is not installed"
}

case $1 in
format)
    tool=$(pinned clang-format) || { echo "$tool"; exit 77; }
    find mmu isa devices core monitor examples tests \( -name '*.c' -o -name '*.h' \) -print0 | xargs -0 "$tool" --dry-run -Werror
    ;;
tidy)
    tool=$(pinned clang-tidy) || { echo "$tool"; exit 77; }
    [ -e "$2/compile_commands.json" ] || skip "$2 has no compile_commands.json"
    sed -n 's/^ *"file": "\(.*\)",\{0,1\}$/\1/p' "$2/compile_commands.json" | grep -E "^$PWD/(mmu|isa|devices|core|monitor)/" |
        LC_ALL=C sort -u | xargs -n 4 -P "$(nproc)" "$tool" -quiet -p "$2" "--checks=${3:-}" --extra-arg=-D_GNU_SOURCE \
        --extra-arg=-Wno-macro-redefined --extra-arg=-Wno-ignored-optimization-argument --extra-arg=-include --extra-arg="$PWD/tests/analyzer.h" 2>/dev/null
    ;;
esac
