/* go.h - from body to body: to the next record, and along jumps. For functions with h, i and left, in tail position. */
#ifndef TRAPEZE_ISA_RISCV_GO_H
#define TRAPEZE_ISA_RISCV_GO_H

#include "isa/riscv/record.h"
#include "isa/riscv/tail.h"

body_fn rv_jump_far;      /* the branch or jal at `i` is taken and leaves the page */
body_fn rv_body_page_end; /* behind the last record of a page: to the next page */

/* A jump to anywhere: to the decoded page when the fetch TLB knows it. */
#define RETURN_GO_TO(target)                                                                                                          \
    do {                                                                                                                              \
        uint64_t to_ = (target);                                                                                                      \
        left -= 1;                                                                                                                    \
        const struct tlb_entry *e_ = &h->fetch->fetch[tlb_fetch_slot(to_)];                                                           \
        if (UNLIKELY(e_->tag != (to_ & PAGE_MASK) || left < HART_SLICE)) {                                                            \
            h->pc = to_;                                                                                                              \
            h->here = NULL;                                                                                                           \
            h->left = left;                                                                                                           \
            return BODY_NEXT;                                                                                                         \
        }                                                                                                                             \
        h->here = (void *)e_->addend;                                                                                                 \
        h->here_va = to_ & PAGE_MASK;                                                                                                 \
        i = &code_of(h)->record[(to_ & ~PAGE_MASK) / 2];                                                                              \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    } while (0)
/* By the immediate; the decoder has set AUX when the target lies in the same page. */
#define RETURN_GO_BY_IMM                                                                                                              \
    do {                                                                                                                              \
        if (UNLIKELY(!i->aux))                                                                                                        \
            RETURN_CALL(rv_jump_far(h, i, left));                                                                                     \
        RETURN_GO_NEAR;                                                                                                               \
    } while (0)
#define RETURN_GO_NEAR                                                                                                                \
    do {                                                                                                                              \
        i = (const void *)((const char *)i + (int64_t)i->imm * (int64_t)(sizeof(struct rv_insn) / 2));                                \
        left -= 1;                                                                                                                    \
        if (UNLIKELY(left < HART_SLICE)) {                                                                                            \
            h->next = i;                                                                                                              \
            h->left = left;                                                                                                           \
            return BODY_NEXT;                                                                                                         \
        }                                                                                                                             \
        RETURN_GO_ON(h, i, left);                                                                                                     \
    } while (0)

#endif
