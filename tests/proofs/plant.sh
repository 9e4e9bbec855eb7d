# plant.sh - for the scripts that show that proofs can fail. Sourced: plants faults in copies of the tree. Sets $failed.
tree=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
. "$tree/examples/packages.sh"
tools=$(bash "$tree/tests/proofs/tools.sh") || exit 77
export PATH=$tools:$PATH
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# plant GOAL FILE FROM TO WHAT: FILE has the line TO in the place of FROM; then the goal (of goals.sh in the folder $here) is refuted, and
# WHAT is among what fails.
plant() {
    local name function unwind sources options verdict
    rm -rf "$work/tree"
    mkdir "$work/tree" "$work/tree/tests"
    cp -r "$tree/isa" "$tree/mmu" "$tree/core" "$work/tree"
    cp -r "$tree/tests/proofs" "$work/tree/tests"
    from=$3 to=$4 awk '$0 == ENVIRON["from"] { print ENVIRON["to"]; found = 1; next } { print } END { exit !found }' "$tree/$2" \
        >"$work/tree/$2" || { say "$2 has no line: $3"; failed=1; return; }
    IFS='|' read -r name function unwind sources options < <(TRAPEZE_PROOF_TREE=$work/tree bash "$here/goals.sh" | grep "^$1|")
    verdict=$(TRAPEZE_PROOF_TREE=$work/tree bash "$tree/tests/proofs/prove.sh" 600 "$function" "$unwind" "$sources" $options) || true
    case $verdict in
    refuted:*"$5"*) echo "$1: $verdict" ;;
    *) say "$1 with a fault in $2: $verdict"; failed=1 ;;
    esac
}
