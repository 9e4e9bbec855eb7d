/* execute_fp.h - the shapes that the bodies of F and D come in, for one format: the includer defines
 *
 *   FORMAT   sf32 or sf64: the prefix of its functions      WORD   the type of its bits
 *   GET(r)   the format's number in FP register r           BOX(bits)   as a register holds it
 *
 * Private to execute_f.h and execute_d.h. Arithmetic asks the host's FPU first (sf_fast.h) and goes SOFTLY where that declines: in a
 * function of its own, so that the common case saves no registers for a call that it does not make.
 */
#include "isa/riscv/bodies.h"
#include "isa/riscv/sf_fast.h"
#include "isa/riscv/softfloat.h"
#include "isa/riscv/tail.h"

#define SF_PASTE(format, name) format##_##name
#define SF_EXPAND(format, name) SF_PASTE(format, name)
#define SF(name) SF_EXPAND(FORMAT, name)
#define PUT(r, bits) WF(r, BOX(bits))

/* Writes flags and result; a body that has come here traps no more. */
#define RETURN_FINISHED(result, write)                                                                                                \
    do {                                                                                                                              \
        struct sf_result done_ = (result);                                                                                            \
        ACCRUE_OR_LEAVE(done_.flags);                                                                                                 \
        write(RD, done_.bits);                                                                                                        \
        RETURN_NEXT;                                                                                                                  \
    } while (0)

#if defined(RV_BODIES_CONTRACT)
#define SOFTLY(row) __attribute__((noinline)) static enum body_result soft_##row(struct over *o, const struct rv_operands *i)
#define RETURN_SOFTLY(row) return soft_##row(o, i)
#elif defined(RV_BODIES_PART) || defined(RV_BODIES_STENCIL)
#define SOFTLY(row) BODY(soft_##row) /* never used */
#define RETURN_SOFTLY(row) RETURN_ALONE
#elif defined(RV_BODIES_STEP)
#define SOFTLY(row) __attribute__((noinline)) static enum body_result soft_##row(struct hart *h, const struct rv_operands *i)
#define RETURN_SOFTLY(row) return soft_##row(h, i)
#else
#define SOFTLY(row)                                                                                                                   \
    __attribute__((noinline)) static enum body_result soft_##row(struct hart *h, const struct rv_insn *i, uint64_t left)
#define RETURN_SOFTLY(row) RETURN_CALL(soft_##row(h, i, left))
#endif

/* rd = op(operands), rounded; fast_op and soft_op are the two ways to do it; exact: where the first declines, whether `zero` is it */
#define ROUNDED(row, fast_op, exact, soft_op, ...)                                                                                    \
    SOFTLY(row)                                                                                                                       \
    {                                                                                                                                 \
        WORD zero = 0;                                                                                                                \
        if (FP_IS_PLAIN && (exact)) {                                                                                                 \
            WF_PLAIN(RD, BOX(zero));                                                                                                  \
            RETURN_NEXT;                                                                                                              \
        }                                                                                                                             \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        ROUNDING_OR_LEAVE(rm);                                                                                                        \
        RETURN_FINISHED(soft_op(__VA_ARGS__, rm), PUT);                                                                               \
    }                                                                                                                                 \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        WORD result;                                                                                                                  \
        if (LIKELY(FP_IS_PLAIN && fast_op(__VA_ARGS__, &result))) {                                                                   \
            WF_PLAIN(RD, BOX(result));                                                                                                \
            RETURN_NEXT;                                                                                                              \
        }                                                                                                                             \
        RETURN_SOFTLY(row);                                                                                                           \
    }

#define SUM(row, op) ROUNDED(row, SF(fast_##op), false, SF(op), GET(RS1), GET(RS2))
#define PRODUCT(row, op) ROUNDED(row, SF(fast_##op), SF(exact_##op)(GET(RS1), GET(RS2), &zero), SF(op), GET(RS1), GET(RS2))
#define SQUARE_ROOT(row) ROUNDED(row, SF(fast_sqrt), false, SF(sqrt), GET(RS1))
/* rd = (rs1 * rs2, its sign turned by `product`) + (rs3, its sign turned by `addend`) [unpriv 20.6] */
#define MULTIPLY_ADD(row, product, addend)                                                                                            \
    ROUNDED(row, SF(fast_fma), false, SF(fma), GET(RS1) ^ (product), GET(RS2), GET(RS3) ^ (addend))

/* rd = one of rs1 and rs2 */
#define SELECTION(row, op)                                                                                                            \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        RETURN_FINISHED(SF(op)(GET(RS1), GET(RS2)), PUT);                                                                             \
    }

/* rd = whether rs1 and rs2 are so ordered; the host is asked unless one is a NaN */
#define COMPARISON(row, op)                                                                                                           \
    SOFTLY(row) { RETURN_FINISHED(SF(op)(GET(RS1), GET(RS2)), WX); }                                                                  \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        uint64_t result;                                                                                                              \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        if (LIKELY(SF(fast_##op)(GET(RS1), GET(RS2), &result))) {                                                                     \
            WX(RD, result);                                                                                                           \
            RETURN_NEXT;                                                                                                              \
        }                                                                                                                             \
        RETURN_SOFTLY(row);                                                                                                           \
    }

/* rd = op(rs1), rounded; read and write say from what and to what */
#define CONVERSION(row, function, read, write)                                                                                        \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        ROUNDING_OR_LEAVE(rm);                                                                                                        \
        RETURN_FINISHED(function(read(RS1), rm), write);                                                                              \
    }

/* rd = rs1 with the sign that `sign` gives, of b = rs2 and a = rs1 */
#define SIGN_INJECTION(row, sign)                                                                                                     \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        WORD a = GET(RS1), b = GET(RS2);                                                                                              \
        PUT(RD, SF(sgnj)(a, sign));                                                                                                   \
        RETURN_NEXT;                                                                                                                  \
    }

#define CLASSIFICATION(row)                                                                                                           \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        WX(RD, SF(classify)(GET(RS1)));                                                                                               \
        RETURN_NEXT;                                                                                                                  \
    }

/* Loads, stores and moves carry bits, whatever they mean: nothing is unboxed [unpriv 21.2]. */
#define FP_LOAD(row, bytes, wrap)                                                                                                     \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        LOAD_OR_LEAVE(bytes, X(RS1) + (uint64_t)IMM, bits);                                                                           \
        WF(RD, wrap(bits));                                                                                                           \
        RETURN_NEXT;                                                                                                                  \
    }

#define FP_STORE(row, bytes)                                                                                                          \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        STORE_OR_LEAVE(bytes, X(RS1) + (uint64_t)IMM, F(RS2));                                                                        \
        RETURN_NEXT;                                                                                                                  \
    }

#define MOVE_TO_X(row, wrap)                                                                                                          \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        WX(RD, wrap(F(RS1)));                                                                                                         \
        RETURN_NEXT;                                                                                                                  \
    }

#define MOVE_FROM_X(row, wrap)                                                                                                        \
    BODY(row)                                                                                                                         \
    {                                                                                                                                 \
        LEAVE_UNLESS_FP_ON;                                                                                                           \
        WF(RD, wrap(X(RS1)));                                                                                                         \
        RETURN_NEXT;                                                                                                                  \
    }
