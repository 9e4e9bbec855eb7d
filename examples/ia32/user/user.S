# user.S - a program in ring 3 that asks what a processor tells anyone: where the tables are, the task, CR0, the flags, what selectors stand for. Its
# kernel prints the answers. Under a monitor that runs ring 3 directly some are the monitor's, not the kernel's: this is what the hybrid
# monitor does not repair. With KEEPS it asks of flags and selectors alone, of which the answers are the kernel's (tests/guests/user_ia32.sh).
    .globl  _start

# say TEXT OFFSET: the word in the answers, on the serial port.
    .macro  say text, offset
    .section .rodata
9:  .asciz  "\text"
    .text
    movl    $9b, %esi
    movl    answers + \offset, %eax
    call    tell
    .endm

    .text
    .long   0x1badb002, 0, -0x1badb002 # multiboot
_start:                             # ring 0, flat segments of a loader's table
    movl    $stack, %esp
    movl    $task, %eax
    movw    %ax, gdt + 0x28 + 2
    shrl    $16, %eax
    movb    %al, gdt + 0x28 + 4
    movl    $asked, %eax
    movw    %ax, idt + 0x80 * 8
    shrl    $16, %eax
    movw    %ax, idt + 0x80 * 8 + 6
    movl    $stack, task + 4
    movl    $0x10, task + 8
    lgdt    gdtr
    lidt    idtr
    ljmp    $8, $own
own:
    movl    $0x10, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    $0x28, %eax
    ltr     %ax
    pushl   $0x23                   # to ring 3, with IF clear
    pushl   $stack_of_user
    pushl   $2
    pushl   $0x1b
    pushl   $user
    iret

user:
    movl    $0x23, %eax
    movw    %ax, %ds
    movw    %ax, %es
#ifndef KEEPS
    sgdt    answers
    sidt    answers + 8
    sldt    %eax
    movzwl  %ax, %eax
    movl    %eax, answers + 16
    str     %eax
    movzwl  %ax, %eax
    movl    %eax, answers + 20
    smsw    %eax
    movl    %eax, answers + 24
#endif
    pushfl
    popl    %eax
    movl    %eax, answers + 28
    movl    $0x23, %ecx
    larl    %ecx, %eax
    movl    %eax, answers + 32
    lsll    %ecx, %eax
    movl    %eax, answers + 36
    verr    %cx
    sete    answers + 40
    verw    %cx
    sete    answers + 44
    int     $0x80

asked:                              # from ring 3: print, and off
    movl    $0x10, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movzwl  answers, %eax
    movl    %eax, answers
    movzwl  answers + 8, %eax
    movl    %eax, answers + 8
    say     "SGDT  limit      ", 0
    say     "SIDT  limit      ", 8
    say     "SLDT  selector   ", 16
    say     "STR   selector   ", 20
    say     "SMSW  CR0        ", 24
    say     "PUSHF flags      ", 28
    say     "LAR   rights     ", 32
    say     "LSL   limit      ", 36
    say     "VERR  readable   ", 40
    say     "VERW  writable   ", 44
off:
    cli
    hlt
    jmp     off

# ESI: text; EAX: number, as eight digits.
tell:
    movl    %eax, %ebx
1:  lodsb
    testb   %al, %al
    jz      2f
    call    put
    jmp     1b
2:  movl    $8, %ecx
3:  roll    $4, %ebx
    movl    %ebx, %eax
    andl    $15, %eax
    movb    digits(%eax), %al
    call    put
    loop    3b
    movb    $10, %al
    call    put
    ret
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

    .data
digits:
    .ascii  "0123456789abcdef"
    .balign 8
gdt:
    .quad   0
    .quad   0x00cf9a000000ffff      # 08: code of ring 0
    .quad   0x00cf92000000ffff      # 10: data of ring 0
    .quad   0x00cffa000000ffff      # 18: code of ring 3
    .quad   0x00cff2000000ffff      # 20: data of ring 3
    .quad   0x0000890000000067      # 28: the task's state
gdtr:
    .word   0x2f
    .long   gdt
idtr:
    .word   0x407
    .long   idt
    .balign 8
idt:
    .zero   0x80 * 8
    .long   0x00080000, 0x0000ee00  # 80, for ring 3
answers:
    .zero   64
task:
    .zero   104
    .zero   1024
stack_of_user:
    .zero   4096
stack:
