/* lab_ia32.h - the laboratory of IA-32: a CPU on a bench, which has descriptor tables, a task and a port beside it. Its config is a struct
 * ia32_config.
 *
 * What lies in the page of tables is no memory of programs: it is control state, and so the bench shows parts of it as registers.
 */
#ifndef TRAPEZE_CORE_THEORY_LAB_IA32_H
#define TRAPEZE_CORE_THEORY_LAB_IA32_H

#include "core/theory/lab.h"
#include "isa/ia32.h"

/* Registers of the bench, beside those of the CPU. */
enum {
    BENCH_DESC = 0xe000, /* entries of the GDT that are not always the same */
    BENCH_DESCS = 10,
    BENCH_GATE = BENCH_DESC + BENCH_DESCS, /* of the IDT: the entry of vector 33 */
    BENCH_ESP0,                            /* of the task: the stack of ring 0 */
    BENCH_LINK,                            /* the task before */
    BENCH_IOMAP,                           /* the bits of ports 60 to 9F: set, they are closed */
    BENCH_CELLS_END,
    BENCH_PORT = BENCH_CELLS_END, /* what the one device holds, which all ports lead to */
    BENCH_RING,                   /* of a CPU with inner mode: the ring, which is not the mode there */
    BENCH_END
};
enum { BENCH_CELLS = BENCH_CELLS_END - BENCH_DESC, BENCH_VECTOR = 33, BENCH_PORTS = 0x60 };

/* MACHINE_MODE of the bench of such a CPU: root mode, and inner mode. */
enum { BENCH_ROOT = 6, BENCH_INNER };

/* The page of tables, by offsets. */
enum { TABLE_GDT = 0, TABLE_LDT = 0x100, TABLE_TSS = 0x200, TABLE_TSS2 = 0x600, TABLE_IDT = 0x800 };
enum { GDT_LIMIT = 0xff, LDT_LIMIT = 0x3f, TSS_LIMIT = 0x3ff, TSS2_LIMIT = 0x67, IDT_LIMIT = 0x7ff };
/* Selectors, but for their RPL: flat segments of rings 0, 3 and 1, and what else is always there. */
enum {
    SEL_CODE0 = 0x08,
    SEL_DATA0 = 0x10,
    SEL_CODE3 = 0x18,
    SEL_DATA3 = 0x20,
    SEL_CODE1 = 0x28,
    SEL_DATA1 = 0x30,
    SEL_TSS = 0x38, /* busy: that of the task at work */
    SEL_LDT = 0x40,
    SEL_TSS2 = 0x48, /* available to ring 3 */
    SEL_DESC = 0x50  /* BENCH_DESC and those behind it */
};

/* Where things lie in physical memory. The tables are seen at three linear addresses, so that they can be moved and stay the same. */
#define BENCH_RAM UINT64_C(0x80000000)
enum { BENCH_RAM_SIZE = 1 << 20, BENCH_DISTANCE = 0x10000, BENCH_ALIASES = 3 };
#define BENCH_CODE_PAGE UINT64_C(0x80010000)
#define BENCH_CODE UINT64_C(0x80010400)
#define BENCH_TARGET UINT64_C(0x80010800) /* where gates, frames and far pointers lead */
#define BENCH_DATA UINT64_C(0x80011000)
#define BENCH_TABLES UINT64_C(0x80014000) /* linear, the first of the three */
#define BENCH_TABLES_PA UINT64_C(0x80050000)
#define BENCH_ROOTS UINT64_C(0x80040000) /* page directories, two pages for each place */

/* What the data pages hold before, for instructions that read selectors, pointers and frames: offsets, and how many of each. */
enum {
    DATA_SELECTORS = 0x100, /* 4 bytes each */
    DATA_NULLS = 0x180,
    DATA_TARGETS = 0x200, /* far pointers to code, 8 bytes each */
    DATA_POINTERS = 0x300,
    DATA_NULL_POINTERS = 0x380,
    DATA_RETURNS = 0x400, /* frames of RET, 16 bytes each */
    DATA_IRETS = 0x500,   /* of IRET, 64 bytes each */
    DATA_BOUNDS = 0x780,
    DATA_FREE = 0x800 /* anything behind it */
};
enum { SELECTORS = 16, NULLS = 4, TARGETS = 8, FRAMES = 8 };

/* What an instruction finds as its operands: a scheme, of which the state chooses one. */
enum ia32_scheme {
    OPERANDS_ANY,
    OPERANDS_SELECTOR, /* AX, and the word at EBX: a selector */
    OPERANDS_NULL,     /* ... a null selector */
    OPERANDS_LDT,      /* AX: of an LDT, or null */
    OPERANDS_TSS,      /* ... of a task that is not busy */
    OPERANDS_POP,      /* on the stack: a selector */
    OPERANDS_POP_NULL,
    OPERANDS_POINTER, /* at EBX: a far pointer to data */
    OPERANDS_POINTER_NULL,
    OPERANDS_TARGET, /* at EBX: a far pointer to code, a gate or a task */
    OPERANDS_TARGET_CODE,
    OPERANDS_TARGET_TASK,
    OPERANDS_RETURN,    /* on the stack: the way back of a far call */
    OPERANDS_IRET,      /* ... of an interrupt */
    OPERANDS_IRET_CODE, /* ... and NT is clear, or set: there is a task to go back to */
    OPERANDS_IRET_TASK,
    OPERANDS_BOUNDS, /* at EBX: bounds that any number is within */
    OPERANDS_CR0,    /* EAX: what CR0 may hold */
    OPERANDS_CR3,
    OPERANDS_CR4,
    OPERANDS_MSR_TSC, /* ECX: the number of a register */
    OPERANDS_MSR_APIC,
    OPERANDS_PORT,      /* DX: a port whose bit is in BENCH_IOMAP */
    OPERANDS_PORT_NONE, /* ... and ECX = 0: no repetition is left */
    OPERANDS_PROBE,     /* EBX: the address that is probed */
    OPERANDS_SCHEMES
};
void lab_ia32_operands(const struct lab *, struct lab_state *, unsigned scheme);
void lab_ia32_frames(struct lab *); /* where its code and data lie in each frame, from the addresses that they have */
void lab_ia32_fill(uint8_t *data);  /* what the data pages hold */
void lab_ia32_v86_operands(const struct lab *, struct lab_state *, unsigned scheme);
void lab_ia32_v86_fill(uint8_t *data); /* of the laboratory whose RAM begins at 0 */

enum { OWNED_CR3, OWNED_IA32 }; /* what the VMM keeps (lab_isa.disown) */

extern const struct lab_isa lab_ia32;
struct lab_isa lab_ia32_hybrid(void); /* under K of a monitor that runs ring 3 alone */
struct lab_isa lab_ia32_ring1(void);  /* with real ring 1 as user mode */
struct lab_isa lab_ia32_guest(void);  /* of a CPU with inner mode, which is its user mode */
struct lab_isa lab_ia32_v86(void);    /* virtual-8086 mode is its user mode, and real mode the other */
/* The CPU as it is sold, on a bench. */
int lab_ia32_create(struct machine **, struct phys *, const void *config, unsigned index);
struct machine *lab_ia32_cpu(struct machine *); /* the CPU on it */

#endif
