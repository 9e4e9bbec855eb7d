#!/usr/bin/env bash
# --jobs of `trapeze classify`, `prove` and `report`: the output does not depend on how many threads there are, and what is no number of
# them is refused.
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
