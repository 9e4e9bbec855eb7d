# guest.S - a kernel that turns on paging, maps one page of data, uses it, and maps another in its place. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, on, look, store, remap, stale, fence, fresh, off, root, table1, table0, first, second
    .equ    page, 0x10000           # where the kernel sees its data
_start:
    la      t0, root                # 1 GiB from 0x80000000 on, where the code is, as it lies: D A X W R V
    li      t1, 0x200000cf
    sd      t1, 16(t0)
    la      t1, table1              # root[0] -> table1 -> table0
    srli    t1, t1, 2
    ori     t1, t1, 1
    sd      t1, 0(t0)
    la      t2, table0
    srli    t1, t2, 2
    ori     t1, t1, 1
    la      t3, table1
    sd      t1, 0(t3)
    la      t1, first               # table0[16]: the page, A W R V; D is not set
    srli    t1, t1, 2
    ori     t1, t1, 0x47
    sd      t1, 128(t2)
    srli    t0, t0, 12              # Sv39 with this root
    li      t1, 8
    slli    t1, t1, 60
    or      t0, t0, t1
on:
    csrw    satp, t0
    sfence.vma
    li      s0, page
    li      s1, 5
look:
    ld      a0, 0(s0)
store:
    sd      s1, 8(s0)
    la      t1, second              # another frame for the same page, by a plain store
    srli    t1, t1, 2
    ori     t1, t1, 0xc7            # D, too
remap:
    sd      t1, 128(t2)
stale:
    ld      a1, 0(s0)
fence:
    sfence.vma
fresh:
    ld      a2, 0(s0)
off:
    li      a7, 0x53525354          # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall

    .data
    .balign 4096
root:   .space 4096
table1: .space 4096
table0: .space 4096
first:  .dword 111
        .space 4088
second: .dword 222
        .space 4088
