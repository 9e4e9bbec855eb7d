/* raise.c - the trap that an instruction leaves. The run loop adds what it knows of the instruction. */
#include "isa/ia32/cpu.h"

void ia_trap_set(struct ia_cpu *c, unsigned vector, enum trap_reason reason, bool has_error, uint32_t error, uint64_t tval)
{
    c->trap = (struct trap){
        .kind = TRAP_EXCEPTION, .reason = reason, .row = INSN_NONE, .cause = vector, .error = has_error ? error : 0, .tval = tval};
}
