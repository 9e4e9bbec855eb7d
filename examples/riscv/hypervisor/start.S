# start.S - from the firmware to C, and the way into the guest and out of it.

    .text
    .globl _start
_start:                         # at 0x80200000, without translation; a0 = hart id
    la      t0, boot_root       # (addresses are relative to the pc, so physical for now)
    srli    t0, t0, 12
    li      t1, 8 << 60         # Sv39
    or      t0, t0, t1
    li      t2, -0xc0000000     # OFFSET
    la      t1, 1f
    add     t1, t1, t2
    csrw    stvec, t1           # the next fetch is not mapped: its trap goes to where it is
    csrw    satp, t0
    sfence.vma
    .balign 4
1:  la      sp, stack_top       # in the last gigabyte now
    la      t0, bss_start
    la      t1, bss_end
2:  bgeu    t0, t1, 3f
    sd      zero, 0(t0)
    addi    t0, t0, 8
    j       2b
3:  csrw    sscratch, zero      # the hypervisor's own trap would find no vcpu
    la      t0, trap_entry
    csrw    stvec, t0
    call    hypervisor_main

# The first root: the last entry maps the gigabyte at 0x80000000.   PPN 0x80000, D A X W R V
    .data
    .balign 4096
boot_root:
    .zero   511 * 8
    .quad   0x80000 << 10 | 0xcf

# void guest_resume(struct vcpu *): into the guest; x1..x31 at 8*n, pc at 0, resumed_at at 264.
    .text
    .globl  guest_resume
guest_resume:
    csrw    sscratch, a0
    ld      t0, 0(a0)
    csrw    sepc, t0
    .irp    n, 1,2,3,4,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    ld      x\n, 8*\n(a0)
    .endr
    rdcycle t0                  # what follows is counted in clock.c: 5 instructions
    sd      t0, 264(a0)
    ld      t0, 40(a0)
    ld      a0, 80(a0)
    sret

# stvec points here. sscratch: the vcpu while the guest runs, else 0. trapped_at at 256.
    .balign 4
    .globl  trap_entry
trap_entry:
    csrrw   a0, sscratch, a0    # likewise: 3 instructions before the counter is read
    beqz    a0, 4f
    sd      t0, 40(a0)
    rdcycle t0
    sd      t0, 256(a0)
    .irp    n, 1,2,3,4,6,7,8,9,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
    sd      x\n, 8*\n(a0)
    .endr
    csrrw   t0, sscratch, zero
    sd      t0, 80(a0)
    csrr    t0, sepc
    sd      t0, 0(a0)
    la      sp, stack_top
    mv      s0, a0
    call    guest_trap
    mv      a0, s0
    j       guest_resume
4:  la      sp, stack_top
    csrr    a0, scause
    csrr    a1, sepc
    call    hypervisor_trapped

# The guest's kernel, an ELF file.
    .section .rodata
    .globl  guest_elf
    .balign 8
guest_elf:
    .incbin "hello.elf"
