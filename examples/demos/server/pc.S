# pc.S - a control program for three programs on a PC. Each has 4 KiB and no more, by segments, and the processor by turns, by a timer. One prints
# its letter and works, one reads behind its memory, one does not let go. To build it:
#   clang --target=i386-linux-gnu -march=i386 -nostdlib -static -fuse-ld=lld -Wl,-Ttext=0x100000,-N -o pc.elf pc.S
    .globl  _start, timer, served, refused, stopped, off, a, n, h, asked, now
    .set    PROGRAMS, 3
    .set    TURNS, 12               # each; then it is stopped

    .macro  base of, entry          # of a segment: the assembler cannot split an address
    movl    $\of, %eax
    movw    %ax, gdt + \entry + 2
    shrl    $16, %eax
    movb    %al, gdt + \entry + 4
    .endm
    .macro  gate to, vector
    movl    $\to, %eax
    movw    %ax, idt + 8 * \vector
    shrl    $16, %eax
    movw    %ax, idt + 8 * \vector + 6
    .endm
    .macro  command byte, port
    movb    $\byte, %al
    outb    %al, $\port
    .endm
    .macro  enter                   # what the program has in its registers stays on its own stack here
    pushal
    pushl   %ds
    movl    $0x10, %eax
    movw    %ax, %ds
    movl    now, %ebx
    .endm

    .text
    .long   0x1badb002, 0, -0x1badb002 # multiboot
_start:                             # ring 0, flat segments of a loader's table
    base    task, 0x18
    base    a, 0x20
    base    a, 0x28
    base    n, 0x30
    base    n, 0x38
    base    h, 0x40
    base    h, 0x48
    gate    refused, 13
    gate    timer, 0x20
    gate    served, 0x80
    lgdt    gdtr
    lidt    idtr
    ljmp    $8, $1f
1:  movl    $0x10, %eax
    movw    %ax, %ds
    movw    %ax, %ss
    movl    $0x18, %eax
    ltr     %ax
    command 0x11, 0x20              # the interrupt controller: its vectors begin at 20, and the timer alone is heard
    command 0x20, 0x21
    command 0x04, 0x21
    command 0x01, 0x21
    command 0xfe, 0x21
    command 0x34, 0x43              # the timer: 1,000 times in a second
    command 0xa9, 0x40
    command 0x04, 0x40

# For each program the stack that its first trap would have left.
    movl    $PROGRAMS - 1, %ebx
1:  leal    1(%ebx), %esp
    shll    $8, %esp
    addl    $stacks, %esp
    movl    %ebx, %eax
    shll    $4, %eax
    leal    0x2b(%eax), %edx
    pushl   %edx                    # its data, ring 3
    pushl   $0x1000
    pushl   $0x202                  # interrupts on
    leal    0x23(%eax), %eax
    pushl   %eax                    # its code
    pushl   $0
    movl    $8, %ecx
2:  pushl   $0
    loop    2b
    pushl   %edx
    movl    %esp, saved(,%ebx,4)
    decl    %ebx
    jns     1b

resume:                             # the program whose turn it is
    movl    now, %ebx
    leal    1(%ebx), %eax
    shll    $8, %eax
    addl    $stacks, %eax
    movl    %eax, task + 4          # where its next trap finds a stack
    movl    saved(,%ebx,4), %esp
leave:
    popl    %ds
    popal
    iret

timer:
    enter
    command 0x20, 0x20              # heard
    movl    %esp, saved(,%ebx,4)
    decl    turns(,%ebx,4)
    jz      stopped
next:
    incl    %ebx
    cmpl    $PROGRAMS, %ebx
    jb      1f
    xorl    %ebx, %ebx
1:  cmpl    $0, turns(,%ebx,4)
    je      next
    movl    %ebx, now
    jmp     resume

served:                             # INT 80: print AL; 0: the program has ended
    enter
    movb    32(%esp), %al
    testb   %al, %al
    jz      ended
    call    put
    jmp     leave

refused:                            # there is an error code, which nobody looks at: this program does not go on
    enter
stopped:
    movb    $'!', %al
    call    put
ended:
    movl    $0, turns(,%ebx,4)
    decl    left
    jnz     next
    movb    $10, %al
    call    put
off:
    cli
    hlt
    jmp     off

# AL, on the serial port.
put:
    pushl   %eax
    movw    $0x3fd, %dx
1:  inb     %dx, %al
    testb   $0x20, %al
    jz      1b
    movw    $0x3f8, %dx
    popl    %eax
    outb    %al, %dx
    ret

# --- The programs: their addresses begin at 0.
    .balign 4096
a:  movl    $5, %ecx
1:  movb    $'a', %al
    int     $0x80
    movl    $60000, %edx            # work
2:  decl    %edx
    jnz     2b
    loop    1b
    movb    $0, %al
    int     $0x80
    .balign 4096
n:  movb    $'n', %al
    int     $0x80
    sgdt    asked - n               # whose table, and where?
    movl    4096, %eax              # behind its memory
    .balign 8
asked:
    .zero   8
    .balign 4096
h:  movb    $'h', %al
    int     $0x80
1:  incl    %edx
    jmp     1b
    .balign 4096

    .data
    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9a000000ffff      # 08: our code
    .quad   0x00cf92000000ffff      # 10: our data
    .quad   0x0000890000000067      # 18: the task's state
    .rept   PROGRAMS                # 20, 30, 40: code of ring 3; 28, 38, 48: the same 4 KiB as data
    .quad   0x0040fa0000000fff
    .quad   0x0040f20000000fff
    .endr
gdtr:
    .word   0x4f
    .long   gdt
idtr:
    .word   0x407
    .long   idt
    .balign 8
idt:
    .zero   8 * 13
    .long   0x00080000, 0x00008e00  # 0d
    .zero   8 * (0x20 - 14)
    .long   0x00080000, 0x00008e00  # 20
    .zero   8 * (0x80 - 0x21)
    .long   0x00080000, 0x0000ee00  # 80: programs may
now:
    .long   0
left:
    .long   PROGRAMS
turns:
    .rept   PROGRAMS
    .long   TURNS
    .endr
saved:
    .zero   4 * PROGRAMS
task:
    .long   0, 0, 0x10              # back link, ESP0, SS0
    .zero   92
stacks:
    .zero   256 * PROGRAMS
