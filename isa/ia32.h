/* ia32.h - the IA-32 machine as the rest of the house sees it: how to make one, its register numbers, its rows.
 *
 * "SDM" is the Intel 64 and IA-32 Architectures Software Developer's Manual, "386" the 80386 Programmer's Reference Manual of 1986.
 */
#ifndef TRAPEZE_ISA_IA32_H
#define TRAPEZE_ISA_IA32_H

#include "isa/engine.h"
#include "isa/insn.h"
#include "isa/machine.h"

extern const struct isa isa_ia32;

/* Segment registers, in the order of their encoding [SDM 2A 3.1.1.3]; LDTR and TR, which have the same parts, behind them. */
enum { IA_ES, IA_CS, IA_SS, IA_DS, IA_FS, IA_GS, IA_SEGS, IA_LDTR = IA_SEGS, IA_TR, IA_DESCRIBED };

/* Register numbers of the contract. EIP is MACHINE_PC: an offset in CS. */
enum {
    IA_EAX,
    IA_ECX,
    IA_EDX,
    IA_EBX,
    IA_ESP,
    IA_EBP,
    IA_ESI,
    IA_EDI,
    IA_EFLAGS,
    IA_SEG = 16, /* four of each of IA_ES .. IA_TR: IA_SEG + 4 * segment + IA_SELECTOR .. IA_RIGHTS */
    IA_GDTR_BASE = 48,
    IA_GDTR_LIMIT,
    IA_IDTR_BASE,
    IA_IDTR_LIMIT,
    IA_CR0 = 56, /* CR0 to CR4; there is no CR1 */
    IA_CR2 = 58,
    IA_CR3,
    IA_CR4,
    IA_DR0 = 64, /* DR0 to DR7; DR4 and DR5 are other names of DR6 and DR7 */
    IA_DR6 = 70,
    IA_DR7,
    IA_X87 = 80, /* physical registers 0..7: significand of n at IA_X87 + 2n, sign and exponent behind it */
    IA_X87_CONTROL = 96,
    IA_X87_STATUS,
    IA_X87_TAG,
    IA_X87_FIP,
    IA_X87_FCS,
    IA_X87_FOP,
    IA_X87_FDP,
    IA_X87_FDS,
    IA_X87_TAG_WORD,     /* as FSTENV stores it: a view of IA_X87_TAG and of what the registers hold; read only */
    IA_TSC_OFFSET = 112, /* the time-stamp counter less MACHINE_CLOCK */
    IA_APIC_BASE,
    IA_MISC_FEATURES, /* MSR 140h, of the variant cpuidf: bit 0, CPUID traps outside of ring 0 */
    IA_TRAPS,         /* MSR IA_MSR_TRAPS, of the variants pushf, noleak and traps: IA_TRAPS_* */
    IA_INNER,         /* of the variant vt. 1: inner mode, in which instructions of the groups in IA_INTERCEPT exit */
    IA_INTERCEPT,     /* ... and these: IA_INTERCEPT_*. Programs reach neither: they are the owner's */
    IA_SHADOW = 120,  /* 1: interrupts are held back for one instruction (after STI, MOV SS, POP SS) [SDM 3A 6.8.3] */
    IA_PENDING,       /* bits of DR6 whose #DB comes before the next instruction; 0: none does */
    IA_NMI_MASKED,    /* 1: an NMI is being handled; the next waits for IRET [SDM 3A 6.7.1]. 2: one has come and was not taken yet */
    IA_LINES,         /* the inputs that are high, a bit each; read only */
    IA_ST = 128,      /* a view of the x87's registers by the stack: significand of ST(n) at IA_ST + 2n, sign and exponent behind it */
};
enum { IA_SELECTOR, IA_BASE, IA_LIMIT, IA_RIGHTS };

/* MACHINE_MODE: the CPL in protected mode, and two modes more. */
enum ia32_mode { IA_RING0, IA_RING1, IA_RING2, IA_RING3, IA_V86, IA_REAL };

/* Rows of insn.def: IA_INSN_add_rm_r ... An enum constant per row. */
enum ia32_row {
#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) IA_INSN_##name,
#include "isa/ia32/insn.def"
#undef INSN
    IA_INSN_COUNT
};

/* Exceptions and interrupts, by vector [SDM 3A table 6-1]. */
enum ia32_vector {
    IA_DE = 0,
    IA_DB = 1,
    IA_NMI = 2,
    IA_BP = 3,
    IA_OF = 4,
    IA_BR = 5,
    IA_UD = 6,
    IA_NM = 7,
    IA_DF = 8,
    IA_TS = 10,
    IA_NP = 11,
    IA_SS_FAULT = 12,
    IA_GP = 13,
    IA_PF = 14,
    IA_MF = 16,
    IA_AC = 17,
    IA_EXIT = 256, /* no vector: an exit of inner mode. tval: the group, a bit of IA_INTERCEPT_* */
};

/* Inputs of the CPU (machine_irq). The board's acknowledge() gives the vector of INTR. A20M# low masks address line 20. IGNNE# lets the
 * floating-point unit go on in spite of an error. */
enum { IA_LINE_INTR, IA_LINE_NMI, IA_LINE_A20M, IA_LINE_IGNNE };

/* A trigger (machine_trigger) at a physical address from here on is at a port, of this number more: the machine stops before a program's IN,
 * OUT, INS or OUTS touches it, each iteration of a repeated one. */
#define IA_TRIGGER_PORTS (UINT64_C(1) << 32)

/* Its output FERR#: with CR0.NE clear an error of the floating-point unit becomes an interrupt by way of the board [SDM 1 8.7]. The board
 * sees it as a byte written where no program reaches: 1 asserted, 0 not. It reads as what was written last; as all ones where
 * there is no such wire, and then errors are ignored. */
#define IA_PORT_FERR UINT32_C(0x800000f8) /* where a 386 speaks to its coprocessor */

/* EFLAGS [SDM 1 3.4.3]. */
enum {
    EFLAGS_CF = 1 << 0,
    EFLAGS_ONE = 1 << 1, /* always set */
    EFLAGS_PF = 1 << 2,
    EFLAGS_AF = 1 << 4,
    EFLAGS_ZF = 1 << 6,
    EFLAGS_SF = 1 << 7,
    EFLAGS_TF = 1 << 8,
    EFLAGS_IF = 1 << 9,
    EFLAGS_DF = 1 << 10,
    EFLAGS_OF = 1 << 11,
    EFLAGS_IOPL = 3 << 12,
    EFLAGS_NT = 1 << 14,
    EFLAGS_RF = 1 << 16,
    EFLAGS_VM = 1 << 17,
    EFLAGS_AC = 1 << 18,
    EFLAGS_VIF = 1 << 19,
    EFLAGS_VIP = 1 << 20,
    EFLAGS_ID = 1 << 21,
    EFLAGS_STATUS = EFLAGS_CF | EFLAGS_PF | EFLAGS_AF | EFLAGS_ZF | EFLAGS_SF | EFLAGS_OF,
};

/* CR0 and CR4 [SDM 3A 2.5]. */
#define CR0_PE UINT32_C(0x1)
#define CR0_MP UINT32_C(0x2)
#define CR0_EM UINT32_C(0x4)
#define CR0_TS UINT32_C(0x8)
#define CR0_ET UINT32_C(0x10)
#define CR0_NE UINT32_C(0x20)
#define CR0_WP UINT32_C(0x10000)
#define CR0_AM UINT32_C(0x40000)
#define CR0_NW UINT32_C(0x20000000)
#define CR0_CD UINT32_C(0x40000000)
#define CR0_PG UINT32_C(0x80000000)
#define CR4_TSD UINT32_C(0x4)
#define CR4_DE UINT32_C(0x8)
#define CR4_PSE UINT32_C(0x10)
#define CR4_UMIP UINT32_C(0x800) /* of the variant umip */

/* Bits of IA_TRAPS: groups of instructions that are #GP(0) outside of ring 0. No processor has such a register: its number is one that
 * nobody uses, CPUID of a leaf of that number has in EAX the bits that there are. */
enum {
    IA_TRAPS_FLAGS = 1 << 0,     /* PUSHF POPF IRET */
    IA_TRAPS_TABLES = 1 << 1,    /* SGDT SIDT SLDT STR SMSW, as CR4.UMIP does */
    IA_TRAPS_QUESTIONS = 1 << 2, /* LAR LSL VERR VERW */
    IA_TRAPS_RINGS = 1 << 3,     /* MOV from and PUSH of CS and SS, which show the CPL */
    IA_TRAPS_CPUID = 1 << 4,     /* CPUID, as MSR 140h does */
    IA_TRAPS_ALL = 31
};
#define IA_MSR_TRAPS UINT32_C(0x54520000)

/* Groups of instructions that exit of inner mode, bits of IA_INTERCEPT. What they would be refused for by themselves, as of their ring, comes
 * first. All others work in inner mode as they do without, on the same registers and tables. */
enum {
    IA_INTERCEPT_CR = 1 << 0,   /* MOV to and from CR0, CR2, CR3 and CR4; LMSW, SMSW, CLTS */
    IA_INTERCEPT_DR = 1 << 1,   /* MOV to and from debug registers */
    IA_INTERCEPT_MSR = 1 << 2,  /* RDMSR, WRMSR */
    IA_INTERCEPT_TSC = 1 << 3,  /* RDTSC */
    IA_INTERCEPT_PORT = 1 << 4, /* IN, OUT; each iteration of INS and OUTS */
    IA_INTERCEPT_HALT = 1 << 5, /* HLT */
    IA_INTERCEPT_PAGE = 1 << 6, /* INVLPG */
    IA_INTERCEPT_TASK = 1 << 7, /* task switches, before they change anything: they load CR3 */
    IA_INTERCEPT_ALL = 255
};

/* Rights of a segment, as its descriptor has them: bits 3:0 type, 4 S, 6:5 DPL, 7 P, 12 AVL, 14 D/B, 15 G; and 16: null, unusable. */
#define IA_RIGHTS_TYPE UINT32_C(0xf)
#define IA_RIGHTS_S UINT32_C(0x10)
#define IA_RIGHTS_DPL UINT32_C(0x60)
#define IA_RIGHTS_P UINT32_C(0x80)
#define IA_RIGHTS_AVL UINT32_C(0x1000)
#define IA_RIGHTS_DB UINT32_C(0x4000)
#define IA_RIGHTS_G UINT32_C(0x8000)
#define IA_RIGHTS_NULL UINT32_C(0x10000)

/* What undefined flags are left as, what CPUID says and which rows there are. */
enum ia32_model { IA_MODEL_686, IA_MODEL_386 };

/* Variants (isa/ia32/variants.def): a bit each, of a set. A machine of the model 386 has none. */
enum ia32_variant {
#define VARIANT(id, name, about) IA32_##id##_NUMBER,
#include "isa/ia32/variants.def"
    IA32_VARIANT_COUNT
};
enum {
#define VARIANT(id, name, about) IA32_##id = 1 << IA32_##id##_NUMBER,
#include "isa/ia32/variants.def"
};

struct ia32_config {
    enum ia32_model model;
    uint32_t variants; /* IA32_UMIP, ... */
    unsigned yields; /* run() returns TRAP_YIELD behind an instruction that comes to one of these, bits by enum ia32_mode: for a VMM */
};

extern const struct ia32_variant_desc {
    const char *name, *about;
} ia32_variants[IA32_VARIANT_COUNT];
/* A set from names with '+' between them, upper or lower case; "": none. -EINVAL: `name` (`length`) is no variant. */
MUST_CHECK int ia32_variants_parse(const char *text, uint32_t *set, const char **name, size_t *length);
/* And back. */
const char *ia32_variants_name(uint32_t set, char *out, size_t size);
/* The row with the claims of such a machine in place of insn.def's. */
struct insn_desc ia32_row_of(uint32_t variants, unsigned row);
/* The bits that IA_TRAPS has there. */
uint32_t ia32_traps_of(uint32_t variants);

/* What CPUID says there: EAX, EBX, ECX, EDX. */
void ia32_cpuid(const struct ia32_config *, uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/* What `-cpu` means when nothing is said: 686, with FPU TSC MSR CX8 CMOV PSE. */
extern const struct ia32_config ia32_config_default;

/* A bare CPU on `phys`, with `ports` as its I/O space (both borrowed; NULL ports: its own, empty ones). 0, -EINVAL or -ENOMEM. */
MUST_CHECK int ia32_create(struct machine **out, struct phys *phys, struct phys *ports, const struct ia32_config *);
/* The same with an engine other than the usual one; NULL: that. */
MUST_CHECK int ia32_create_with(struct machine **out, struct phys *phys, struct phys *ports, const struct ia32_config *,
                                const struct engine_options *);

/* Of a bare CPU: so often its TLB was emptied, of one page or of all. A VMM that lets one interpret looks whether that has changed. */
uint64_t ia32_fences(const struct machine *);

#endif
