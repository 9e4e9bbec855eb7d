# guest.S - two loops of a thousand rounds: one that calculates, and one that also writes a control register. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, plain, between, mixed, after
_start:
    li      s0, 1000
    li      a0, 0
plain:                              # five instructions a round, none of them privileged
    mul     a1, s0, s0
    add     a0, a0, a1
    xor     a2, a0, a1
    addi    s0, s0, -1
    bnez    s0, plain
between:
    li      s0, 1000
mixed:                              # five a round, one of them privileged
    mul     a1, s0, s0
    add     a0, a0, a1
    csrw    sscratch, a0
    addi    s0, s0, -1
    bnez    s0, mixed
after:
    li      a7, 0x53525354          # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
