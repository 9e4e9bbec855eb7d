/* bodies_fast.h - the inner loop's bodies: small functions in tail position. What is not the common case starts over in the
 * careful twin. `left` counts down unseen; only taken branches, jumps and page ends look at it, which is enough because the outer
 * loop keeps HART_SLICE instructions in hand. Included by bodies.h. */
#ifndef TRAPEZE_ISA_RISCV_BODIES_FAST_H
#define TRAPEZE_ISA_RISCV_BODIES_FAST_H

#include "isa/riscv/tail.h"

#ifdef RV_BODIES_FAST4
enum { LEN = 4 };
#define BODY_NAME(name) rv_fast4_##name
#else
enum { LEN = 2 };
#define BODY_NAME(name) rv_fast2_##name
#endif
#define BODY(name) enum body_result BODY_NAME(name)(struct hart * h, const struct rv_insn *i, uint64_t left)
#define INSN(name, ext, encoding, format, traps, sensitive, manual) body_fn BODY_NAME(name);
#include "isa/riscv/insn.def"
#undef INSN

#define PC hart_pc_of(h, i)
#define X(r) (h->x[r])
#define WX(r, v) ((void)(h->x[r] = (v)))
#define CAREFULLY TAIL_CALL(rv_careful(h, i, left))

#define NEXT                                                                                                                          \
    do {                                                                                                                              \
        i += LEN / 2;                                                                                                                 \
        left -= 1;                                                                                                                    \
        GO_ON(h, i, left);                                                                                                            \
    } while (0)
/* A jump to anywhere: to the decoded page when the fetch TLB knows it. */
#define JUMP(target)                                                                                                                  \
    do {                                                                                                                              \
        uint64_t to_ = (target);                                                                                                      \
        left -= 1;                                                                                                                    \
        const struct tlb_entry *e_ = &h->fetch->fetch[tlb_fetch_slot(to_)];                                                           \
        if (UNLIKELY(e_->tag != (to_ & PAGE_MASK) || left < HART_SLICE)) {                                                            \
            h->pc = to_;                                                                                                              \
            h->code = NULL;                                                                                                           \
            h->left = left;                                                                                                           \
            return BODY_NEXT;                                                                                                         \
        }                                                                                                                             \
        h->code = (struct code_page *)e_->addend;                                                                                     \
        h->code_va = to_ & PAGE_MASK;                                                                                                 \
        i = &h->code->record[(to_ & ~PAGE_MASK) / 2];                                                                                 \
        GO_ON(h, i, left);                                                                                                            \
    } while (0)
/* By the immediate; the decoder has set AUX when the target lies in the same page. */
#define JUMP_BY_IMM                                                                                                                   \
    do {                                                                                                                              \
        if (UNLIKELY(!AUX))                                                                                                           \
            TAIL_CALL(rv_jump_far(h, i, left));                                                                                       \
        i = (const struct rv_insn *)(const void *)((const char *)i + IMM * (int64_t)(sizeof(struct rv_insn) / 2));                    \
        left -= 1;                                                                                                                    \
        if (UNLIKELY(left < HART_SLICE)) {                                                                                            \
            h->next = i;                                                                                                              \
            h->left = left;                                                                                                           \
            return BODY_NEXT;                                                                                                         \
        }                                                                                                                             \
        GO_ON(h, i, left);                                                                                                            \
    } while (0)
#define BRANCH_IF(condition)                                                                                                          \
    do {                                                                                                                              \
        if (condition)                                                                                                                \
            JUMP_BY_IMM;                                                                                                              \
        NEXT;                                                                                                                         \
    } while (0)

/* Fixed-size host accesses; RISC-V memory and hosts are little-endian alike. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory is read as host words");
#define HOST_WORD(bits)                                                                                                               \
    static inline uint64_t host_load_##bits(uintptr_t at)                                                                             \
    {                                                                                                                                 \
        uint##bits##_t v;                                                                                                             \
        __builtin_memcpy(&v, (const void *)at, sizeof v);                                                                             \
        return v;                                                                                                                     \
    }                                                                                                                                 \
    static inline void host_store_##bits(uintptr_t at, uint64_t x)                                                                    \
    {                                                                                                                                 \
        uint##bits##_t v = (uint##bits##_t)x;                                                                                         \
        __builtin_memcpy((void *)at, &v, sizeof v);                                                                                   \
    }
HOST_WORD(8)
HOST_WORD(16)
HOST_WORD(32)
HOST_WORD(64)
static inline uint64_t host_load(uintptr_t at, unsigned bytes)
{
    return bytes == 1 ? host_load_8(at) : bytes == 2 ? host_load_16(at) : bytes == 4 ? host_load_32(at) : host_load_64(at);
}
static inline void host_store(uintptr_t at, unsigned bytes, uint64_t v)
{
    if (bytes == 1)
        host_store_8(at, v);
    else if (bytes == 2)
        host_store_16(at, v);
    else if (bytes == 4)
        host_store_32(at, v);
    else
        host_store_64(at, v);
}

#define TLB_MISSES(entry, va, bytes) UNLIKELY((entry)->tag != ((va) & (PAGE_MASK | ((bytes)-1))))
#define LOAD(bytes, va, v)                                                                                                            \
    const uint64_t v##_va = (va);                                                                                                     \
    const struct tlb_entry *v##_entry = &h->data->read[tlb_slot(v##_va)];                                                             \
    if (TLB_MISSES(v##_entry, v##_va, bytes))                                                                                         \
        CAREFULLY;                                                                                                                    \
    const uint64_t v = host_load((uintptr_t)v##_va + v##_entry->addend, bytes)
#define STORE(bytes, va, v)                                                                                                           \
    do {                                                                                                                              \
        const uint64_t va_ = (va);                                                                                                    \
        const struct tlb_entry *e_ = &h->data->write[tlb_slot(va_)];                                                                  \
        if (TLB_MISSES(e_, va_, bytes))                                                                                               \
            CAREFULLY;                                                                                                                \
        host_store((uintptr_t)va_ + e_->addend, bytes, v);                                                                            \
    } while (0)
#define AMO(bytes, va, combine, operand, old)                                                                                         \
    const uint64_t old##_va = (va);                                                                                                   \
    const struct tlb_entry *old##_entry = &h->data->write[tlb_slot(old##_va)];                                                        \
    if (TLB_MISSES(old##_entry, old##_va, bytes))                                                                                     \
        CAREFULLY;                                                                                                                    \
    const uint64_t old = host_load((uintptr_t)old##_va + old##_entry->addend, bytes);                                                 \
    host_store((uintptr_t)old##_va + old##_entry->addend, bytes, combine(old, operand, bytes))

/* LR and SC live in the careful bodies. */
#define LOAD_RESERVED(bytes, va, v)                                                                                                   \
    const uint64_t v = (va);                                                                                                          \
    CAREFULLY
#define STORE_CONDITIONAL(bytes, va, v, done)                                                                                         \
    const bool done = (va) == (v);                                                                                                    \
    CAREFULLY

#define ILLEGAL(reason) CAREFULLY
#define FP_ON                                                                                                                         \
    do {                                                                                                                              \
        if (UNLIKELY(!(h->mstatus & FS_MASK)))                                                                                        \
            CAREFULLY;                                                                                                                \
    } while (0)
#define F(r) (h->f[r])
#define WF(r, v)                                                                                                                      \
    do {                                                                                                                              \
        h->f[r] = (v);                                                                                                                \
        h->mstatus |= FS_DIRTY;                                                                                                       \
    } while (0)
#define ROUNDING(rm)                                                                                                                  \
    unsigned rm = RM == 7 ? h->frm : RM;                                                                                              \
    if (UNLIKELY(rm > 4))                                                                                                             \
    CAREFULLY
#define FFLAGS (h->fflags)
#define ACCRUE(flags)                                                                                                                 \
    do {                                                                                                                              \
        unsigned raised_ = (flags);                                                                                                   \
        if (raised_) {                                                                                                                \
            h->fflags = (uint8_t)(h->fflags | raised_);                                                                               \
            h->mstatus |= FS_DIRTY;                                                                                                   \
        }                                                                                                                             \
    } while (0)

#endif
