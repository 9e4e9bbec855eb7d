/* debugger.h - a guest under the eye of a person: what runs, where it stands, why it stopped, and everything a command of the
 * monitor or a remote debugger asks of it.
 *
 * The guest runs on the topmost machine; `level` says which machine is looked at: 0 is the bare one, stack->depth the guest's.
 * Running is always the guest's; registers, memory and page tables are those of the level. Nothing here prints: commands do
 * (repl/command.h). Reading changes nothing, not even an A bit; a function that fails has changed nothing.
 *
 * Of several harts one is looked at: `hart`. A stop selects the one that it stopped, whose turn it is then; they all run.
 *
 *   debugger_start(d, &plan);  while (!debugger_slice(d, 1000000)) look at the host;   d->stop says why it stopped
 */
#ifndef TRAPEZE_MONITOR_DEBUG_DEBUGGER_H
#define TRAPEZE_MONITOR_DEBUG_DEBUGGER_H

#include "core/checkpoint.h"
#include "core/system.h"
#include "core/vmm/vmm.h"
#include "isa/about.h"
#include "mmu/pt.h"
#include "monitor/console.h"
#include "monitor/debug/executed.h"
#include "monitor/debug/expression.h"
#include "monitor/debug/symbols.h"
#include "monitor/json.h"
#include "monitor/session.h"

struct debugger;
struct insn_trace;
struct traplog;

/* --- Why it stopped */

enum stop_reason {
    STOP_START,      /* nothing has run yet */
    STOP_STEP,       /* the steps are done; or, with trap.kind set, a trap was taken meanwhile */
    STOP_BREAKPOINT, /* number; before the instruction; for kinds trap, mode and exit after the event */
    STOP_WATCHPOINT, /* number; after the instruction: address, old_value, new_value */
    STOP_CONDITION,  /* the plan's condition holds */
    STOP_REACHED,    /* the plan's retired count, or its place */
    STOP_INTERRUPT,  /* debugger_interrupt() */
    STOP_LIMIT,      /* --max-insns */
    STOP_ENDED,      /* the guest has ended: result. It cannot go on */
};

/* A stop is one fact with its details; what is not of its reason is zero. Examples:
 *
 *     break *0x80200518        STOP_BREAKPOINT  number 1; nothing of the instruction has been done
 *     watch counter            STOP_WATCHPOINT  number 2, address, old and new value; the store is done
 *     stepi, a system call     STOP_STEP        trap: what was delivered, trap_pc: where the call stands
 *     break exit               STOP_BREAKPOINT  exit_level, exit: what D has decided; nothing has run since */
struct stop {
    enum stop_reason reason;
    unsigned number;  /* of the breakpoint or watchpoint */
    struct trap trap; /* TRAP_NONE, or the trap that was delivered at the end of the run */
    va_t trap_pc;     /* where that was taken */
    va_t address;     /* a watchpoint: of the access */
    uint64_t old_value, new_value;
    struct system_result result; /* STOP_ENDED */
    unsigned exit_level;         /* not 0: for this exit, which machine `exit_level` took; going back it is about to come */
    struct vm_event exit;
    unsigned exit_traps; /* so many traps after its instruction count */
    bool at_port;        /* the next instruction is about to access a port that a breakpoint is for */
    char note[320];      /* "", or a sentence that a person should read with it */
};

/* --- Breakpoints and watchpoints. Internal ones (negative use: `next`, `finish`) are not numbered. */

enum breakpoint_kind {
    BREAK_EXECUTE, /* address; at full speed */
    BREAK_WRITE,   /* [address, address + length); at full speed */
    BREAK_READ,
    BREAK_ACCESS,
    BREAK_TRAP,  /* a trap of the guest is delivered; at full speed. any, or cause (is_interrupt) */
    BREAK_CSR,   /* an instruction that names the CSR; at full speed, like the others that follow */
    BREAK_MODE,  /* the mode changes to `mode` */
    BREAK_CLASS, /* an instruction of the class */
    BREAK_EXIT,  /* D of machine `level` has decided about a trap */
    BREAK_PORT,  /* an access to one of the ports [address, address + length); before it, at full speed */
};
enum break_class { CLASS_SENSITIVE, CLASS_PRIVILEGED, CLASS_CRITICAL };
enum { BREAK_TRIGGERS = 48 }; /* that one breakpoint may need: instruction rows of a class */

/* Which exits are meant: all but what is set must be so. */
struct exit_wish {
    unsigned level;          /* of whose D */
    enum trap_reason reason; /* REASON_NONE: any */
    enum vm_owner owner;     /* VM_OWNER_NOBODY: any */
    bool interrupt;          /* an interrupt of the virtual machine's own, where the host did not trap */
};

/* The life of one, from break to delete:
 *
 *     debugger_break_add()   made, its triggers set (slot[]), in the list with a number
 *       a trigger fires, or an event comes  -->  breakpoint_stops(): enabled? guard? condition? ignore?  -->  hits++, a stop
 *       enable, disable      its triggers set and cleared; it keeps number and hits
 *       temporary and met    `gone`, still listed, so that the stop can be told of; removed when the guest runs again
 *     debugger_break_remove()   triggers cleared, all that it owns freed
 *
 * A write watchpoint fires before the store. It becomes `pending` with the old value, one more instruction runs, and
 * then it is seen what the store has made of it. */
struct breakpoint {
    unsigned number; /* from 1; 0: internal */
    enum breakpoint_kind kind;
    uint64_t address;
    unsigned length;
    bool physical;          /* the address is the guest's physical one */
    bool any, is_interrupt; /* BREAK_TRAP */
    uint64_t cause;
    reg_t csr;
    unsigned mode;
    enum break_class class;
    struct exit_wish exit;
    bool temporary, enabled;
    uint64_t hits, ignore;
    char *text;                   /* owned: as it was asked for */
    char *condition_text;         /* owned; NULL: none */
    struct expression *condition; /* owned; NULL: none */
    char **commands;              /* owned; NULL-terminated; NULL: none */
    struct expression *watched;   /* owned: BREAK_WRITE of what is no memory; the guest is stepped. NULL: memory */
    uint64_t value;               /* watchpoints: the value when last looked at */
    bool pending;                 /* its access is about to happen */
    va_t access;                  /* there */
    bool guarded;                 /* internal: only in `mode`, and with a stack pointer of at least guard_sp */
    uint64_t guard_sp;
    bool gone;      /* temporary and met: it goes when the guest runs again, or when somebody has said so */
    unsigned slots; /* of the machine's triggers it has so many, these */
    uint16_t slot[BREAK_TRIGGERS];
    struct breakpoint *next;
};

/* Takes over nothing: text, condition and the expression to watch are copied or parsed anew. Used are: kind and its fields,
 * physical, temporary, text. condition, watched: NULL for none. *number gets the new number. -errno with the sentence. */
MUST_CHECK int debugger_break_add(struct debugger *, const struct breakpoint *, const char *condition, const char *watched,
                                  unsigned *number, struct error *);
struct breakpoint *debugger_break_find(struct debugger *, unsigned number); /* NULL: none */
MUST_CHECK int debugger_break_remove(struct debugger *, unsigned number, struct error *);
MUST_CHECK int debugger_break_condition(struct debugger *, unsigned number, const char *condition, struct error *); /* NULL: none */
MUST_CHECK int debugger_break_enable(struct debugger *, unsigned number, bool, struct error *);
void debugger_break_clear(struct debugger *);
void debugger_forget_temporary(struct debugger *); /* temporary ones that were met */
/* Where an execution is to stop once, unnumbered: gone at the next stop. guarded: only in the mode and above the stack pointer
 * of now. */
MUST_CHECK int debugger_break_internal(struct debugger *, va_t, bool guarded, struct error *);

/* --- The debugger */

struct display {
    unsigned number;
    char slash[32]; /* "i", "x", "" */
    char *text;     /* owned: the expression */
    bool enabled;
    struct display *next;
};

/* What `list` showed last; nothing since the stop: end is 0. */
struct listed {
    char file[SOURCE_PATH];
    unsigned first, end;
};

/* Where `x` goes on, and how. */
struct examine {
    uint64_t next;
    char letter, size; /* 0: nothing was examined yet */
};

/* What a run is to do. All zeros: go on until something stops it. */
/* A command becomes a plan, and the plan is all that a run knows of it:
 *
 *     stepi 5        {.steps = 5}                          continue       {0}
 *     goto 1000      {.has_target, .target, .quiet}        until exit     {.until_exit, .exit}
 *     until $a0==3   {.condition}                          GDB's c and s  {.before}: GDB makes the last step itself */
struct plan {
    uint64_t steps;  /* stop after so many instructions, a taken trap counting as one; 0: no such stop */
    bool has_target; /* stop when `target` instructions have retired since reset */
    uint64_t target;
    unsigned target_traps;              /* of several places of the same count: so many traps later */
    const struct expression *condition; /* stop when it holds, checked after each instruction; borrowed; NULL: none */
    bool until_trap, until_mode;        /* stop at the next trap; when the mode has become `mode` */
    bool until_exit;                    /* ... when D of machine exit.level has decided about such a trap */
    unsigned mode;
    struct exit_wish exit;
    bool quiet;  /* no breakpoint stops it */
    bool again;  /* it goes through the past once more: what was told of it is not told again */
    bool before; /* watchpoints stop it before the access, whatever that will change; begun there it goes on behind them */
};

/* What belongs to every debugger and knows it: that it knows only by these (open.c). */
struct debugger_parts {
    bool (*is_object)(const struct debugger *, const char *name); /* a name of the guest's program (object.h) */
    int (*object)(struct debugger *, const char *path, bool address, struct value *, struct error *);
    void (*delivered)(struct traplog *, const struct trap *, va_t pc); /* a trap of the guest (traplog.h) */
    bool (*wants)(const struct insn_trace *);                          /* the next instruction (insn_trace.h) */
    uint64_t (*stretch)(const struct insn_trace *, uint64_t limit);
    void (*before)(struct insn_trace *);
    void (*after)(struct insn_trace *, const struct trap *taken);
};

/* Who makes whom, and who may be asked by whom:
 *
 *     session (stack of machines, system)          repl, tui, gdb stub
 *          ^                                              |
 *          | runs, looks                                  v  start, slice, d->stop
 *       struct debugger  --- parts ---> traplog, insn_trace, objects     (it knows them by `parts` alone)
 *          |
 *          +-- owns: past (checkpoints), symbols, sources, classes, variables, breakpoints, displays
 *
 * `level` and `hart` are a person's choice of what to look at, and views change them for a moment; what runs is always
 * the guest. A copy of the struct with another level is a second look at the same guest (view_at()), to be read through
 * and then dropped. */
struct debugger {
    const struct debugger_parts *parts;
    const struct run_options *options; /* borrowed */
    struct session *session;           /* borrowed */
    struct stack *stack;               /* the session's */
    struct system *system;             /* the session's */
    struct console *console;           /* borrowed; NULL: none */
    struct checkpoints *past;          /* owned: what can be gone back to */
    unsigned level;                    /* the machine looked at ... */
    unsigned hart;                     /* ... and which of its harts; while the guest runs, whose turn it is */

    bool running; /* between debugger_start() and its stop */
    struct stop stop;
    struct breakpoint *breakpoints, *internal;
    unsigned last_number, last_display;
    struct symbols *symbols; /* owned */
    struct classes *classes; /* owned (debug/classes.h) */
    struct display *displays;
    struct examine examine;
    struct listed listed;
    unsigned frame;              /* the selected one, 0: the innermost, as after every stop (debug/frames.h) */
    struct sources *sources;     /* owned (debug/source.h) */
    uint64_t told_line;          /* of the source, at the latest stop; of report.c */
    bool by_line;                /* the stop ends a step by source lines */
    struct variables *variables; /* owned: $name, value history (debug/variables.h) */
    struct insn_trace *tracing;  /* owned: every instruction (debug/insn_trace.h) */
    struct traplog *traplog;     /* owned: what trapped (debug/traplog.h) */
    struct executed executed;    /* the instruction before this stop, if it is known */

    /* Registers of isa->regs of the level, at the stop before and at this one. */
    uint64_t *before, *now; /* owned; [isa->reg_count] */
    bool has_before;
    unsigned shown; /* private: which hart's `now` is, while the guest runs */

    /* Output of commands. In JSON mode `json` has an object open that the command adds to; what it prints becomes "text". */
    FILE *out;         /* borrowed */
    struct json *json; /* NULL: text */
    unsigned syntax;   /* of the instruction set's, for disassembly */
    bool color;
    unsigned width; /* columns */

    struct repl *repl; /* the REPL's own; borrowed; NULL: none */
    bool remote;       /* the command at hand is a remote debugger's (debug/host_file.h) */

    /* Private to debugger*.c. */
    struct plan plan;
    uint64_t steps_left;
    struct expression *kept; /* owned: the condition of a run that goes on behind the prompt */
    volatile bool interrupted;
    bool stepped;     /* something must be looked at after each instruction */
    bool accessing;   /* the instruction at hand does a watched access */
    bool returning;   /* ... may change the mode to one that is waited for */
    bool by_trigger;  /* the plan's condition is looked at where an internal breakpoint is met */
    bool first;       /* nothing has run yet since the start */
    bool passes_port; /* ... and it has stopped for a port where so many instructions have retired: */
    uint64_t port_at;
    bool paused;      /* the latest stretch ended because somebody asked for a pause */
    bool trap_seen;   /* the system reported a delivered trap ... */
    struct trap seen; /* ... this one */
    va_t seen_pc;
    bool seen_mode;                  /* that changed the mode */
    uint64_t traps;                  /* reported so far, repeated ones among them */
    uint64_t traps_at, traps_course; /* the latest: at this count of instructions, on this course (debugger_traps_here()) */
    unsigned traps_here;             /* it was the how manieth there, from 1 */
};

/* Of a level, what carries hart n of the guest: its own machine, or one that carries others, too. */
struct machine *debugger_machine_of(const struct debugger *, unsigned level, unsigned hart);
static inline struct machine *debugger_guest(const struct debugger *d) { return debugger_machine_of(d, d->stack->depth, d->hart); }
static inline struct machine *debugger_machine(const struct debugger *d) { return debugger_machine_of(d, d->level, d->hart); }
static inline const struct isa *debugger_isa(const struct debugger *d) { return d->stack->level[0]->isa; }
/* What makes the bare guest virtual machines, for the end of a sentence: nothing where its instruction set has no monitor. */
static inline const char *debugger_vm_hint(const struct debugger *d) { return vmm_is_for(debugger_isa(d)) ? " (--depth 1)" : ""; }
static inline unsigned debugger_cell(const struct debugger *d) { return about_cell(debugger_isa(d)); } /* bytes at an address */
/* Where it stands; .hart: whose turn it is, who was stopped. */
static inline struct system_moment debugger_moment(const struct debugger *d) { return system_now(d->system); }
uint64_t debugger_retired(const struct debugger *); /* instructions of the guest since reset */
/* -EINVAL with the sentence: there is no such level. */
MUST_CHECK int debugger_set_level(struct debugger *, unsigned level, struct error *);
/* -EINVAL with the sentence: the guest has no such hart. */
MUST_CHECK int debugger_set_hart(struct debugger *, unsigned hart, struct error *);
const char *debugger_mode_name(const struct debugger *, uint64_t mode); /* "M", "S", "U"; of pg: "s", "u" */
const char *debugger_said_mode(const struct debugger *, uint64_t mode); /* "M-mode", "ring 0" */

/* --- Running */

void debugger_start(struct debugger *, const struct plan *);
/* Runs up to `limit` more instructions, or until a pause is asked for (system_pause). true: it has stopped, d->stop says why. */
bool debugger_slice(struct debugger *, uint64_t limit);
void debugger_run(struct debugger *, const struct plan *); /* start, and slices until it stops */
void debugger_interrupt(struct debugger *);                /* stop at the next opportunity; from a signal handler, too */
void debugger_step(struct debugger *, uint64_t count);
void debugger_continue(struct debugger *);
/* One instruction, but a call or a system call runs until it has returned: the plan for it, with what it needs in place. */
MUST_CHECK int debugger_plan_next(struct debugger *, struct plan *out, struct error *);
/* To where the retired count is this, forwards or, by checkpoints, backwards, past all breakpoints. -errno with the sentence: it
 * cannot be reached; d->stop says where the guest is. */
MUST_CHECK int debugger_goto(struct debugger *, uint64_t retired, struct error *);
/* A trap retires nothing, so there may be several places of one count: traps since the latest instruction retired tell them apart. */
unsigned debugger_traps_here(const struct debugger *);
/* To that place, which the guest has been at. */
MUST_CHECK int debugger_return(struct debugger *, uint64_t retired, unsigned traps, struct error *);
/* Backwards (debugger_back*.c), by going to a checkpoint and forwards again; d->stop says where and why, and d->before has the
 * registers of where it came from. What stops a guest between two instructions stops it there. A watchpoint, a trap and a change of
 * mode stop it before they happen; old_value is the later value. Conditions, ignore counts and hits count as forwards, counted from
 * now on into the past. Where nothing is kept from before it stops with that in d->stop.note. -errno with the sentence; then the
 * guest is where it was. */
MUST_CHECK int debugger_back_step(struct debugger *, uint64_t count, struct error *); /* as many as debugger_step() took */
/* One instruction; but a return, or that from a system call, is gone back over to its call. */
MUST_CHECK int debugger_back_next(struct debugger *, struct error *);
/* To the latest stop before now. behind: a watchpoint stops it behind the access, not before it. */
MUST_CHECK int debugger_back_continue(struct debugger *, bool behind, struct error *);
/* To the latest moment at which the condition held, past all breakpoints; where it holds now, to where it came to hold. */
MUST_CHECK int debugger_back_until(struct debugger *, const char *condition, struct error *);
/* Registers are looked at anew: whoever changed them calls this, so that they are not marked as changed by the guest. */
void debugger_refresh(struct debugger *);

/* --- Registers, by name as isa->regs has them ("a0", "x10", "sstatus"), and "fp", "privilege" as debuggers say. */

/* NULL: there is none. */
const struct reg_desc *debugger_register(const struct debugger *, const char *name);

/* --- Memory */

enum space {
    SPACE_VIRTUAL,  /* of the level's machine, in its mode; permissions do not stop a reader */
    SPACE_PHYSICAL, /* of the level's machine */
    SPACE_HOST,     /* physical of the machine below it; on the bare machine its own */
};

/* RAM only. -EFAULT with the sentence; then nothing was copied. */
MUST_CHECK int debugger_read(const struct debugger *, enum space, uint64_t at, void *to, size_t, struct error *);
MUST_CHECK int debugger_write(struct debugger *, enum space, uint64_t at, const void *from, size_t, struct error *);
/* The instruction at va of the level; 0: it cannot be fetched. Else its length. */
unsigned debugger_fetch(const struct debugger *, va_t, insn_t *bits);
bool debugger_bare_address(const struct debugger *, va_t, pa_t *);    /* where it lies in the bare machine; false: nowhere */
bool debugger_translated(const struct debugger *, va_t);              /* the engine has made machine code of the instruction there */
unsigned debugger_fetch_guest(struct debugger *, va_t, insn_t *bits); /* of the guest, whatever is looked at */

/* --- Expressions over the level's registers, memory, symbols and the monitor's variables */

MUST_CHECK int debugger_parse(struct debugger *, const char *text, const char **rest, struct expression **out, struct error *);
MUST_CHECK int debugger_evaluate(struct debugger *, const struct expression *, struct value *, struct error *);
MUST_CHECK int debugger_address_of(struct debugger *, const struct expression *, struct value *,
                                   struct error *); /* of one in memory */
/* Parses and evaluates all of the text. */
MUST_CHECK int debugger_value(struct debugger *, const char *text, struct value *, struct error *);
MUST_CHECK int debugger_count(struct debugger *, const char *text, uint64_t *count, struct error *); /* not negative */
/* An address: *EXPR, EXPR, symbol, symbol+offset. */
MUST_CHECK int debugger_location(struct debugger *, const char *text, uint64_t *address, struct error *);
/* The symbol that a name stands for where the machine is; NULL: none. */
const struct symbol *debugger_find_symbol(const struct debugger *, const char *name);
struct symbols_view debugger_view(const struct debugger *);
uint64_t debugger_symbol_address(const struct debugger *, const struct symbol *); /* as the guest names it now */
/* "<kernel_main+4>" for an address of the level, or "" */
const char *debugger_symbol(const struct debugger *, uint64_t address, char *text, size_t size);

#endif
