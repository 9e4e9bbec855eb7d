# start.S - entry in M-mode, the way into an attempt (busy.h), and the ways back: by a trap to M-mode, or by one to S-mode, which ends in M-mode, too.

    .text
# The first address of RAM is where many a wrong turn leads.
    .option push
    .option norvc
    ecall
    .option pop

    .globl _start
_start:
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  call    busy_main
3:  wfi
    j       3b

# uint64_t attempt_enter(struct attempt *): by mret, with its registers, to its pc; mstatus says in which mode. Returns mcause when a trap has
# come to M-mode; the registers are then those of that moment. tp is not the attempt's.
    .globl attempt_enter
attempt_enter:
    addi    sp, sp, -112
    sd      ra, 104(sp)
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
    sd      s\n, 8*\n(sp)
    .endr
    sd      sp, 264(a0)
    csrw    mscratch, a0
    ld      t0, 256(a0)
    csrw    mepc, t0
    .irp    n, 1,2,3,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\n, 8*\n(a0)
    .endr
    ld      a0, 80(a0)
    mret

    .balign 4
machine_trap:
    lui     tp, 0x20            # mstatus.MPRV, which would take the stores below elsewhere
    csrc    mstatus, tp
    csrrw   a0, mscratch, a0
    .irp    n, 1,2,3,5,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, 8*\n(a0)
    .endr
    csrr    t0, mscratch
    sd      t0, 80(a0)
    ld      sp, 264(a0)
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
    ld      s\n, 8*\n(sp)
    .endr
    ld      ra, 104(sp)
    addi    sp, sp, 112
    csrr    a0, mcause
    ret

# A trap that was delegated: what S-mode is told, then on to M-mode, by a call that is never delegated.
    .balign 4
supervisor_trap:
    csrr    t0, scause
    csrr    t1, sepc
    csrr    t2, stval
    csrr    t3, sstatus
    csrr    t4, sip
    ecall
    j       supervisor_trap

# Vectored: exceptions go to the first entry, interrupt n to entry n.
    .balign 256
    .globl machine_vector
machine_vector:
    .rept   16
    .option push
    .option norvc
    j       machine_trap
    .option pop
    .endr
    .balign 256
    .globl supervisor_vector
supervisor_vector:
    .rept   16
    .option push
    .option norvc
    j       supervisor_trap
    .option pop
    .endr

# void *memset(void *, int, size_t): the compiler's, which clears structures of words by it.
    .globl  memset
memset:
    add     a2, a0, a2
    mv      a3, a0
1:  bgeu    a3, a2, 2f
    sd      zero, 0(a3)
    addi    a3, a3, 8
    j       1b
2:  ret
