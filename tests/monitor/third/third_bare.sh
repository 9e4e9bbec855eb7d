#!/usr/bin/env bash
# third_bare.sh COMMAND PROGRAM - an instruction set that has nothing but its machine yet: `run --bare` and `monitor --bare` work, also where
# it answers no question of struct about; whatever wants a VMM or a theory says in one sentence that there is none. COMMAND is built with it,
# PROGRAM writes its programs.
set -euo pipefail
trapeze=$1 program=$2 patience=1200 # seconds, after which a command hangs
there=$(mktemp -d)
trap 'rm -rf "$there"' EXIT
fail() { echo "FAILED: $*" >&2; exit 1; }
"$program" "$there/p" && "$program" "$there/lost" lost

# demand STATUS EXPECTED ARGUMENT...: exit status, and an extended expression found in the output
demand() {
    local status=0 expected=$2 wanted=$1
    shift 2
    said=$(timeout $patience "$trapeze" "$@" 2>&1 </dev/null) || status=$?
    [ "$status" = "$wanted" ] || fail "trapeze $*: status $status, not $wanted: $said"
    grep -qE -- "$expected" <<<"$said" || fail "trapeze $*: no '$expected' in: $said"
}
# The same of what is refused: with status 2, in one sentence, before anything is done.
refuse() {
    demand 2 "^trapeze: $1" "${@:2}"
    [ "$(wc -l <<<"$said")" = 1 ] || fail "trapeze ${*:2}: more than a sentence: $said"
}

demand 0 '^123pc20d$' run -M third --bare "$there/p"
demand 122 'could not be delivered' run -M third --bare "$there/lost"

no_vmm='there is no virtual machine monitor for the instruction set third; its bare machine runs with --bare'
for how in "" "--depth 2" "--vmm hybrid"; do
    refuse "$no_vmm" run -M third $how "$there/p"
    refuse "$no_vmm" monitor -M third $how "$there/p"
    refuse "$no_vmm" verify -M third $how "$there/p"
done
no_theory='there is no classifier for the instruction set third: nothing is measured of it'
for what in "classify third" "classify third:leaks" "classify third ring" "prove third" "witness third ring" "sweep third" "report third"; do
    refuse "$no_theory" $what
done
demand 0 '^third' complete-words run -M ''
demand 0 '^riscv' complete-words classify ''
[[ $said != *third* ]] || fail "classify offers third: $said"

# The prompt, with an instruction set that says nothing: no mode has a name, no trap; all commands that only look come back, each with an
# answer or a sentence, and the guest does what it does otherwise.
monitor() { demand "$1" "$2" monitor -M third --bare "$there/p" -batch "${@:3}"; }
monitor 0 '=> 0x100:.li a0' -ex "x/2i \$pc"
monitor 0 'powered off with status 0 after 97 instructions' -ex "break *0x14" -ex c -ex "si 3" -ex rsi -ex "delete 1" -ex c
monitor 0 'mode +\?' -ex "info registers"
monitor 0 '=> 0x14b:.li a3' -ex "si 30" -ex "goto 4" -ex "goto 15"
monitor 0 '=> 0x157:.out a0, 17' -ex "si 18" -ex rsi
commands=$("$trapeze" monitor -M third --bare "$there/p" -batch -ex "help all" 2>&1) || fail "help all: $commands"
looked=0
try() {
    local status=0
    said=$(timeout $patience "$trapeze" monitor -M third --bare "$there/p" -batch -ex "si 9" -ex "$1" 2>&1 </dev/null) || status=$?
    [ "$status" -le 1 ] || fail "'$1' ended with status $status: $said"
    [[ $said != *--depth* ]] || fail "'$1' proposes virtual machines, and there are none: $said"
    looked=$((looked + 1))
}
while read -r command; do
    try "$command"
done < <(sed -nE 's/^  ([a-z-]+( [a-z-]+)?)  +.*/\1/p' <<<"$commands" | grep -vxE 'quit|tui|run|commands|set' | sort -u)
for command in "break trap" "break mode 0" "log traps" "trace 5" "until 40" "why access 0x100" "translate 0x100" "x/8xb 0" "xh 0" "ptype int" \
    "break *0x14 if \$form == 1" "info registers form" "set \$a0 = 7" "savevm $there/state" "loadvm $there/state" "disassemble 0x100, 0x120"; do
    try "$command"
done
[ "$looked" -ge 70 ] || fail "only $looked commands were tried: $commands"
