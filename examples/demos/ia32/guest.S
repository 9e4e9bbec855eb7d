# guest.S - a kernel that executes each of Robin and Irvine's eighteen and prints what it was told. To build it:
#   clang --target=i386-linux-gnu -march=i386 -nostdlib -static -fuse-ld=lld -Wl,-Ttext=0x100000,-N -o guest.elf guest.S
    .globl  _start, tables, flags, questions, rings, guarded, off

# say TEXT: the word in EAX behind it, on the serial port.
    .macro  say text
    .section .rodata
9:  .asciz  "\text"
    .text
    movl    $9b, %esi
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
    movl    $local, %eax
    movw    %ax, gdt + 0x20 + 2
    shrl    $16, %eax
    movb    %al, gdt + 0x20 + 4
    movl    $asked, %eax
    movw    %ax, idt + 0x21 * 8
    shrl    $16, %eax
    movw    %ax, idt + 0x21 * 8 + 6
    lgdt    gdtr
    lidt    idtr
    ljmp    $8, $own
own:
    movl    $0x10, %eax
    movw    %ax, %ds
    movw    %ax, %es
    movw    %ax, %ss
    movl    $0x20, %eax
    lldt    %ax
    movl    $0x28, %eax
    ltr     %ax

tables:                             # where are they, how long, which is it?
    sgdt    was
    movzwl  was, %eax
    say     "SGDT  limit      "
    sidt    was
    movzwl  was, %eax
    say     "SIDT  limit      "
    sldt    %eax
    movzwl  %ax, %eax
    say     "SLDT  selector   "
    str     %eax
    movzwl  %ax, %eax
    say     "STR   selector   "
    smsw    %eax
    say     "SMSW  CR0        "

flags:
    pushfl
    popl    %eax
    andl    $0x200, %eax
    say     "PUSHF IF         "
    pushl   $0x3000
    popfl
    pushfl
    popl    %eax
    andl    $0x3000, %eax
    pushl   $0
    popfl
    say     "POPF  IOPL       "

questions:                          # about selector 10, a segment of data for ring 0
    movl    $0x10, %ebp
    xorl    %eax, %eax
    larl    %ebp, %eax
    say     "LAR   rights     "
    xorl    %eax, %eax
    lsll    %ebp, %eax
    say     "LSL   limit      "
    xorl    %eax, %eax
    verr    %bp
    sete    %al
    say     "VERR  readable   "
    xorl    %eax, %eax
    verw    %bp
    sete    %al
    say     "VERW  writable   "

rings:                              # the lowest two bits of CS and SS
    pushl   %cs
    popl    %eax
    movzwl  %ax, %eax
    say     "PUSH  CS         "
    movl    %ss, %eax
    say     "MOV   from SS    "

guarded:                            # to a segment, and to another one
    pushl   $0x10
    popl    %es
    movl    %es, %eax
    say     "POP   ES         "
    lcall   $8, $far                # comes back with the CS that was saved
    say     "CALL  saved CS   "
    ljmp    $0x18, $1f              # conforming: the ring stays
1:  movl    $1, %eax
    say     "JMP   arrived    "
    pushl   $8
    pushl   $2f
    lret
2:  movl    $1, %eax
    say     "RET   arrived    "
    int     $0x21
    say     "INT n saved CS   "
off:
    nop
    cli
    hlt
    jmp     off

far:
    movl    4(%esp), %eax
    lret
asked:
    movl    4(%esp), %eax
    iret

# ESI: text; EAX: number, as eight digits.
tell:
    pushl   %eax
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
    popl    %eax
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
    .quad   0x00cf9a000000ffff      # 08: code
    .quad   0x00cf92000000ffff      # 10: data
    .quad   0x00cf9e000000ffff      # 18: code, conforming
    .quad   0x0000820000000007      # 20: the local table
    .quad   0x0000890000000067      # 28: the task's state
gdtr:
    .word   0x2f
    .long   gdt
idtr:
    .word   0x10f
    .long   idt
    .balign 8
local:
    .quad   0
idt:
    .zero   0x21 * 8
    .long   0x00080000, 0x00008e00  # 21
was:
    .zero   8
task:
    .zero   104
    .zero   4096
stack:
