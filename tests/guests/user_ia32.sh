#!/usr/bin/env bash
# user_ia32.sh - what the hybrid monitor does not repair: a program in ring 3, which it runs directly, asks where the tables are. verify names the
# first answer that is not the kernel's own. With umip that traps, and what is left, flags and questions about selectors, the monitor keeps right by
# its promises: no answer differs, nor does any on the plain machine where the program asks no more. So it is with the monitor that
# translates, which leaves ring 3 alone, too; where each instruction is inspected, where all trap, and in a guest mode no answer differs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guest=$(dirname "$TRAPEZE")/examples/user.elf
keeps=${guest%.elf}-keeps.elf
[ -e "$guest" ] && [ -e "$keeps" ] || skip "$guest was not built"

run bare 0 -M ia32 --bare -kernel "$guest"
expect bare "SGDT  limit      0000002f"
expect bare "LSL   limit      ffffffff"
run hybrid 0 -M ia32 --vmm hybrid -kernel "$guest"
expect hybrid "SGDT  limit      0000ffff"

# differs NAME WHAT OPTION...: the first difference is this instruction, and it is critical.
differs() {
    local name=$1 what=$2 status=0
    shift 2
    echo "+ trapeze verify $*"
    "$TRAPEZE" verify "$@" -kernel "$guest" >"$work/$name.out" 2>"$work/$name.err" </dev/null || status=$?
    [ "$status" = 123 ] || fail "$name: status $status, not 123"
    grep -qE "^  [0-9a-f]+  $what( |\$)" "$work/$name.out" || fail "$name: it is not at $what"
    grep -q 'class, measured: critical' "$work/$name.out" || fail "$name: $what is not called critical"
    grep -q 'in ring 3 mode' "$work/$name.out" || fail "$name: not in ring 3"
}
differs hybrid_plain sgdt -M ia32 --vmm hybrid
differs hybrid_depth2 sgdt -M ia32 --vmm hybrid --depth 2
differs translated "(sgdt|str)" -M ia32 --vmm translate
differs hybrid_unused sgdt -M ia32:vt --vmm hybrid # a guest mode that it does not use

equal() {
    local status=0
    echo "+ trapeze verify $*"
    "$TRAPEZE" verify "$@" >"$work/equal.out" 2>"$work/equal.err" </dev/null || status=$?
    [ "$status" = 0 ] || fail "$*: status $status"
    tail -n 1 "$work/equal.out" | grep -q '^equivalent after .* power-off' || fail "$*: $(tail -n 1 "$work/equal.out")"
}
for monitor in hybrid translate; do
    for depth in 1 2; do
        equal -M ia32:umip --vmm $monitor --depth $depth -kernel "$guest"
        equal -M ia32 --vmm $monitor --depth $depth -kernel "$keeps"
    done
done
equal -M ia32 --vmm patch -kernel "$guest"
equal -M ia32:traps -kernel "$guest"
equal -M ia32:vt --depth 2 -kernel "$guest"
