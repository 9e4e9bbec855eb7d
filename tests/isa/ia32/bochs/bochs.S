/* bochs.S - a ROM for any PC: runs the cases that lie at its beginning, each a few instructions in a state of its own, and prints how each ended.
 * bochs_cases.c makes the cases, bochs.sh has them run on Bochs and here.
 *
 *   e0000 ROM: the cases, CASE_SIZE bytes each, until one whose mode is CASES_END   fc000 this   ffff0 reset
 *   01000 GDT   01400 LDT   02000 IDT   03000 task states   04000 .. 05fff stacks of rings 0 to 3   07000 this program's
 *   10000 directory of pages   11000 their table, each linear address of 1 MiB itself   12000 that of the window
 *   20000 the case's code, and at 20080 where far transfers lead   50000 eight frames, at 400000 by pages of the case's making: the window
 */
#include "layout.h"

#define PROGRAM_STACK 0x7000
#define STACK(ring) (0x4800 + 0x400 * (ring))   /* grows down from here */
#define FRAMES 0x50000

        .text
        .code16
        .globl _start
_start: cli
        cld
        movw %cs, %ax           /* F000: the tables' pointers lie here */
        movw %ax, %ds
        lgdtl gdt_reset_offset
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
        movl $PROGRAM_STACK, %esp
        movl $0x11000, %edi     /* 4 MiB, each address itself, everybody's */
        movl $7, %eax
1:      stosl
        addl $0x1000, %eax
        cmpl $0x400007, %eax
        jne 1b
        movl $CASES, case
each:   movl $PROGRAM_STACK, %esp
        movl case, %esi
        cmpb $CASES_END, CASE_MODE(%esi)
        je end
        call tables
        call pages
        call tasks
        jmp enter

/* --- What a case finds. ESI: its record. */
tables: movl $gdt, %ebx
        movl $GDT, %edi
        movl $GDT_ENTRIES * 2, %ecx
1:      movl (%ebx), %eax
        stosl
        addl $4, %ebx
        loop 1b
        movl CASE_DRAWN(%esi), %eax
        leal CASE_DRAWN(%esi), %ebx
        movl $6, %ecx           /* two segments and a gate, in both tables */
        movl $GDT + DRAWN, %edi
        movl $LDT, %edx
1:      movl (%ebx), %eax
        stosl
        movl %eax, (%edx)
        addl $4, %edx
        addl $4, %ebx
        loop 1b
        movl gdt + DATA + 24, %eax
        movl %eax, (%edx)
        movl gdt + DATA + 28, %eax
        movl %eax, 4(%edx)
        movw CASE_TSS_LIMIT(%esi), %ax
        movw %ax, GDT + TSS
        movb CASE_TSS_TYPE(%esi), %al
        movb %al, GDT + TSS_B + 5
        movl $IDT, %edi         /* faults: gates that only faults open */
        movl $stubs, %edx
        movl $0x31, %ecx
1:      movzwl %dx, %eax
        orl $CODE << 16, %eax
        stosl
        movl %edx, %eax
        movw $0x8e00, %ax
        stosl
        addl $16, %edx
        loop 1b
        movb $0xee, IDT + 8 * 3 + 5
        movb $0xee, IDT + 8 * 4 + 5
        movb $0xee, IDT + 8 * 0x30 + 5
        movl $TSS_DOUBLE << 16, IDT + 8 * 8
        movl $0x8500, IDT + 8 * 8 + 4
        movl $TSS_FAULT << 16, IDT + 8 * 10 /* as the manual wants it: a task that could not begin has no stack for a handler */
        movl $0x8500, IDT + 8 * 10 + 4
        movl CASE_VECTOR(%esi), %eax
        movl %eax, IDT + 8 * 0x40
        movl CASE_VECTOR + 4(%esi), %eax
        movl %eax, IDT + 8 * 0x40 + 4
        ret

pages:  movl $0x11007, 0x10000
        movzbl CASE_PDE(%esi), %eax
        orl $0x12000, %eax
        movl %eax, 0x10004
        movl $FRAMES, %edx
        movl $0x12000, %edi
        xorl %ecx, %ecx
1:      movzbl CASE_PTE(%esi,%ecx), %eax
        orl %edx, %eax
        stosl
        addl $0x1000, %edx
        incl %ecx
        cmpl $8, %ecx
        jne 1b
        movl $FRAMES, %edi      /* what is in them is known */
        movl $0x2000, %ecx
        movl $0x01020304, %eax
1:      stosl
        addl $0x01010101, %eax
        loop 1b
        xorl %eax, %eax
        movl $0x4000, %edi      /* and on the stacks */
        movl $0x800, %ecx
        rep stosl
        movl $0x20000, %edi
        movl $0x400, %ecx
        rep stosl
        leal CASE_CODE(%esi), %ebx
        movl $0x20000, %edi
        movl $CASE_CODE_SIZE / 4, %ecx
1:      movl (%ebx), %eax
        stosl
        addl $4, %ebx
        loop 1b
        movl $0x30cd30cd, %eax  /* int 0x30, whatever the size of code */
        movl %eax, LANDING
        movl %eax, 0x20000 + LANDING
        movl $0x10000, %eax
        movl %eax, %cr3
        ret

tasks:  xorl %eax, %eax
        movl $TSS_AT, %edi
        movl $0x400, %ecx
        rep stosl
        movl $TSS_B, TSS_AT
        movl $3, %ecx           /* stacks of the inner rings */
        movl $TSS_AT + 4, %edi
        movl $STACK(0), %eax
        movl $DATA, %edx
1:      movl %eax, (%edi)
        movl %edx, 4(%edi)
        addl $0x400, %eax
        addl $9, %edx
        addl $8, %edi
        loop 1b
        movl $0x10000, TSS_AT + 0x1c
        movw $0x68, TSS_AT + 0x66
        movb CASE_PORTS(%esi), %al
        movl $TSS_AT + 0x68, %edi
        movl $0x80, %ecx
        rep stosb
        movb $0xff, (%edi)
        /* Another task, of either kind. */
        movl $0x10000, TSS_B_AT + 0x1c
        movl $0x20000 + LANDING, TSS_B_AT + 0x20
        movl $STACK(3), TSS_B_AT + 0x38
        movl $STACK(0), TSS_B_AT + 4
        movl $DATA, TSS_B_AT + 8
        movw $LANDING, TSS_C_AT + 0x0e
        movw $STACK(3), TSS_C_AT + 0x1a
        movw $STACK(0), TSS_C_AT + 2
        movw $DATA, TSS_C_AT + 4
        movzwl CASE_TASK + 14(%esi), %eax
        movl %eax, TSS_B_AT + 0x24
        movw %ax, TSS_C_AT + 0x10
        .macro task_word n, b, c
        movw CASE_TASK + 2 * \n(%esi), %ax
        movw %ax, TSS_B_AT + \b
        .if \c
        movw %ax, TSS_C_AT + \c
        .endif
        .endm
        task_word 0, 0x4c, 0x24 /* CS SS DS ES FS GS LDT */
        task_word 1, 0x50, 0x26
        task_word 2, 0x54, 0x28
        task_word 3, 0x48, 0x22
        task_word 4, 0x58, 0
        task_word 5, 0x5c, 0
        task_word 6, 0x60, 0x2a
        /* The tasks of the double fault, and of the invalid task state. */
        movl $TSS_DOUBLE_AT, %edi
        movl $doubled, %edx
1:      movl $0x10000, 0x1c(%edi)
        movl %edx, 0x20(%edi)
        movl $2, 0x24(%edi)
        movl $PROGRAM_STACK, 0x38(%edi)
        movw $CODE, 0x4c(%edi)
        movw $DATA, 0x48(%edi)
        movw $DATA, 0x50(%edi)
        movw $DATA, 0x54(%edi)
        movl $invalid, %edx
        addl $TSS_FAULT_AT - TSS_DOUBLE_AT, %edi
        cmpl $TSS_FAULT_AT, %edi
        je 1b
        ret

enter:  lgdt gdt_pointer
        lidt idt_pointer
        movw $LDT_SELECTOR, %ax
        lldt %ax
        movw $TSS, %ax
        ltr %ax
        movl CASE_CR4(%esi), %eax
        movl %eax, %cr4
        movl $0x80000011, %eax
        movl %eax, %cr0
        fninit
        movl CASE_CR0(%esi), %eax
        movl %eax, %cr0
        xorl %eax, %eax
        movl %eax, %cr2
        movl %eax, %dr0
        movl %eax, %dr6
        movzbl CASE_MODE(%esi), %ecx
        movl $STACK(0), %esp
        cmpb $4, %cl
        je virtual
        testl %ecx, %ecx
        jz 1f
        imull $9, %ecx, %edx
        leal DATA(%edx), %eax
        pushl %eax
        movl %ecx, %eax
        shll $10, %eax
        addl $STACK(0), %eax
        pushl %eax
1:      pushl CASE_EFLAGS(%esi)
        imull $9, %ecx, %edx
        leal CODE(%edx), %eax
        pushl %eax
        pushl $0x20000
        movw CASE_SEGMENTS(%esi), %ax
        pushl %eax
        movw CASE_SEGMENTS + 2(%esi), %es
        movw CASE_SEGMENTS + 4(%esi), %fs
        movw CASE_SEGMENTS + 6(%esi), %gs
        .macro registers
        movl CASE_REGISTERS(%esi), %eax
        movl CASE_REGISTERS + 4(%esi), %ecx
        movl CASE_REGISTERS + 8(%esi), %edx
        movl CASE_REGISTERS + 12(%esi), %ebx
        movl CASE_REGISTERS + 16(%esi), %ebp
        movl CASE_REGISTERS + 24(%esi), %edi
        movl CASE_REGISTERS + 20(%esi), %esi
        .endm
        registers
        popl %ds
        iretl
virtual:
        movl $0x4000, %eax      /* GS FS DS ES, SS ESP, EFLAGS, CS EIP */
        pushl %eax
        pushl %eax
        pushl $0x5000
        pushl $0x5000
        pushl $0x500
        pushl $0x400
        movl CASE_EFLAGS(%esi), %eax
        orl $0x20000, %eax
        pushl %eax
        pushl $0x2000
        pushl $0
        registers
        iretl

/* --- How a case ended: vector, error code; what was pushed; registers; control; and a sum of each piece of memory that may have changed. */
        .balign 16
stubs:
        .set n, 0
        .rept 0x31
        .balign 16
        .if (n == 8) || (n >= 10 && n <= 14) || (n == 17)
        .else
        pushl $0
        .endif
        pushl $n
        jmp ended
        .set n, n+1
        .endr
invalid:
        pushl $0x10a            /* by a task: the error code is there, a frame is not */
        jmp ended
doubled:
        pushl $0x108
        andl $~0x10000, TSS_AT + 0x24 /* RF of an abort is open */
        andl $~0x10000, TSS_B_AT + 0x24
ended:  pushal
        movl $0x400, %eax
        movl %eax, %dr7
        movl %ds, %eax
        movl %ss, %ebx
        movw $DATA, %cx
        movw %cx, %ds
        movl %eax, saved
        movl %ebx, saved + 4
        movw %es, saved + 8
        movw %fs, saved + 12
        movw %gs, saved + 16
        movl %esp, saved + 20
        movw %cx, %es
        movzwl saved + 4, %eax  /* a stack of 16 bits has no upper half */
        lar %eax, %eax
        testl $0x400000, %eax
        jnz 1f
        movzwl %sp, %esp
1:      movl saved + 4, %eax
        cmpw $DATA, %ax
        je 1f
        movl %esp, %esi         /* whatever stack that is, what it holds is wanted */
        movl $PROGRAM_STACK - 0x40, %edi
        movl $16, %ecx
2:      movl %ss:(%esi), %eax
        stosl
        addl $4, %esi
        loop 2b
        movw $DATA, %ax
        movw %ax, %ss
        movl $PROGRAM_STACK - 0x40, %esp
1:      cld
        pushl $2
        popfl
        movl %esp, %esi         /* EDI ESI EBP ESP EBX EDX ECX EAX, vector, error code, EIP CS EFLAGS, .. */
        movl %cr0, %eax
        movl %eax, saved + 24
        btrl $3, %eax           /* nothing of the x87 here; and pages, which make nothing unreachable */
        movl %eax, %cr0
        movl %esi, %ebp
        movl $10, %ecx
        call words
        cmpl $0x100, 32(%ebp)   /* that of a task has nothing more */
        ja 1f
        movl $3, %ecx
        call words
        movl 48(%ebp), %eax
        testl $0x20000, %eax
        movl $6, %ecx
        jnz 2f
        movl $2, %ecx
        testb $3, 44(%ebp)
        jz 1f
2:      call words
1:      movl $saved, %esi
        movl $5, %ecx           /* DS SS ES FS GS */
        call words
        movl saved + 24, %eax   /* CR0 */
        call hex
        movl %cr2, %eax
        call hex
        movl %cr3, %eax
        call hex
        xorl %eax, %eax
        str %ax
        call hex
        xorl %eax, %eax
        sldt %ax
        call hex
        movl %dr6, %eax
        andl $0xe00f, %eax
        call hex
        sgdt pointer
        movzwl pointer, %eax
        call hex
        sidt pointer
        movzwl pointer, %eax
        call hex
        .macro piece at, size
        movl $\at, %esi
        movl $\size / 4, %ecx
        call sum
        .endm
        piece GDT, GDT_ENTRIES * 8
        piece LDT, 32
        piece TSS_AT, 0x1000
        piece 0x4000, 0x2000
        piece 0x10004, 4
        piece 0x12000, 32
        piece FRAMES, 0x8000
        movb $10, %al
        outb %al, $0xe9
        addl $CASE_SIZE, case
        jmp each

/* Sums ECX words from ESI on, and prints the sum. */
sum:    xorl %eax, %eax
1:      roll $5, %eax
        addl (%esi), %eax
        addl $4, %esi
        loop 1b
        jmp hex
/* Prints ECX words from ESI on. */
words:  movl (%esi), %eax
        call hex
        addl $4, %esi
        loop words
        ret
hex:    pushl %ecx              /* without the zeros before it */
        movl %eax, %edx
        movl $8, %ecx
1:      testl $0xf0000000, %edx
        jnz 2f
        roll $4, %edx
        decl %ecx
        jnz 1b
        incl %ecx
2:      roll $4, %edx
        movb %dl, %al
        andb $15, %al
        addb $'0', %al
        cmpb $'9', %al
        jbe 3f
        addb $'a' - '0' - 10, %al
3:      outb %al, $0xe9
        loop 2b
        movb $' ', %al
        outb %al, $0xe9
        popl %ecx
        ret

end:    movl $bye, %esi
        movw $0x8900, %dx       /* so Bochs ends; */
1:      lodsb
        outb %al, %dx
        testb %al, %al
        jnz 1b
        outb %al, $0xf4         /* and so do we */
        hlt
bye:    .asciz "Shutdown"

        .balign 8
        .macro descriptor base, limit, access, flags
        .word (\limit) & 0xffff, (\base) & 0xffff
        .byte ((\base) >> 16) & 0xff, \access, ((\limit) >> 16) & 15 | (\flags) << 4, ((\base) >> 24) & 0xff
        .endm
        .macro gate selector, offset, access, parameters
        .word (\offset) & 0xffff, \selector
        .byte \parameters, \access
        .word (\offset) >> 16
        .endm
gdt:    .quad 0
        descriptor 0, 0xfffff, 0x9b, 12 /* 08: code of rings 0 to 3 */
        descriptor 0, 0xfffff, 0xbb, 12
        descriptor 0, 0xfffff, 0xdb, 12
        descriptor 0, 0xfffff, 0xfb, 12
        descriptor 0, 0xfffff, 0x93, 12 /* 28: data */
        descriptor 0, 0xfffff, 0xb3, 12
        descriptor 0, 0xfffff, 0xd3, 12
        descriptor 0, 0xfffff, 0xf3, 12
        descriptor TSS_AT, 0x67, 0x89, 0        /* 48: the task; its limit is the case's */
        descriptor TSS_B_AT, 0x67, 0x89, 0      /* 50: another; its type is */
        descriptor TSS_C_AT, 0x2b, 0x81, 0      /* 58: one of 16 bits */
        descriptor TSS_DOUBLE_AT, 0x67, 0x89, 0 /* 60 */
        descriptor LDT, 0x1f, 0x82, 0           /* 68 */
        descriptor 0x400000, 15, 0xf2, 4        /* 70: a few bytes */
        descriptor 0, 0x400, 0xf6, 12           /* 78: grows down */
        descriptor 0, 0xfffff, 0x9e, 12         /* 80: conforming */
        descriptor 0, 0xfffff, 0x72, 12         /* 88: absent */
        descriptor 0, 0xfffff, 0xf0, 12         /* 90: read only */
        descriptor 0, 0xfffff, 0xf8, 12         /* 98: executed only */
        gate CODE, 0x20000 + LANDING, 0xec, 2   /* a0: to ring 0 */
        gate TSS_B, 0, 0xe5, 0                  /* a8: to another task */
        descriptor 0, 0xffff, 0xf2, 0           /* b0: a stack of 16 bits, for instance */
        descriptor 0x20000, 0xffff, 0xfa, 0     /* b8: code of 16 bits */
        .quad 0, 0, 0                           /* c0: drawn */
        descriptor TSS_FAULT_AT, 0x67, 0x89, 0  /* d8 */
        .globl gdt_reset
gdt_reset:
        .word GDT_ENTRIES * 8 - 1
        .long gdt
gdt_pointer:
        .word GDT_ENTRIES * 8 - 1
        .long GDT
idt_pointer:
        .word 0x41 * 8 - 1
        .long IDT
        .set case, 0x7100       /* variables, in RAM */
        .set saved, 0x7110
        .set pointer, 0x7140

        .section .reset, "ax"
        .code16
        ljmp $0xf000, $start_offset
