# start.S - entry in M-mode, the trap handlers that are measured, and user code that traps.
# Handlers do the least that a handler must: what is measured is the machine. Those that skip an instruction count a0 down, so that the
# loops around it end only when it has trapped so often.

    .text
    .globl _start
_start:                         # a0 = hart, a1 = device tree
    csrw    mie, zero
    la      sp, stack_top
    la      t0, bss_start
    la      t1, bss_end
1:  bgeu    t0, t1, 2f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       1b
2:  li      t0, 3 << 13         # FS: the floating-point registers are on
    csrs    mstatus, t0
    call    kernel_main
3:  wfi
    j       3b

# void enter_supervisor(void (*function)(void), uint64_t satp): to S-mode for good.
    .globl enter_supervisor
enter_supervisor:
    csrw    satp, a1
    sfence.vma
    csrw    mepc, a0
    li      t0, 3 << 11
    csrc    mstatus, t0
    li      t0, 1 << 11
    csrs    mstatus, t0
    mret

# --- M-mode: a timer interrupt counts and disarms; an ecall from S with a7 = 1 arms the timer for now, with a7 = 2 makes a0 ecalls in
# M-mode; any other ecall and an illegal instruction are skipped. mscratch points to three words.
    .balign 4
    .globl machine_trap
machine_trap:
    csrrw   t0, mscratch, t0
    sd      t1, 8(t0)
    csrr    t1, mcause
    bltz    t1, machine_timer
    csrr    t1, mepc
    addi    t1, t1, 4
    csrw    mepc, t1
    csrr    t1, mcause
    addi    t1, t1, -9          # ecall from S
    bnez    t1, 1f
    bnez    a7, machine_service
1:  ld      t1, 8(t0)
    csrrw   t0, mscratch, t0
    addi    a0, a0, -1
    mret
machine_timer:
    sd      t2, 16(t0)
    li      t1, 0x2004000       # mtimecmp
    li      t2, -1
    sd      t2, 0(t1)
    ld      t1, 0(t0)
    addi    t1, t1, 1
    sd      t1, 0(t0)
    ld      t2, 16(t0)
    ld      t1, 8(t0)
    csrrw   t0, mscratch, t0
    mret
machine_service:
    addi    t1, a7, -1
    bnez    t1, machine_ecalls
    li      t1, 0x2004000
    sd      zero, 0(t1)
    ld      t1, 8(t0)
    csrrw   t0, mscratch, t0
    mret
machine_ecalls:                 # clobbers a1, a2, a7, as its caller knows
    ld      t1, 8(t0)
    csrrw   t0, mscratch, t0
    csrr    a1, mepc
    csrr    a2, mstatus
    li      a7, 0
    .option push
    .option norvc
1:  ecall
    bnez    a0, 1b
    .option pop
    csrw    mstatus, a2
    csrw    mepc, a1
    mret

# --- S-mode: skips the instruction, unless it is an ecall with a7 = 1: user mode is done.
    .balign 4
    .globl supervisor_skip
supervisor_skip:
    bnez    a7, user_done
    csrw    sscratch, t0
    csrr    t0, sepc
    addi    t0, t0, 4
    csrw    sepc, t0
    csrr    t0, sscratch
    addi    a0, a0, -1
    sret

# The same with the control registers that a kernel's entry and exit go through.
    .balign 4
    .globl supervisor_csrs
supervisor_csrs:
    bnez    a7, user_done
    csrrw   tp, sscratch, tp
    csrr    t0, sstatus
    csrr    t1, sepc
    csrr    t2, stval
    csrr    t3, scause
    csrr    t4, sscratch
    csrr    t5, satp
    li      t6, 1 << 18         # SUM
    csrs    sstatus, t6
    csrc    sstatus, t6
    csrr    t6, sie
    csrw    sie, t6
    addi    t1, t1, 4
    csrw    sstatus, t0
    csrw    sepc, t1
    csrrw   tp, sscratch, tp
    addi    a0, a0, -1
    sret

# A page fault of the kernel itself in the demand region, whose leaf table is known: writes the PTE and counts. gp and tp, which the
# compiler leaves alone, are the handler's: tp points to demand_words - what would map page 0 of the space: its PTE, the address of that
# PTE; the count; room for two registers.
    .balign 4
    .globl supervisor_map
supervisor_map:
    sd      t0, 24(tp)
    sd      t1, 32(tp)
    csrr    t0, stval
    ld      gp, 8(tp)
    srli    t0, t0, 12
    slli    t1, t0, 3           # the PTE's place in the table
    add     gp, gp, t1
    ld      t1, 0(tp)
    slli    t0, t0, 10          # the page's number in its PTE
    add     t1, t1, t0
    sd      t1, 0(gp)
    ld      t1, 16(tp)
    addi    t1, t1, 1
    sd      t1, 16(tp)
    ld      t0, 24(tp)
    ld      t1, 32(tp)
    sret

# uint64_t enter_user(pc, n): runs user code with a0 = n until it says it is done; returns its a0.
    .globl enter_user
enter_user:
    la      t0, user_context
    sd      ra, 0(t0)
    sd      sp, 8(t0)
    sd      s0, 16(t0)
    sd      s1, 24(t0)
    csrw    sepc, a0
    li      t1, 1 << 8
    csrc    sstatus, t1
    mv      a0, a1
    li      a7, 0
    sret
user_done:
    la      t0, user_context
    ld      ra, 0(t0)
    ld      sp, 8(t0)
    ld      s0, 16(t0)
    ld      s1, 24(t0)
    ret

# void supervisor_ecall(n), supervisor_illegal(n), supervisor_fault(n, va): n times the instruction that traps, from S-mode;
# uint64_t machine_ecall(n): from M-mode; returns how many are left.
    .option push
    .option norvc
    .globl supervisor_ecall
supervisor_ecall:
    li      a7, 0
1:  ecall
    bnez    a0, 1b
    ret
    .globl machine_ecall
machine_ecall:
    li      a7, 2
    ecall
    ret
    .globl supervisor_illegal
supervisor_illegal:
1:  unimp
    bnez    a0, 1b
    ret
    .globl supervisor_fault
supervisor_fault:
    li      a7, 0
1:  ld      a2, 0(a1)
    bnez    a0, 1b
    ret
# void timer_interrupts(n, const volatile uint64_t *count)
    .globl timer_interrupts
timer_interrupts:
    ld      a2, 0(a1)
    li      a7, 1
1:  addi    a2, a2, 1
    ecall                       # arm
2:  ld      a3, 0(a1)
    bltu    a3, a2, 2b
    addi    a0, a0, -1
    bnez    a0, 1b
    ret

    .section .user, "ax"
    .globl user_ecalls
user_ecalls:
1:  ecall
    bnez    a0, 1b
    li      a7, 1
    ecall
    .option pop

    .bss
    .balign 8
user_context:
    .space 32
