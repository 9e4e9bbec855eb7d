#!/usr/bin/env bash
# The hypervisor of examples/riscv/hypervisor with the embedded guest in it, bare and in virtual machines: the nested guest prints what
# it prints on the machine itself, and the hypervisor's own account is the same everywhere.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
kernel=$(dirname "$TRAPEZE")/examples/hypervisor.elf
[ -e "$kernel" ] || skip "$kernel was not built"
run direct 0 --bare
run bare 0 --bare -kernel "$kernel"
run virtual 0 -kernel "$kernel"
run trace 0 --shadow trace -kernel "$kernel"
run depth2 0 --depth 2 -kernel "$kernel"
run hybrid 0 --vmm hybrid -kernel "$kernel"
nested_as_direct() {
    grep -v '^hypervisor: ' "$work/$1.out" | cmp "$work/direct.out" - || fail "$1: the nested guest does not print what it prints directly"
}
nested_as_direct bare
for other in virtual trace depth2 hybrid; do same bare "$other"; done

# Its account: the guest's own traps are those that the machine delivers to it, and no firmware call is lost.
account=$(grep '^hypervisor: ' "$work/bare.out") || fail "the hypervisor gives no account"
number() { sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p" "$work/direct.err"; }
for want in "$(number traps_delivered) traps reflected" "$(number firmware_calls) firmware calls"; do
    [[ $account == *" $want"* ]] || fail "not '$want': $account"
done
# A CPU that sets no A and D, has no timer of the supervisor's, and knows Sv39 alone makes no difference: the hypervisor needs none.
run plain 0 --bare -cpu rv64,svadu=off,sstc=off,sv48=off -kernel "$kernel"
nested_as_direct plain
