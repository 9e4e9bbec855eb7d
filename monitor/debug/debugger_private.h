/* debugger_private.h - what debugger*.c and breakpoints.c share. */
#ifndef TRAPEZE_MONITOR_DEBUG_DEBUGGER_PRIVATE_H
#define TRAPEZE_MONITOR_DEBUG_DEBUGGER_PRIVATE_H

#include "monitor/debug/debugger.h"

/* Whose turn it is is looked at. */
static inline void debugger_follow(struct debugger *d) { d->hart = debugger_moment(d).hart; }

bool debugger_saw_trap(void *debugger, const struct trap *, va_t pc);        /* struct system_watch */
uint64_t debugger_mode_before(const struct debugger *, const struct trap *); /* in which a trap was taken that was just delivered */

/* debugger_names.c, for expressions (struct expression_context) */
MUST_CHECK int debugger_find_name(void *debugger, const char *name, bool is_dollar, struct named *, struct error *);

/* debugger_run.c */
/* Where so many instructions have retired, by way of a checkpoint, past all breakpoints. d->past is there. */
MUST_CHECK int debugger_seek(struct debugger *, uint64_t retired, struct error *);

/* debugger_back_place.c */
/* The past from a checkpoint at `from` on runs again, to here. Nothing is different afterwards but what was seen of it. */
MUST_CHECK int debugger_relive(struct debugger *, uint64_t from, struct error *);

/* debugger_plan.c */
bool debugger_is_call(const struct machine *, insn_t bits); /* a system call is one, too */

bool debugger_saw_exit(struct debugger *, unsigned level, unsigned hart,
                       const struct vm_event *); /* of whoever observes D. true: it will stop */

/* breakpoint_trigger.c */
int breakpoint_arm(struct debugger *, struct breakpoint *, struct error *); /* -ENOSPC, -EINVAL with the sentence */
void breakpoint_disarm(struct debugger *, struct breakpoint *);
bool breakpoint_by_opcode(const struct breakpoint *);
bool breakpoints_want_mode(const struct debugger *, unsigned mode); /* somebody waits until it becomes the mode */
bool breakpoints_want_step(struct debugger *); /* the next instruction may do that: what it does is to be looked at */
bool exit_is_wanted(const struct exit_wish *, unsigned level, const struct vm_event *);

/* breakpoints.c. Those that look for breakpoints return the first that stops the guest, or NULL; all that are met count a hit. */
bool breakpoints_stepped(const struct debugger *); /* some are on, and no trigger serves them */
bool breakpoint_is_watch(const struct breakpoint *);
bool breakpoint_stops(struct debugger *, struct breakpoint *);           /* its condition holds and it need not be ignored */
uint64_t breakpoint_value(struct debugger *, const struct breakpoint *); /* what a watchpoint watches: its first bytes */
void breakpoints_forget_internal(struct debugger *);
/* The instructions that may change the mode are met until the next stop. -ENOSPC with the sentence. */
MUST_CHECK int debugger_break_mode(struct debugger *, unsigned mode, struct error *);
struct breakpoint *breakpoints_at(struct debugger *, va_t pc);
struct breakpoint *breakpoints_of_slot(struct debugger *, unsigned slot); /* whose trigger that is; nothing is counted */
struct breakpoint *breakpoints_of_trap(struct debugger *, const struct trap *);
struct breakpoint *breakpoints_of_instruction(struct debugger *);         /* CSR and class of the next one */
struct breakpoint *breakpoints_of_mode(struct debugger *, unsigned mode); /* it has just become the mode */
struct breakpoint *breakpoints_of_exit(struct debugger *, unsigned level, const struct vm_event *);
struct breakpoint *breakpoints_of_access(struct debugger *, struct stop *); /* that were pending: their access is done */
struct breakpoint *breakpoints_of_expression(struct debugger *, struct stop *);

#endif
