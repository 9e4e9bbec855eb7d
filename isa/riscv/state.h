/* state.h - a RISC-V hart as the architecture has it: registers, CSRs, protection, the TLB, the clock, what was touched. How its
 * instructions come to be executed is an engine's (engine.h), of which nothing is seen here.
 *
 *   state.h     this                                      hart.c      create, contract ops
 *   csr.c       the CSR file; csr_access.c who may        trap.c      interrupts pending, architectural trap entry
 *   translate.c satp, effective mode, walk, TLB fill      pmp.c       memory protection
 *   access.c    loads and stores that miss the TLB        own_write.c writes of its own that others hear of
 *   trigger.c   breakpoints and watchpoints of the        sdtrig.c    and of its program
 *               hart's owner                              touched.c   the record of what a run touched
 *   listen.c    hears of writes to RAM                    interpret.c one instruction over the contract
 *   control.h   control state, and for whom it has names  recorded.h  the way to it that is noted
 *
 * Engines:
 *   simple.c       one instruction at a time
 *   interpreter.c  the outer loop of the other: records   fetch.c     from the PC to a record
 *   record.h       of decoded pages (pages.c), bodies     decode.c    bits -> row -> operands
 *   bodies.h       that do the work (execute_*.h),        fused.c     several instructions in one body
 *                  going on by themselves (go.h)          miss.c      pages that the TLB does not know
 *   careful.c      or one by one                          csr_fast.c, system_fast.c  CSRs and system instructions
 *   straight.c     how far they go without a look at the budget
 */
#ifndef TRAPEZE_ISA_RISCV_STATE_H
#define TRAPEZE_ISA_RISCV_STATE_H

#include "isa/engine.h"
#include "isa/riscv.h"
#include "isa/riscv/control.h"
#include "isa/trigger.h"
#include "mmu/phys.h"
#include "mmu/tlb.h"

struct hart;
struct hart_engine;

/* The interrupts there are, as bits of mip and mie. */
#define RV_INTERRUPTS UINT64_C(0xaaa)

enum { RV_SINK = 32 }; /* h->x[RV_SINK]: where writes to x0 go */

enum { HART_BLOCKS = 8, HART_RECENT = 32 }; /* blocks of RAM listened to at one time; hints at TLB spaces */
struct hart_listener {
    struct ram_watcher watcher; /* first */
    struct hart *hart;
    struct ram *ram; /* NULL: unused */
};

struct pmp_entry_cache {
    uint64_t base, last; /* inclusive byte range; base > last: matches nothing */
    uint8_t cfg;         /* pmpcfg byte */
};

/* Where a trigger of the program matches: [first, last]; kinds 0: nowhere. */
struct sdtrig_rule {
    uint64_t first, last;
    unsigned kinds; /* TRIGGER_* */
};

/* What an instruction may touch beside x, f, pc and memory; a bit each in `touched`. Code that executes instructions goes to these by
 * hart_read(), hart_write() and hart_check() (recorded.h). */
enum hart_register {
    HART_mode,
#define CSR(name, address, ext, part, reads, writes, about) HART_##name,
#include "isa/riscv/csr.def"
#undef CSR
    HART_fs, /* mstatus.FS and SD */
    HART_reservation,
    HART_REGISTERS
};
enum { HART_TOUCHED_WORDS = (HART_REGISTERS + 63) / 64 };
struct hart_touched {
    uint64_t check[HART_TOUCHED_WORDS], read[HART_TOUCHED_WORDS], write[HART_TOUCHED_WORDS];
};

struct hart {
    struct machine machine; /* first: a struct machine * to it is a struct hart * */
    struct riscv_config config;

    /* Identity registers. */
    uint64_t x[33];
    uint64_t f[32];
    uint64_t pc;                               /* true between instructions; within run() it follows from `next` */
    HART_CONTROL(sealed_mode, uint64_t mode;); /* enum riscv_mode */

    /* The run at hand. */
    void *here;       /* the engine's own, as the next two: where the PC was fetched from. NULL: the PC must be fetched anew */
    uint64_t here_va; /* they lie beside what they are used with */
    const void *next;
    uint64_t left;     /* instructions that may still retire; valid whenever an instruction is over, and for those that ask for it */
    uint64_t slice;    /* `left` at the start of this slice */
    uint64_t budget;   /* of run(), as it stood at the start of this slice */
    struct trap *trap; /* where the caller of run() wants what it returns; */
    struct trap idle_trap; /* here, while nothing runs */
    bool attention;        /* look at interrupts before the next instruction */
    bool yield;            /* the bus was touched: return TRAP_YIELD after this instruction */
    bool single;           /* one instruction may be executed from here, the next must be fetched anew (PMP inside the page) */
    uint16_t step_row;     /* insn.def row, and */
    uint8_t step_length;   /* bytes of the instruction at hand, for bodies that do everything (bodies_step.h) */

    uint64_t clock_base; /* clock = clock_base + (slice - left) within a slice */
    uint64_t retired_base;

    /* FP bodies look at fflags, frm and mstatus at once (fp.h). */
    _Alignas(16) uint8_t padding[6]; /* so that they lie in one cache line */
    uint8_t fflags, frm;
    HART_CONTROL(sealed_words, HART_WORDS(HART_WORD_MEMBER));
    HART_CONTROL(sealed_protection, uint32_t extensions; /* that it has: a bit each, by enum riscv_ext */
                 uint8_t pmpcfg[16]; uint64_t pmpaddr[16]; struct pmp_entry_cache pmp[16];
                 unsigned pmp_active; /* entries [0, pmp_active) are to be looked at */
                 bool pmp_open;       /* they let everybody do everything everywhere */
                 uint64_t timer_due;  /* clock value at which stimecmp makes STIP pending (hart_timer_changed) */
    );
    HART_CONTROL(sealed_reservation, struct ram_reservation reservation;); /* of LR/SC, at physical addresses */

    _Alignas(16) struct hart_touched touched; /* by the last run() */

    struct trigger_set triggers; /* of the machine's owner */
    HART_CONTROL(sealed_triggers, uint64_t tselect; uint64_t tdata1[RV_TRIGGERS]; uint64_t tdata2[RV_TRIGGERS]; /* of its program */
                 struct sdtrig_rule sdtrig[RV_TRIGGERS];   /* what they come to, */
                 unsigned sdtrig_kinds;                    /* and that of all together (sdtrig.c) */
                 bool watching; bool watching_accesses;    /* there are any, of the one or the other; not of execution alone */
                 uint64_t resume; uint64_t resume_retired; /* MACHINE_RESUME, as long as so many instructions have retired */
    );

    struct fence fences[RISCV_FENCES_KEPT]; /* SFENCE.VMAs executed, in a ring ... */
    uint64_t fence_count;                   /* ... of which so many have come */

    struct tlb tlb;
    struct tlb_space *data, *fetch; /* the current spaces: they differ under MPRV, SUM and MXR */
    struct tlb_choice {
        struct tlb_space *fetch, *data;
        uint64_t version;                  /* of what they were chosen by */
        uint32_t generation;               /* of the TLB then */
    } chosen[4];                           /* by mode, as long as MPRV is off; valid while version and generation are current */
    uint64_t version;                      /* counts changes of satp, SUM, MXR and the TLB's evictions */
    struct tlb_space *recent[HART_RECENT]; /* by a hash of the key: the space last chosen there; only a hint, checked by its key */

    const struct hart_engine *engine;
    struct engine_options options;
    struct machine_ops ops; /* with the engine's run() */
    struct hart_listener listener[HART_BLOCKS];
};

static inline struct hart *hart_of(struct machine *m) { return (struct hart *)(void *)m; }
static inline const struct hart *hart_of_const(const struct machine *m) { return (const struct hart *)(const void *)m; }
/* Also right in the middle of an instruction, once h->left is set. */
static inline uint64_t hart_clock(const struct hart *h) { return h->clock_base + (h->slice - h->left); }
static inline uint64_t hart_retired(const struct hart *h) { return h->retired_base + (h->slice - h->left); }

/* The PC's page must be looked up anew; h->pc must be true, or be set before the next instruction. */
static inline void hart_refetch(struct hart *h) { h->here = NULL; }

#include "isa/riscv/recorded.h"

#endif
