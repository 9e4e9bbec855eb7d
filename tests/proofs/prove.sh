#!/usr/bin/env bash
# prove.sh SECONDS FUNCTION UNWIND "SOURCE..." [OPTION...] - has the model checker look at one claim: that no assertion below FUNCTION can
# fail, whatever nondet_*() are. Sources are preprocessed with OPTIONs. cbmc and z3 are on the PATH (tools.sh). Prints a line: `proved`; `refuted`
# and what fails; `undecided` and why. Exits with 0, 1, 2. TRAPEZE_PROOF_TREE: another tree's sources are taken.
# PROVE_SOLVER: empty, the model checker's own is asked, which is slow to prove and quick to refute. An OPTION --symbols is for a claim of few
# values and many branches: what each element of a small array is, is followed, and the model checker's own solver is asked. --sat: its other one, cadical, is.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=${TRAPEZE_PROOF_TREE:-$(cd "$here/../.." && pwd)}
seconds=$1 function=$2 unwind=$3 sources=$4
shift 4

solver=${PROVE_SOLVER---z3} arrays=--no-array-field-sensitivity
if [ "${1:-}" = --symbols ]; then
    shift
    solver=${PROVE_SOLVER-} arrays="--max-field-sensitivity-array-size 8"
elif [ "${1:-}" = --sat ]; then
    shift
    solver=${PROVE_SOLVER---sat-solver cadical}
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
: >"$work/riscv_decode.h" # what a build makes of the tables: a claim says itself what it needs of that
preprocessed=
for source in $sources; do
    to=$work/$(printf '%s' "$source" | tr '/.' '__').i
    ${CC:-cc} -std=gnu17 -E -DNDEBUG -iquote "$work" -I"$tree" "$@" "$tree/$source" -o "$to"
    preprocessed="$preprocessed $to"
done

# Only what the claims are about: that what runs is memory-safe is the sanitizers' matter. A function without a body is an error.
status=0
timeout "$seconds" cbmc $preprocessed --function "$function" --unwind "$unwind" --unwinding-assertions --slice-formula --stop-on-fail \
    $solver $arrays --object-bits 10 --no-bounds-check --no-pointer-check --no-pointer-primitive-check \
    --no-div-by-zero-check --no-signed-overflow-check --no-undefined-shift-check ${PROVE_FLAGS:-} >"$work/out" 2>&1 || status=$?
if grep -q '^VERIFICATION SUCCESSFUL$' "$work/out" && [ "$status" = 0 ]; then
    echo proved
elif grep -q '^VERIFICATION FAILED$' "$work/out"; then
    echo "refuted: $(sed -n '/^Violated property:/,$ { s/^  \([^ ].*\)/\1/p }' "$work/out" | sed -n 2p)"
    exit 1
elif [ "$status" = 124 ]; then
    echo "undecided: not within $seconds s"
    exit 2
else
    echo "undecided: $(grep -m 1 -iE 'error|invariant|reason' "$work/out" || tail -n 1 "$work/out")"
    exit 2
fi
