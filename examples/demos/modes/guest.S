# guest.S - a kernel of some thirty instructions and a program of seven. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, leave, program, forbidden, call, on_trap, refuse, serve, back, off
_start:                         # supervisor mode: this is where the firmware leads
    la      t0, on_trap
    csrw    stvec, t0           # where traps shall go
    li      t0, 0x100
    csrc    sstatus, t0         # sret shall lead to user mode
    la      t0, program
    csrw    sepc, t0            # ... and here
    li      a0, 42
    csrw    sscratch, a0        # a secret of the kernel
leave:
    sret

program:                        # user mode
    li      a0, 'A'
    addi    a1, a0, 1
forbidden:
    csrr    a2, sscratch        # the kernel's register
    li      a7, 1               # our kernel's call 1: print a letter
call:
    ecall
    li      a7, 0               # call 0: end
    ecall

on_trap:                        # supervisor mode again: scause says why, sepc where
    csrr    t0, scause
    li      t1, 8               # a call from user mode
    beq     t0, t1, serve
refuse:                         # here: nothing is given, the program goes on behind it
    li      a2, 0
    j       back
serve:
    beqz    a7, off
    li      a7, 0x4442434e      # the firmware's console
    li      a6, 2
    ecall
back:
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    sret
off:
    li      a7, 0x53525354      # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall
