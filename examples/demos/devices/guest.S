# guest.S - a kernel that talks to the board's UART itself: it waits until that is ready, and writes three letters. To build it:
#   clang --target=riscv64-unknown-elf -march=rv64imac -mabi=lp64 -mno-relax -nostdlib -static -fuse-ld=lld \
#     -Wl,-Ttext=0x80200000,-N -o guest.elf guest.S
    .globl _start, letter, wait, write, ram, off, word
_start:
    li      s0, 0x10000000          # the UART
    la      s1, word
ram:
    lw      a1, 0(s1)               # a load of memory
letter:
    lbu     a0, 0(s1)
    beqz    a0, off
wait:
    lbu     t0, 5(s0)               # LSR: bit 5, it takes a byte
    andi    t0, t0, 0x20
    beqz    t0, wait
write:
    sb      a0, 0(s0)
    addi    s1, s1, 1
    j       letter
off:
    li      a7, 0x53525354          # the firmware's switch
    li      a6, 0
    li      a0, 0
    li      a1, 0
    ecall

    .data
word:   .asciz  "Hi!"
