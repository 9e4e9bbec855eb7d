# lock.S - a kernel for a PC that takes a lock, and makes sure that interrupts are off meanwhile, as teaching kernels do. To build it:
#   clang --target=i386-linux-gnu -march=i386 -nostdlib -static -fuse-ld=lld -Wl,-Ttext=0x100000,-N -o lock.elf lock.S
    .globl  _start, acquire, panic, off
    .text
    .long   0x1badb002, 0, -0x1badb002 # multiboot
_start:                             # ring 0, flat segments of a loader's table
    movl    $stack, %esp
    call    acquire
    movl    $taken, %esi
    call    say
off:
    cli
    hlt
    jmp     off

acquire:                            # interrupts off, and the lock is ours; no other processor is there
    cli
    incl    lock
    pushfl
    popl    %eax
    testl   $0x200, %eax            # IF
    jnz     panic
    ret
panic:
    movl    $mistake, %esi
    call    say
    jmp     off

# ESI: text, on the serial port.
say:
    lodsb
    testb   %al, %al
    jz      2f
    pushl   %eax
    movw    $0x3fd, %dx
1:  inb     %dx, %al
    testb   $0x20, %al
    jz      1b
    movw    $0x3f8, %dx
    popl    %eax
    outb    %al, %dx
    jmp     say
2:  ret

    .data
taken:
    .asciz  "The lock is taken, with interrupts off.\n"
mistake:
    .asciz  "panic: a lock is taken, and interrupts are on\n"
    .balign 4
lock:
    .long   0
    .zero   1024
stack:
