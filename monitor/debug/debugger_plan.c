/* debugger_plan.c - what a run is to do so that a call counts as one instruction. */
#include "monitor/debug/debugger_private.h"

bool debugger_is_call(const struct machine *m, insn_t bits)
{
    enum about_flow f = about_flow(m, bits);
    return f == FLOW_CALL || f == FLOW_SYSTEM_CALL;
}

/* A call runs to the instruction behind it: an internal breakpoint there, guarded by mode and stack pointer, in place of
 * a count of steps. */
int debugger_plan_next(struct debugger *d, struct plan *out, struct error *e)
{
    const struct machine *m = debugger_guest(d);
    insn_t bits;
    uint64_t pc = about_pc(m);
    unsigned length = debugger_fetch_guest(d, pc, &bits);
    *out = (struct plan){.steps = 1};
    if (!length || !debugger_is_call(m, bits))
        return 0;
    out->steps = 0;
    return debugger_break_internal(d, pc + length, true, e);
}
