/* hart.h - the insides of a RISC-V hart; private to isa/riscv/.
 *
 * The way of an instruction: hart_run() finds the decoded page of the PC (fetch.c), and calls the body of its record; the body
 * does the work and goes to the next record itself (bodies.h), until something needs the outer loop: an access to a device, a CSR with
 * consequences, code that is not decoded yet, a trap, the end of the budget.
 *
 *   hart.c     create, contract ops, the outer loop      fetch.c   decoded pages, self-modifying code
 *   access.c   loads and stores that miss the TLB         translate.c satp, effective mode, PMP, walk, TLB fill
 *   csr.c      the CSR file                               trap.c    interrupts pending, architectural trap entry
 *   decode.c   bits -> row -> record                      execute_*.h the bodies
 *   fused.c    several instructions in one body           miss.c    pages that the TLB does not know, for the inner loop
 *   csr_fast.c, system_fast.c  CSRs and system instructions in the inner loop                 pmp.c     memory protection
 *   touched.c  the record of what a run touched            trigger.c  breakpoints and watchpoints of the hart's owner
 *   sdtrig.c   and of its program
 */
#ifndef TRAPEZE_ISA_RISCV_HART_H
#define TRAPEZE_ISA_RISCV_HART_H

#include "isa/riscv.h"
#include "isa/trigger.h"
#include "mmu/phys.h"
#include "mmu/pt.h"
#include "mmu/sv_quick.h"
#include "mmu/tlb.h"

struct hart;
struct rv_insn;

/* What a body tells the outer loop. */
enum body_result {
    BODY_NEXT, /* h->next and h->left are set: go on */
    BODY_STOP, /* h->trap holds what run() returns; h->pc and h->left are set */
};

/* A body: executes the record `i`; `left` instructions may still retire. */
typedef enum body_result body_fn(struct hart *h, const struct rv_insn *i, uint64_t left);

/* A decoded instruction. rd is RV_SINK instead of x0. Jump and branch offsets are in bytes. */
struct rv_insn {
    body_fn *body;
    int32_t imm;
    uint8_t rd, rs1, rs2;
    uint8_t aux; /* rs3, rounding mode, shift amount ...: the format's own */
};
_Static_assert(sizeof(struct rv_insn) == 16, "four records to a cache line");

/* The interrupts there are, as bits of mip and mie. */
#define RV_INTERRUPTS UINT64_C(0xaaa)

enum { RV_SINK = 32 }; /* h->x[RV_SINK]: where writes to x0 go */

/* A page of decoded instructions, a record for each two bytes. A record not yet decoded has the body that decodes it. After
 * the last one stands the body that steps to the next page. */
enum { CODE_RECORDS = PAGE_SIZE / 2 };
struct code_page {
    struct rv_insn record[CODE_RECORDS + 1];
    uint16_t row[CODE_RECORDS + 1]; /* insn.def row of each decoded record; INSN_NONE: the record's body is all there is to it */
    const uint8_t *host;            /* the page in RAM */
    struct ram *ram;
    uint64_t ram_offset; /* of the page */
    bool watched;        /* a trigger may match in here, seen from these addresses; else it serves all alike */
    va_t va;
    pa_t pa;
    struct code_page *hash_next; /* also links unused pages */
    unsigned writes;             /* to this page, since ... */
    bool entered;                /* ... or somebody looked it up since */
    bool again;                  /* likewise, not for the first time, since the hand was last here */
    uint64_t held;               /* hart.hold: the fetch TLB names it */
    uint32_t asleep;             /* since this epoch of the block: out of use, not marked, good if not written since; 0: in use */
};

/* Fast bodies count instructions without looking: between two looks at `left` (taken branches, jumps, page ends) no more than
 * a page of records retires. The outer loop takes the last HART_SLICE instructions of a budget one by one. */
enum { HART_SLICE = CODE_RECORDS };

enum { HART_BLOCKS = 8, HART_RECENT = 32 }; /* blocks of RAM listened to at one time; hints at TLB spaces */
struct code_watcher {
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
 * hart_read(), hart_write() and hart_check() below; the fast bodies note by themselves what their careful twins do. */
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
    uint64_t pc;   /* true between instructions; within run() it follows from `next` */
    uint64_t mode; /* enum riscv_mode */

    /* Where run() stands. code == NULL: `pc` must be fetched anew. */
    const struct rv_insn *next;
    struct code_page *code;
    uint64_t code_va;      /* virtual address of the page `code` */
    uint64_t left;         /* instructions that may still retire; valid whenever a body returned */
    uint64_t slice;        /* `left` at the start of this slice */
    uint64_t budget;       /* of run(), as it stood at the start of this slice */
    struct trap *trap;     /* where the caller of run() wants what it returns; */
    struct trap idle_trap; /* here, while nothing runs */
    bool attention;        /* look at interrupts before the next instruction */
    bool single;           /* one instruction of this page may be executed, the next must be fetched anew (PMP inside the page) */

    /* The instruction at hand, for careful bodies. */
    uint16_t step_row;
    uint8_t step_length;
    bool yield;        /* the bus was touched: return TRAP_YIELD after this instruction */
    uint32_t crossing; /* bits of the last instruction that lay across two pages */

    uint64_t clock_base; /* clock = clock_base + (slice - left) within a slice */
    uint64_t retired_base;

    /* CSRs, by name; those with side effects go through csr.c. FP bodies look at the first three at once (fp.h). */
    _Alignas(16) uint8_t padding[6]; /* so that they lie in one cache line */
    uint8_t fflags, frm;
    uint64_t mstatus, medeleg, mideleg, mie, mip /* software-writable bits */, lines /* of the irq inputs */;
    uint64_t mtvec, mscratch, mepc, mcause, mtval, mcounteren, mcountinhibit, menvcfg;
    uint64_t stvec, sscratch, sepc, scause, stval, scounteren, senvcfg, satp, stimecmp;
    uint64_t minstret_offset, mcycle_offset; /* added to the hart's own counts */
    uint32_t extensions;                     /* that it has: a bit each, by enum riscv_ext */
    uint8_t pmpcfg[16];
    uint64_t pmpaddr[16];
    struct pmp_entry_cache pmp[16];
    unsigned pmp_active; /* entries [0, pmp_active) are to be looked at */
    bool pmp_open;       /* they let everybody do everything everywhere */
    uint64_t timer_due;  /* clock value at which stimecmp makes STIP pending (hart_timer_changed) */

    struct ram_reservation reservation; /* of LR/SC, at physical addresses */

    _Alignas(16) struct hart_touched touched; /* by the last run() */

    struct trigger_set triggers;                                /* of the machine's owner */
    uint64_t tselect, tdata1[RV_TRIGGERS], tdata2[RV_TRIGGERS]; /* of its program (sdtrig.c); */
    struct sdtrig_rule sdtrig[RV_TRIGGERS];                     /* what they come to, */
    unsigned sdtrig_kinds;                                      /* and that of all together */
    bool watching;                                              /* there are any, of the one or the other */
    uint64_t resume, resume_retired;                            /* MACHINE_RESUME, as long as so many instructions have retired */

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

    /* Decoded pages: a bounded pool; when it is full those go that were not entered for long. */
    struct code_page *pool;              /* owned; mapped lazily */
    unsigned pool_used;                  /* at one time or another */
    unsigned hand;                       /* where to look next for a page that may go */
    uint64_t hold;                       /* how often that was */
    uint64_t code_decoded, code_evicted; /* pages, since creation */
    unsigned asleep;                     /* pages */
    struct code_page *unused;            /* dropped pages */
    struct code_page **hash;             /* owned */
    struct code_watcher watch[HART_BLOCKS];
};

static inline void hart_note(uint64_t *set, unsigned reg) { set[reg / 64] |= UINT64_C(1) << reg % 64; }
/* The value is used; is changed; decides only whether the instruction may do what it does (isa/machine.h: TOUCH_*). */
#define hart_read(h, name) (hart_note((h)->touched.read, HART_##name), (h)->name)
#define hart_check(h, name) (hart_note((h)->touched.check, HART_##name), (h)->name)
#define hart_write(h, name, v) (hart_note((h)->touched.write, HART_##name), (void)((h)->name = (v)))
/* mstatus.FS, which is a matter of its own: what programs do to it is no secret from them. */
static inline bool hart_fs_check(struct hart *h)
{
    hart_note(h->touched.check, HART_fs);
    return h->mstatus >> MSTATUS_FS & 3;
}
static inline void hart_fs_dirty(struct hart *h)
{
    hart_note(h->touched.write, HART_fs);
    h->mstatus |= 3 << MSTATUS_FS;
}

/* --- hart.c */
static inline struct hart *hart_of(struct machine *m) { return (struct hart *)(void *)m; }
bool hart_is(const struct machine *); /* a bare hart, not something that behaves like one */
static inline const struct hart *hart_of_const(const struct machine *m) { return (const struct hart *)(const void *)m; }
/* Also right in the middle of an instruction, once h->left is set. */
static inline uint64_t hart_clock(const struct hart *h) { return h->clock_base + (h->slice - h->left); }
static inline uint64_t hart_retired(const struct hart *h) { return h->retired_base + (h->slice - h->left); }

/* The way out of a fast body that met something unusual and has changed nothing yet: often a page that the TLB does not know, and then
 * it is tried again (miss.c). */
body_fn rv_careful;
/* Executes the record at `i` by its careful body: the outer loop's way. Sets pc, left, step_row, step_length. */
body_fn rv_carefully;
/* The same, when h->pc is set and the row is known. */
enum body_result hart_step(struct hart *, const struct rv_insn *i, uint64_t left, unsigned row);
/* Careful bodies only: fills h->trap for an exception of the instruction at hand; returns BODY_STOP. */
enum body_result hart_raise(struct hart *, const struct rv_insn *i, uint64_t left, enum trap_reason, uint64_t cause, uint64_t tval);
enum body_result hart_illegal(struct hart *, const struct rv_insn *i, uint64_t left, enum trap_reason); /* tval = instruction bits */
enum body_result hart_stop_at(struct hart *, const struct rv_insn *i, uint64_t left); /* a fault is in h->trap: completes it */

/* --- fetch.c */
MUST_CHECK bool hart_fetch_page(struct hart *); /* sets code, code_va, next, single from pc; false: h->trap holds the fault */
static inline void hart_enter_page(struct hart *h, struct code_page *p, bool single)
{
    p->again |= p->entered;
    p->entered = true;
    h->code = p;
    h->code_va = h->pc & PAGE_MASK;
    h->next = &p->record[(h->pc & ~PAGE_MASK) / 2];
    h->single = single;
}
/* Without chaining the entries of the fetch TLB have a tag that GO_TO never looks for, so each jump comes by the outer loop. */
static inline uint64_t hart_fetch_tag(const struct hart *h) { return (h->pc & PAGE_MASK) | h->config.no_chain; }
/* The same when the fetch TLB knows the page; false: it does not. */
static inline bool hart_fetch_known(struct hart *h)
{
    const struct tlb_entry *e = &h->fetch->fetch[tlb_fetch_slot(h->pc)];
    if (UNLIKELY(e->tag != hart_fetch_tag(h)))
        return false;
    hart_enter_page(h, (struct code_page *)e->addend, false);
    return true;
}
extern body_fn rv_body_undecoded, rv_body_page_end, rv_body_crossing, rv_body_illegal;
body_fn rv_jump_far; /* the branch or jal at `i` is taken and leaves the page */
static inline uint64_t hart_pc_of(const struct hart *h, const struct rv_insn *i)
{
    return h->code_va + (uint64_t)(i - h->code->record) * 2;
}
MUST_CHECK int hart_code_init(struct hart *);
void hart_code_free(struct hart *);
void hart_code_flush(struct hart *);   /* drops every decoded page */
void hart_code_sleep(struct hart *);   /* the same, as seen from outside */
void hart_code_unwatch(struct hart *); /* drops those that are watched */
/* Decodes and executes the instruction at the record `i`, whose body remains. h->pc is set. */
body_fn rv_anew;
/* From now on the hart hears of marks on this block and of writes to marked pages: whoever keeps a write pointer or decoded code asks
 * first. false: it listens to as many blocks as it can already; then nothing may be kept. */
MUST_CHECK bool hart_watch(struct hart *, struct ram *);

/* --- access.c: any virtual access, aligned or not, RAM or I/O. false: kind, reason, cause, tval of h->trap are set; the body
 * completes it with hart_stop_at(). A store is checked whole before it writes. */
MUST_CHECK bool hart_load(struct hart *, va_t, unsigned size, uint64_t *value);
MUST_CHECK bool hart_store(struct hart *, va_t, unsigned size, uint64_t value);
typedef uint64_t combine_fn(uint64_t old, uint64_t operand, unsigned size);
MUST_CHECK bool hart_amo(struct hart *, va_t, unsigned size, combine_fn *, uint64_t operand, uint64_t *old);
MUST_CHECK bool hart_load_reserved(struct hart *, va_t, unsigned size, uint64_t *value);
MUST_CHECK bool hart_store_conditional(struct hart *, va_t, unsigned size, uint64_t value, bool *done);
enum { CACHE_BLOCK = 64 };                             /* bytes that a cache-block operation works on */
MUST_CHECK bool hart_block_reach(struct hart *, va_t); /* may the block around va be read or written at all? */
MUST_CHECK bool hart_block_zero(struct hart *, va_t);

/* phys_store() and phys_written() for writes of the hart itself, which leave its reservation alone. */
MUST_CHECK bool hart_phys_store(struct hart *, pa_t, unsigned size, uint64_t value);
void hart_phys_written(struct hart *, pa_t, size_t length);

/* --- translate.c */
/* Translates for `kind` under the current state; checks PMP; updates A/D; fills the data TLB when the page may be cached. The
 * access must not cross a page. true: *pa lies in some range of the address space. false: kind, reason, cause, tval of h->trap are set. */
MUST_CHECK bool hart_translate(struct hart *, va_t, unsigned size, enum pt_kind, pa_t *pa);
/* Fills the data TLB for va's page by the short way. SV_QUICK_OK: an aligned access of this kind to that page finds it now;
 * SV_QUICK_FAULT: its page fault is in h->trap; SV_QUICK_UNSURE: nothing that a program could see. Only while there are no triggers. */
MUST_CHECK enum sv_quick hart_fill(struct hart *, va_t, enum pt_kind);
/* The PC's page must be looked up anew; h->pc must be true, or be set before the next instruction. */
static inline void hart_refetch(struct hart *h) { h->code = NULL; }
void hart_context_choose(struct hart *); /* the TLB's spaces for the present state */
/* The mode changed, or MPP: choose TLB spaces again, refetch if that is another address space. */
static inline void hart_mode_changed(struct hart *h)
{
    const struct tlb_choice *c = &h->chosen[h->mode];
    if (UNLIKELY(c->version != h->version || c->generation != h->tlb.generation || bit_get(h->mstatus, MSTATUS_MPRV))) {
        hart_context_choose(h);
        return;
    }
    if (c->fetch != h->fetch)
        hart_refetch(h);
    h->fetch = c->fetch;
    h->data = c->data;
    h->fetch->used = h->data->used = ++h->tlb.tick;
}
void hart_context_changed(
    struct hart *); /* the same when satp, mstatus.{MPRV,SUM,MXR} or PMP changed, too: choose TLB spaces, refetch */
void hart_fence(struct hart *, const struct fence *);
void pmp_changed(struct hart *);
bool pmp_allows(const struct hart *, pa_t, unsigned size, enum pt_kind, uint64_t mode);
bool pmp_uniform(const struct hart *, pa_t page); /* one rule covers the whole page */

/* --- pmp.c: the registers */
uint64_t pmp_cfg_get(const struct hart *, unsigned first); /* entries first .. first+7 */
void pmp_cfg_set(struct hart *, unsigned first, uint64_t);
uint64_t pmp_address_get(const struct hart *, unsigned entry);
void pmp_address_set(struct hart *, unsigned entry, uint64_t);

/* --- csr.c */
/* A Zicsr access by the running program: checks existence, privilege and writability, then reads, and writes when `write`. Returns
 * REASON_NONE, or why it traps (always as an illegal instruction); then nothing changed. */
struct csr_access {
    unsigned csr;
    bool write;
    uint64_t operand;
    enum { CSR_OP_WRITE, CSR_OP_SET, CSR_OP_CLEAR } op;
};
MUST_CHECK enum trap_reason csr_access(struct hart *, const struct csr_access *, uint64_t *old);
bool csr_exists(const struct hart *, unsigned csr);
uint64_t csr_get(const struct hart *, unsigned csr); /* as the most privileged software reads it; 0 when absent */
void csr_set(struct hart *, unsigned csr, uint64_t); /* as it writes; WARL */
void csr_reset(struct hart *);

/* --- system_fast.c: gives the record of ecall, xRET, or what else may trap because of the mode, a body that does so without detours */
void rv_system_quicken(const struct hart *, unsigned row, struct rv_insn *);
/* The instruction at `i`, of four bytes, traps: the mode is too low for it; no mode may do it. */
body_fn rv_refuse, rv_undefined;

/* --- csr_fast.c: gives the record of a CSR access, if it can have one, a body that does not leave the inner loop */
void rv_csr_quicken(const struct hart *, unsigned row, struct rv_insn *);

/* --- trap.c */
/* Software bits, lines, stimecmp. STIP is software's bit until STCE hands it to the comparator: pending while time >= stimecmp
 * [priv Sstc]. */
static inline uint64_t hart_mip(const struct hart *h)
{
    uint64_t mip = h->mip | h->lines;
    if (bit_get(h->menvcfg, MENVCFG_STCE))
        mip = bits_set(mip, RV_IRQ_STI, 1, hart_clock(h) >= h->timer_due);
    return mip & RV_INTERRUPTS;
}
bool hart_interrupt(struct hart *); /* fills h->trap with the interrupt to take now; false: none */
void riscv_deliver(struct machine *, const struct trap *);
void hart_enter(struct machine *, const struct trap *); /* the same for a hart, which need not ask itself */
void hart_timer_changed(struct hart *); /* stimecmp or menvcfg: the clock value at which STIP rises; UINT64_MAX: never */
void hart_mret(struct hart *);          /* the whole effect: mstatus, mode, pc */
void hart_sret(struct hart *);

/* --- decode.c */
unsigned rv_decode_row(const struct riscv_config *, uint32_t bits, unsigned *length); /* INSN_NONE: undefined */
/* Fills the record for `bits`: operands by the row's format, the fast body of that length. */
void rv_decode_record(uint32_t bits, unsigned row, unsigned length, struct rv_insn *out);
/* By the fast body of the record's row, whatever it has been fused to. */
body_fn rv_alone;
/* fused.c: of the instructions that follow one another in these slots the first `fresh` get bodies that do several at once. */
enum { RV_RUN_MAX = 64, RV_RUN_BEHIND = 8 /* that are looked at behind the fresh ones */ };
void rv_fuse(struct code_page *, const uint16_t *slot, unsigned count, unsigned fresh);
/* The body that is fused.def's number-th for the first of these instructions, or NULL; and how many operands it forwards. */
body_fn *rv_fusion(unsigned number, const uint16_t *row, const struct rv_insn *const *record, unsigned count);
unsigned rv_fusion_forwards(unsigned number);
unsigned rv_base_row(unsigned row); /* what a compressed row is short for; any other row itself */

/* --- touched.c */
void hart_note_csr(uint64_t *set, unsigned csr /* enum hart_register */, bool write); /* and the registers that it is a view of */
unsigned hart_touched(const struct machine *, struct machine_touch *out, unsigned room);

/* --- trigger.c. Does a trigger match? Then h->trap says so. For accesses it lacks what hart_stop_at() fills in. */
MUST_CHECK bool hart_trigger_fetch(struct hart *, bool physical, uint64_t at); /* of the instruction at h->pc */
MUST_CHECK bool hart_trigger_opcode(struct hart *, uint32_t bits);             /* likewise, once it is fetched */
/* These two with the program's own, which are of virtual addresses all. */
MUST_CHECK bool hart_watch_fetch(struct hart *);
MUST_CHECK bool hart_watch_access(struct hart *, unsigned kinds, va_t, unsigned size);
MUST_CHECK bool hart_trigger_physical(struct hart *, unsigned kinds, pa_t, unsigned size, va_t);
MUST_CHECK bool hart_trigger_across(struct hart *, unsigned kinds, pa_t, unsigned size, pa_t rest, unsigned rest_size, va_t);
bool hart_page_watched(const struct hart *, unsigned kinds, va_t,
                       pa_t); /* somewhere in this page a trigger of these kinds may match */
/* Of an instruction that lies across two pages the bits are not known: 0. */
bool hart_record_watched(const struct hart *, const struct code_page *, unsigned record, uint32_t bits);
extern body_fn rv_body_trigger;
int hart_trigger(struct machine *, unsigned slot, const struct trigger *);
void hart_triggers_changed(struct hart *); /* what was made for others goes */
uint64_t hart_resume(const struct hart *);
void hart_resume_set(struct hart *, uint64_t);

/* --- sdtrig.c */
void sdtrig_reset(struct hart *);
void sdtrig_data1_set(struct hart *, unsigned n, uint64_t); /* as the contract sets them, each by itself */
void sdtrig_data2_set(struct hart *, unsigned n, uint64_t);
void sdtrig_tdata1_write(struct hart *, uint64_t); /* of the selected trigger, as a program writes */
void sdtrig_tdata2_write(struct hart *, uint64_t);
bool sdtrig_covers(const struct hart *, unsigned kinds, va_t, uint64_t size); /* may one match there, in some mode? */
/* Does one fire on [at, at + size), before translation? Then h->trap is the breakpoint, with tval va; an access's lacks what
 * hart_stop_at() fills in. */
MUST_CHECK bool sdtrig_fires(struct hart *, unsigned kinds, va_t at, unsigned size, va_t);

/* --- rows.c, print.c, interpret.c */

void rv_print(const struct riscv_config *, uint32_t bits, va_t pc, char *out, size_t size);
struct trap riscv_interpret(struct machine *, uint64_t bits, const struct interpret_memory *);

#endif
