/* cpu.h - the bare IA-32 CPU: its state, a decoded instruction, and what its parts offer each other.
 *
 * A body is `bool ia_body_NAME(c, i)`. It does the instruction and returns true, or changes nothing, leaves the trap in c->trap and
 * returns false. c->eip is the instruction's own meanwhile, c->next that of the next one, which a transfer overwrites. A string
 * instruction does one iteration and sets next back to eip while there are more.
 */
#ifndef TRAPEZE_ISA_IA32_CPU_H
#define TRAPEZE_ISA_IA32_CPU_H

#include "isa/engine.h"
#include "isa/ia32.h"
#include "isa/ia32/flags.h"
#include "isa/ia32/x87.h"
#include "isa/trigger.h"
#include "mmu/phys.h"
#include "mmu/pt.h"
#include "mmu/tlb.h"

struct ia_cpu;
struct ia_code;
struct ia_code_page;
struct ia_fast;

/* --- Decoded instructions */

enum { IA_NO_REGISTER = 8 };
enum { IA_REP_NONE = 0, IA_REPNE = 0xf2, IA_REP = 0xf3 };

typedef struct ia_insn {
    bool (*body)(struct ia_cpu *, const struct ia_insn *);
    uint16_t row;    /* enum ia32_row */
    uint8_t length;  /* bytes */
    uint8_t opsize;  /* 1, 2 or 4 */
    uint8_t adsize;  /* 2 or 4 */
    uint8_t seg;     /* of the memory operand, override applied */
    uint8_t reg, rm; /* register numbers; those of bytes are AL CL DL BL AH CH DH BH. Rows with +r have it in rm */
    bool rm_is_memory;
    uint8_t base, index, scale; /* of the address: registers or IA_NO_REGISTER; log2 */
    uint8_t rep;                /* IA_REP_NONE, IA_REPNE, IA_REP */
    bool lock;
    uint8_t override; /* the segment that a prefix names, or IA_SEGS */
    uint8_t opcode;   /* its last byte; the low four bits of a row with +cc are the condition */
    uint8_t modrm;    /* ModRM as it stands, where there is one */
    uint16_t imm2;    /* the selector of a far pointer; the nesting level of ENTER */
    int32_t disp;     /* of the address; moffs too */
    uint32_t imm;     /* immediate, sign-extended where the manual says so; distance of a relative jump; offset of a far pointer */
} ia_insn;
typedef bool ia_body(struct ia_cpu *, const ia_insn *);

/* An instruction that lies across two pages, as it was decoded when it was last met. It is no record, for the two pages may part: its bytes
 * are fetched each time, and decoded if they are others. */
struct ia_apart {
    uint32_t at, context; /* linear */
    ia_insn insn;         /* of length 0: none */
    uint8_t bytes[15];
};
enum { IA_APARTS = 16 }; /* by the number of the first page */

/* What decoding depends on, bits of ia_cpu.context and of isa->decode()'s. */
enum {
    IA_CTX_D = 1,    /* CS.D: operands and addresses are of 32 bits when nothing is said */
    IA_CTX_SSB = 2,  /* SS.B: the stack pointer is ESP */
    IA_CTX_REAL = 4, /* real mode or V86: rows of protected mode do not exist */
    IA_CTX_V86 = 8,
    /* Of the engine alone. */
    IA_CTX_FLAT = 16,      /* CS, DS, ES and SS are flat: an offset is a linear address, and no limit can be met */
    IA_CTX_UNCHAINED = 32, /* no fast body may look for the page of a jump by itself */
    IA_CTX_FAST = IA_CTX_D | IA_CTX_SSB | IA_CTX_FLAT, /* fast bodies are for this (fast.h) */
};

/* --- State */

struct ia_segment {
    uint16_t selector;
    uint32_t base, limit; /* bytes, granularity applied */
    uint32_t rights;      /* IA_RIGHTS_* */
};
struct ia_table {
    uint32_t base;
    uint16_t limit;
};

/* Reasons for the run loop to look up after an instruction, bits of ia_cpu.attention. */
enum {
    IA_ATTEND_EVENT = 1,   /* an interrupt may have become possible: IF, a line, the end of a shadow */
    IA_ATTEND_SHADOW = 2,  /* c->shadow was set by this instruction or stands from the one before */
    IA_ATTEND_YIELD = 4,   /* a device was touched: run() returns TRAP_YIELD behind the instruction */
    IA_ATTEND_WAIT = 8,    /* HLT: run() returns TRAP_WAIT behind the instruction */
    IA_ATTEND_CODE = 16,   /* decoded code or the way to it changed: look it up again */
    IA_ATTEND_DEBUG = 32,  /* c->pending was set, or TF, RF or DR7 ask for the careful way; stands while they do */
    IA_ATTEND_TRIGGER = 64 /* the instruction has come past a trigger, or there are triggers by opcode, while which it stands */
};

struct ia_cpu {
    struct machine machine; /* first */
    struct ia32_config config;
    uint32_t r[9]; /* the last one stands for an absent one (IA_NO_REGISTER), and is zero */
    uint32_t eip, next;
    struct ia_flags flags;
    union {
        struct {
            struct ia_segment seg[IA_SEGS], ldtr, tr;
        };
        struct ia_segment described[IA_DESCRIBED]; /* all of them */
    };
    struct ia_table gdtr, idtr;
    uint32_t cr0, cr2, cr3, cr4, dr[8];
    uint8_t cpl; /* 0..3; V86: 3; real mode: 0 */
    bool shadow; /* interrupts are held back for one instruction: set by STI, MOV SS, POP SS with IA_ATTEND_SHADOW */
    bool nmi_masked;
    uint32_t pending; /* DR6 bits of a #DB that comes before the next instruction; set with IA_ATTEND_DEBUG */
    struct ia_x87 fpu;
    uint16_t x87_selectors; /* FCS and FDS keep these bits: all, or none, as newer processors do [SDM 1 8.1.8] */
    struct {
        uint64_t apic_base;
        uint32_t misc_features, traps; /* of variants, else 0 */
    } msr;
    bool inner;        /* inner mode, of the variant vt */
    uint8_t intercept; /* IA_INTERCEPT_*, what exits of it */
    uint64_t clock, retired, tsc_offset;
    uint32_t lines;    /* inputs that are high, bits by IA_LINE_* */
    bool nmi_latched;  /* the NMI line has risen, and it was not taken yet */
    uint32_t a20_mask; /* of physical addresses: all ones, or without bit 20 */

    /* --- Not of the architecture. */
    struct trap trap;   /* what a body that returns false leaves */
    uint32_t context;   /* IA_CTX_* */
    uint32_t armed;     /* IA_TRAPS_*: what CR4 and the MSRs of variants make trap outside of ring 0 */
    uint32_t flat;      /* a bit for each segment in which an offset is a linear address, for reads and writes, at any alignment;
                           from IA_WHOLE on one for each that is so, but for its base */
    uint32_t attention; /* IA_ATTEND_* */
    struct tlb tlb;
    struct tlb_space *space, *implicit; /* for accesses at this CPL, and a supervisor's; by CR0, CR3 and CR4 (paging.c) */
    struct tlb_space *outer;            /* ring 3's, be it at work or not */
    uint64_t budget, left;              /* of the run() at work; what is left of it, this instruction included. Else 0 */
    struct trigger_set triggers;
    uint64_t resume;      /* MACHINE_RESUME */
    unsigned accesses;    /* to watched pages, of the instruction so far, for triggers; the fetch is not one */
    uint64_t accesses_of; /* c->left of the instruction that they are of */
    uint32_t met;         /* data breakpoints of the program that the instruction has met, bits of DR6 */
    bool debug_held;      /* pending waits for one more instruction (MOV SS, POP SS) */
    bool rf_loaded;       /* by this instruction: RF is for the next one */
    struct ia_code *code; /* decoded pages (code.c) */
    struct ia_apart apart[IA_APARTS];
    struct engine_options options;
    struct ia_code_page *here; /* while fast bodies are at work: the page, and the EIP that it begins at */
    uint32_t here_eip;
    uint32_t missed;          /* ... an address whose page the TLB does not know */
    const struct ia_fast *at; /* ... where calls in tail position are none: the next record and its `end` (fast.h) */
    uintptr_t end;
};

enum { IA_WHOLE = 8 };
static inline bool ia_whole(const struct ia_cpu *c, unsigned seg) { return c->flat >> (IA_WHOLE + seg) & 1; }

static inline struct ia_cpu *ia_cpu_of(struct machine *m) { return (struct ia_cpu *)(void *)m; }
static inline const struct ia_cpu *ia_cpu_of_const(const struct machine *m) { return (const struct ia_cpu *)(const void *)m; }

static inline bool ia_is_protected(const struct ia_cpu *c) { return c->cr0 & CR0_PE; }
static inline bool ia_is_v86(const struct ia_cpu *c) { return c->flags.system & EFLAGS_VM; }
static inline unsigned ia_iopl(const struct ia_cpu *c) { return c->flags.system >> 12 & 3; }
/* Real mode or V86: selectors are paragraphs. */
static inline bool ia_is_paragraphs(const struct ia_cpu *c) { return !ia_is_protected(c) || ia_is_v86(c); }

/* --- Registers by number and size */

static inline uint32_t ia_reg1(const struct ia_cpu *c, unsigned n) { return c->r[n & 3] >> (n & 4) * 2 & 0xff; }
static inline void ia_reg1_set(struct ia_cpu *c, unsigned n, uint32_t v)
{
    const unsigned shift = (n & 4) * 2;
    c->r[n & 3] = (c->r[n & 3] & ~(UINT32_C(0xff) << shift)) | (v & 0xff) << shift;
}
static inline uint32_t ia_reg(const struct ia_cpu *c, unsigned n, unsigned size)
{
    return size == 4 ? c->r[n] : size == 2 ? c->r[n] & 0xffff : ia_reg1(c, n);
}
static inline void ia_reg_set(struct ia_cpu *c, unsigned n, unsigned size, uint32_t v)
{
    if (size == 4)
        c->r[n] = v;
    else if (size == 2)
        c->r[n] = (c->r[n] & 0xffff0000) | (v & 0xffff);
    else
        ia_reg1_set(c, n, v);
}

/* --- Traps */

/* Is this group of instructions (IA_TRAPS_*) not for this ring? On the plain machine it is for all. */
static inline bool ia_is_armed(const struct ia_cpu *c, uint32_t group) { return c->armed & group && c->cpl != 0; }

void ia_trap_set(struct ia_cpu *, unsigned vector, enum trap_reason, bool has_error, uint32_t error, uint64_t tval);
/* Sets c->trap, and returns false. tval: the linear address of a #PF, the bits of DR6 of a #DB. */
static inline bool ia_raise(struct ia_cpu *c, unsigned vector, enum trap_reason reason, bool has_error, uint32_t error, uint64_t tval)
{
    ia_trap_set(c, vector, reason, has_error, error, tval);
    return false;
}
static inline bool ia_undefined(struct ia_cpu *c) { return ia_raise(c, IA_UD, REASON_UNDEFINED, false, 0, 0); }
static inline bool ia_gp(struct ia_cpu *c, enum trap_reason reason, uint32_t error)
{
    return ia_raise(c, IA_GP, reason, true, error, 0);
}
/* Does an instruction of this group (IA_INTERCEPT_*) run here? false: it exits of inner mode. To be asked when it would go through. */
static inline bool ia_runs_here(struct ia_cpu *c, uint32_t group)
{
    return !(c->inner && c->intercept & group) || ia_raise(c, IA_EXIT, REASON_PRIVILEGE, false, 0, group);
}
/* Does a vector push an error code [SDM 3A table 6-1]? */
static inline bool ia_vector_has_error(unsigned vector)
{
    return vector == IA_DF || (vector >= IA_TS && vector <= IA_PF) || vector == IA_AC;
}

/* --- Memory (access.c). All return false with c->trap set, and nothing has changed then. An offset is one in the segment; limits, rights
 * and wrapping are checked there. */

MUST_CHECK bool ia_load(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, uint64_t *);
MUST_CHECK bool ia_store(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, uint64_t);
/* Would it go through? Nothing changes but A and D bits. Any size up to a page. */
MUST_CHECK bool ia_probe(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, bool write);
/* The read of a read-modify-write: the permission to write is asked for. */
MUST_CHECK bool ia_load_update(struct ia_cpu *, unsigned seg, uint32_t offset, unsigned size, uint64_t *);
/* At a linear address: implicit accesses, to descriptor tables and task state, are a supervisor's. */
MUST_CHECK bool ia_load_linear(struct ia_cpu *, uint32_t linear, unsigned size, bool supervisor, uint64_t *);
MUST_CHECK bool ia_store_linear(struct ia_cpu *, uint32_t linear, unsigned size, bool supervisor, uint64_t);
/* The physical address of a linear one, A20 applied; false: #PF. Fetches, too, come here (fetch.c). */
MUST_CHECK bool ia_translate(struct ia_cpu *, uint32_t linear, enum pt_kind, bool supervisor, pa_t *);
/* Ports, after the check of permission. */
MUST_CHECK bool ia_port_read(struct ia_cpu *, uint16_t port, unsigned size, uint32_t *);
MUST_CHECK bool ia_port_write(struct ia_cpu *, uint16_t port, unsigned size, uint32_t);
/* FERR#. false: it is connected to nothing. */
bool ia_ferr(struct ia_cpu *, bool asserted);
/* CPL, CR0, CR3 or CR4 changed: selects c->space. ia_context_changed() calls it. */
void ia_space_changed(struct ia_cpu *);

/* --- Segments (segment.c) */

/* By the rules of MOV and POP in every mode. Not CS. */
MUST_CHECK bool ia_load_segment(struct ia_cpu *, unsigned seg, uint16_t selector);

/* --- Stack (execute_stack.c), by SS.B. */

MUST_CHECK bool ia_push(struct ia_cpu *, unsigned size, uint32_t);
MUST_CHECK bool ia_pop(struct ia_cpu *, unsigned size, uint32_t *);
static inline uint32_t ia_stack_mask(const struct ia_cpu *c) { return c->seg[IA_SS].rights & IA_RIGHTS_DB ? UINT32_MAX : 0xffff; }
static inline void ia_stack_set(struct ia_cpu *c, uint32_t to)
{
    const uint32_t mask = ia_stack_mask(c);
    c->r[IA_ESP] = (c->r[IA_ESP] & ~mask) | (to & mask);
}

/* --- Operands (operand.h has those that are quick) */

/* The offset of the memory operand in its segment. */
uint32_t ia_address(const struct ia_cpu *, const ia_insn *);

/* --- Flags */

uint32_t ia_flags_get(const struct ia_cpu *); /* EFLAGS */
/* Those of `mask`, and calls ia_context_changed() where that is of weight. It checks no permission. */
void ia_flags_set(struct ia_cpu *, uint32_t value, uint32_t mask);

/* --- Context */

/* After CS, SS, DS, ES, CR0, CR3, CR4, VM, TF, RF, DR7 or the CPL changed: decoding, the address space and the careful way follow. */
void ia_context_changed(struct ia_cpu *);
/* The same after a change of ring, of CS, SS, TF and RF alone, in protected mode: both segments are flat and of 32 bits, AC was and is
 * clear, and no mode yields. Data segments may have become null. */
void ia_context_flat(struct ia_cpu *);
/* After CR4 or an MSR of a variant changed: c->armed follows. */
void ia_armed_changed(struct ia_cpu *);
enum ia32_mode ia_mode(const struct ia_cpu *);

/* MACHINE_CLOCK as of the instruction that is being executed. */
uint64_t ia_clock(const struct ia_cpu *);

/* --- Debugging (debug.c), on the careful way. */

/* Before an instruction: a code breakpoint, unless RF. false: #DB. */
MUST_CHECK bool ia_debug_before(struct ia_cpu *);
/* Behind one that began with these flags: RF goes; TF and data breakpoints that it met add to c->pending. */
void ia_debug_after(struct ia_cpu *, uint32_t flags_before);
/* Raises the #DB that c->pending is of: DR6 gets its bits, pending is 0. Returns false. */
bool ia_debug_raise(struct ia_cpu *);

/* --- Trap entry (deliver.c) */

enum delivery ia_deliver(struct machine *, struct trap *);

#endif
