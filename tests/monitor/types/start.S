# start.S - a stack, main(), power off.
    .section .text.start, "ax"
    .globl _start
_start:
    .cfi_startproc
    .cfi_undefined ra
    la      sp, stack_top
    call    main
    li      t0, 0x100000
    li      t1, 0x5555
    sw      t1, (t0)
1:  j       1b
    .cfi_endproc
