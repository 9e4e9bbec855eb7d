# forever.S - a guest that never ends. It is built as guest.S is.
    .globl _start
_start:
    j       _start
