#!/usr/bin/env bash
# bochs.sh CASES PROGRAM [SEED...] - privileged state against Debian's Bochs: ROMs of seven hundred cases each, drawn from a seed, that print at port
# e9 how each case ended (bochs.S, bochs_cases.c). Both machines begin in the same ROM; all lines must be the same.
. "$(dirname "${BASH_SOURCE[0]}")/../../../guests/lib.sh"
cases=$1 program=$2 count=700
shift 2
command -v bochs-bin >/dev/null || skip "Bochs is not here (Debian's packages bochs and bochs-term)"
ls /usr/lib/*/bochs/plugins/libbx_term_gui.so >/dev/null 2>&1 || skip "Bochs has no terminal here (Debian's package bochs-term)"
command -v script >/dev/null || skip "the command script is not here (package bsdutils)"

head -c 512 /dev/zero >"$work/vga" # Bochs wants one
cat >"$work/rc" <<END
display_library: term
megs: 32
romimage: file=$work/rom
vgaromimage: file=$work/vga
log: $work/log
port_e9_hack: enabled=1
panic: action=fatal
clock: sync=none
cpu: model=pentium
sound: driver=dummy
speaker: enabled=0
END
printf 'continue\nquit\n' >"$work/commands"

# bochs: what the ROM prints there, in theirs. What Bochs itself says stands before and behind the lines.
bochs() {
    TERM=vt100 timeout $patience script -qfec "bochs-bin -q -f $work/rc -rc $work/commands" "$work/typescript" </dev/null >/dev/null 2>&1 || true
    tr -d '\r' <"$work/typescript" | grep -E '^([0-9a-f]+ ){26,}$' >"$work/theirs.out" || true
    lines=$(wc -l <"$work/theirs.out")
}
for seed in "${@:-1}"; do
    "$cases" "$program" "$seed" "$work/rom" $count || fail "no ROM of seed $seed"
    bochs
    ends=1 # what the ROM writes to the port of exit; or a case has brought both to shut down, and the rest are not reached
    [ "$lines" = $count ] || ends=122
    [ "$lines" -gt 50 ] || fail "seed $seed: Bochs prints $lines lines: $(tail -n 3 "$work/log")"
    for way in "" "-engine simple"; do
        status=0
        timeout $patience "$TRAPEZE" run -M ia32 --bare -m 32M -bios "$work/rom" --max-insns 1G $way >"$work/ours.out" 2>"$work/ours.err" </dev/null || status=$?
        if ! cmp -s "$work/ours.out" "$work/theirs.out"; then
            line=$(cmp "$work/ours.out" "$work/theirs.out" | sed -n 's/.*line //p' || true)
            "$cases" "$seed" $((line - 1))
            echo "here:  $(sed -n "${line}p" "$work/ours.out")"
            echo "Bochs: $(sed -n "${line}p" "$work/theirs.out")"
            rm "$work"/*.out
            fail "seed $seed, case $((line - 1)): not as Bochs has it"
        fi
        [ $status = $ends ] || { rm "$work"/*.out; fail "seed $seed: exit status $status, not $ends"; }
    done
    echo "seed $seed: $lines cases end as on Bochs; vectors: $(awk '{ print $9 }' "$work/theirs.out" | sort | uniq -c | awk '{ printf "%s (%s) ", $2, $1 }')"
done
