# guest.S - a kernel that tries what it can think of against its host. Every refusal is counted in s1, and tried is the latest attempt.
# To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, beyond, below, mapped, firmware, protect, delegate, switch_off, end, refused, off, root
    .equ    behind, 0x88001000      # behind the 128 MiB of RAM: the host keeps the shadow's tables there
_start:
    la      t0, refused
    csrw    stvec, t0
    li      s0, behind
    li      s1, 0
beyond:
    ld      a0, 0(s0)               # memory behind its own
below:
    sd      s1, 0(s0)               # ... and a store there: if it worked it would change the host's page tables
    la      t0, root                # a page table that maps those addresses: 1 GiB as it lies, D A X W R V
    li      t1, 0x200000cf
    sd      t1, 16(t0)
    srli    t0, t0, 12
    li      t1, 8
    slli    t1, t1, 60
    or      t0, t0, t1
    csrw    satp, t0
    sfence.vma
mapped:
    ld      a0, 0(s0)               # by a table that grants it
firmware:
    csrr    a0, mhartid             # registers of machine mode
protect:
    csrw    pmpcfg0, x0
delegate:
    csrw    mideleg, x0
switch_off:
    mret
end:
    nop
off:
    li      a7, 0x53525354          # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall

    .balign 4
refused:
    addi    s1, s1, 1
    csrr    t0, sepc                # on behind the instruction, which has two bytes or four
    lhu     t1, 0(t0)
    andi    t1, t1, 3
    addi    t1, t1, -3
    addi    t0, t0, 4
    beqz    t1, 1f
    addi    t0, t0, -2
1:  csrw    sepc, t0
    sret

    .data
    .balign 4096
root: .space 4096
