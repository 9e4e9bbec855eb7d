# start.S - entry, and the way into and out of a trap.
# The kernel runs in S-mode; sscratch holds the running process (struct process, kernel.c) while user code runs.

    .text
    .globl _start
_start:                         # a0 = hart id, a1 = device tree, as SBI firmware leaves them
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    kernel_main
3:  wfi
    j       3b

# void user_return(struct process *): into user mode with its registers; x1..x31 at 8*n, pc at 0.
    .globl user_return
user_return:
    csrw    sscratch, a0
    ld      t0, 0(a0)
    csrw    sepc, t0
    .irp    n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\n, 8*\n(a0)
    .endr
    ld      a0, 80(a0)
    sret

# stvec points here: only user mode traps (the kernel runs with interrupts off).
    .balign 4
    .globl trap_entry
trap_entry:
    csrrw   a0, sscratch, a0
    .irp    n, 1,2,3,4,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, 8*\n(a0)
    .endr
    csrr    t0, sscratch
    sd      t0, 80(a0)
    csrr    t0, sepc
    sd      t0, 0(a0)
    la      sp, stack_top
    csrr    a1, scause
    csrr    a2, stval
    call    kernel_trap         # returns the process to run
    j       user_return
