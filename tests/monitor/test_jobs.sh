#!/usr/bin/env bash
# --jobs of `trapeze classify`, `prove` and `report`: the output does not depend on how many threads there are, and what is no number of
# them is refused. How far it is a terminal is told, and nobody else.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# the_same COMMAND...: by one thread, and by seven, which no subjects come out even with.
the_same() {
    local jobs
    for jobs in 1 7; do
        t 0 "$@" --jobs $jobs
        quiet
        [ $jobs != 1 ] || cp out alone
        cmp -s out alone || fail "trapeze $*: with $jobs threads it is not what it is with one"
    done
}
the_same classify pg --json
the_same prove pg
the_same report pg --csv -
the_same classify riscv --states 1 --json
the_same classify riscv csrrw
the_same classify ia32 --states 1 --json
the_same report ia32:vt --states 1 --csv -

for command in "classify riscv" "prove pg" "report pg --csv -"; do
    for jobs in 0 17 many; do
        t 2 $command --jobs $jobs
        says "the option --jobs wants"
    done
done

if command -v script >/dev/null; then # a terminal is told, and its row is empty at the end; above, without one, stderr is
    for command in "classify riscv --states 2" "prove ia32:umip --without tables-empty" "report riscv --csv x --states 1"; do
        timeout -k 5 $patience script -qec "'$TRAPEZE' $command --jobs 1 >out" typescript >/dev/null 2>&1 </dev/null || fail "$command: at a terminal"
        grep -qaE $'\r([0-9]+ of [0-9]+: )?(umip: )?(without [a-z-]+: )?[0-9]+ of [0-9]+ subjects ' typescript || fail "$command: not told how far it is"
        grep -qaF $'subjects \e[K\r\e[K' typescript || fail "$command: it stays on the screen"
        ! grep -qaF $'\e' out || fail "$command: it is on stdout"
    done
fi
