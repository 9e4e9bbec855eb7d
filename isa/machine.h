/* machine.h - THE CONTRACT. What supervisor software may do to a machine: set registers, write memory (hence page tables),
 * fence, raise interrupt lines, run, and receive a trap. Nothing here reaches into a CPU, its TLB or its decoder.
 *
 * A bare CPU is a machine; so is a virtual machine. Whoever holds a `struct machine *` cannot tell which, at any depth.
 *
 *  - The trap is a value. run() returns it and does not vector; whoever owns the machine decides. The driver of a system
 *    calls isa->deliver(): architectural trap entry. A VMM looks at it.
 *  - Time is retired instructions. run() with budget n is deterministic; `retired` is passed down through nested machines, so
 *    that all levels share one count. An instruction that traps does not retire; one emulated by a VMM counts as one.
 */
#ifndef TRAPEZE_ISA_MACHINE_H
#define TRAPEZE_ISA_MACHINE_H

#include "mmu/base.h"

#include <errno.h>

struct about;
struct engine_options;
struct isa;
struct machine;
struct phys;

/* A register of the machine: the ISA's own numbers (isa/riscv.h) and these, which every machine has. */
typedef uint32_t reg_t;
enum {
    MACHINE_PC = 0xf000,
    MACHINE_MODE, /* current privilege, in the ISA's encoding */
    MACHINE_CLOCK, /* clock units: instructions retired + units skipped while waiting. run() advances it; the owner may set it forward */
    MACHINE_RETIRED, /* instructions retired since reset */
    MACHINE_WAKE,    /* read only: clock value of the machine's own next timer event (stimecmp); UINT64_MAX if none */
    MACHINE_RESUME,  /* how far the instruction at the PC has come past triggers (struct trigger); setting the PC makes it 0 */
};

/* An instruction of up to 16 bytes, as they lie in memory: the first is the lowest. */
__extension__ typedef unsigned __int128 insn_t;

enum trap_kind {
    TRAP_NONE,      /* nothing to decide: go on */
    TRAP_EXCEPTION, /* cause, tval as the architecture numbers them */
    TRAP_INTERRUPT, /* cause likewise; taken between instructions */
    TRAP_BUDGET,    /* the budget is used up */
    TRAP_YIELD,     /* the machine touched its bus: its owner may want to look at clock and lines. The access is complete */
    TRAP_WAIT,      /* the CPU waits for an interrupt; WFI is past and has retired, an instruction that is held (isa/wait.h) not */
    TRAP_STOP,      /* the machine cannot go on: machine_stopped() says why (a VMM refused; sticky) */
    TRAP_TRIGGER,   /* the next instruction would do what a trigger waits for (struct trigger); it has done nothing yet */
};

/* Why it trapped, set where it is raised. The classifier and the VMM decide by it. */
enum trap_reason {
    REASON_NONE,
    REASON_PRIVILEGE, /* would not trap were only the mode raised (and it is not translation) */
    REASON_RESOURCE,  /* page, access, alignment, FP off: a resource is not there */
    REASON_REQUESTED, /* traps in every mode because the program asks: ecall, ebreak */
    REASON_UNDEFINED, /* traps in every mode because the encoding, CSR or operation does not exist */
};

struct trap {
    enum trap_kind kind;
    enum trap_reason reason;
    uint16_t row;   /* instruction row (struct insn_desc), or INSN_NONE when it was never fetched */
    uint8_t length; /* bytes of the instruction; 0 when it was never fetched */
    /* These two only where the instruction set has such: whoever does not know that it does finds anything in them. */
    uint8_t during;     /* 1 + the cause of the trap in whose delivery this one was met; 0: of none */
    uint32_t error;     /* what trap entry stores of an error, for causes that have one */
    uint64_t cause;     /* architectural number, without the interrupt bit */
    uint64_t tval;      /* faulting address, or instruction bits for an illegal instruction */
    uint64_t bits;      /* the instruction's first eight bytes, when it was fetched */
    uint64_t bits_high; /* ... and the next eight, if it has more than eight */
};

static inline insn_t trap_insn(const struct trap *t) { return t->bits | (t->length > 8 ? (insn_t)t->bits_high << 64 : 0); }
static inline void trap_insn_set(struct trap *t, insn_t bits)
{
    t->bits = (uint64_t)bits;
    t->bits_high = (uint64_t)(bits >> 64);
}

/* What became of a trap that was to be delivered. */
enum delivery {
    DELIVERED,         /* the handler's first instruction is next */
    DELIVERY_TRAPPED,  /* met another trap, which stands in its place; `during` is set. To be delivered in turn, or looked at */
    DELIVERY_SHUTDOWN, /* the architecture gives up: nothing runs before a reset */
};

/* How the instructions of a run() used a register that programs cannot name freely: control state, hidden state, counters. */
enum {
    TOUCH_CHECK = 1, /* only to decide whether, or where, an access goes through: privilege, protection, translation */
    TOUCH_READ = 2,  /* its value went into a result, or into a choice between results */
    TOUCH_WRITE = 4,
};
struct machine_touch {
    reg_t reg;
    uint64_t bits; /* of the register */
    unsigned how;  /* TOUCH_* */
};

/* A place that the machine's owner wants to see before it is executed or accessed: the breakpoints and watchpoints of hardware, like the
 * match triggers of RISC-V's debug specification with "before" timing, but out of reach for whatever runs in the machine.
 *
 *  - EXECUTE matches an instruction by the address of its first byte; LOAD and STORE match an access that has a byte in the range. A
 *    read-modify-write is both; an SC is a store whether or not it would succeed. Not meant: accesses to page tables, cache-block
 *    management, and what is not this CPU's doing (the owner's load() and store(), devices, a VMM that works on its guest).
 *  - Virtual addresses are compared before translation, in whatever address space; physical ones after it, so that a fault is first.
 *    On a machine without bytes a virtual address names a cell; a physical one names a byte.
 *  - OPCODE matches an instruction by what it is, whatever its address: by its bits, as the select bit of the debug specification's
 *    mcontrol6 has it. Those of `mask` are those of `bits`; above a short instruction there are zeros. It is looked at once the
 *    instruction is fetched and before its encoding or the mode is asked for, and stands alone: no other kind, no address or length, not
 *    physical.
 *  - run() returns TRAP_TRIGGER before the instruction: nothing has changed, nothing has retired, the PC is its own. tval is the virtual
 *    address of the instruction or of the access; row, length and bits are those of the instruction for an access, and empty for
 *    EXECUTE and OPCODE. cause is the slot. Where a machine runs on another whose owner has set triggers too, those report as well, with
 *    cause = levels below << TRIGGER_BELOW_SHIFT | slot there.
 *  - Going on is run() again: MACHINE_RESUME, set by the TRAP_TRIGGER, lets this instruction pass the trigger; further ones that it
 *    meets are reported in turn, each once. It is 0 again when the instruction has retired or the PC has been set, so the same
 *    instruction executed anew is reported anew. Set it to RESUME_ADDRESS to pass all EXECUTE triggers, to RESUME_FETCH to
 *    pass those and all OPCODE ones, to RESUME_ALL to pass all, once.
 *  - FRESH matches an instruction in a physical range that has not been let through as it is: it is reported before it first runs there
 *    and, once run() has been called again for it, no more until one of its bytes is written; sooner again if the machine likes. Row,
 *    length and bits are those of the instruction. It stands alone, and is looked at last. For whoever wants to have seen what runs.
 *    -ENOTSUP: a machine that has no such thing.
 *  - Triggers cost nothing but on the pages where they lie, those by opcode nothing but at the instructions they name, and change nothing in what the machine does. reset() leaves them. */
enum { TRIGGER_EXECUTE = 1, TRIGGER_LOAD = 2, TRIGGER_STORE = 4, TRIGGER_OPCODE = 8, TRIGGER_FRESH = 16 };
enum { TRIGGER_SLOTS_KEPT = 64, TRIGGER_BELOW_SHIFT = 16 }; /* a machine made on another leaves so many slots to that one's owner */
#define RESUME_ADDRESS (UINT64_C(1) << 17)
#define RESUME_FETCH (UINT64_C(1) << 18)
#define RESUME_ALL UINT64_MAX
struct trigger {
    unsigned kinds;      /* TRIGGER_*, one or more */
    bool physical;       /* at is physical of this machine */
    uint64_t at, length; /* [at, at + length), which is not empty and does not wrap */
    insn_t mask, bits;   /* OPCODE: the bits that count, and what they are */
};

/* What a fence orders: absent va and asid mean "all". A cold one is not the program's but the owner's: whatever the machine has cached
 * goes, of all addresses, decoded code too, so that what the architecture lets caches decide falls as on a machine just made. */
struct fence {
    bool has_va, has_asid;
    va_t va;
    uint64_t asid;
    bool cold;
};

struct machine_ops {
    /* Runs until a trap or until `budget` more instructions have retired; adds those retired to *retired. Never vectors.
     * An interrupt that is pending and enabled is returned before the first instruction. The trap is written where the owner wants to
     * have it, once: on its way up through nested machines it is not copied. */
    void (*run)(struct machine *, uint64_t budget, uint64_t *retired, struct trap *out);
    /* Reads as the most privileged software would. An absent register reads 0 and ignores writes; machine_has() tells. */
    uint64_t (*get)(const struct machine *, reg_t);
    void (*set)(struct machine *, reg_t, uint64_t); /* WARL fields take legal values */
    bool (*has)(const struct machine *, reg_t);
    /* For isa->deliver() of an ISA that asks for it, RISC-V's: trap entry by a machine that knows a shorter way than get() and set(), and
     * to the same effect. NULL: it knows none. */
    void (*enter)(struct machine *, const struct trap *);
    /* Likewise, for an ISA whose trap entry goes through tables in memory, IA-32's: all of isa->deliver(). NULL: the machine is such a CPU. */
    enum delivery (*deliver)(struct machine *, struct trap *);
    /* get() of `count` registers from `first` on. NULL: one by one. */
    void (*get_block)(const struct machine *, reg_t first, unsigned count, uint64_t *out);
    /* Physical memory (RAM only). 0 or -EFAULT. */
    int (*load)(const struct machine *, pa_t, void *, size_t);
    int (*store)(struct machine *, pa_t, const void *, size_t);
    void (*fence)(struct machine *, const struct fence *);
    void (*irq)(struct machine *, unsigned line, bool level); /* an interrupt input of the CPU; lines are numbered by cause */
    const char *(*stopped)(const struct machine *);           /* why TRAP_STOP; NULL while it can go on */
    void (*reset)(struct machine *);                          /* registers as after power-on; memory is left alone */
    /* What the last run() touched, up to `room` entries; returns how many there are. NULL: this machine keeps no such record. */
    unsigned (*touched)(const struct machine *, struct machine_touch *out, unsigned room);
    /* Sets the trigger of a slot below trigger_slots; NULL clears it. 0 or -EINVAL: then nothing changed. */
    int (*trigger)(struct machine *, unsigned slot, const struct trigger *);
    void (*destroy)(struct machine *);
};

struct machine {
    const struct machine_ops *ops;
    const struct isa *isa;
    struct phys *phys;  /* the machine's physical address space; devices plug in here */
    struct phys *ports; /* a second one, of ports, which only instructions for it reach. NULL: there is none */
    const void *config; /* the ISA's configuration (struct riscv_config), borrowed from the machine itself */
    const struct engine_options
        *engine;            /* how the bare machine below executes (isa/engine.h), borrowed from it; NULL: in the one way it has */
    void *owner;            /* a VMM that took this machine over; opaque; NULL when free */
    unsigned trigger_slots; /* 0: this machine has no triggers */
};

static inline void machine_run_to(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    m->ops->run(m, budget, retired, out);
}
MUST_CHECK static inline struct trap machine_run(struct machine *m, uint64_t budget, uint64_t *retired)
{
    struct trap t;
    m->ops->run(m, budget, retired, &t);
    return t;
}
static inline uint64_t machine_get(const struct machine *m, reg_t r) { return m->ops->get(m, r); }
static inline void machine_get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    if (m->ops->get_block)
        m->ops->get_block(m, first, count, out);
    else
        for (unsigned i = 0; i < count; i++)
            out[i] = m->ops->get(m, first + i);
}
static inline void machine_set(struct machine *m, reg_t r, uint64_t v) { m->ops->set(m, r, v); }
static inline bool machine_has(const struct machine *m, reg_t r) { return m->ops->has(m, r); }
MUST_CHECK static inline int machine_load(const struct machine *m, pa_t a, void *to, size_t n) { return m->ops->load(m, a, to, n); }
MUST_CHECK static inline int machine_store(struct machine *m, pa_t a, const void *from, size_t n)
{
    return m->ops->store(m, a, from, n);
}
static inline void machine_fence(struct machine *m, const struct fence *f) { m->ops->fence(m, f); }
static inline void machine_irq(struct machine *m, unsigned line, bool level) { m->ops->irq(m, line, level); }
static inline const char *machine_stopped(const struct machine *m) { return m->ops->stopped(m); }
static inline void machine_reset(struct machine *m) { m->ops->reset(m); }
static inline unsigned machine_touched(const struct machine *m, struct machine_touch *out, unsigned room)
{
    return m->ops->touched ? m->ops->touched(m, out, room) : 0;
}
MUST_CHECK static inline int machine_trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    return slot < m->trigger_slots ? m->ops->trigger(m, slot, t) : -EINVAL;
}
static inline void machine_destroy(struct machine *m)
{
    if (m)
        m->ops->destroy(m);
}

/* Memory as an interpreted instruction sees it (isa->interpret): virtual addresses of the machine, translated and checked by
 * the caller's rules. Each returns true and the value, or false and the trap (cause, tval, reason filled in). Sizes 1..8; a
 * write is checked before anything changes. amo reads, calls combine(old, operand, size) and writes, as one access. */
struct interpret_memory {
    bool (*load)(void *ctx, va_t, unsigned size, uint64_t *value, struct trap *);
    bool (*store)(void *ctx, va_t, unsigned size, uint64_t value, struct trap *);
    bool (*amo)(void *ctx, va_t, unsigned size, uint64_t (*combine)(uint64_t old, uint64_t operand, unsigned size), uint64_t operand,
                uint64_t *old, struct trap *);
    /* Where the va lies in physical memory (RAM, or an access fault): what a reservation (LR/SC) is made of. NULL: reservations made
     * through this memory are dropped at once, which an architecture allows. */
    bool (*physical)(void *ctx, va_t, unsigned size, bool write, pa_t *pa, struct trap *);
    /* Asked of an atomic access that is not aligned, before it is refused for that: false and a trap that comes first. NULL: none does. */
    bool (*before)(void *ctx, va_t, unsigned size, unsigned kinds /* TRIGGER_* */, struct trap *);
    void *ctx;
};

/* An instruction set: what does not depend on which machine runs it. */
struct isa {
    const char *name; /* "riscv" */
    const struct insn_desc *rows;
    unsigned row_count;
    const struct reg_desc *regs; /* every register of the ISA, for people and tools */
    unsigned reg_count;
    const struct reg_field *fields; /* parts of registers that have a name, or a partition, of their own */
    unsigned field_count;
    /* Architectural trap entry for EXCEPTION or INTERRUPT: by the machine's `enter` if it has one, else over get and set. The trap may
     * become another one (DELIVERY_TRAPPED). An interrupt that a board acknowledges (devices/board.h) comes with the cause that it gave. */
    enum delivery (*deliver)(struct machine *, struct trap *);
    /* Executes the one unprivileged instruction `bits` (length bytes) at the machine's PC over get and set, with the bodies
     * the CPU itself uses. TRAP_NONE: done, the PC has moved, and the instruction counts as retired for whoever calls. An
     * instruction of the system group, or one that is not decodable, returns an illegal-instruction trap. NULL: it interprets none, so
     * that there is no VMM for it, and who asks what an instruction will do is not told. */
    struct trap (*interpret)(struct machine *, insn_t bits, const struct interpret_memory *);
    /* What decoding depends on beside the configuration, as the machine is now: sizes that a segment or a mode chooses. NULL: nothing. */
    unsigned (*context)(const struct machine *);
    /* Decodes: row index or INSN_NONE; *length gets the bytes of the instruction. Of its first bytes alone, with zeros behind them, it
     * gets more than these, so that whoever fetches piece by piece sees that there are more. */
    unsigned (*decode)(const void *config, unsigned context, insn_t bits, unsigned *length);
    /* Prints the instruction at pc as assembly. */
    void (*print)(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size);

    /* --- For whoever drives a machine, over the contract. */

    uint64_t lines; /* the interrupt inputs of the CPU, a bit each */
    /* Of a machine that waits (TRAP_WAIT). NULL, all three: there are no interrupts, so a wait has no end. */
    bool (*wakes)(const struct machine *);                           /* an interrupt that ends the wait is pending */
    bool (*listens)(const struct machine *, uint64_t lines);         /* one of these inputs, were it raised, would end it */
    void (*waiting)(const struct machine *, char *out, size_t size); /* for people: what it waits for, "mie 0x.., mip 0x.." */
    /* With all lines low: the register as software wrote it, which is what can be set again; it may read otherwise. NULL: as get(). */
    uint64_t (*written)(struct machine *, reg_t);
    /* Fact n, from 0 on, of a configuration: what must be the same of a machine that is to take over the state of another. `name` lives
     * for ever. false: there are no more. NULL: there are none. */
    bool (*fact)(const void *config, unsigned n, const char **name, char *value, size_t size);

    const struct about *about; /* what it answers when people ask (isa/about.h). NULL: nothing */
};

/* As the machine would decode, and print, what it executes next. */
static inline unsigned machine_context(const struct machine *m) { return m->isa->context ? m->isa->context(m) : 0; }
static inline unsigned machine_decode(const struct machine *m, insn_t bits, unsigned *length)
{
    const struct isa *isa = m->isa;
    return isa->decode(m->config, machine_context(m), bits, length);
}
static inline void machine_print(const struct machine *m, insn_t bits, va_t pc, char *out, size_t size)
{
    const struct isa *isa = m->isa;
    isa->print(m->config, machine_context(m), bits, pc, out, size);
}
/* Trap entry for whoever decides nothing on the way: traps met in delivery are delivered in turn. DELIVERED or DELIVERY_SHUTDOWN. */
static inline enum delivery machine_deliver(struct machine *m, const struct trap *t)
{
    struct trap met = *t;
    enum delivery d;
    do
        d = m->isa->deliver(m, &met);
    while (d == DELIVERY_TRAPPED);
    return d;
}

#endif
