/* about.h - what an instruction set answers when people ask: names, and the meaning of registers and instructions for whoever looks at a
 * machine or debugs it. Each instruction set fills in its own (isa/riscv/about*.c, isa/pg/about*.c); isa->about leads there.
 *
 * All of it goes by the contract (isa/machine.h) and only reads: it serves any machine that has these registers, whatever stands behind
 * them. It is written from the manual, apart from the hardware's bodies; tests/isa/test_about*.c compare the two.
 */
#ifndef TRAPEZE_ISA_ABOUT_H
#define TRAPEZE_ISA_ABOUT_H

#include "isa/insn.h"
#include "isa/machine.h"

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

/* A second name of a register, as debuggers have it. */
struct about_alias {
    const char *alias, *name; /* "fp", "s0"; NULL ends a list */
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
    unsigned stack, link, frame; /* stack pointer; return address; frame pointer */
    int return_at, frame_at;     /* by convention, off the frame pointer: the return address, the caller's frame pointer */
    reg_t result;                /* where a function leaves its value */
};

/* What stands as NULL or 0 has the meaning that is said, so that a small instruction set fills in little. */
struct about {
    const char *const *modes, *const *long_modes; /* by MACHINE_MODE: "U", "S", NULL, "M"; "user", ... */
    unsigned mode_count;
    const char *modes_listed; /* "M, S and U" */
    uint64_t user_mode;       /* the least privileged */

    const struct about_trap *traps;
    unsigned trap_count;

    unsigned (*of_register)(const struct reg_desc *); /* ABOUT_*. NULL: all are integers, and of the state */
    const struct about_alias *aliases;                /* of isa->regs */
    bool has_stack;
    reg_t stack;                                /* the stack pointer */
    const struct about_calls *calls;            /* NULL: none that a debugger could follow by debugging information */
    bool (*numbered)(unsigned number, reg_t *); /* the register with a number of debugging information; false: none has it */

    unsigned cell;   /* an address names so many bytes. 0: one */
    unsigned parcel; /* instructions are made of so many bytes. 0: a cell */
    enum about_flow (*flow)(unsigned row, uint64_t bits);
    /* May an instruction of the row change the mode? NULL: what is privileged or sensitive by the table may. And does one that may lead to
     * `mode`, as the machine is now? NULL: to any. */
    bool (*changes_mode)(unsigned row);
    bool (*leads_to_mode)(const struct machine *, unsigned row, uint64_t mode);
    /* Of a machine that has just entered a trap: the mode that it came from. NULL: not known, the present one is said. */
    uint64_t (*mode_before)(const struct machine *);
    /* The row as a machine of this configuration has it. NULL: all have the table's. */
    struct insn_desc (*row)(const void *config, unsigned row);
};

/* --- The same, asked. */

const char *about_mode(const struct isa *, uint64_t mode);      /* "M"; a mode that there is not: "?" */
const char *about_long_mode(const struct isa *, uint64_t mode); /* "machine" */
/* A mode by its name, in upper or lower case; false: there is none. */
bool about_mode_find(const struct isa *, const char *name, unsigned *mode);
const struct about_trap *about_trap(const struct isa *, bool is_interrupt, uint64_t cause); /* NULL: it has no name */
const struct about_trap *about_trap_find(const struct isa *, const char *word);             /* NULL: there is none */
unsigned about_register(const struct isa *, const struct reg_desc *);                       /* ABOUT_* */
const struct reg_desc *about_desc(const struct isa *, reg_t); /* of isa->regs; NULL: there is none of this number */
/* By its name, or one of its other names. */
const struct reg_desc *about_register_find(const struct isa *, const char *name);
const struct about_calls *about_calls(const struct isa *); /* NULL: there is no debugging information for it */
bool about_numbered(const struct isa *, unsigned number, reg_t *);
uint64_t about_user_mode(const struct isa *);
uint64_t about_stack(const struct machine *); /* the stack pointer; 0: there is none */
unsigned about_cell(const struct isa *);
unsigned about_parcel(const struct isa *);
enum about_flow about_flow(const struct machine *, uint64_t bits);
bool about_changes_mode(const struct machine *, unsigned row);
bool about_leads_to_mode(const struct machine *, unsigned row, uint64_t mode);
uint64_t about_mode_before(const struct machine *);
const char *about_modes(const struct isa *); /* "M, S and U" */
struct insn_desc about_row(const struct machine *, unsigned row);

#endif
