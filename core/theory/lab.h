/* lab.h - the laboratory: real machines, states built field by field, one instruction executed, and what became of the state.
 *
 * A state is a value for every register that machine_set() can change, and a place: where memory lies and by which tables it is
 * reached. The field table says of every bit of it which part it has in the VM map f. The laboratory goes through the contract
 * alone; nothing in a machine knows that it is being examined. Execution ends after one instruction or with a trap.
 */
#ifndef TRAPEZE_CORE_THEORY_LAB_H
#define TRAPEZE_CORE_THEORY_LAB_H

#include "core/theory/theory.h"
#include "mmu/phys.h"

enum { LAB_REGS = 256, LAB_FIELDS = 320, LAB_MACHINES = 2, LAB_FRAMES = 3, LAB_DATA = 2 * PAGE_SIZE, LAB_MODES = 8, LAB_SLOTS = 1024 };
enum { LAB_KINDS = 8, LAB_ROOM = LAB_KINDS * LAB_MACHINES }; /* of machines: LAB_MACHINES of each kind */

/* Places: no translation; two address spaces in which the same memory is seen at the same addresses, but lies in other frames; and one
 * with the same code and somebody else's data, which is what a guest sees that chooses its address space itself. */
enum lab_place { PLACE_BARE, PLACE_HERE, PLACE_THERE, PLACE_FOREIGN, PLACE_COUNT };

struct lab_field {
    const char *name;
    unsigned reg;  /* index of the register in a state */
    uint64_t mask; /* its bits */
    enum reg_partition part;
};

struct lab_state {
    uint64_t reg[LAB_REGS];
    enum lab_place place;
};

/* A way to execute one instruction. A machine may have several bodies for it: fast ones, which go from instruction to instruction by
 * themselves, and careful ones for the end of a budget. fast: with budget to spare, and triggers wherever the instruction is not, so that
 * it is the only one. own_page: they leave out all of its page, in which nothing else is an instruction, since a page with a trigger may not
 * be executed as it would be without. */
struct lab_way {
    const char *name;
    const char *differs; /* what is to be said when it does something else than the first way */
    unsigned kind;       /* of machine */
    bool fast;
    bool always; /* every state is executed so; the others, but for the first, take turns */
    bool own_page;
};

/* What one execution did. */
struct lab_result {
    bool executed; /* false: it does not count: an interrupt came first, or memory refused */
    bool memory;   /* memory refused */
    bool lost;     /* a trap that did not reach the VMM: it counts as completed, in the state that the trap left */
    enum outcome outcome;
    enum trap_reason reason;         /* of a trap */
    uint64_t cause, tval;            /* likewise */
    uint64_t reg[LAB_REGS];          /* afterwards */
    uint64_t data;                   /* a digest of the data pages afterwards */
    unsigned touches;                /* a bit per enum reg_partition: state that was read or written, by the machine's own record */
    uint64_t touched[LAB_REGS / 64]; /* ... which registers, checks included */
};

/* Ran to its end, or waits. */
static inline bool lab_completed(const struct lab_result *r)
{
    return r->executed && (r->outcome == OUTCOME_OK || r->outcome == OUTCOME_WAIT);
}

/* The tables that a classification takes as its inputs. Tests change them. */
struct lab_tables {
    const struct reg_desc *regs;
    unsigned reg_count;
    const struct reg_field *fields;
    unsigned field_count;
    bool (*promised)(const char *field); /* NULL, or: is it identity because the VMM promises so, whoever changes it? */
};

struct lab;

/* What an instruction set has to say of its laboratory. */
struct lab_isa {
    const struct isa *isa;
    unsigned mode_count;       /* 2 or more */
    unsigned modes[LAB_MODES]; /* user first, most privileged last, where a VMM runs */
    const char *mode_name[LAB_MODES];
    const char *user; /* NULL: "user mode"; else what the first is called, where it is not the least privileged one there is */
    const struct reg_desc *extra; /* registers of the contract that isa->regs does not list */
    unsigned extra_count;
    const reg_t *views; /* registers that only show others; they take no part in a state */
    unsigned view_count;
    const struct lab_way *ways; /* NULL: there is one; else the first is what the others are compared with */
    unsigned way_count;
    insn_t nop; /* an instruction that does nothing */
    unsigned nop_length;
    int (*open)(struct lab *);                                            /* RAM, tables; -ENOMEM */
    unsigned (*machine_of)(const struct lab *, const struct lab_state *); /* which of the machines of a kind has such a state */
    uint64_t (*generate)(reg_t, uint64_t *seed);                          /* a value worth trying */
    uint64_t (*plain)(reg_t);                                             /* the value of a state in which nothing is special */
    uint64_t (*extreme)(reg_t, bool ones); /* the value with as many bits set, or clear, as instructions survive */
    /* Makes a random state one that instructions can run in. number: of the state, so that a few of them have whatever matters. */
    void (*arrange)(const struct lab *, struct lab_state *, unsigned number, uint64_t *seed);
    void (*put)(const struct lab *, struct lab_state *, enum lab_place); /* sets the registers that choose the place, for its mode */
    void (*hide)(const struct lab *, struct machine *, const struct lab_state *); /* NULL, or sets what no register shows */
    bool (*is_put)(reg_t);                                                        /* one of those: no field to vary */
    bool (*is_gate)(reg_t); /* each bit opens or shuts something by itself: all together can be turned */
    /* A load, and: lets the tables of HERE lead probe_va to its own page or, if elsewhere, to another. */
    struct {
        insn_t bits;
        unsigned length;
        reg_t address, result;
    } probe;
    void (*remap)(struct lab *, unsigned mode, bool elsewhere);
    bool (*memory_trap)(const struct trap *); /* page, access, alignment: set aside */
    /* Resources that the VMM keeps, by number, and how the state is where the guest has one: its registers, and the place. */
    unsigned owned_count;
    enum lab_place (*disown)(const struct lab *, struct lab_state *, unsigned which);
    uint64_t entry; /* where the VMM's trap vector leads, under K */
    /* NULL: to be taken, a trap has to come to the most privileged mode, at `entry`. Else: does the VMM come to know of it? If not, the
     * machine is as the trap has left it. */
    bool (*vmm_sees)(struct lab *, struct machine *, const struct trap *);
    bool top_translates;         /* the most privileged mode reaches memory by tables as the others do */
    void (*fill)(uint8_t *data); /* NULL, or puts into LAB_DATA bytes, which are random, what instructions need to find there */
};

struct lab {
    const struct lab_isa *isa;
    const struct lab_tables *tables;
    const void *config; /* of the machines, for isa->open */
    unsigned disowned;  /* a bit for each of the isa's resources that K does not keep for the VMM */
    bool one_way;       /* only the first: all are compared under the whole of K, on the usual hart */
    int (*create)(struct machine **, struct phys *, const void *config, unsigned index); /* index: kind * LAB_MACHINES + number */
    struct phys *phys;
    struct ram *ram;
    struct machine *machine[LAB_ROOM];
    struct lab_state now[LAB_ROOM]; /* what the machines' registers hold */
    unsigned machine_count;
    unsigned way; /* in which lab_run() executes: set it, and set it back */
    uint64_t code_va, data_va, probe_va;
    uint64_t code_pa[LAB_FRAMES], data_pa[LAB_FRAMES];
    uint8_t *data[LAB_FRAMES];             /* host addresses */
    uint8_t pristine[LAB_DATA];            /* what the data pages hold before */
    uint64_t root[LAB_MODES][PLACE_COUNT]; /* the isa's own: page-table roots */
    insn_t bits;                           /* the instruction in place */
    unsigned length;
    /* NULL, or gives a state the operands that the subject at hand asks for. Done again it changes nothing. */
    void (*operands)(const struct lab *, struct lab_state *, unsigned scheme);
    unsigned scheme;

    reg_t reg[LAB_REGS];
    const char *name[LAB_REGS];
    unsigned reg_count;
    unsigned block[LAB_REGS]; /* so many have numbers one after the other, from here on */
    struct lab_field field[LAB_FIELDS];
    unsigned field_count;
    unsigned pc, mode; /* where these are among reg[] */
    struct lab_slot {  /* where a register is found: in tables->regs and among reg[], plus one; 0: not there */
        reg_t reg;
        uint16_t desc, index;
    } slot[LAB_SLOTS];
    uint64_t runs;
};

MUST_CHECK int lab_open(struct lab *); /* isa, tables, config and create are set; the rest zero. 0 or -errno */
void lab_close(struct lab *);
/* All registers of a machine, or of a state: read; do any differ; those that do are set, or all. */
void lab_registers_get(const struct lab *, const struct machine *, uint64_t *out);
bool lab_registers_differ(const struct lab *, const uint64_t *a, const uint64_t *b);
void lab_registers_set(const struct lab *, struct machine *, const uint64_t *now, const uint64_t *to, bool all);
/* Index of a register in states, or LAB_REGS. */
unsigned lab_find(const struct lab *, reg_t);
/* It is there and holds one value, whatever software does: no register of states, and no view of some. */
bool lab_is_constant(const struct lab *, reg_t);
/* The partition of these bits of a register, as a set (a bit per enum reg_partition). */
unsigned lab_partitions(const struct lab *, reg_t, uint64_t bits);

void lab_plain(struct lab *, struct lab_state *);
/* Of each LAB_CYCLE states the first has ones, the second zeros wherever it can, the others are random. */
enum { LAB_CYCLE = 8 };
void lab_sample(struct lab *, struct lab_state *, unsigned number, uint64_t *seed);
/* Gives the bits of `field` another value, if it can have one; off: zero, if it is a small field and not zero; of gates the
 * opposite. */
void lab_vary(struct lab *, struct lab_state *, const struct lab_field *field, bool off, uint64_t *seed);
/* Makes the state one that the machine can be in: sets it and reads it back. */
void lab_settle(struct lab *, struct lab_state *);
/* As it was when it was opened: what runs before have left in the machines, seen or not, is gone. */
void lab_renew(struct lab *);
static inline unsigned lab_top(const struct lab *l) { return l->isa->mode_count - 1; } /* the most privileged mode, as an index */
static inline uint64_t lab_mode(const struct lab *l, const struct lab_state *s) { return s->reg[l->mode]; }
void lab_put(const struct lab *, struct lab_state *, unsigned mode, enum lab_place);

void lab_insert(struct lab *, insn_t bits, unsigned length); /* the instruction at pc */
/* Ways there are, and the machine, as an index, that the state is executed on in the present one. */
static inline unsigned lab_ways(const struct lab *l) { return l->isa->ways ? l->isa->way_count : 1; }
static inline unsigned lab_machine(const struct lab *l, const struct lab_state *s)
{
    return (l->isa->ways ? l->isa->ways[l->way].kind * LAB_MACHINES : 0) + l->isa->machine_of(l, s);
}
int lab_ways_open(struct lab *); /* makes the machines and, on those of fast ways, the triggers. 0 or -errno; lab_open() calls it */
/* One instruction in the present way, at lab->code_va if that is a fast one. false: there was more than one, of a jump to itself. */
bool lab_once(const struct lab *, struct machine *, struct trap *);
/* Executes it from the state. guarded: as the VMM would run it, who sees a trap only if it comes to the most privileged mode.
 * cold: with nothing cached; else with what earlier runs left. data: NULL, or LAB_DATA bytes for the data pages afterwards. */
void lab_run(struct lab *, const struct lab_state *, bool guarded, bool cold, struct lab_result *, uint8_t *data);
/* The next way after *way, the first aside, for a state whose turn it is; others: also of those that take turns. false: there is none. */
bool lab_way_next(const struct lab *, unsigned turn, bool others, unsigned *way);
/* lab_run() in that way. Did it do something else than in the first? Where something came before the instruction, it did not. */
bool lab_run_otherwise(struct lab *, unsigned way, const struct lab_state *, bool guarded, bool cold, const struct lab_result *first,
                       struct lab_result *out);

/* Which translation is in force after it? In place HERE, in `mode`: a load makes the machine keep a translation, the tables
 * are changed in memory, the instruction is executed, and the load repeated. Returns what that loads; old memory, if the old
 * translation still holds. */
uint64_t lab_probe(struct lab *, const struct lab_state *, unsigned mode);

/* Numbers that are the same on every run. */
uint64_t lab_next(uint64_t *seed);

#endif
