# guest.S - a loop that gets hot, and then writes one of its own instructions. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .option norvc
    .globl _start, loop, turn, after, other
_start:
    li      s0, 0
    j       begin
other:
    addi    a0, a0, 2               # what the loop's second instruction becomes
    .p2align 12
loop:                               # a page of its own: four instructions a round
    mul     a1, a0, a0
turn:
    addi    a0, a0, 1
    addi    s1, s1, -1
    bnez    s1, loop
    ret
    .p2align 12
begin:
    li      a0, 0
    li      s1, 40
    call    loop                    # 40 rounds
    li      s1, 1000
    call    loop                    # a thousand
    la      t0, other
    lw      t1, 0(t0)
    la      t0, turn
    sw      t1, 0(t0)               # the loop changes
    fence.i
    li      s1, 1000
    call    loop
after:
    li      a7, 0x53525354          # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
