/* bodies_fast.h - the inner loop's bodies: small functions in tail position. What is not the common case starts over in the
 * careful twin. `left` counts down unseen; only taken branches, jumps and page ends look at it, which is enough because the outer
 * loop keeps HART_SLICE instructions in hand. Included by bodies.h. */
#ifndef TRAPEZE_ISA_RISCV_BODIES_FAST_H
#define TRAPEZE_ISA_RISCV_BODIES_FAST_H

#include "isa/riscv/bodies_host.h"
#include "isa/riscv/go.h"
#include "isa/riscv/miss.h"

#ifdef RV_BODIES_FAST4
enum { LEN = 4 };
#define BODY_NAME(name) rv_fast4_##name
#else
enum { LEN = 2 };
#define BODY_NAME(name) rv_fast2_##name
#endif
#define BODY(name) enum body_result BODY_NAME(name)(struct hart * h, const struct rv_insn *i, uint64_t left)
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) body_fn BODY_NAME(name);
#include "isa/riscv/insn.def"
#undef INSN

#define PC hart_pc_of(h, i)
#define X(r) (h->x[r])
#define WX(r, v) ((void)(h->x[r] = (v)))
#define RETURN_CAREFULLY RETURN_CALL(rv_careful(h, i, left))

/* A page has a record for each halfword, hence an instruction of four bytes steps over two. */
#define RETURN_NEXT                                                                                                                   \
    do {                                                                                                                              \
        i += LEN / 2;                                                                                                                 \
        left -= 1;                                                                                                                    \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    } while (0)
#define RETURN_JUMP(target) RETURN_GO_TO(target)
#define RETURN_JUMP_BY_IMM RETURN_GO_BY_IMM
#define RETURN_BRANCH_IF(condition)                                                                                                   \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            RETURN_JUMP_BY_IMM;                                                                                                       \
        RETURN_NEXT;                                                                                                                  \
    } while (0)

#define RETURN_ILLEGAL(reason) RETURN_CAREFULLY
#define F(r) (h->f[r])
#define WF(r, v) ((void)(h->f[r] = (v)))
#define ROUNDING_OR_LEAVE(rm)                                                                                                         \
    unsigned rm = RM == 7 ? h->frm : RM;                                                                                              \
    if (UNLIKELY(rm > 4))                                                                                                             \
    RETURN_CAREFULLY
#define ACCRUE_OR_LEAVE(flags)                                                                                                        \
    do {                                                                                                                              \
        unsigned raised_ = (flags);                                                                                                   \
        if (raised_)                                                                                                                  \
            h->fflags = (uint8_t)(h->fflags | raised_);                                                                               \
    } while (0)

#endif
