/* execute_x87.h - what the bodies of the floating-point unit's instructions share; private to execute_x87*.c. */
#ifndef TRAPEZE_ISA_IA32_EXECUTE_X87_H
#define TRAPEZE_ISA_IA32_EXECUTE_X87_H

#include "isa/ia32/cpu.h"

#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) body
#define ONE(name) ia_body ia_body_##name;
#include "isa/ia32/insn_x87.def"
#undef INSN
#undef ONE

#define BODY(name) bool ia_body_##name(struct ia_cpu *c, const ia_insn *i)

/* May the unit be used at all? #NM. */
MUST_CHECK static inline bool x87_available(struct ia_cpu *c)
{
    return c->cr0 & (CR0_EM | CR0_TS) ? ia_raise(c, IA_NM, REASON_RESOURCE, false, 0, 0) : true;
}
/* What an exception that an earlier instruction left does to one that waits: #MF; or, with NE clear, FERR#, and the instruction is held
 * until an interrupt comes, or IGNNE# lets it pass. false: c->trap. */
MUST_CHECK bool x87_passes(struct ia_cpu *);
/* Tells the board when an instruction ended the error. */
void x87_answered(struct ia_cpu *, bool was_error);

/* Notes the instruction, and its operand in memory, for the handler of an exception. */
void x87_note(struct ia_cpu *, const ia_insn *);

/* The first and the last step of a body: it may begin, and it is done. */
#define X87_BEGIN_OR_LEAVE                                                                                                            \
    if (!x87_available(c))                                                                                                            \
        return false;                                                                                                                 \
    X87_WAIT_OR_LEAVE
/* For an error that is pending. */
#define X87_WAIT_OR_LEAVE                                                                                                             \
    if (c->fpu.status & X87_ES && !x87_passes(c))                                                                                     \
        return false;                                                                                                                 \
    (void)0
#define RETURN_X87_DONE                                                                                                               \
    x87_note(c, i);                                                                                                                   \
    return true

/* A body that is one operation on the stack. */
#define STACK_BODY(name, ...)                                                                                                         \
    BODY(name)                                                                                                                        \
    {                                                                                                                                 \
        X87_BEGIN_OR_LEAVE;                                                                                                           \
        __VA_ARGS__;                                                                                                                  \
        RETURN_X87_DONE;                                                                                                              \
    }

/* An operand of memory, as the operation finds it. */
typedef struct x87_ext x87_from_fn(struct x87_op *, uint64_t bits);
struct x87_ext x87_read_m32(struct x87_op *, uint64_t bits);
struct x87_ext x87_read_m64(struct x87_op *, uint64_t bits);
struct x87_ext x87_read_i16(struct x87_op *, uint64_t bits);
struct x87_ext x87_read_i32(struct x87_op *, uint64_t bits);
struct x87_ext x87_read_i64(struct x87_op *, uint64_t bits);

#endif
