/* segments.S - descriptors, selectors and gates drawn at random, tried in every ring: loads, questions, far calls, jumps and returns,
 * interrupts. What each leaves, registers and flags or vector, error code, EIP and flags, goes into a sum that is printed now and then. It is
 * linked flat to 0x7c00 and entered in real mode with CS = 0. The sums in segments.txt are those of another emulator, Bochs 2.7.
 */
#define CODE 0x08       /* code and data of ring n: CODE + 8 * n + n, DATA + 8 * n + n */
#define DATA 0x28
#define TSS 0x48
#define LDT 0x50
#define DRAWN 0x60
#define STACK0 0x6800   /* the program's; of ring n: 0x6000 - 0x400 * n */
#define LINES 64
#define ROUNDS 64       /* a line */

        .text
        .code16
        .globl _start
_start:
        cli
        cld
        xorw %ax, %ax
        movw %ax, %ds
        lgdtl gdtr
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        ljmpl $CODE, $protected

        .code32
protected:
        movw $DATA, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw %ax, %fs
        movl $STACK0, %esp
        xorl %edi, %edi          /* what is read is the same everywhere */
        movl $64, %ecx
        movl $0x600df00d, %eax
        rep stosl
        movl $stubs, %eax
        movl $idt, %edi
        movl $32, %ecx
1:      movw %ax, (%edi)
        movw $CODE, 2(%edi)
        movl $0x8e00, 4(%edi)
        addl $16, %eax
        addl $8, %edi
        loop 1b
        movl $CODE*0x10000, idt+8*0x30
        movw $done, idt+8*0x30
        movl $0xee00, idt+8*0x30+4
        lidt idtr
        movw $TSS, %ax
        ltr %ax
        movl $LINES, lines
line:   movl $ROUNDS, rounds
round:
        movw $LDT, %ax
        lldt %ax
        call draw_descriptor
        call draw
        andl $15, %eax
        movl operations(,%eax,4), %ebp
        movl %ebp, operation
        call draw
        movl %eax, %edi          /* the ring, and the RPL: of the same ring more often */
        andl $3, %edi
        shrl $2, %eax
        movl %eax, %ecx
        andl $3, %ecx
        testl $12, %eax
        jnz 1f
        movl %edi, %ecx
1:      movl $DRAWN, %eax
        orl %ecx, %eax
        movl %eax, pointer+4     /* a far pointer, for who wants one */
        movl $landing, pointer
        movl %ecx, %edx          /* and a stack for the ring that it may return to */
        imull $9, %edx
        addl $DATA, %edx
        movl %edx, outer_ss
        imull $-0x400, %ecx, %edx
        addl $0x5f00, %edx
        movl %edx, outer_esp
        call draw
        andl $0x1f, %eax
        movl %eax, %ebx          /* an offset into it */
        movl %edi, %ecx
        imull $9, %ecx
        leal DATA(%ecx), %edx
        pushl %edx               /* SS ESP EFLAGS CS EIP of the ring */
        imull $-0x400, %edi, %eax
        addl $0x6000, %eax
        pushl %eax
        call draw
        andl $0x0cd5, %eax       /* OF DF SF ZF AF PF CF */
        orl $2, %eax
        pushl %eax
        addl $CODE, %ecx
        pushl %ecx
        pushl %ebp
        movw %dx, %ds
        movw %dx, %es
        movw %dx, %fs
        movl $0, %ecx
        movw %cx, %gs
        testl %edi, %edi
        movl %cs:pointer+4, %eax
        movl %edx, %ecx
        movl $0x55555555, %edx
        jnz 1f
        popl %ebp                /* in ring 0 an IRET pops no stack */
        addl $4, %esp
        popfl
        movl $0x6000, %esp
        jmpl *%ebp
1:      iretl

/* --- What is tried. EAX: the selector, EBX: an offset, ECX: the ring's SS. */
op_gs:  movw %ax, %gs
        movl %gs:(%ebx), %edx
        int $0x30
op_gs_write:
        movw %ax, %gs
        movl %edx, %gs:(%ebx)
        int $0x30
op_ss:  movw %ax, %ss
        movw %ss, %dx
        movw %cx, %ss
        int $0x30
op_lar: lar %ax, %edx
        andl $0x00f0ff00, %edx   /* the others are not defined */
        int $0x30
op_lsl: lsl %ax, %edx
        int $0x30
op_verr:
        verr %ax
        int $0x30
op_verw:
        verw %ax
        int $0x30
op_call:
        lcall *pointer
        int $0x30
op_jump:
        ljmp *pointer
op_return:
        pushl %cs:outer_ss
        pushl %cs:outer_esp
        pushl %eax
        pushl $landing
        lretl
op_iret:
        pushl %cs:outer_ss
        pushl %cs:outer_esp
        pushl $0x3ad7
        pushl %eax
        pushl $landing
        iretl
op_lldt:
        lldt %ax
        sldt %edx
        int $0x30
op_int: int $0x2f
landing:
        int $0x30
        int $0x30

operations:
        .long op_gs, op_gs, op_gs_write, op_ss, op_lar, op_lsl, op_verr, op_verw
        .long op_call, op_call, op_jump, op_return, op_return, op_iret, op_lldt, op_int

/* --- The descriptor that is drawn, and the gate of interrupt 0x2f. Tasks are left out. */
draw_descriptor:
        call draw
        movl %eax, %ecx          /* type, S, DPL, P */
        testl $0x300, %eax
        jz 1f
        orl $0x90, %ecx          /* mostly present, and no system's */
1:      andl $0xff, %ecx
        testl $0x10, %ecx
        jnz segment
        movl %ecx, %eax
        andl $15, %eax
        btl %eax, tasks
        jnc 1f
        andl $0xf0, %ecx
        orl $12, %ecx            /* a call gate */
1:      movl %ecx, %eax
        andl $5, %eax
        cmpl $4, %eax
        je gate
segment:
        call draw
        andl $0xff, %eax         /* a limit of some bytes, or of all */
        testl $0x60, %eax
        jnz 1f
        andl $0x1f, %eax
        movw %ax, gdt+DRAWN
        movl $0, %edx
        jmp 2f
1:      movw $0xffff, gdt+DRAWN
        movl $0x0f0000, %edx
        testl $0x80, %eax
        jz 2f
        orl $0x800000, %edx
2:      movw $0, gdt+DRAWN+2
        call draw
        andl $0x400000, %eax     /* D/B */
        orl %eax, %edx
        movl %ecx, %eax
        shll $8, %eax
        orl %edx, %eax
        movl %eax, gdt+DRAWN+4
        jmp draw_gate
gate:   call draw_code
        shll $16, %eax
        movw $landing, %ax
        movl %eax, gdt+DRAWN
        call draw
        andl $3, %eax            /* parameters */
        movb %cl, %ah
        movzwl %ax, %eax
        movl %eax, gdt+DRAWN+4
draw_gate:
        call draw_code
        shll $16, %eax
        movw $landing, %ax
        movl %eax, idt+8*0x2f
        call draw
        andl $0xef, %eax
        testb $0x60, %al
        jz 1f
        orb $0x86, %al
1:      movl %eax, %edx
        andl $15, %edx
        cmpl $5, %edx
        jne 1f
        orb $2, %al
1:      shll $8, %eax
        movl %eax, idt+8*0x2f+4
        ret

draw_code:                       /* code of some ring, or what was drawn */
        call draw
        movl %eax, %edx
        andl $3, %edx
        shrl $2, %eax
        andl $7, %eax
        cmpl $4, %eax
        jae 1f
        leal CODE(%edx,%eax,8), %eax
        ret
1:      leal DRAWN(%edx), %eax
        ret

draw:   movl seed, %eax
        imull $1664525, %eax
        addl $1013904223, %eax
        movl %eax, seed
        shrl $8, %eax
        ret

/* --- How it ended: by interrupt 0x30, or by a fault. */
        .balign 16
stubs:
        .set n, 0
        .rept 32
        .balign 16
        .if (n == 8) || (n >= 10 && n <= 14) || (n == 17)
        .else
        pushl $0
        .endif
        pushl $n
        jmp common
        .set n, n+1
        .endr
        .balign 16
done:   pushl $0
        pushl $0x30
common: pushal
        movl $DATA, %ecx
        movw %gs, %bx
        movw %cx, %ds
        movw %cx, %es
        cld
        movzwl %bx, %eax
        call add
        movl 20(%esp), %eax      /* EDX */
        call add
        movl 32(%esp), %eax      /* vector */
        call add
        movl 36(%esp), %eax      /* error code */
        call add
        movl 40(%esp), %eax      /* EIP */
        subl operation, %eax
        call add
        movl 44(%esp), %eax      /* CS */
        call add
        movl 48(%esp), %eax      /* EFLAGS */
        call add
        movl gdt+DRAWN+4, %eax
        call add
        testl $3, 44(%esp)
        jz 1f
        movl 52(%esp), %eax      /* ESP, SS */
        call add
        movl 56(%esp), %eax
        call add
1:      movw %cx, %ss
        movl $STACK0, %esp
#ifdef EACH
        call show
#endif
        decl rounds
        jnz round
        call show
        decl lines
        jnz line
        xorl %eax, %eax
        outb %al, $0xf4
        jmp .

show:   movl sum, %edx
        movl $8, %ecx
1:      roll $4, %edx
        movb %dl, %al
        andb $15, %al
        addb $'0', %al
        cmpb $'9', %al
        jbe 2f
        addb $39, %al
2:      outb %al, $0xe9
        loop 1b
        movb $10, %al
        outb %al, $0xe9
        ret

add:    movl sum, %edx           /* EAX into the sum */
        roll $5, %edx
        xorl %eax, %edx
        imull $0x01000193, %edx
        movl %edx, sum
        ret

        .data
        .balign 8
lines:  .long 0
rounds: .long 0
seed:   .long 20261201
sum:    .long 0x811c9dc5
operation: .long 0
pointer: .long 0, 0
outer_ss: .long 0
outer_esp: .long 0
tasks:  .long 0x0a2a            /* TSSs, task gates: types 1, 3, 5, 9, 11 */
#define ENTRY(base, limit, access, flags) .word limit & 0xffff; .long (base) + ((access) << 24); .byte ((limit) >> 16) | (flags) << 4, 0
        .balign 8
gdt:    .quad 0
        ENTRY(0, 0xfffff, 0x9b, 0xc)
        ENTRY(0, 0xfffff, 0xbb, 0xc)
        ENTRY(0, 0xfffff, 0xdb, 0xc)
        ENTRY(0, 0xfffff, 0xfb, 0xc)
        ENTRY(0, 0xfffff, 0x93, 0xc)
        ENTRY(0, 0xfffff, 0xb3, 0xc)
        ENTRY(0, 0xfffff, 0xd3, 0xc)
        ENTRY(0, 0xfffff, 0xf3, 0xc)
        ENTRY(tss, 0x67, 0x89, 0)
        ENTRY(gdt, 0x67, 0x82, 0)
        .quad 0
        .quad 0
gdt_end:
gdtr:   .word gdt_end - gdt - 1
        .long gdt
idtr:   .word 8*0x31 - 1
        .long idt
        .balign 8
tss:    .long 0, STACK0, DATA, 0x5b00, DATA+9, 0x5700, DATA+18
        .fill 0x66 - 28, 1, 0
        .word 0x68
        .balign 8
idt:    .fill 8*0x31, 1, 0
