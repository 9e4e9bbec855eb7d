/* bodies.h - the language the bodies of instructions are written in. execute_*.h says once what an instruction does, in these
 * words; each file is compiled once for every machine that runs bodies:
 *
 *   RV_BODIES_FAST4, _FAST2  the hart's inner loop, for 4-byte and 2-byte encodings: does the common case and goes to the next record
 *                            itself. Whatever is unusual it leaves to its careful twin, before anything has changed.
 *   RV_BODIES_STEP           the careful twin: does everything, one record a call, knowing no records; the engine goes on from there.
 *   RV_BODIES_PART           parts of fused bodies (fused.c): as FAST, but inlined, and they say how they ended. Bodies without memory
 *                            other than LOAD_OR_LEAVE and STORE_OR_LEAVE, of the groups I, M and D.
 *   RV_BODIES_STENCIL        what the translator copies (native.c): as FAST, but operands are holes, and where it leaves stands open.
 *   RV_BODIES_CONTRACT       over machine_get(), machine_set() and a caller's memory: isa->interpret (interpret.c).
 *
 * A word that may leave the body says so in its name: RETURN_ always does, OR_LEAVE when it cannot do what it is for.
 *
 *   BODY(name) { ... RETURN_NEXT; }   RD RS1 RS2 RS3 RM: register numbers, rounding mode; IMM: the immediate, int64_t; PC; LEN
 *   X(r) WX(r, v)                     integer registers; writing RV_SINK, which stands for x0, goes nowhere
 *   LOAD_OR_LEAVE(bytes, va, v)       declares uint64_t v, zero-extended
 *   STORE_OR_LEAVE(bytes, va, v)
 *   AMO_OR_LEAVE(bytes, va, combine, operand, old)   declares uint64_t old, zero-extended; `combine` is a static inline function
 *   LOAD_RESERVED_OR_LEAVE(bytes, va, v)   STORE_CONDITIONAL_OR_LEAVE(bytes, va, v, done)   declares bool done
 *   RETURN_NEXT  RETURN_JUMP(target)  RETURN_BRANCH_IF(condition)  RETURN_JUMP_BY_IMM   end the body
 *   LEAVE_UNLESS_FP_ON                mstatus.FS may be Off: the first word of every FP body
 *   F(r) WF(r, v)                     raw 64-bit FP registers; a write makes FS Dirty
 *   FP_IS_PLAIN  WF_PLAIN(r, v)       may the host do it (sf_fast.h), with nothing to write but the result? Then that is written
 *   ROUNDING_OR_LEAVE(rm)             declares unsigned rm, 0..4, from RM and frm; it may be reserved
 *   FFLAGS  ACCRUE_OR_LEAVE(flags)    accrued exception flags; to raise some makes FS Dirty
 *   RETURN_ILLEGAL(reason)            an illegal-instruction trap
 *
 * A body must not let the address of a local escape (no &local to a function that is not inlined): gcc would not make its last
 * call a jump, and the inner loop would eat the stack. Helpers that need memory are noinline functions that return values.
 * Bodies of the system group (execute_system.h) exist as RV_BODIES_STEP alone and may use `h`; they have also
 *   RETURN_RAISED(reason, cause, tval)   leaves with an exception    RETURN_WAITING   retires, and run() returns TRAP_WAIT
 */
#ifndef TRAPEZE_ISA_RISCV_BODIES_H
#define TRAPEZE_ISA_RISCV_BODIES_H

#include "isa/riscv/operands.h"
#include "isa/riscv/state.h"

enum { FS_MASK = 3 << MSTATUS_FS, FS_DIRTY = 3 << MSTATUS_FS };

/* What every variant reads the same way: the record `i`. */
#define RD (i->rd)
#define RS1 (i->rs1)
#define RS2 (i->rs2)
#define IMM ((int64_t)i->imm)
#define AUX (i->aux)
#define RM ((unsigned)(i->aux & 7))
#define RS3 ((unsigned)(i->aux >> 3))

/* 32-bit results are sign-extended [unpriv 4.2]. */
static inline uint64_t sext32(uint64_t v) { return (uint64_t)(int64_t)(int32_t)(uint32_t)v; }

#if defined(RV_BODIES_CONTRACT)
#include "isa/riscv/bodies_contract.h"
#elif defined(RV_BODIES_STEP)
#include "isa/riscv/bodies_step.h"
#elif defined(RV_BODIES_PART)
#include "isa/riscv/bodies_part.h"
#elif defined(RV_BODIES_STENCIL)
#include "isa/riscv/bodies_stencil.h"
#elif defined(RV_BODIES_FAST4) || defined(RV_BODIES_FAST2)
#include "isa/riscv/bodies_fast.h"
#else
#error "bodies.h: say which machine the bodies are compiled for"
#endif

#endif
