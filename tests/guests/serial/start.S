# start.S - machine mode: hands everything to the supervisor but the timer of the CLINT, of which it makes a software interrupt.
#
# The kernel is one of the kind that is taught: no firmware, M-mode only to begin with and for the timer.
    .equ    MTIMECMP, 0x2004000
    .equ    MTIME, 0x200bff8
    .equ    TICK, 200                       # of the 10 MHz clock
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
2:  li      t0, -1                          # all of memory is the supervisor's [priv 3.7.1]
    srli    t0, t0, 10
    csrw    pmpaddr0, t0
    li      t0, 0x0f
    csrw    pmpcfg0, t0
    li      t0, 0xffff
    csrw    medeleg, t0
    csrw    mideleg, t0
    la      t0, machine_timer
    csrw    mtvec, t0
    la      t0, timer_scratch
    csrw    mscratch, t0
    li      t0, MTIME
    ld      t1, 0(t0)
    li      t2, TICK
    add     t1, t1, t2
    li      t0, MTIMECMP
    sd      t1, 0(t0)
    li      t0, 1 << 7                      # MTIE
    csrw    mie, t0
    la      t0, supervisor_trap
    csrw    stvec, t0
    li      t0, 3 << 11                     # MPP = S
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    la      t0, kernel_main
    csrw    mepc, t0
    mret

    .balign 4
machine_timer:                              # nothing else comes here
    csrrw   t0, mscratch, t0
    sd      t1, 0(t0)
    sd      t2, 8(t0)
    li      t1, MTIMECMP
    ld      t2, 0(t1)
    addi    t2, t2, TICK
    sd      t2, 0(t1)
    li      t1, 1 << 1                      # SSIP
    csrs    mip, t1
    ld      t1, 0(t0)
    ld      t2, 8(t0)
    csrrw   t0, mscratch, t0
    mret

    .balign 4
supervisor_trap:
    addi    sp, sp, -128
    sd      ra, 0(sp)
    sd      t0, 8(sp)
    sd      t1, 16(sp)
    sd      t2, 24(sp)
    sd      a0, 32(sp)
    sd      a1, 40(sp)
    sd      a2, 48(sp)
    sd      a3, 56(sp)
    sd      a4, 64(sp)
    sd      a5, 72(sp)
    sd      a6, 80(sp)
    sd      a7, 88(sp)
    sd      t3, 96(sp)
    sd      t4, 104(sp)
    sd      t5, 112(sp)
    sd      t6, 120(sp)
    csrr    a0, scause
    call    kernel_trap
    ld      ra, 0(sp)
    ld      t0, 8(sp)
    ld      t1, 16(sp)
    ld      t2, 24(sp)
    ld      a0, 32(sp)
    ld      a1, 40(sp)
    ld      a2, 48(sp)
    ld      a3, 56(sp)
    ld      a4, 64(sp)
    ld      a5, 72(sp)
    ld      a6, 80(sp)
    ld      a7, 88(sp)
    ld      t3, 96(sp)
    ld      t4, 104(sp)
    ld      t5, 112(sp)
    ld      t6, 120(sp)
    addi    sp, sp, 128
    sret

    .bss
    .balign 8
timer_scratch:
    .space  16
