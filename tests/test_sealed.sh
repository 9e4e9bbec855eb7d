#!/usr/bin/env bash
# test_sealed.sh BUILD CC - the compiler keeps bodies of instructions from control state: in each source that has some, a member with control
# state has no name, and the accessors that note what they do have. A body that reads the mode by itself is planted, and does not
# compile; by the accessor it does. And what is hidden lies where the architecture has it.
set -euo pipefail
build=$(cd "$1" && pwd) cc=$2
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
all=-fmax-errors=0
"$cc" --version | grep -qi clang && all=-ferror-limit=0
compile() { "$cc" -std=gnu17 -I "$build/rooms/isa" -I "$build/generated" "$@"; }
fail() { echo "$*"; exit 1; }
words=$(sed -n 's/^ *WORD(\([a-z_]*\), .*/\1/p' isa/riscv/control.h)
others="extensions pmpcfg pmpaddr pmp pmp_active pmp_open timer_due reservation tselect tdata1 tdata2 sdtrig resume"
[ "$(wc -w <<<"$words")" -ge 25 ] || fail "the words of control.h are not found"

# Every source with bodies, and the fast bodies of the system group; whoever includes bodies is one.
sources=$(ls "$build"/generated/riscv/execute_*.c; echo isa/riscv/fused.c isa/riscv/system_fast.c isa/riscv/csr_fast.c)
for source in $(grep -l 'include "isa/riscv/\(execute_.*\|bodies\)\.h"' isa/riscv/*.c); do
    case " $(echo $sources) " in *" $source "*) ;; *) fail "$source has bodies, and is not looked at here" ;; esac
done
for source in $sources; do
    {
        echo "#include \"$(realpath "$source")\""
        for name in mode $words; do echo "uint64_t ask_$name(struct hart *hart) { return hart_read(hart, $name) + hart_check(hart, $name); }"; done
    } >"$scratch/asks.c"
    compile -fsyntax-only "$scratch/asks.c" 2>"$scratch/said" || { head -5 "$scratch/said"; fail "$source cannot use the accessors"; }
    {
        echo "#include \"$(realpath "$source")\""
        for name in mode $words $others; do echo "const void *take_$name(struct hart *hart) { return &hart->$name; }"; done
    } >"$scratch/takes.c"
    compile -fsyntax-only $all "$scratch/takes.c" 2>"$scratch/said" && fail "$source sees control state"
    for name in mode $words $others; do
        grep -q "no member named .$name" "$scratch/said" || fail "$source sees $name"
    done
done

# plant RESULT: add is that in the copy of execute_i.h that is found first.
mkdir -p "$scratch/isa/riscv"
plant() {
    sed "s/^REGISTER(add, a + b)$/REGISTER(add, $1)/" isa/riscv/execute_i.h >"$scratch/isa/riscv/execute_i.h"
    ! cmp -s isa/riscv/execute_i.h "$scratch/isa/riscv/execute_i.h" || fail "there is no add to plant in"
}
for source in "$build"/generated/riscv/execute_i_{fast4,fast2,step}.c isa/riscv/fused.c; do
    plant 'b == 7 ? h->mode : a + b'
    cp "$source" "$scratch/source.c"
    if compile -iquote "$scratch" -fsyntax-only "$scratch/source.c" 2>"$scratch/said"; then fail "$source: a body may read the mode by itself"; fi
    grep -q "no member named .mode" "$scratch/said" || { head -5 "$scratch/said"; fail "$source: another error"; }
    plant 'b == 7 ? hart_read(h, mode) : a + b'
    compile -iquote "$scratch" -fsyntax-only "$scratch/source.c" 2>"$scratch/said" || { head -5 "$scratch/said"; fail "$source: a body may not ask for the mode"; }
done

# layout [DEFINE]: where members lie, as the compiler has it.
layout() {
    {
        [ -z "${1:-}" ] || echo "#define $1"
        echo '#include "isa/riscv/state.h"'
        echo 'const uint64_t layout[] = {sizeof(struct hart),'
        for name in x f pc here trap fflags frm touched triggers fences tlb data chosen engine listener; do echo "offsetof(struct hart, $name),"; done
        for name in mode $words; do echo "HART_PLACE_$name,"; done
        echo '};'
    } >"$scratch/layout.c"
    compile -S -o - "$scratch/layout.c" | grep -E '^\s+\.(quad|xword|8byte|dword)'
}
layout >"$scratch/open"
layout HART_SEALED >"$scratch/sealed"
[ "$(wc -l <"$scratch/open")" -ge 40 ] || fail "the layout is not found"
cmp "$scratch/open" "$scratch/sealed" || fail "what is hidden lies elsewhere"
echo "$(wc -w <<<"$sources") sources with bodies see no control state; what reads it by itself does not compile"
