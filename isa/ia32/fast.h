/* fast.h - the fast bodies: small functions in tail position, of dense records in straight runs, for code whose segments are flat.
 *
 * A fast body does the common case of an instruction, or of each of a sequence (fast_sequence.h). What is not that it leaves, before the
 * instruction has changed anything, to ia_fast_any(), which has the instruction's own body do it: a fault, a device, whatever has no fast body. A page that the TLB does not know is looked up by
 * ia_fast_read_missed() and ia_fast_write_missed(): that there is none is the one fault that is decided here, too.
 *
 * EIP is not kept up: it is the record's place. Nor is the count of instructions: `end` is where the records would end if each of the
 * instructions left stood behind this one, so that going to the next record counts by itself; only jumps move `end` along.
 *
 *   left = (end - i) / sizeof *i            a jump by d bytes of records:  i += d,  end += d - sizeof *i
 *
 * Jumps, and links at the end of a run, look whether FAST_SLICE instructions are left, which is more than a run has.
 */
#ifndef TRAPEZE_ISA_IA32_FAST_H
#define TRAPEZE_ISA_IA32_FAST_H

#include "isa/ia32/alu.h"
#include "isa/ia32/code.h"
#include "isa/ia32/tail.h"

enum { FAST_RUN = 64, FAST_SLICE = 80, FAST_RECORD = sizeof(struct ia_fast) };
_Static_assert(FAST_RECORD == 16, "four records to a cache line");

#define FAST(name)                                                                                                                    \
    enum ia_fast_result ia_fast_##name(struct ia_cpu *c, const struct ia_fast *i, __attribute__((unused)) uintptr_t free_1,           \
                                       __attribute__((unused)) uintptr_t free_2, uintptr_t end, struct tlb_space *t)

ia_fast_body ia_fast_any;  /* by the instruction's own body */
ia_fast_body ia_fast_far;  /* the jump at `i`, whose target is not known as a record, is taken */
ia_fast_body ia_fast_go;   /* to c->eip, of which c->left is true */
ia_fast_body ia_fast_out;  /* `i` is next, and the outer loop is to look around */
ia_fast_body ia_fast_link; /* behind the last record of a run */

/* A page that the TLB does not know: where that is all, it learns it, and the body begins anew; where there is none, that is the fault. So a
 * body changes nothing before it has all pages of the instruction, asks for them in the order of the instruction's own body, and has one of
 * each kind at the most. In a sequence that holds for each of its parts: it begins anew at the part. */
ia_fast_body ia_fast_read_missed, ia_fast_write_missed; /* c->missed */

#if IA_TAIL_CALLS
#define RETURN_GO_ON(i_)                                                                                                              \
    do {                                                                                                                              \
        i = (i_);                                                                                                                     \
        __asm__("" : "+r"(i));                                                                                                        \
        RETURN_CALL(i->body IA_FAST_ARGUMENTS(c, i, end, t));                                                                         \
    } while (0)
#else
#define RETURN_GO_ON(i_)                                                                                                              \
    do {                                                                                                                              \
        (void)t;                                                                                                                      \
        c->at = (i_);                                                                                                                 \
        c->end = end;                                                                                                                 \
        return FAST_ON;                                                                                                               \
    } while (0)
#endif
#define RETURN_NEXT RETURN_GO_ON(i + 1)
#define RETURN_ANY RETURN_CALL(ia_fast_any IA_FAST_ARGUMENTS(c, i, end, t))

/* What a body has put off is done before it leaves. */
#ifndef FAST_LEAVING
#define FAST_LEAVING (void)0
#endif
#define RETURN_MISSED(kind, va)                                                                                                       \
    do {                                                                                                                              \
        FAST_LEAVING;                                                                                                                 \
        c->missed = (va);                                                                                                             \
        RETURN_CALL(ia_fast_##kind##_missed IA_FAST_ARGUMENTS(c, i, end, t));                                                         \
    } while (0)

static inline uint64_t ia_fast_left(const struct ia_fast *i, uintptr_t end) { return (end - (uintptr_t)i) / FAST_RECORD; }
static inline uintptr_t ia_fast_end(const struct ia_fast *i, uint64_t left) { return (uintptr_t)i + left * FAST_RECORD; }

/* To where the jump at the record `from` goes, which has its distance where that is known. */
#define RETURN_JUMP(from)                                                                                                             \
    do {                                                                                                                              \
        const struct ia_fast *from_ = (from);                                                                                         \
        const int64_t distance_ = from_->imm;                                                                                         \
        i = from_;                                                                                                                    \
        if (UNLIKELY(!distance_))                                                                                                     \
            RETURN_CALL(ia_fast_far IA_FAST_ARGUMENTS(c, i, end, t));                                                                 \
        i = (const struct ia_fast *)((uintptr_t)from_ + (uintptr_t)distance_);                                                        \
        end += (uintptr_t)distance_ - FAST_RECORD;                                                                                    \
        if (UNLIKELY((intptr_t)(end - (uintptr_t)i) < FAST_SLICE * FAST_RECORD))                                                      \
            RETURN_CALL(ia_fast_out IA_FAST_ARGUMENTS(c, i, end, t));                                                                 \
        RETURN_GO_ON(i);                                                                                                              \
    } while (0)
/* To any address, with the instruction at `i` done. */
#define RETURN_GO_TO(eip_)                                                                                                            \
    do {                                                                                                                              \
        const uint32_t to_ = (eip_);                                                                                                  \
        const struct tlb_entry *e_ = &t->fetch[tlb_fetch_slot(to_)];                                                                  \
        end -= (uintptr_t)i + FAST_RECORD;                                                                                            \
        struct ia_code_page *page_ = (struct ia_code_page *)e_->addend;                                                               \
        if (UNLIKELY(e_->tag != ((to_ & PAGE_MASK) | IA_CTX_FAST) || (intptr_t)end < FAST_SLICE * FAST_RECORD) ||                     \
            UNLIKELY(!page_->first[to_ & (PAGE_SIZE - 1)])) {                                                                         \
            c->eip = to_;                                                                                                             \
            c->left = end / FAST_RECORD;                                                                                              \
            return FAST_LEFT;                                                                                                         \
        }                                                                                                                             \
        c->here = page_;                                                                                                              \
        c->here_eip = to_ & (uint32_t)PAGE_MASK;                                                                                      \
        i = &page_->fast[page_->first[to_ & (PAGE_SIZE - 1)]];                                                                        \
        end += (uintptr_t)i;                                                                                                          \
        RETURN_GO_ON(i);                                                                                                              \
    } while (0)

/* --- Operands. Registers of bytes are numbered by where they lie: 4 * n, and 4 * n + 1 for AH to BH. */

IA_INLINE uint32_t ia_fast_reg(const struct ia_cpu *c, unsigned size, unsigned n)
{
    return size == 4 ? c->r[n] : ((const uint8_t *)c->r)[n];
}
IA_INLINE void ia_fast_reg_set(struct ia_cpu *c, unsigned size, unsigned n, uint32_t v)
{
    if (size == 4)
        c->r[n] = v;
    else
        ((uint8_t *)c->r)[n] = (uint8_t)v;
}

/* The immediate, or displacement, that is a signed byte. */
IA_INLINE uint32_t ia_fast_short(const struct ia_fast *i) { return (uint32_t)sign_extend(i->extra, 8); }

/* Addresses: register and displacement; two registers, one of them times 1, 2, 4 or 8, and displacement; a register and a displacement of
 * a byte, where `imm` is taken. What is absent is register 8, which is zero. */
#define AT_B (c->r[i->base] + (uint32_t)i->imm)
#define AT_X (c->r[i->base] + c->r[i->index] * i->extra + (uint32_t)i->imm)
#define AT_J (c->r[i->base] + ia_fast_short(i))

#define FAST_MISSES(entry, va, size) UNLIKELY((entry)->tag != (((uint64_t)(va) + ((size)-1)) & PAGE_MASK))
#define LOAD_OR_ANY(size, va, v)                                                                                                      \
    const uint32_t v##_va = (va);                                                                                                     \
    const struct tlb_entry *v##_entry = &t->read[tlb_slot(v##_va)];                                                                   \
    if (FAST_MISSES(v##_entry, v##_va, size))                                                                                         \
        RETURN_MISSED(read, v##_va);                                                                                                  \
    const uint32_t v = (uint32_t)ia_host_get((const uint8_t *)(v##_va + v##_entry->addend), size)
#define REACH_OR_ANY(size, va, p)                                                                                                     \
    const uint32_t p##_va = (va);                                                                                                     \
    const struct tlb_entry *p##_entry = &t->write[tlb_slot(p##_va)];                                                                  \
    if (FAST_MISSES(p##_entry, p##_va, size))                                                                                         \
        RETURN_MISSED(write, p##_va);                                                                                                 \
    uint8_t *const p = (uint8_t *)(p##_va + p##_entry->addend)

/* --- Flags: dead ones are those that the instructions behind this one overwrite before anybody could look. */

IA_INLINE uint32_t ia_fast_alu(struct ia_cpu *c, bool live, enum ia_alu what, unsigned size, uint32_t a, uint32_t b)
{
    struct ia_flags f = c->flags;
    const uint32_t result = ia_alu(&f, what, size, a, b);
    if (live) {
        c->flags.w = f.w;
        c->flags.x = f.x;
    }
    return result;
}

#endif
