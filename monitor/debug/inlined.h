/* inlined.h - calls that the compiler has inlined, by its description (DWARF): at a pc stand the function itself and, inside it, those
 * whose code is there in place of a call. Of a return address, pc is one less: the call may end its function.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_INLINED_H
#define TRAPEZE_MONITOR_DEBUG_INLINED_H

#include "monitor/debug/debugger.h"

/* How many calls were inlined where pc is. */
unsigned inlined_calls(const struct debugger *, uint64_t pc);
/* Is what stands at pc of a call that was inlined into the function, the innermost one, of `outer`? */
bool inlined_into(const struct debugger *, uint64_t pc, uint64_t outer);
/* Of the inlined functions at pc the nth, 0 the innermost: where it was called. false: it was not inlined. */
bool inlined_call_line(const struct debugger *, uint64_t pc, unsigned nth, struct source_line *);

#endif
