# start.S - into a state whose every register is given, and out of it again. Nothing that the state holds may be used on the way, but for
# one register that the instruction does not name: x31, x30, x29 or x28, the case says which.
    .text
    .globl  _start, registers_f, enter_0, enter_1, enter_2, enter_3, handler_0, handler_1, handler_2, handler_3, trailer, skip
    .option norvc
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    witness_main

registers_f:
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    fld     f\n, 8*\n(a0)
    .endr
    ret

# A CSR that is not there: on to the next instruction, and tp counts it.
    .balign 4
skip:
    csrw    mscratch, t0
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
    csrr    t0, mscratch
    addi    tp, tp, 1
    mret

    .macro  saved operation         # what a C function must find as it was
    \operation ra, 0(t0)
    \operation sp, 8(t0)
    \operation s0, 16(t0)
    \operation s1, 24(t0)
    \operation s2, 32(t0)
    \operation s3, 40(t0)
    \operation s4, 48(t0)
    \operation s5, 56(t0)
    \operation s6, 64(t0)
    \operation s7, 72(t0)
    \operation s8, 80(t0)
    \operation s9, 88(t0)
    \operation s10, 96(t0)
    \operation s11, 104(t0)
    \operation gp, 112(t0)
    \operation tp, 120(t0)
    .endm

    .macro  all operation base skipped
    .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    .if     \n - \skipped
    \operation x\n, 8*\n(x\base)
    .endif
    .endr
    .endm

# uint64_t enter(const uint64_t x[32], uint64_t jumps): goes to the case's instruction with these registers, by a jump from M-mode, else by
# mret. Returns 0 from the jump that stands behind the instruction, 1 from a trap; the registers are in `after` then.
    .macro  way number base
    .balign 4
enter_\number:
    la      t0, kept
    saved   sd
    mv      t1, a1
    mv      x\base, a0
    beqz    t1, 1f
    all     ld \base \base
    ld      x\base, 8*\base(x\base)
    j       code_here
1:  all     ld \base \base
    ld      x\base, 8*\base(x\base)
    mret
    .balign 4
handler_\number:
    la      x\base, after
    all     sd \base \base
    li      a0, 1
    j       leave
trailer_\number:
    la      x\base, after
    all     sd \base \base
    li      a0, 0
    j       leave
    .endm
    way     0 31
    way     1 30
    way     2 29
    way     3 28

leave:
    la      t0, kept
    saved   ld
    ret

    .section .rodata
    .balign 8
trailer:                            # where the jump behind the instruction leads
    .quad   trailer_0, trailer_1, trailer_2, trailer_3

    .bss
    .balign 8
    .globl  after
after:
    .space  256
kept:
    .space  128
