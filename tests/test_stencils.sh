#!/usr/bin/env bash
# test_stencils.sh CC OBJDUMP OBJECT... - every x86-64 processor can execute what the translator copies: the stencils, disassembled, are
# instructions to an assembler that knows only the first of these processors (SSE2 and nothing later). So nobody has to ask the host.
set -euo pipefail
cc=$1 objdump=$2
shift 2
[ $# -gt 0 ] || { echo "skipped: there is no translator for this host"; exit 77; }
as=$("$cc" -print-prog-name=as)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "$*"; exit 1; }
first() { "$as" --64 -march=generic64 -o "$scratch/object" - 2>"$scratch/said"; }
echo 'addsd %xmm1,%xmm0' | first || { echo "skipped: $as knows no first processor: $(head -1 "$scratch/said")"; exit 77; }
for later in 'addsubps %xmm1,%xmm0' 'pshufb %xmm1,%xmm0' 'roundsd $0,%xmm1,%xmm0' 'popcnt %eax,%eax' 'lzcnt %eax,%eax' 'andn %eax,%eax,%eax' \
    'shlx %eax,%eax,%eax' 'vaddsd %xmm1,%xmm0,%xmm0' 'vfmadd213sd %xmm1,%xmm0,%xmm0' 'vpxord %zmm1,%zmm0,%zmm0'; do
    ! echo "$later" | first || fail "$as takes '$later' for one of the first instructions"
done

# Without the names that the disassembler adds; where it shows a place without 0x, an assembler wants it.
for object; do
    "$objdump" -d -w --no-show-raw-insn "$object" | sed -n 's/^ *[0-9a-f]*:\t//p' |
        sed 's/<[^>]*>//; s/#.*//; s/^\(j[a-z]*\|call\) *\([0-9a-f]*\) *$/\1 0x\2/' >"$scratch/insns"
    [ "$(wc -l <"$scratch/insns")" -ge 5 ] || fail "$object: no stencils"
    ! grep -w '(bad)' "$scratch/insns" || fail "$object: bytes that are no instruction"
    first <"$scratch/insns" || { head -5 "$scratch/said"; fail "$object: not of every x86-64 processor"; }
done
