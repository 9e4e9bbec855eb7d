#!/usr/bin/env bash
# encode.sh [--fill] - assembles every line of the vectors with the GNU assembler, which knows nothing of our table, and compares the
# encodings. With --fill it writes the encoding where a line has a ? instead: how one adds lines. Status 77: there is no such assembler.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
prefix=riscv64-unknown-elf-
command -v ${prefix}as >/dev/null || { echo "skipped: no ${prefix}as (package binutils-riscv64-unknown-elf)"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# encodings FILE: the encoding of each line on a line of its own; empty for a remark. Each instruction has a slot of eight bytes, so that
# one that came out longer or shorter than it should be shows.
encodings() {
    awk -F'|' 'BEGIN { print ".option norelax" }
        { sub(/#.*/, "") }
        NF < 3 { $1 = ".space 8, 0xff" }
        { print ".option " ($1 ~ /^c\./ ? "rvc" : "norvc"); print $1; print ".org 8 * " NR }' "$1" >"$work/all.s"
    ${prefix}as -march=rv64imafdc_zicsr_zifencei_zihintpause_zicbom_zicboz_sstc -mpriv-spec=1.12 -mno-relax -o "$work/all.o" "$work/all.s"
    ${prefix}ld --no-relax -e 0 -Ttext=0x80000000 -o "$work/all" "$work/all.o"
    ${prefix}objcopy -O binary -j .text "$work/all" "$work/bytes"
    od -An -v -tx8 -w8 "$work/bytes" | awk '
        /ffffffffffffffff/ { print ""; next }
        { bits = substr($1, 9); high = substr($1, 1, 8) }
        high != "00000000" { print "long"; next }
        { short = bits ~ /^0000/ && bits ~ /[01245689acde]$/; print short ? substr(bits, 5) : bits }'
}

status=0
for file in *.vec; do
    encodings "$file" >"$work/encodings"
    awk -F'|' -v file="$file" -v fill="${1:-}" '
        FNR == NR { encoding[FNR] = $0; next }
        { said = $2; gsub(/ /, "", said) }
        NF >= 3 && !/^#/ && said == "?" && fill == "--fill" { sub(/\|[^|]*\|/, sprintf("| %-8s |", encoding[FNR])); said = encoding[FNR] }
        NF >= 3 && !/^#/ && said != encoding[FNR] {
            printf "%s:%d: the assembler says %s for %s\n", file, FNR, encoding[FNR], $0 >"/dev/stderr"
            bad = 1
        }
        { print }
        NF >= 3 && !/^#/ { count++ }
        END { print count + 0 " encodings of " file >"/dev/stderr"; exit bad }' "$work/encodings" "$file" >"$work/out" || status=1
    [ "${1:-}" != --fill ] || cp "$work/out" "$file"
done
exit $status
