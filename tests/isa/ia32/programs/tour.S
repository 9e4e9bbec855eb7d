/* tour.S - a program that goes everywhere: real mode, big real mode, protected mode, pages, ring 3 and back, gates, V86, other tasks, double
 * fault, single step, breakpoints. It is linked flat to 0x7c00 and entered there in real mode with CS = 0. What it meets it prints to port
 * 0xe9, a line each; a write to 0xf4 ends it. The lines wanted are in tour.txt.
 *
 *   a fault is printed as: name, vector, error code, and for page faults CR2; or "none"
 */
#define CODE 0x08
#define DATA 0x10
#define UCODE 0x1b
#define UDATA 0x23
#define TSS 0x28
#define TSS2 0x30
#define TSSDF 0x38
#define LDT 0x40
#define GATE 0x48       /* call gate, DPL 3, two parameters */
#define SMALL 0x50      /* data, 16 bytes */
#define DOWN 0x58       /* data that grows down to 0x1000 */
#define ABSENT 0x60
#define TASKGATE 0x68
#define CODE16 0x70
#define READONLY 0x78
#define CONFORMING 0x80
#define TSS16 0x88
#define STACK0 0x6000
#define STACK3 0x20f00
#define STACKDF 0x5800
#define STACK2 0x5400
#define STACK16 0x5000
#define DIRECTORY 0x10000
#define TABLE 0x11000

        .text
        .code16
        .globl _start
_start:
        cli
        cld
        xorw %ax, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw $0x7000, %sp
        movw $real_text, %si
        call print16

        /* Interrupts of real mode: INT, a division by zero, single step, and the limit of a segment. */
        movw $int60, 4*0x60
        movw %ax, 4*0x60+2
        movw $divide, 0
        movw %ax, 2
        movw $gp16, 4*13
        movw %ax, 4*13+2
        movw $step16, 4*1
        movw %ax, 4*1+2
        stc
        int $0x60
        movw $int_text, %si
        call print16
        xorw %cx, %cx
        divw %cx
        movw $divide_text, %si
        call print16
        movw $0xffff, %bx
        movw (%bx), %dx          /* a word at 0xffff: vector 13 */
        movw $limit_text, %si
        call print16
        xorw %bp, %bp
        pushf
        popw %ax
        orb $1, %ah
        pushw %ax
        popf
        nop                      /* from here on */
        incw %bp
        decw %bp
        pushf
        popw %ax
        andb $0xfe, %ah
        pushw %ax
        popf                     /* ... to here: 8 steps */
        nop
        movw steps, %ax
        addb $'0', %al
        outb %al, $0xe9
        movw $step_text, %si
        call print16

        /* Big real mode: the limit of FS survives the way back. */
        lgdtl gdtr
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        movw $DATA, %bx
        movw %bx, %fs
        andb $0xfe, %al
        movl %eax, %cr0
        movl $0x00123450, %ebx
        movl $0x12345678, %fs:(%ebx)
        movw $0x12, %ax
        movw %ax, %fs            /* a new base, the old limit */
        movl %fs:-0x120(%ebx), %eax
        cmpl $0x12345678, %eax
        jne 1f
        movw $big_text, %si
        call print16
1:
        movl %cr0, %eax
        orb $1, %al
        movl %eax, %cr0
        ljmpl $CODE, $protected

print16:
        lodsb
        testb %al, %al
        jz 1f
        outb %al, $0xe9
        jmp print16
1:      ret
int60:
        pushw %bp
        movw %sp, %bp
        andb $0xfe, 6(%bp)       /* CF of the image goes */
        popw %bp
        iret
divide:
        pushw %bp
        movw %sp, %bp
        addw $2, 2(%bp)          /* the instruction is two bytes long: a fault */
        popw %bp
        iret
gp16:
        pushw %bp
        movw %sp, %bp
        addw $2, 2(%bp)
        popw %bp
        iret
step16:
        incw %cs:steps
        iret

        /* --- Protected mode */
        .code32
protected:
        movw $DATA, %ax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %ss
        movw %ax, %fs
        movw %ax, %gs
        movl $STACK0, %esp
        movl $protected_text, %esi
        call print

        /* The IDT: a stub of 16 bytes for each of 34 vectors, then those of their own. */
        movl $stubs, %eax
        movl $idt, %edi
        movl $34, %ecx
1:      movl %eax, %edx
        movw %dx, (%edi)
        movw $CODE, 2(%edi)
        movw $0x8e00, 4(%edi)
        shrl $16, %edx
        movw %dx, 6(%edi)
        addl $16, %eax
        addl $8, %edi
        loop 1b
        movw $0xee00, idt+8*3+4  /* INT3 and INTO are everybody's */
        movw $0xee00, idt+8*4+4
        movw $system_call, idt+8*0x30
        movl $system_call, %eax
        movw $CODE, idt+8*0x30+2
        movw $0xee00, idt+8*0x30+4
        movw $TSSDF, idt+8*8+2
        movw $0xe500, idt+8*8+4  /* #DF: a task of its own */
        lidt idtr
        movw $TSS, %ax
        ltr %ax
        movw $LDT, %ax
        lldt %ax

#define TRY(name, ...)  movl $991f, resume; movl $-1, vector; __VA_ARGS__; 991: movl $992f, %esi; call report; .section .rodata; 992: .asciz name; .text

        TRY("null data segment", xorl %eax, %eax; movw %ax, %gs; movl %gs:0, %eax)
        TRY("not present", movl $ABSENT, %eax; movw %ax, %gs)
        TRY("null SS", xorl %eax, %eax; movw %ax, %ss)
        TRY("a system segment", movl $TSS, %eax; movw %ax, %gs)
        TRY("beyond the GDT", movl $0x1000, %eax; movw %ax, %gs)
        movl $SMALL, %eax
        movw %ax, %gs
        TRY("in the small one", movl %gs:12, %eax)
        TRY("beyond the small one", movl %gs:13, %eax)
        movl $READONLY, %eax
        movw %ax, %gs
        TRY("read from read-only", movl %gs:0, %eax)
        TRY("write to read-only", movl %eax, %gs:0)
        TRY("write to code", movl %eax, %cs:0)
        movl $DOWN, %eax
        movw %ax, %gs
        TRY("down, at its limit", movb %gs:0xfff, %al)
        TRY("down, above its limit", movb %gs:0x1000, %al)
        TRY("local segment", movl $0x0c, %eax; movw %ax, %gs)
        movl %gs:0, %eax
        cmpl local_word, %eax
        jne fail
        TRY("breakpoint", int3)
        TRY("bound", movl $11, %eax; bound %eax, bounds)
        TRY("overflow", movb $0x7f, %al; addb $1, %al; into)
        TRY("undefined", ud2)
        TRY("interrupt without a gate", int $0x60)
        TRY("CR0: PG without PE", movl $0x80000000, %eax; movl %eax, %cr0)
        TRY("jump to data", ljmpl $DATA, $0)
        TRY("jump to a busy task", ljmpl $TSS, $0)
        TRY("call to a conforming segment", lcall $CONFORMING, $conforming)
        TRY("sixteen bits", lcall $CODE16, $sixteen)

        /* --- Pages: the first 4 MiB as they lie, user pages from 0x20000 on, 0x30000 not there, 0x31000 read-only. */
        movl $TABLE, %edi
        movl $3, %eax
        movl $1024, %ecx
1:      movl %eax, %edx
        cmpl $0x20000, %eax
        jb 2f
        cmpl $0x40000, %eax
        jae 2f
        orl $4, %edx
2:      movl %edx, (%edi)
        addl $4, %edi
        addl $0x1000, %eax
        loop 1b
        movl $DIRECTORY, %edi
        movl $1024, %ecx
        xorl %eax, %eax
        rep stosl
        movl $TABLE+7, DIRECTORY
        movl $0x00030006, TABLE+4*0x30
        movl $0x00031005, TABLE+4*0x31
        movl $DIRECTORY, %eax
        movl %eax, %cr3
        movl %cr0, %eax
        orl $0x80000000, %eax
        movl %eax, %cr0
        movl $paging_text, %esi
        call print
        TRY("page not present, read", movl 0x30123, %eax)
        TRY("page not present, write", movl %eax, 0x30124)
        TRY("across into it", movl 0x2fffe, %eax)
        TRY("no directory entry", movl 0x00400000, %eax)
        TRY("read-only page without WP", movl %eax, 0x31000)
        movl %cr0, %eax
        orl $0x10000, %eax
        movl %eax, %cr0
        TRY("read-only page with WP", movl %eax, 0x31000)
        movl TABLE+4*0x31, %eax
        call hex
        movl TABLE+4*0x32, %eax  /* nobody was there */
        call hex
        call newline

        /* --- Ring 3 */
        movl $user, %esi
        movl $0x20000, %edi
        movl $user_end-user, %ecx
        rep movsb
        pushl $UDATA
        pushl $STACK3
        pushl $0x202
        pushl $UCODE
        pushl $0x20000
        iret
back_from_user:                  /* by system call 0 */
        movl $STACK0, %esp
        movl $DATA, %eax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %fs
        movw %ax, %gs
        movl $user_text, %esi
        call print

        /* --- V86 mode, with IOPL 0 and then 3 */
        orl $4, TABLE+4*7        /* the first page of this program, for it */
        orl $4, TABLE+4*8
        orl $4, TABLE+4*9
        orl $4, TABLE+4*4        /* and its stack */
        movl %cr3, %eax
        movl %eax, %cr3
        movl $0x20002, %eax
1:      movl $STACK0, %esp
        movl $v86_done, resume
        movl $0, v86_count
        pushl $0x333
        pushl $0x222
        pushl $0x777
        pushl $0x444
        pushl $0
        pushl $0x4f00
        pushl %eax
        pushl $0x0000
        pushl $v86
        movl %eax, v86_flags
        iret
v86_done:
        movl $STACK0, %esp
        movl $DATA, %eax
        movw %ax, %ds
        movw %ax, %es
        movw %ax, %fs
        movw %ax, %gs
        movl $v86_text, %esi
        call print
        movl v86_count, %eax
        call hex
        call newline
        movl v86_flags, %eax
        orl $0x3000, %eax
        cmpl v86_flags, %eax
        jne 1b

        /* --- Tasks: by a call, by a gate, of 16 bits, and a double fault */
        movl $DIRECTORY, tss+0x1c /* a switch loads CR3, and never saves it */
        movl $DIRECTORY, tss2+0x1c
        movl $DIRECTORY, tssdf+0x1c
        movl $task2, tss2+0x20
        movl $0x2, tss2+0x24
        movl $STACK2, tss2+0x38
        movl $CODE, tss2+0x4c
        movl $DATA, tss2+0x48
        movl $DATA, tss2+0x50
        movl $DATA, tss2+0x54
        movl $0xc0ffee, %ebx
        lcall $TSS2, $0
        cmpl $0xc0ffee, %ebx
        jne fail
        movl $call_text, %esi
        call print
        lcall $TASKGATE, $0
        movl $gate_text, %esi
        call print
        pushfl                   /* NT is not set here any more */
        popl %eax
        andl $0x4000, %eax
        call hex
        movl %cr0, %eax          /* TS is */
        andl $8, %eax
        call hex
        call newline
        clts
        movw $task16, tss16+0x0e
        movw $2, tss16+0x10
        movw $STACK16, tss16+0x1a
        movw $CODE16, tss16+0x24
        movw $DATA, tss16+0x22
        movw $DATA, tss16+0x26
        movw $DATA, tss16+0x28
        lcall $TSS16, $0
        movl $narrow_text, %esi
        call print
        clts
        TRY("a task that is not there", lcall $0x1000, $0)
        movl $task_df, tssdf+0x20
        movl $0x2, tssdf+0x24
        movl $STACKDF, tssdf+0x38
        movl $CODE, tssdf+0x4c
        movl $DATA, tssdf+0x48
        movl $DATA, tssdf+0x50
        movl $DATA, tssdf+0x54
        movl $0x30100, %esp      /* no page there: the #PF of the push has none for its frame, either */
        pushl %eax
after_df:
        movl $df_text, %esi
        call print
        clts

        /* --- Debugging */
        movl $0, vector
        pushfl
        orl $0x100, (%esp)
        movl $0, stepped
        popfl
        nop
        nop
        pushl %ss
        popl %ss                 /* holds the trap back: one for this and the next */
        nop
        pushfl
        andl $~0x100, (%esp)
        popfl
        nop
        movl stepped, %eax
        call hex
        movl dr6, %eax
        call hex
        movl $tf_text, %esi
        call print
        movl $bp_here, %eax
        movl %eax, %dr0
        movl $watched, %eax
        movl %eax, %dr1
        movl $0x00d00a0a, %eax   /* 0: execute; 1: writes, 4 bytes; both global */
        movl %eax, %dr7
        xorl %eax, %eax
        movl %eax, %dr6
        movl $0, stepped
        nop
bp_here:
        nop
        movl stepped, %eax
        call hex
        movl dr6, %eax
        call hex
        movl dr_eip, %eax
        subl $bp_here, %eax
        call hex
        movl watched, %eax       /* a read: nothing */
        movl stepped, %eax
        call hex
        movl %cr0, %eax
        movb $1, watched+3
bp_after:
        movl stepped, %eax
        call hex
        movl dr6, %eax
        call hex
        movl dr_eip, %eax
        subl $bp_after, %eax
        call hex
        xorl %eax, %eax
        movl %eax, %dr7
        movl $bp_text, %esi
        call print

        /* --- An interrupt waits for the instruction behind STI */
        outb %al, $0xf5          /* raises the line; vector 0x21 */
        nop
        movl $991f, resume
        sti
        nop
992:    nop
991:    movl interrupted, %eax
        subl $992b, %eax
        call hex
        movl $sti_text, %esi
        call print
        cli
        TRY("halted and awake", sti; hlt)
        movl $end_text, %esi
        call print
        xorl %eax, %eax
        outb %al, $0xf4
fail:
        movl $fail_text, %esi
        call print
        movb $1, %al
        outb %al, $0xf4
        jmp .

conforming:
        lret

        .code16
sixteen:
        lretl
task16:
        movw $0x1234, %ax
        iretw
        jmp task16
        .code32

#include "tour_handlers.inc"
