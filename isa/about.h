/* about.h - what an instruction set answers when people ask: names, and the meaning of registers and instructions for whoever looks at a
 * machine or debugs it. Each instruction set fills in its own (isa/riscv/about*.c, isa/pg/about*.c); isa->about leads there.
 *
 * All of it goes by the contract (isa/machine.h) and only reads: it serves any machine that has these registers, whatever stands behind
 * them. It is written from the manual, apart from the hardware's bodies; tests/isa/test_about*.c compare the two.
 */
#ifndef TRAPEZE_ISA_ABOUT_H
#define TRAPEZE_ISA_ABOUT_H

#include "isa/about_names.h"
#include "isa/decoded.h"
#include "isa/insn.h"
#include "isa/machine.h"
#include "mmu/pt.h"

/* A trap or an interrupt: by its cause, as people write it, and as they read it. */
struct about_trap {
    bool is_interrupt;
    uint64_t cause;
    const char *word, *name; /* "load-page", "load page fault" */
};

/* What a register is to people: bits. */
enum {
    ABOUT_INTEGER = 1, /* one of these three: the groups in which registers are listed */
    ABOUT_FLOATING = 2,
    ABOUT_CONTROL = 4,
    ABOUT_OVERVIEW = 8,  /* of the control registers, one that says where a kernel is */
    ABOUT_NAMED = 16,    /* ... one that an instruction can name (csrr) */
    ABOUT_VIEW = 32,     /* ... one that shows parts of another */
    ABOUT_ECHO = 64,     /* ... which changes with the other, and says less */
    ABOUT_STATE = 128,   /* it is of what a trap may change: kept from before and after each */
    ABOUT_ADDRESS = 256, /* its value reads best as an address */
    ABOUT_SIGNED = 512,  /* its value counts as signed in expressions, as debuggers have it */
};

/* Where an instruction leads, for whoever follows calls. */
enum about_flow {
    FLOW_OTHER,
    FLOW_CALL,          /* it puts the address behind it where a function finds its return address */
    FLOW_SYSTEM_CALL,   /* it calls by a trap, and comes back behind it */
    FLOW_RETURN,        /* what a function ends with */
    FLOW_SYSTEM_RETURN, /* what a trap handler ends with */
    FLOW_HERE,          /* it jumps to itself */
};

/* How functions call each other, by the numbers that debugging information has for registers [DWARF 5, 2.6.1.1]. */
struct about_calls {
    unsigned registers;          /* numbers 0 to registers - 1 are unwound */
    unsigned word;               /* bytes of a return address, and of a register that was put on the stack. 0: 8 */
    unsigned stack, link, frame; /* stack pointer; return address; frame pointer. link == stack: the stack has the return address */
    int return_at, frame_at;     /* by convention, off the frame pointer: the return address, the caller's frame pointer ... */
    int stack_at;                /* ... and where the stack pointer was before the call */
    reg_t result;                /* where a function leaves its value */
};

/* --- Memory, as the registers have it now. Nothing is cached here: a TLB may still hold what was so before. */

/* The address space that is in force, or would be in a mode that translates. */
struct about_space {
    const struct pt_format *format; /* NULL: addresses are not translated by tables */
    pa_t root;
    uint64_t id, word; /* the number that software gave it; the register as it is */
    uint64_t own;      /* struct pt_access: own */
};

/* A machine without tables, whose addresses are relocated: va < bound is cell va + base, of `memory`. */
struct about_bounds {
    uint64_t base, bound, memory;
};

/* A rule of physical memory protection. */
struct about_rule {
    int rule;             /* -1: none matches */
    uint64_t first, last; /* its bytes */
    unsigned rights;      /* TRIGGER_LOAD, _STORE, _EXECUTE */
    bool locked;          /* the most privileged mode, too, keeps to it */
    bool whole;           /* it has all bytes of the access */
    bool granted;
};

/* Who refuses an access. */
enum about_refusal {
    REFUSED_NOT,        /* nobody */
    REFUSED_BOUND,      /* the relocation-bounds register, or the end of the memory */
    REFUSED_TABLES,     /* the page tables: walk.why */
    REFUSED_TABLE_RULE, /* protection: `rule` hides a page table from the walk, or keeps it from setting A or D */
    REFUSED_RULE,       /* protection: `rule` */
    REFUSED_NOBODY,     /* no RAM and no device is there */
    REFUSED_DEVICE,     /* a device that is no place to fetch from, or takes aligned accesses only */
};

struct about_access {
    enum about_refusal refused;
    struct trap trap;    /* which the machine then takes: kind, reason, cause, tval */
    uint64_t mode;       /* that it counts as */
    bool translated;     /* by tables */
    struct pt_walk walk; /* translated; all zeros else. pte_new: what the hardware would leave in the tables */
    pa_t pa;             /* where it ends */
    struct about_rule rule;
    const struct phys_range *range; /* what is there; NULL: nothing, or it does not come so far */
};

/* A translation that a machine keeps; and what stands for their number where there was no memory to look. */
#define ABOUT_NO_MEMORY (~0u)
struct about_cached {
    uint64_t space; /* struct about_space: word */
    unsigned mode;
    char marks[4], notes[16]; /* what else it depends on: "sx", ", SUM, MXR" */
    bool current;             /* of the situation that the machine is in */
    va_t va;
    pa_t pa;
    unsigned how; /* TRIGGER_LOAD, _STORE, _EXECUTE: may be done without a walk */
};

/* --- Interrupts. */

/* Where a request on a line comes from. */
struct about_source {
    enum {
        SOURCE_SAID,  /* `text` says it */
        SOURCE_TIMER, /* the CPU's own: `time` has reached `compare`, which is `due` ticks */
        SOURCE_BOARD, /* whatever is wired to the line */
    } kind;
    const char *text, *time, *compare;
    uint64_t due;
};

/* An interrupt line. Of a list, in the order in which they are taken. */
struct about_line {
    unsigned line;
    const char *name, *from; /* "STI", "timer (stimecmp)" */
};

enum { ABOUT_WHY = 128 };

/* Whether a machine takes an interrupt before its next instruction, and why, or why not. */
struct about_interrupt {
    bool pending, enabled, delegated, taken; /* taken: unless another goes before it */
    char why[ABOUT_WHY];
};

/* --- Control registers. */

/* What an instruction does with the register that it names. */
struct about_named {
    reg_t reg;
    bool reads, writes;
    bool has_to;
    reg_t to;      /* has_to: where the old value goes */
    unsigned form; /* instructions of a row that name the same register and are of the same form are alike to a classifier */
};

enum { ABOUT_PTE_BITS = 8, ABOUT_TRAP_VALUE = 64, ABOUT_GDB_CORE = 64 };
enum { ABOUT_PARTS = 32, ABOUT_PART_NAME = 20, ABOUT_PART_TEXT = 96 };

/* Bits of a control register that have a name. */
struct about_part {
    char name[ABOUT_PART_NAME];
    unsigned low, width;
    const char *values; /* what they mean; of the instruction set */
};

/* --- Tables of the machine that are no page tables, and registers that belong together: of segments, gates, tasks. */

enum { ABOUT_ENTRY_NAME = 24, ABOUT_ENTRY_TEXT = 96 };

struct about_entry {
    char name[ABOUT_ENTRY_NAME]; /* "0x0008", "cs" */
    char text[ABOUT_ENTRY_TEXT]; /* what it holds */
    bool used;                   /* it is there: neither zero nor absent */
    bool again;                  /* used, and it leads where the entry before leads */
};

struct about_table {
    const char *word; /* as people ask for it: "gdt" */
    /* Where it lies, in a few words; false: there is none as the machine is now, and the words say why. */
    bool (*where)(const struct machine *, char *out, size_t size);
    bool (*entry)(const struct machine *, unsigned n, struct about_entry *); /* false: there are fewer */
};

/* What stands as NULL or 0 has the meaning that is said, so that a small instruction set fills in little. */
struct about {
    const char *const *modes, *const *long_modes; /* by MACHINE_MODE: "U", "S", NULL, "M"; "user", ... */
    const char *const *said_modes;                /* likewise, as a sentence has them: "U-mode", "ring 3" */
    unsigned mode_count;
    const char *modes_listed; /* "M, S and U" */
    uint64_t user_mode;       /* the least privileged */

    const char *(*variant)(const char *name); /* what a variant of this name is like. NULL: there is none; the set has none */

    const struct about_word *words; /* its glossary; names NULL ends it. NULL: there is none */

    const struct about_trap *traps;
    unsigned trap_count;
    void (*trap_value)(const struct trap *, char *out, size_t size); /* beside its cause. NULL: "tval 0x1234" */

    unsigned (*of_register)(const struct reg_desc *); /* ABOUT_*. NULL: all are integers, and of the state */
    const struct about_alias *aliases;                /* of isa->regs */
    bool has_stack;
    reg_t stack;                                /* the stack pointer */
    const struct about_calls *calls;            /* NULL: none that a debugger could follow by debugging information */
    bool (*numbered)(unsigned number, reg_t *); /* the register with a number of debugging information; false: none has it */
    bool (*framed)(const struct machine *);     /* functions keep to `calls` where the machine is now. NULL: yes */
    /* At a function's beginning, before its frame is made: where the stack has the return address. false: a frame is made, or going.
     * NULL: the link register has it. */
    bool (*returns)(const struct machine *, va_t function, va_t pc, uint64_t *at);

    /* The syntaxes that isa->print knows, the usual one first, ended by NULL. The context that it gets has the number of another one, times
     * `syntax_context`. NULL: there is one, and it has no name. */
    const char *const *syntaxes;
    unsigned syntax_context;
    bool (*narrow)(const struct machine *); /* instructions are decoded as 16-bit code's now. NULL: there is none */

    /* Where addresses have two parts, a segment and an offset. What the rest of the house calls an address is what they come to. The
     * first: of a register that is an offset, the PC or the stack pointer, the address. NULL: registers are addresses. The second: of an
     * offset in what a selector names now, false: it names no segment. NULL: addresses have one part. */
    uint64_t (*place)(const struct machine *, reg_t);
    bool (*far)(const struct machine *, uint64_t selector, uint64_t offset, uint64_t *address);

    uint64_t ports; /* a trigger at port n is one at the physical address n more than this. 0: there are no ports */

    unsigned cell;   /* an address names so many bytes. 0: one */
    unsigned parcel; /* instructions are made of so many bytes. 0: a cell */
    enum about_flow (*flow)(unsigned row, insn_t bits);
    /* May an instruction of the row change the mode? NULL: what is privileged or sensitive by the table may. And does one that may lead to
     * `mode`, as the machine is now? NULL: to any. */
    bool (*changes_mode)(unsigned row);
    bool (*leads_to_mode)(const struct machine *, unsigned row, uint64_t mode);
    /* Of a machine that has just entered a trap: the mode that it came from. NULL: not known, the present one is said. */
    uint64_t (*mode_before)(const struct machine *);
    /* The row as a machine of this configuration has it. NULL: all have the table's. */
    struct insn_desc (*row)(const void *config, unsigned row);

    /* --- Memory. */

    const char *space_register; /* the register that struct about_space::word is of: "satp" */
    void (*space)(const struct machine *, struct about_space *);
    /* What an entry of its page tables, or of a host's shadow tables, says: V R W X U G A D, as bits in the order of Sv39 (mmu/pt.h, SV_V
     * to SV_D). NULL: they are the entry's lowest. pte_named: what they are called there, a letter each in this order; NULL: just so. */
    unsigned (*pte_bits)(uint64_t pte);
    const char *pte_named;
    bool (*bounds)(const struct machine *, struct about_bounds *); /* NULL: there are none */
    /* The mode that loads and stores count as. NULL: the machine's. `data_mode_by`: what makes it another one, "MPRV". */
    uint64_t (*data_mode)(const struct machine *);
    const char *data_mode_by;
    bool (*translates)(const struct machine *, uint64_t mode); /* by tables, in this mode. NULL: in none */
    /* An access within a page, as the next instruction would do it. NULL: every one is granted. */
    void (*access)(const struct machine *, va_t, unsigned size, enum pt_kind, struct about_access *);
    /* Where va lies, whatever the rights; false: nowhere, and walk->why says why. NULL: cell va. */
    bool (*find)(const struct machine *, va_t, pa_t *, struct pt_walk *);
    /* The rule that decides about [pa, pa + size) in a mode. NULL: there is no protection. */
    void (*protection)(const struct machine *, pa_t, unsigned size, enum pt_kind, uint64_t mode, struct about_rule *);
    /* The rule that refuses, in words; `name` is the machine's. */
    void (*rule_text)(const struct about_rule *, const char *name, char *out, size_t size);
    const char *rule_called, *reads_code_by; /* "PMP rule"; what lets loads read what may only be executed: "MXR" */
    const char *cached_marks;                /* what the marks of struct about_cached mean: "s with SUM, x with MXR" */
    /* What the machine's TLB holds: stores up to `room`, returns how many there are. NULL: no TLB to look at. */
    unsigned (*cached)(const struct machine *, struct about_cached *, unsigned room);
    bool (*decoded)(const struct machine *, struct about_decoded *);      /* false, or NULL: it keeps none */
    bool (*translated)(const struct machine *, pa_t);                     /* about_translated(). NULL: nothing is */
    int (*stretch)(const struct machine *, pa_t, struct about_stretch *); /* about_stretch() */

    /* --- Interrupts. No lines: there are none. */

    const struct about_line *lines; /* most important first ... */
    unsigned line_count;
    const char *line_order;                                          /* ... in words */
    const char *pending_register, *enable_register, *timer_register; /* "mip", "mie", "stimecmp". No pending one: no delegation */
    void (*interrupt)(const struct machine *, unsigned line, struct about_interrupt *);
    int (*next_interrupt)(const struct machine *); /* the line that is taken before the next instruction; -1: none */
    /* Of one that was taken in `mode`, by a machine that has the registers of then: which way it went, in a sentence or two. Enables may
     * have been cleared since. And where it came from. */
    void (*interrupt_way)(const struct machine *, unsigned line, uint64_t mode, char *out, size_t size);
    void (*interrupt_source)(const struct machine *, unsigned line, struct about_source *);

    /* --- Privileged instructions. */

    /* The trap that a machine with these registers takes on the instruction, in this mode, if the instruction lies where it can be
     * fetched and no interrupt comes first; TRAP_NONE: none. NULL: isa->interpret does all instructions, privileged ones too. */
    struct trap (*predict)(const struct machine *, uint64_t mode, insn_t bits);
    /* What the instruction asks for of which the machine has nothing, in any mode: "CR4.PAE". false: it is not that. NULL: nothing is told. */
    bool (*lacks)(const struct machine *, unsigned row, insn_t bits, char *out, size_t size);
    /* What an instruction shows or changes of control state, of machines that keep no record (machine_touched). NULL: it is not told. */
    unsigned (*shows)(unsigned row, insn_t bits, struct machine_touch *out, unsigned room);
    bool (*named)(unsigned row, insn_t bits, struct about_named *); /* false: it names none. NULL: none does */
    /* All instructions of the row that name the register: their bits, and those that count. false: there are none. */
    bool (*naming)(unsigned row, reg_t, insn_t *match, insn_t *mask);
    /* Is the instruction a fence of translations, as it would be executed now? Then what it orders. NULL: none is. */
    bool (*orders)(const struct machine *, unsigned row, insn_t bits, struct fence *);
    /* A trap as the trap-and-emulate assignment for xv6 prints it. NULL: it knows no such instructions. "": it prints none. */
    void (*assignment)(const struct trap *, va_t pc, char *out, size_t size);

    const struct about_table *tables; /* ended by one without a word. NULL: none */

    /* --- GDB. NULL: it knows no such machine. */

    const char *gdb_architecture; /* "riscv:rv64" */
    const char *gdb_narrow;       /* where it is narrow() */
    unsigned gdb_core;            /* registers 0 to gdb_core - 1 are what g and G carry; at most ABOUT_GDB_CORE */
    uint64_t gdb_pc;              /* the number of the PC */
    bool gdb_behind;              /* of such a machine GDB expects that watchpoints stop it behind the access, not before it */
    bool (*gdb_register)(uint64_t number, struct about_gdb *); /* whether or not a machine has it. false: there is no such number */
    bool (*gdb_listed)(unsigned index, struct about_gdb *);    /* in the order of the target description; false at the end */

    /* --- Control registers. NULL: none has parts. */

    unsigned (*parts)(const struct machine *, reg_t, struct about_part out[ABOUT_PARTS]);
    bool (*is_whole)(reg_t);
    const char *(*part_text)(const struct machine *, reg_t, const struct about_part *, uint64_t value, char out[ABOUT_PART_TEXT]);
};

/* --- The same, asked. */

const struct about *about_of(const struct isa *); /* where it says nothing: one that has nothing */

const char *about_mode(const struct isa *, uint64_t mode);      /* "M"; a mode that there is not: "?" */
const char *about_long_mode(const struct isa *, uint64_t mode); /* "machine" */
const char *about_said_mode(const struct isa *, uint64_t mode); /* "M-mode", "ring 0": in a sentence */
/* A mode by its name, in upper or lower case; false: there is none. */
bool about_mode_find(const struct isa *, const char *name, unsigned *mode);
const struct about_trap *about_trap(const struct isa *, bool is_interrupt, uint64_t cause); /* NULL: it has no name */
const struct about_trap *about_trap_find(const struct isa *, const char *word);             /* NULL: there is none */
const char *about_trap_value(const struct isa *, const struct trap *, char out[ABOUT_TRAP_VALUE]);
unsigned about_register(const struct isa *, const struct reg_desc *); /* ABOUT_* */
const struct reg_desc *about_desc(const struct isa *, reg_t);         /* of isa->regs; NULL: there is none of this number */
/* By its name, or one of its other names. */
const struct reg_desc *about_register_find(const struct isa *, const char *name);
const struct about_calls *about_calls(const struct isa *); /* NULL: there is no debugging information for it */
bool about_numbered(const struct isa *, unsigned number, reg_t *);
uint64_t about_user_mode(const struct isa *);
uint64_t about_stack(const struct machine *);               /* the stack pointer; 0: there is none */
va_t about_pc(const struct machine *);                      /* the address of the next instruction */
va_t about_place(const struct machine *, reg_t);            /* the address that the register names */
uint64_t about_offset(const struct machine *, reg_t, va_t); /* what the register would hold if that were it */
bool about_is_far(const struct isa *);                      /* addresses have two parts */
bool about_far(const struct machine *, uint64_t selector, uint64_t offset, uint64_t *address); /* false: no segment */
unsigned about_cell(const struct isa *);
unsigned about_parcel(const struct isa *);
bool about_syntax_find(const struct isa *, const char *name, unsigned *syntax); /* false: it knows none of this name */
enum about_flow about_flow(const struct machine *, insn_t bits);
bool about_changes_mode(const struct machine *, unsigned row);
bool about_leads_to_mode(const struct machine *, unsigned row, uint64_t mode);
uint64_t about_mode_before(const struct machine *);
const char *about_modes(const struct isa *); /* "M, S and U" */
struct insn_desc about_row(const struct machine *, unsigned row);

void about_space(const struct machine *, struct about_space *);
const char *about_space_register(const struct isa *);             /* "" : none */
unsigned about_pte_bits(const struct isa *, uint64_t pte);        /* SV_V to SV_D */
const char *about_pte_named(const struct isa *);                  /* their letters, ABOUT_PTE_BITS of them: "VRWXUGAD" */
bool about_bounds(const struct machine *, struct about_bounds *); /* false: there are none */
uint64_t about_mode_of(const struct machine *, enum pt_kind);     /* which the access counts as */
const char *about_mode_by(const struct isa *);
bool about_translates(const struct machine *, enum pt_kind);
/* Whatever the tables of the space map at va, rights aside; false: there are no tables. */
bool about_walk(const struct machine *, va_t, struct pt_walk *);
bool about_find(const struct machine *, va_t, pa_t *, struct pt_walk *);
void about_access(const struct machine *, va_t, unsigned size, enum pt_kind, struct about_access *);
void about_protection(const struct machine *, pa_t, unsigned size, enum pt_kind, uint64_t mode, struct about_rule *);
void about_rule_text(const struct isa *, const struct about_rule *, const char *name, char *out, size_t size);
unsigned about_cached(const struct machine *, struct about_cached *, unsigned room);
bool about_decoded(const struct machine *, struct about_decoded *);
bool about_translated(const struct machine *, pa_t); /* the instruction there has become machine code, which is executed from now on */
/* The machine code that it is in; about_stretch_free() it. -ENOENT: there is none; -ENODATA: which bytes are whose was not kept; -ENOMEM. */
MUST_CHECK int about_stretch(const struct machine *, pa_t, struct about_stretch *);
void about_stretch_free(struct about_stretch *);
/* The instruction that would be fetched at pc now, and its bytes. 0: it cannot be fetched. */
unsigned about_fetch(const struct machine *, va_t pc, insn_t *bits);
/* The same by any reader of virtual memory: 0 or -errno. */
typedef int about_read_fn(void *ctx, va_t, void *to, size_t);
unsigned about_fetch_by(const struct machine *, va_t pc, about_read_fn *, void *ctx, insn_t *bits);

const struct about_table *about_table(const struct isa *, const char *word); /* NULL: there is none of this name */

/* The parts of a register, from bit 0 up; returns how many. 0: it is one number, or no control register. */
unsigned about_parts(const struct machine *, reg_t, struct about_part out[ABOUT_PARTS]);
bool about_is_whole(const struct isa *, reg_t); /* it is one number */
/* One part of the value as people read it: "8 (Sv39)". What it means may depend on other registers of the machine. */
const char *about_part_text(const struct machine *, reg_t, const struct about_part *, uint64_t value, char out[ABOUT_PART_TEXT]);

const struct about_line *about_line(const struct isa *, unsigned index);     /* by importance; NULL at the end */
const struct about_line *about_line_find(const struct isa *, unsigned line); /* NULL: there is none */
void about_interrupt(const struct machine *, unsigned line, struct about_interrupt *);
int about_next_interrupt(const struct machine *);
void about_interrupt_way(const struct machine *, unsigned line, uint64_t mode, char *out, size_t size);
void about_interrupt_source(const struct machine *, unsigned line, struct about_source *);
bool about_named(const struct machine *, insn_t bits, struct about_named *);
unsigned about_shows(const struct machine *, insn_t bits, struct machine_touch *out, unsigned room); /* how many there are */
bool about_orders(const struct machine *, insn_t bits, struct fence *); /* false: it is no fence of translations */
bool about_naming(const struct isa *, unsigned row, reg_t, insn_t *match, insn_t *mask);

#endif
