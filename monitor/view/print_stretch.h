/* print_stretch.h - `disassemble /n`: machine code of the host beside the instructions that it was made of. */
#ifndef TRAPEZE_MONITOR_VIEW_PRINT_STRETCH_H
#define TRAPEZE_MONITOR_VIEW_PRINT_STRETCH_H

#include "monitor/repl/command.h"

/* The stretch at an address, of which it shows all; with a count behind the slash so many instructions from the address on.
 * -errno with the sentence: nothing is translated there, or nobody prints such machine code. */
MUST_CHECK int print_stretch(struct debugger *, const struct repl_args *, struct error *);

#endif
