/* layout.h - where things lie in a case's record, and in its world: for bochs.S and bochs_cases.c. */
#ifndef TRAPEZE_TESTS_ISA_IA32_BOCHS_LAYOUT_H
#define TRAPEZE_TESTS_ISA_IA32_BOCHS_LAYOUT_H

#define CASE_MODE 0       /* 0 .. 3: the ring, 4: V86 */
#define CASE_PORTS 1      /* each byte of the I/O permission bitmap */
#define CASE_TSS_TYPE 2   /* of the other task: available, busy, none */
#define CASE_PDE 3        /* flags of the window's directory entry, */
#define CASE_PTE 4        /* and of its eight pages */
#define CASE_TSS_LIMIT 12 /* a word */
#define CASE_EFLAGS 16
#define CASE_CR0 20
#define CASE_CR4 24
#define CASE_REGISTERS 28 /* EAX ECX EDX EBX EBP ESI EDI */
#define CASE_DRAWN 56     /* two segments and a gate */
#define CASE_VECTOR 80    /* the gate of interrupt 0x40 */
#define CASE_TASK 88      /* CS SS DS ES FS GS LDT EFLAGS of the other tasks, words */
#define CASE_SEGMENTS 104 /* DS ES FS GS, words */
#define CASE_CODE 112
#define CASE_CODE_SIZE 48
#define CASE_SIZE 160
#define CASES_END 0xff

#define CASES 0xe0000
#define ROM_CODE 0x1c000
#define LANDING 0x80

#define CODE 0x08
#define DATA 0x28
#define TSS 0x48
#define TSS_B 0x50
#define TSS_C 0x58
#define TSS_DOUBLE 0x60
#define LDT_SELECTOR 0x68
#define DRAWN 0xc0
#define TSS_FAULT 0xd8
#define GDT_ENTRIES 28

#define GDT 0x1000
#define LDT 0x1400
#define IDT 0x2000
#define TSS_AT 0x3000
#define TSS_B_AT 0x3200
#define TSS_C_AT 0x3400
#define TSS_DOUBLE_AT 0x3600
#define TSS_FAULT_AT 0x3800
#define WINDOW 0x400000

#endif
