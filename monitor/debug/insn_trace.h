/* insn_trace.h - every instruction that the guest executes, a line each: `trace`. The format is in trapeze-monitor(1), and stays.
 *
 * While it is on the guest is stepped. What is run through again on the way back and forth is not written twice.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_INSN_TRACE_H
#define TRAPEZE_MONITOR_DEBUG_INSN_TRACE_H

#include "monitor/debug/debugger.h"

struct insn_trace;

MUST_CHECK int insn_trace_create(struct insn_trace **, struct debugger * /* borrowed */); /* -ENOMEM */
void insn_trace_destroy(struct insn_trace *);                                             /* a file that is open is made whole */

bool insn_trace_wants(const struct insn_trace *);                       /* the next instruction */
uint64_t insn_trace_stretch(const struct insn_trace *, uint64_t limit); /* that one alone; or up to where it begins to want them */
/* Around it. `taken`: the trap that was delivered instead; NULL: none. */
void insn_trace_before(struct insn_trace *);
void insn_trace_after(struct insn_trace *, const struct trap *taken);

/* From now on, into a file (of the host, as commands name them), or with "" where commands print. -errno with the sentence: it is off. */
MUST_CHECK int insn_trace_on(struct insn_trace *, const char *file, struct error *);
MUST_CHECK int insn_trace_off(struct insn_trace *,
                              struct error *); /* the file is whole, or it is as it was: -errno with the sentence */
bool insn_trace_is_on(const struct insn_trace *);
const char *insn_trace_failed(const struct insn_trace *); /* why it has ended by itself since it was turned on; "": it has not */

#endif
