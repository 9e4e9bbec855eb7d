# guest.S - a kernel that writes a control register, reads it again, and goes to user mode and back. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, write, read, leave, program, forbidden, ask, on_trap, back, off
_start:                         # supervisor mode
    la      t0, on_trap
    csrw    stvec, t0
    li      t0, 0x100
    csrc    sstatus, t0         # sret shall lead to user mode
    la      t0, program
    csrw    sepc, t0
    li      a0, 42
    j       write

    .balign 64
write:
    csrw    sscratch, a0
read:
    csrr    a1, sscratch
leave:
    sret

program:                        # user mode
    addi    a0, a0, 1
forbidden:
    csrr    a2, sscratch
ask:
    ecall

    .balign 64
on_trap:                        # supervisor mode: a call ends it, anything else goes on behind the instruction
    csrr    t0, scause
    li      t1, 8
    beq     t0, t1, off
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
back:
    sret
off:
    li      a7, 0x53525354      # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
