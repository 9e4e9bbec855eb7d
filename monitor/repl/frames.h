/* frames.h - who called whom. By the frame tables of the symbol files where they are, else by the frame pointer: s0 points
 * behind the two words that hold the return address and the caller's s0, as the psABI's frame record has them; the first
 * instructions of a function, before it is made, are read from ra. */
#ifndef TRAPEZE_MONITOR_REPL_FRAMES_H
#define TRAPEZE_MONITOR_REPL_FRAMES_H

#include "monitor/repl/debugger.h"

struct frame {
    struct frame_registers regs;
    unsigned level; /* 0: the innermost */
    bool by_tables; /* how it was found */
};

void frame_innermost(const struct debugger *, struct frame *);
bool frame_caller(const struct debugger *, const struct frame *, struct frame *caller); /* false: it is the outermost known */

#endif
