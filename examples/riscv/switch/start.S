# start.S - from the firmware to C.
    .text
    .globl _start
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  la      t0, trapped
    csrw    stvec, t0
    call    kernel_main
    .balign 4
trapped:                        # nothing here traps
    csrr    a0, scause
    csrr    a1, stval
    call    kernel_trapped
