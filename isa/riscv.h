/* riscv.h - the RISC-V machine as the rest of the house sees it: how to make one, its register numbers, its rows.
 *
 * Editions: "unpriv" and "priv" are The RISC-V Instruction Set Manual, Volumes I and II, version 20250508; "debug" is The RISC-V Debug
 * Specification, version 1.0.
 */
#ifndef TRAPEZE_ISA_RISCV_H
#define TRAPEZE_ISA_RISCV_H

#include "isa/engine.h"
#include "isa/insn.h"
#include "isa/machine.h"

extern const struct isa isa_riscv;

enum riscv_mode { RV_U = 0, RV_S = 1, RV_M = 3 };

/* Register numbers of the contract. CSRs are RV_CSR + their 12-bit address. */
enum {
    RV_X = 0,            /* x0..x31 */
    RV_F = 32,           /* f0..f31, 64 raw bits */
    RV_RESERVATION = 64, /* LR/SC: physical address reserved, or UINT64_MAX. Writing UINT64_MAX drops it */
    RV_TDATA1 = 72, /* and 73, 74, 75: of each trigger, whichever tselect names [debug 5.7]. The CSR of that name shows one of them */
    RV_TDATA2 = 76, /* likewise */
    RV_CSR = 0x1000,
};

enum { RV_TRIGGERS = 4 }; /* of Sdtrig, on a hart that has some */

/* Rows of insn.def: RV_INSN_addi ... An enum constant per row. */
enum riscv_row {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) RV_INSN_##name,
#include "isa/riscv/insn.def"
#undef INSN
    RV_INSN_COUNT
};

/* CSR addresses: CSR_mstatus = 0x300 ... */
enum riscv_csr {
#define CSR(name, address, ext, part, reads, writes, about) CSR_##name = address,
#include "isa/riscv/csr.def"
#undef CSR
};

/* Exception causes [priv table 15]. */
enum {
    RV_CAUSE_FETCH_MISALIGNED = 0,
    RV_CAUSE_FETCH_ACCESS = 1,
    RV_CAUSE_ILLEGAL = 2,
    RV_CAUSE_BREAKPOINT = 3,
    RV_CAUSE_LOAD_MISALIGNED = 4,
    RV_CAUSE_LOAD_ACCESS = 5,
    RV_CAUSE_STORE_MISALIGNED = 6,
    RV_CAUSE_STORE_ACCESS = 7,
    RV_CAUSE_ECALL_U = 8, /* + mode */
    RV_CAUSE_FETCH_PAGE = 12,
    RV_CAUSE_LOAD_PAGE = 13,
    RV_CAUSE_STORE_PAGE = 15,
};

enum { RV_CAUSE_INTERRUPT = 63 }; /* the bit of mcause and scause that tells interrupts from exceptions [priv 3.1.15] */

/* Interrupt causes, which are also the irq lines and the bits of mip. */
enum { RV_IRQ_SSI = 1, RV_IRQ_MSI = 3, RV_IRQ_STI = 5, RV_IRQ_MTI = 7, RV_IRQ_SEI = 9, RV_IRQ_MEI = 11 };

/* Bits of mstatus (sstatus is a view of it) [priv 3.1.6]. */
enum {
    MSTATUS_SIE = 1,
    MSTATUS_MIE = 3,
    MSTATUS_SPIE = 5,
    MSTATUS_UBE = 6,
    MSTATUS_MPIE = 7,
    MSTATUS_SPP = 8,
    MSTATUS_VS = 9,
    MSTATUS_MPP = 11,
    MSTATUS_FS = 13,
    MSTATUS_XS = 15,
    MSTATUS_MPRV = 17,
    MSTATUS_SUM = 18,
    MSTATUS_MXR = 19,
    MSTATUS_TVM = 20,
    MSTATUS_TW = 21,
    MSTATUS_TSR = 22,
    MSTATUS_UXL = 32,
    MSTATUS_SXL = 34,
    MSTATUS_SD = 63
};

/* satp [priv 12.1.11]: mode, ASID, number of the root's page. */
enum { SATP_PPN_BITS = 44, SATP_ASID = 44, SATP_ASID_BITS = 16, SATP_MODE = 60, SATP_MODE_BITS = 4 };
enum { SATP_BARE = 0, SATP_SV39 = 8, SATP_SV48 = 9 };

/* A byte of pmpcfg [priv 3.7.1], from high to low: L 0 0 A A X W R; and what A says. */
enum { PMP_R = 1, PMP_W = 2, PMP_X = 4, PMP_A = 3 /* two bits from here */, PMP_LOCK = 0x80 };
enum { PMP_OFF, PMP_TOR, PMP_NA4, PMP_NAPOT };
enum { RV_PMP_ENTRIES = 16 }; /* of a hart that has some */

/* tdata1 of the type mcontrol6 [debug 5.7.12]: bits, and what `match` says. */
enum {
    MCONTROL6_LOAD = 0,
    MCONTROL6_STORE = 1,
    MCONTROL6_EXECUTE = 2,
    MCONTROL6_U = 3,
    MCONTROL6_S = 4,
    MCONTROL6_M = 6,
    MCONTROL6_MATCH = 7,
    MCONTROL6_MATCH_BITS = 4,
    MCONTROL6_HIT0 = 22,
    TDATA1_TYPE = 60,
    TDATA1_TYPE_BITS = 4
};
enum { TDATA1_MCONTROL6 = 6 };
enum { MATCH_EQUAL = 0, MATCH_NAPOT = 1, MATCH_GE = 2, MATCH_LT = 3 };

/* Bits of menvcfg and, the low ones, of senvcfg [priv 3.1.18, 12.1.10; Sstc, Svadu]. */
enum { ENVCFG_FIOM = 0, ENVCFG_CBIE = 4, ENVCFG_CBCFE = 6, ENVCFG_CBZE = 7, MENVCFG_ADUE = 61, MENVCFG_STCE = 63 };

/* Extensions, by ext.def: RV_EXT_Sstc ... */
enum riscv_ext {
#define EXT(name, letter, word, has) RV_EXT_##name,
#define CHOICE(name)
#include "isa/riscv/ext.def"
#undef EXT
#undef CHOICE
    RV_EXT_COUNT
};

struct riscv_config {
    bool sv48;            /* Sv48 beside Sv39 */
    bool svadu;           /* hardware updates A and D; else page fault (Svade) */
    bool sstc;            /* stimecmp */
    unsigned asid_bits;   /* 0..16 */
    unsigned pmp_entries; /* 0 or 16 */
    bool sdtrig;          /* RV_TRIGGERS address triggers (mcontrol6) that a program may set; else it finds none */
    bool zicbom, zicboz;  /* cache-block operations, and their enables in menvcfg and senvcfg */
    /* What the manual leaves open and this hart by default pins to a trap; set, it does one thing that the manual allows. */
    bool wfi_in_user; /* WFI in U-mode completes at once [priv 3.3.3: "may be made available to U-mode"] */
    bool custom_csr;  /* a custom read-only CSR of U-mode, ustate, shows the mode and mstatus [priv 2.1: custom space] */
    /* For an owner who lets another machine execute U-mode: run() returns TRAP_YIELD after an xRET to it. */
    bool user_yields;
    unsigned hartid;
    uint32_t units_per_tick; /* clock units in one tick of `time` */
    uint64_t reset_pc;
};

/* What `-cpu` means when nothing is said: RV64GC, Sv39+Sv48, Svadu, Sstc, Sdtrig, 16 ASID bits, 16 PMP entries. */
extern const struct riscv_config riscv_config_default;

bool riscv_has(const struct riscv_config *, unsigned ext); /* enum riscv_ext */
/* What a device tree says of such a hart: "rv64imafdc_zicntr...". */
void riscv_isa_string(const struct riscv_config *, char *out, size_t size);
/* Choice n of those that `-cpu rv64,name=on|off` has, or NULL: there are no more. */
const char *riscv_choice(unsigned n);
bool *riscv_choice_of(struct riscv_config *, unsigned n);
/* How they are written: "rv64[,sstc=on|off]... (all on)". */
extern const char riscv_cpu_syntax[];

/* A bare hart on `phys` (borrowed). 0 or -ENOMEM. */
MUST_CHECK int riscv_create(struct machine **out, struct phys *phys, const struct riscv_config *);
/* The same, executed in this way; NULL: in the usual one. */
MUST_CHECK int riscv_create_with(struct machine **out, struct phys *phys, const struct riscv_config *, const struct engine_options *);

/* How many SFENCE.VMA a bare hart has executed since it was made; the latest come in `out`, the last one last. For an owner who keeps
 * translations of his own for the same program. */
enum { RISCV_FENCES_KEPT = 16 };
uint64_t riscv_fences(const struct machine *, struct fence out[RISCV_FENCES_KEPT]);

/* A translation that a bare hart keeps in its TLB, to look at: so it was when the entry was made. */
struct riscv_cached {
    uint64_t satp; /* 0: untranslated */
    unsigned mode; /* enum riscv_mode: of fetches; of loads and stores as MPRV has it */
    bool sum, mxr; /* as far as they matter */
    bool current;  /* of the situation that the hart is in */
    va_t va;
    pa_t pa;      /* pages of 4 KiB */
    unsigned how; /* TRIGGER_LOAD, _STORE, _EXECUTE: may be done without a walk */
};
/* Stores up to `room`; returns how many there are. Of another machine than a bare hart: none. */
unsigned riscv_cached(const struct machine *, struct riscv_cached *out, unsigned room);

/* false: not a bare hart, or one whose engine keeps no decoded code. */
bool riscv_decoded(const struct machine *, struct engine_counts *out);

#endif
