# start.S - M-mode from the first instruction to the last: the way to C, and the switch of tasks on a timer interrupt.
    .text
    .globl _start, task_first
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      t0, vectors
    ori     t0, t0, 1           # vectored [priv 3.1.7]
    csrw    mtvec, t0
    call    rtos_main

    .balign 64
vectors:                        # one jump for each cause; exceptions come to the first
    .option push
    .option norvc
    .rept   7
    j       unexpected
    .endr
    j       tick                # 7: the timer
    .rept   8
    j       unexpected
    .endr
    .option pop

unexpected:
    csrr    a0, mcause
    csrr    a1, mepc
    call    rtos_unexpected

# The task's registers go on its stack, and rtos_tick() says which stack is the next one's. x2 is that stack.
    .macro  frame operation
    \operation x1, 8(sp)
    .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    \operation x\n, 8*\n(sp)
    .endr
    .endm
tick:
    addi    sp, sp, -272
    frame   sd
    csrr    t0, mepc
    csrr    t1, mstatus
    sd      t0, 256(sp)
    sd      t1, 264(sp)
    mv      a0, sp
    call    rtos_tick
task_first:                     # a0: a frame
    mv      sp, a0
    ld      t0, 256(sp)
    ld      t1, 264(sp)
    csrw    mepc, t0
    csrw    mstatus, t1
    frame   ld
    addi    sp, sp, 272
    mret
