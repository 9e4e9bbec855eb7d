/* frames.h - who called whom. By the frame tables of the symbol files where they are, else by the frame pointer, which names two words
 * with the return address and the caller's, as the instruction set's convention has them (struct about_calls); in the first instructions of a
 * function, before it is made, the return address is where the call put it: in the link register, or on the stack. */
#ifndef TRAPEZE_MONITOR_DEBUG_FRAMES_H
#define TRAPEZE_MONITOR_DEBUG_FRAMES_H

#include "monitor/debug/debugger.h"

/* Registers that are not known, as of a caller those that its callee may use freely, have no bit in regs.known: a
 * variable in one of them is "optimized out". `level` counts calls that were made, `inlined` those that were not. */
struct frame {
    struct frame_registers regs;
    unsigned level;   /* 0: the innermost; how many calls lie between */
    unsigned inlined; /* of the calls that were inlined where its pc is, so many are left behind */
    bool by_tables;   /* how it was found */
};

void frame_innermost(const struct debugger *, struct frame *);
bool frame_caller(const struct debugger *, const struct frame *, struct frame *caller); /* false: it is the outermost known */
/* With functions that were inlined: the next frame out; the one of that number; the selected one. */
bool frame_outer(const struct debugger *, const struct frame *, struct frame *outer);
bool frame_numbered(const struct debugger *, unsigned number, struct frame *);
void frame_selected(const struct debugger *, struct frame *);
bool frame_cfa(const struct debugger *, const struct frame *, uint64_t *cfa);         /* the stack pointer before its call */
bool frame_line(const struct debugger *, const struct frame *, struct source_line *); /* the line it is at */

#endif
