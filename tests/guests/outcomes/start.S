# start.S - into the slot, with the same value in every register, and back from wherever that has led.
    .text
    .globl  _start, enter, trap, jump_back, skip
    .option norvc
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    outcomes_main

    .macro  saved operation
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
    .endm

# uint64_t enter(uint64_t value, uint64_t by_jump, uint64_t *pc): returns the cause of the trap that came, and its pc; or the cause -1 of the
# jump that stands behind the instruction in M-mode.
enter:
    la      t0, kept
    saved   sd
    sd      a2, 112(t0)
    mv      t0, a1
    .irp    n, 1,2,3,4,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    mv      x\n, a0
    .endr
    beqz    t0, 1f
    mv      t0, a0
    j       slot
1:  mv      t0, a0
    mret

    .balign 4
trap:
    csrr    a0, mcause
    csrr    a1, mepc
    j       leave
jump_back:
    li      a0, -1
    li      a1, 0
leave:
    li      t0, 1 << 17             # MPRV: loads and stores are those of M-mode again, before there is one
    csrc    mstatus, t0
    la      t0, kept
    saved   ld
    ld      a2, 112(t0)
    sd      a1, 0(a2)
    ret

    .balign 4
skip:                               # a CSR that is not there
    csrw    mscratch, t0
    csrr    t0, mepc
    addi    t0, t0, 4
    csrw    mepc, t0
    csrr    t0, mscratch
    mret

    .bss
    .balign 8
kept:
    .space  120
