#!/usr/bin/env bash
# ELF programs with tohost and fromhost, as Spike and the architecture tests have them: they start alone in M-mode, end with
# their code, and leave a signature.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
clang=
for name in clang clang-{19,18,17,16,15,14}; do [ -n "$clang" ] || ! command -v $name >/dev/null || clang=$name; done
[ -n "$clang" ] && command -v ld.lld >/dev/null || skip "clang and lld are not installed"

cat >htif.S <<'EOS'
    .globl _start, tohost, fromhost, begin_signature, end_signature
_start:
    csrr t0, mhartid          # M-mode: it would trap in S
    la a0, begin_signature
    li t1, 0x1122334455667788
    sd t1, 0(a0)
    la a0, tohost
    li t1, (1 << 56) | (1 << 48) | 'H'
    sd t1, 0(a0)
1:  ld t1, 0(a0)
    bnez t1, 1b
    li t1, CODE * 2 + 1
    sd t1, 0(a0)
    j .
    .data
    .balign 64
tohost: .dword 0
    .balign 64
fromhost: .dword 0
    .balign 16
begin_signature: .dword 0, 0x99
    .word 7
end_signature:
EOS
echo 'SECTIONS { . = 0x80000000; .text : { *(.text) } .data : { *(.data) } }' >htif.ld
build() { $clang --target=riscv64-unknown-elf -march=rv64i -mabi=lp64 -mno-relax -nostdlib -fuse-ld=lld -Wl,-T,htif.ld "$@" htif.S; }
build -DCODE=0 -o pass.elf
build -DCODE=5 -o fail.elf
for mode in --bare "--depth 1"; do
    t 0 run $mode pass.elf; quiet; [ "$(cat out)" = H ] || fail "no H"
    t 5 run $mode fail.elf; quiet
    t 0 run $mode --signature four pass.elf
    printf '%s\n' 55667788 11223344 00000099 00000000 00000007 | cmp - four || fail "signature"
    t 5 run $mode --signature eight --signature-granularity 8 fail.elf
    printf '%s\n' 1122334455667788 0000000000000099 0000000000000007 | cmp - eight || fail "signature by eight"
done

# A command is taken when it is stored: no instruction more than the program has, and the same count everywhere.
cat >exact.S <<'EOS'
    .globl _start, tohost, fromhost
_start:
    la a0, tohost             # 2 instructions
    li t1, 3
    li t2, 1000               # then 1000 times 2
1:  addi t2, t2, -1
    bnez t2, 1b
    sd t1, 0(a0)
2:  j 2b
    .data
    .balign 64
tohost: .dword 0
fromhost: .dword 0
EOS
# A console by fromhost alone: a prompt, then what comes in goes out again, until a 'q'.
cat >echo.S <<'EOS'
    .globl _start, tohost, fromhost
_start:
    la a0, tohost
    la a1, fromhost
    li t2, '>'
    j put
get:
    li t1, 1 << 56
    sd t1, 0(a0)
1:  ld t2, 0(a1)
    beqz t2, 1b
    sd zero, 0(a1)
    andi t2, t2, 0xff
put:
    li t1, (1 << 56) | (1 << 48)
    or t1, t1, t2
    sd t1, 0(a0)
    ld t3, 0(a0)              # taken by now
    bnez t3, wrong
    li t3, 'q'
    bne t2, t3, get
    li t1, 1
    sd t1, 0(a0)
2:  j 2b
wrong:
    li t1, 7
    sd t1, 0(a0)
    j 2b
    .data
    .balign 64
tohost: .dword 0
    .balign 64
fromhost: .dword 0
EOS
for name in exact echo; do
    $clang --target=riscv64-unknown-elf -march=rv64i -mabi=lp64 -mno-relax -nostdlib -fuse-ld=lld -Wl,-T,htif.ld -o $name.elf $name.S
done
count() { sed -n 's/.*"retired": *\([0-9]*\).*/\1/p' err | head -n 1; }
printf 'wait >\nsend hello, all of it q\n' >echo.script
echoed=
for mode in --bare "--bare --no-chain --no-fuse" "--depth 1" "--depth 2" "--shadow trace" "--vmm hybrid"; do
    t 1 run $mode --stats=json exact.elf
    [ "$(count)" = 2005 ] || fail "$mode: $(count) instructions, not 2005"
    t 0 run $mode --stats=json --script echo.script echo.elf
    [ "$(cat out)" = ">hello, all of it q" ] || fail "$mode: the echo"
    [ "$(count)" = "${echoed:=$(count)}" ] || fail "$mode: $(count) instructions, and elsewhere $echoed"
    printf 'piped q' | timeout -k 5 $patience "$TRAPEZE" run $mode echo.elf >out 2>err || fail "$mode: from a pipe"
    [ "$(cat out)" = ">piped q" ] || fail "$mode: the echo of a pipe"
done
t 0 verify exact.elf
t 0 verify --script echo.script echo.elf

t 1 run --signature /nowhere/sig pass.elf; says "/nowhere/sig cannot be written"
