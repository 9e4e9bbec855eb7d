#!/usr/bin/env bash
# user_ia32.sh - what the hybrid monitor does not repair: a program in ring 3, which it runs directly, asks where the tables are. verify names the
# first answer that is not the kernel's own; with umip the next, and so on, until all that Theorem 3 asks for traps. So it is with the monitor that
# translates, which leaves ring 3 alone, too; where each instruction is inspected, where all trap, and in a guest mode no answer differs.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
guest=$(dirname "$TRAPEZE")/examples/user.elf
[ -e "$guest" ] || skip "$guest was not built"

run bare 0 -M ia32 --bare -kernel "$guest"
expect bare "SGDT  limit      0000002f"
expect bare "LSL   limit      ffffffff"
run hybrid 0 -M ia32 --vmm hybrid -kernel "$guest"
expect hybrid "SGDT  limit      00000000"

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
differs hybrid_umip pushfd -M ia32:umip --vmm hybrid
differs hybrid_flags lar -M ia32:umip+pushf --vmm hybrid
differs translated "(sgdt|str)" -M ia32 --vmm translate

equal() {
    local status=0
    echo "+ trapeze verify $*"
    "$TRAPEZE" verify "$@" -kernel "$guest" >"$work/equal.out" 2>"$work/equal.err" </dev/null || status=$?
    [ "$status" = 0 ] || fail "$*: status $status"
    tail -n 1 "$work/equal.out" | grep -q '^equivalent after .* power-off' || fail "$*: $(tail -n 1 "$work/equal.out")"
}
equal -M ia32:umip+pushf+noleak --vmm hybrid
equal -M ia32:umip+pushf+noleak --vmm hybrid --depth 2
equal -M ia32 --vmm patch
equal -M ia32:traps
equal -M ia32:vt --depth 2
