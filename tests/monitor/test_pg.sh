#!/usr/bin/env bash
# `trapeze run -M pg`: the examples of the paper's machine and their variants, programs as text and as cells, and what is refused.
examples=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/pg" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- the same bare and virtual
for mode in --bare "--depth 1" "--depth 3" "--vmm hybrid" "--vmm hybrid --depth 2"; do
    t 0 run -M pg $mode "$examples/hello.pg"; quiet
    [ "$(cat out)" = "Hello from <E, M, P, R>." ] || fail "$mode: not the line"
    t 0 run -M pg $mode "$examples/traps.pg"; quiet
    shows "that is all"
    t 0 run -M pg $mode "$examples/vmm.pg" "$examples/vmm.pg@512" "$examples/traps.pg@1024"; quiet
    shows "that is all"
done

# --- variant, example, bare, and whether trap and hybrid come out as bare
while read -r variant trap hybrid line; do
    program=$examples/$(echo "$variant" | tr A-Z a-z).pg
    t 0 run -M "pg:$variant" --bare "$program"; quiet; shows "$line"
    cp out bare.out
    t 0 run -M "pg:$variant" "$program"; quiet
    if cmp -s out bare.out; then echo same; else echo differs; fi | grep -q "$trap" || fail "$variant: not $trap by trap and emulate"
    t 0 run "--machine=pg:$variant" --vmm=hybrid "$program"; quiet
    if cmp -s out bare.out; then echo same; else echo differs; fi | grep -q "$hybrid" || fail "$variant: not $hybrid by the hybrid monitor"
done <<'EOF'
JRST1     differs same    The kernel refused the user's OUT.
GETMODE   differs same    The kernel runs in supervisor mode.
SETR-NOP  differs same    The bound holds.
SETR-USER differs differs The user read its own machine's memory.
LRA       differs differs The user lies where the kernel put it.
GETR      differs differs The user has the R that the kernel gave it.
SHRINK    same    same    The user lowered its bound to 4.
EOF
t 0 run -M pg:halt-user --bare "$examples/halt-user.pg"; quiet
for vmm in trap hybrid; do
    t 120 run -M pg:HALT-USER --vmm $vmm "$examples/halt-user.pg"
    says "made the host machine itself wait or halt"
    shows "The user halts the machine."
done

# --- cells as they are: 2: halt; and text that does not end in a newline
printf '\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x14' >halt.cells
t 0 run -M pg --cells 3 halt.cells; quiet
printf '.org 2\nhalt' >halt.pg
t 0 run -M pg --cells=3 halt.pg; quiet
printf '.org 2\nhalt' >halt@2
t 1 run -M pg halt@2; says "halt: " # the number after '@' is a cell
t 0 run -M pg --cells 4 ./halt.pg@0; quiet
printf '.org 2\nl: jmp l' >loop.pg
t 121 run -M pg --max-insns 5k loop.pg; says "limit of 5000 instructions is reached, at pc 0x2"
printf '.org 2\nsvc 0' >trap.pg
t 122 run -M pg trap.pg; says "trap loop at pc 0x0"
t 122 run -M pg --bare trap.pg; says "trap loop at pc 0x0"

# --- accounts
t 0 run -M pg --stats --vmm hybrid "$examples/hello.pg"
grep -q "virtual privileged modes" err && grep -q "out 25" err && ! grep -q shadow err || fail "no account"
t 0 run -M pg --stats=json --depth 2 "$examples/hello.pg"
grep -q '"end": "power-off".*"retired": 128,.*"monitor": "trap", "direct": 102, "emulated": 26' err || fail "no JSON account"
t 0 run -M pg --stats=json:account "$examples/hello.pg"; quiet
grep -q '"retired": 128' account || fail "no JSON account in the file"
t 0 run --vmm hybrid --stats=json exit0.bin
grep -q '"monitor": "hybrid", "direct": 0, ' err || fail "RISC-V: not interpreted"

# --- without a file, those that the command carries
t 0 run -M pg: ; cp out carried
t 0 run -M pg "$examples/hello.pg"; cmp -s out carried || fail "the program that is carried is another one"
t 0 run -M pg --guest busy --bare; grep -qE '^busy: 3000 rounds, sum [0-9a-f]{16}$' out || fail "the busy program says otherwise"
cp out carried
t 0 run -M pg --depth 2 "$examples/busy.pg"; cmp -s out carried || fail "the busy program that is carried is another one"

# --- refused
t 2 run -M pg:JRST "$examples/hello.pg"; says "no variant 'JRST'; is JRST1 meant?"
t 2 run -M pg:getmod "$examples/hello.pg"; says "is GETMODE meant?"
t 2 run -M pg:zzzzzz "$examples/hello.pg"; says "there are JRST1"
t 2 run -M pg --guest busy halt.pg; says "there is another one already"
t 2 run -M pg -M virt,plic=strict halt.pg; says "one machine"
t 2 run -M pg -M virt halt.pg; says "one machine"
t 2 run -M pg -drive file=x halt.pg; says "no option -drive"
t 2 run -M pg --cells 2 halt.pg; says "wants 3 to 2097151"
t 2 run -M pg --vmm both halt.pg; says "is trap or hybrid for this machine"
t 2 run -M pg --vmm trap --bare halt.pg; says "--bare and --vmm exclude each other"
t 2 run -M pgs halt.pg; says "there is virt, pg[:VARIANT], and ia32[:VARIANT]"
t 2 run halt.pg; says "a program of the paper's machine, not a RISC-V kernel: trapeze run -M pg halt.pg"
t 2 run -kernel halt.pg; says "trapeze run -M pg halt.pg"
t 1 run -M pg "$TRAPEZE"; says "this is an ELF file, not a program of the paper's machine"
{ printf '\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0\363\0'; head -c 100 /dev/zero; } >riscv.elf
t 1 run -M pg riscv.elf; says "this is an ELF file for RISC-V, not a program"
head -c 21 /dev/zero >odd.cells
t 1 run -M pg odd.cells; says "neither text nor cells of 8 bytes: it has 21 bytes"
t 1 run -M pg --cells 3 "$examples/hello.pg"; says "do not fit in the guest's 3"
t 1 run -M pg halt.pg@4094; says "3 cells from cell 4094 on do not fit in the guest's 4096"
t 1 run -M pg halt.pg@99999999999999; says "do not fit"
t 2 run -M pg halt.pg@99999999999999999999; says "the cell after '@'"
t 1 run -M pg /nowhere.pg; says "/nowhere.pg"
printf 'halt\nhlat\n' >wrong.pg
t 1 run -M pg wrong.pg; says "wrong.pg:2: there is no instruction 'hlat'"
t 1 run -M pg --depth 16 --cells 2090000 halt.pg; says "has no more than 2097151"
t 0 run -M pg --help; shows "JRST1"; quiet
t 0 run --help; shows "-M pg --help"
