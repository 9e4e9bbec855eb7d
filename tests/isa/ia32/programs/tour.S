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

        /* --- Handlers. A stub pushes an error code where the processor does not, and its vector. */
        .balign 16
stubs:
        .set n, 0
        .rept 34
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

        /* vector, error, EIP, CS, EFLAGS, ESP, SS, ES, DS, FS, GS */
common:
        pushal
        movl $DATA, %eax
        movw %ax, %ds
        movw %ax, %es
        movl 32(%esp), %eax
        cmpl $1, %eax
        je debug
        cmpl $33, %eax
        je interrupt
        testl $0x20000, 48(%esp)
        jnz from_v86
        movl %eax, vector
        movl 36(%esp), %eax
        movl %eax, error
        movl %cr2, %eax
        movl %eax, cr2
        movl resume, %eax
        testl %eax, %eax
        jz fail
        testl $3, 44(%esp)
        jnz from_user
        movl %eax, 40(%esp)
        popal
        addl $8, %esp
        iret
from_user:                       /* a fault of ring 3: printed at once, and passed by the length that it left in EBX */
        movl $user_fault_text, %esi
        call report
        movl 16(%esp), %eax
        addl %eax, 40(%esp)
        movl $UDATA, %eax
        movw %ax, %ds
        movw %ax, %es
        popal
        addl $8, %esp
        iret
debug:
        incl stepped
        movl 40(%esp), %eax
        movl %eax, dr_eip
        movl %dr6, %eax
        andl $0xe00f, %eax
        movl %eax, dr6
        xorl %ecx, %ecx
        movl %ecx, %dr6
        testl $1, %eax
        jz 1f
        orl $0x10000, 48(%esp)   /* RF: past the breakpoint */
1:      popal
        addl $8, %esp
        iret
interrupt:
        movl 40(%esp), %eax
        movl %eax, interrupted
        movl $33, vector
        movl $0, error
        popal
        addl $8, %esp
        iret

        /* V86 mode traps what is the system's: CLI, INT 0x21, and HLT, with which it ends. All are passed. */
from_v86:
        cmpl $13, %eax
        jne fail
        movl 40(%esp), %ebx      /* CS is 0 */
        movzbl (%ebx), %eax
        incl v86_count
        cmpb $0xf4, %al
        je v86_done
        incl 40(%esp)
        cmpb $0xcd, %al
        jne 1f
        movl 36(%esp), %eax      /* INT n: its error code says why */
        call hex
        incl 40(%esp)
1:      popal
        addl $8, %esp
        iret

system_call:                     /* EAX 0: done. Else: prints EBX */
        testl %eax, %eax
        jz back_from_user
        pushl %ds
        pushl $DATA
        popl %ds
        movl %ebx, %eax
        call hex
        call newline
        popl %ds
        iret

gate_entry:                      /* called by ring 3 with two parameters: their sum */
        movl 8(%esp), %eax
        addl 12(%esp), %eax
        lret $8

        /* --- Other tasks */
task2:
        movl $task_text, %esi
        call print
        movl tss2, %eax          /* the way back */
        call hex
        pushfl
        popl %eax
        andl $0x4000, %eax
        call hex
        call newline
        clts
        iret
        jmp task2

task_df:
        popl %eax                /* its error code */
        call hex
        movl %cr2, %eax
        call hex
        movl $STACK0, tss+0x38
        movl $after_df, tss+0x20
        clts
        iret
        jmp task_df

        /* --- In ring 3, at 0x20000. EBX is the length of what is about to fault. */
user:
        movl $UDATA, %eax
        movw %ax, %ds
        movw %ax, %es
        movl $1, %ebx
        cli
        movl $2, %ebx
        inb $0x60, %al
        movl $1, %ebx
        hlt
        movl $3, %ebx
        movl %cr0, %eax
        movl $2, %ebx
        int $0x20                /* a gate of ring 0 */
        movl $5, %ebx
        movl 0x9000, %eax        /* a page of the system's */
        movl $5, %ebx
        movl %eax, 0x31000       /* one that is read-only */
        movl $DATA, %ecx
        movl $2, %ebx
        movw %cx, %gs
        movl $7, %ebx
        ljmp $CODE, $0
        movl $7, %ebx
        lcall $TSS, $0
        pushl $40
        pushl $2
        lcall $GATE+3, $0
        movl %eax, %ebx
        movl $1, %eax
        int $0x30
        pushfl
        popl %ebx
        andl $0x3200, %ebx
        movl $1, %eax
        int $0x30
        pushfl                   /* POPF in ring 3 leaves IF and IOPL alone, in silence */
        xorl $0x3200, (%esp)
        popfl
        pushfl
        popl %ebx
        andl $0x3200, %ebx
        movl $1, %eax
        int $0x30
        smsw %ebx                /* ... and these tell about the system */
        andl $0xf, %ebx
        movl $1, %eax
        int $0x30
        str %ebx
        movl $1, %eax
        int $0x30
        movw %cs, %bx
        movzwl %bx, %ebx
        movl $1, %eax
        int $0x30
        xorl %eax, %eax
        int $0x30
user_end:

        /* --- In V86 mode */
        .code16
v86:
        movw %ds, %ax
        cmpw $0x777, %ax
        jne 1f
        cli
        pushf
        popw %ax
        sti
        int $0x21
        movw $0xb800, %ax
        movw %ax, %es            /* any paragraph will do */
        hlt
1:      ud2
        .code32

        /* --- Printing */
print:
        lodsb
        testb %al, %al
        jz 1f
        outb %al, $0xe9
        jmp print
1:      ret
newline:
        movb $10, %al
        outb %al, $0xe9
        ret
hex:                             /* EAX, and a blank */
        pushl %ecx
        pushl %edx
        movl %eax, %edx
        movl $8, %ecx
1:      roll $4, %edx
        movb %dl, %al
        andb $15, %al
        cmpb $10, %al
        sbbb $0x69, %al
        das
        outb %al, $0xe9
        loop 1b
        movb $32, %al
        outb %al, $0xe9
        popl %edx
        popl %ecx
        ret
report:                          /* ESI: the name */
        call print
        movl $colon_text, %esi
        call print
        movl vector, %eax
        cmpl $-1, %eax
        je 2f
        call hex
        movl error, %eax
        call hex
        cmpl $14, vector
        jne 1f
        movl cr2, %eax
        call hex
1:      call newline
        movl $-1, vector
        ret
2:      movl $none_text, %esi
        call print
        ret

        .section .rodata
real_text: .asciz "real mode\n"
int_text: .asciz "int 0x60\n"
divide_text: .asciz "divide error\n"
limit_text: .asciz "limit\n"
step_text: .asciz " steps\n"
big_text: .asciz "big real mode\n"
protected_text: .asciz "protected mode\n"
paging_text: .asciz "paging\n"
user_text: .asciz "back in ring 0\n"
user_fault_text: .asciz "ring 3"
v86_text: .asciz "V86 mode left "
call_text: .asciz "called a task\n"
gate_text: .asciz "called a task gate\n"
narrow_text: .asciz "called a task of 16 bits\n"
task_text: .asciz "task 2 "
df_text: .asciz "double fault survived\n"
tf_text: .asciz "single steps\n"
bp_text: .asciz "breakpoints\n"
sti_text: .asciz "behind STI\n"
end_text: .asciz "end\n"
fail_text: .asciz "FAILED\n"
colon_text: .asciz ": "
none_text: .asciz "none\n"

        .data
        .balign 8
vector: .long 0
error:  .long 0
cr2:    .long 0
resume: .long 0
steps:  .long 0
stepped: .long 0
dr6:    .long 0
dr_eip: .long 0
watched: .long 0
interrupted: .long 0
v86_count: .long 0
v86_flags: .long 0
bounds: .long 0, 10
local_word: .long 0x10ca1
#define ENTRY(base, limit, access, flags) .word limit & 0xffff; .long (base) + ((access) << 24); .byte ((limit) >> 16) | (flags) << 4, 0
gdt:    .quad 0
        ENTRY(0, 0xfffff, 0x9b, 0xc)
        ENTRY(0, 0xfffff, 0x93, 0xc)
        ENTRY(0, 0xfffff, 0xfb, 0xc)
        ENTRY(0, 0xfffff, 0xf3, 0xc)
        ENTRY(tss, 0x67, 0x89, 0)
        ENTRY(tss2, 0x67, 0x89, 0)
        ENTRY(tssdf, 0x67, 0x89, 0)
        ENTRY(ldt, 0x0f, 0x82, 0)
        .word gate_entry, CODE, 0xec02, 0
        ENTRY(0, 15, 0x93, 4)
        ENTRY(0, 0xfff, 0x97, 4)
        ENTRY(0, 0xfffff, 0x13, 0xc)
        .word 0, TSS2, 0x8500, 0
        ENTRY(0, 0xffff, 0x9b, 0)
        ENTRY(0, 0xfffff, 0x91, 0xc)
        ENTRY(0, 0xfffff, 0x9f, 0xc)
        ENTRY(tss16, 0x2b, 0x81, 0)
gdt_end:
gdtr:   .word gdt_end - gdt - 1
        .long gdt
idtr:   .word 8*0x31 - 1
        .long idt
        .balign 8
ldt:    .quad 0
        ENTRY(local_word, 3, 0x93, 4)
tss:    .long 0, STACK0, DATA
        .fill 0x66 - 12, 1, 0
        .word 0x68               /* no map of ports */
        .balign 8
tss2:   .fill 0x68, 1, 0
tssdf:  .fill 0x68, 1, 0
tss16:  .fill 0x2c, 1, 0
        .balign 8
idt:    .fill 8*0x31, 1, 0
