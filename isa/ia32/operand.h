/* operand.h - operands of a decoded instruction: registers, memory, immediates. `size` is 1, 2 or 4 everywhere, and a constant in
 * SIZED_BODY. Values have nothing above 8 * size bits. */
#ifndef TRAPEZE_ISA_IA32_OPERAND_H
#define TRAPEZE_ISA_IA32_OPERAND_H

#include "isa/ia32/access.h"
#include "isa/ia32/bodies.h"

#define IA_INLINE static inline __attribute__((always_inline))

IA_INLINE uint32_t ia_mask(unsigned size) { return UINT32_MAX >> (32 - 8 * size); }
IA_INLINE uint32_t ia_sign(unsigned size) { return UINT32_C(1) << (8 * size - 1); }
IA_INLINE uint32_t ia_imm(const ia_insn *i, unsigned size) { return i->imm & ia_mask(size); }
IA_INLINE uint32_t ia_extend(uint32_t v, unsigned size) { return (uint32_t)sign_extend(v, 8 * size); }

/* --- addresses */

IA_INLINE uint32_t ia_register_or_0(const struct ia_cpu *c, unsigned n) { return n == IA_NO_REGISTER ? 0 : c->r[n]; }
IA_INLINE uint32_t ia_offset(const struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t at = ia_register_or_0(c, i->base) + (ia_register_or_0(c, i->index) << i->scale) + (uint32_t)i->disp;
    return i->adsize == 2 ? at & 0xffff : at;
}
/* What an address-size prefix says of SI, DI and CX, too. */
IA_INLINE uint32_t ia_address_mask(const ia_insn *i) { return i->adsize == 2 ? 0xffff : UINT32_MAX; }
IA_INLINE uint32_t ia_pointer(const struct ia_cpu *c, const ia_insn *i, unsigned reg) { return c->r[reg] & ia_address_mask(i); }
IA_INLINE void ia_pointer_set(struct ia_cpu *c, const ia_insn *i, unsigned reg, uint32_t to) { ia_reg_set(c, reg, i->adsize, to); }

/* --- memory: directly where the segment is flat and the TLB knows the page, else by access.c */

enum ia_quick { IA_QUICK_READ, IA_QUICK_WRITE };

/* The host's address; NULL: ask access.c.
 * In a flat segment, writable data of base 0 and 4 GiB, the offset is the linear address, and neither limit nor
 * type need be looked at. What access.c does besides is excluded by what it leaves undone: where #AC is possible no
 * segment counts as flat (context.c), and watched pages have no entries in the TLB (watch.c). */
IA_INLINE uint8_t *ia_quick(const struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, enum ia_quick how)
{
    if (UNLIKELY(!(c->flat >> seg & 1)))
        return NULL;
    return tlb_lookup_unaligned(how == IA_QUICK_READ ? c->space->read : c->space->write, offset, size);
}

MUST_CHECK IA_INLINE bool ia_get_memory(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, uint32_t *v)
{
    const uint8_t *host = ia_quick(c, seg, offset, size, IA_QUICK_READ);
    uint64_t wide;
    if (LIKELY(host)) {
        *v = (uint32_t)ia_host_get(host, size);
        return true;
    }
    if (!ia_load(c, seg, offset, size, &wide))
        return false;
    *v = (uint32_t)wide;
    return true;
}

MUST_CHECK IA_INLINE bool ia_put_memory(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, uint32_t v)
{
    uint8_t *host = ia_quick(c, seg, offset, size, IA_QUICK_WRITE);
    if (UNLIKELY(!host))
        return ia_store(c, seg, offset, size, v);
    ia_host_put(host, size, v);
    return true;
}

/* To write (`update`: and to read before): what is reached can be put without fail. */
MUST_CHECK IA_INLINE bool ia_reach_memory(struct ia_cpu *c, unsigned seg, uint32_t offset, unsigned size, bool update,
                                          struct ia_place *p)
{
    uint8_t *host = ia_quick(c, seg, offset, size, IA_QUICK_WRITE);
    if (UNLIKELY(!host))
        return update ? ia_reach_update(c, seg, offset, size, p) : ia_reach(c, seg, offset, size, PT_WRITE, p);
    p->host = host;
    p->size = (uint8_t)size;
    return true;
}
IA_INLINE uint32_t ia_place_value(struct ia_cpu *c, const struct ia_place *p, unsigned size)
{
    return (uint32_t)(LIKELY(p->host) ? ia_host_get(p->host, size) : ia_place_get(c, p));
}
IA_INLINE void ia_place_set(struct ia_cpu *c, const struct ia_place *p, unsigned size, uint32_t v)
{
    if (LIKELY(p->host))
        ia_host_put(p->host, size, v);
    else
        ia_place_put(c, p, v);
}

/* --- the operand of ModRM */

MUST_CHECK IA_INLINE bool ia_get_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, uint32_t *v)
{
    if (i->rm_is_memory)
        return ia_get_memory(c, i->seg, ia_offset(c, i), size, v);
    *v = ia_reg(c, i->rm, size);
    return true;
}

MUST_CHECK IA_INLINE bool ia_set_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, uint32_t v)
{
    if (i->rm_is_memory)
        return ia_put_memory(c, i->seg, ia_offset(c, i), size, v);
    ia_reg_set(c, i->rm, size, v);
    return true;
}

MUST_CHECK IA_INLINE bool ia_reach_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, struct ia_place *p, uint32_t *v)
{
    if (!i->rm_is_memory) {
        *v = ia_reg(c, i->rm, size);
        return true;
    }
    if (!ia_reach_memory(c, i->seg, ia_offset(c, i), size, true, p))
        return false;
    *v = ia_place_value(c, p, size);
    return true;
}
IA_INLINE void ia_put_rm(struct ia_cpu *c, const ia_insn *i, unsigned size, const struct ia_place *p, uint32_t v)
{
    if (i->rm_is_memory)
        ia_place_set(c, p, size, v & ia_mask(size));
    else
        ia_reg_set(c, i->rm, size, v);
}

/* --- string instructions */

/* Is it repeated zero times? Then it is done. */
IA_INLINE bool ia_string_none(const struct ia_cpu *c, const ia_insn *i) { return i->rep && !ia_pointer(c, i, IA_ECX); }
/* To the next element. */
IA_INLINE void ia_string_step(struct ia_cpu *c, const ia_insn *i, unsigned reg, unsigned size)
{
    ia_pointer_set(c, i, reg, c->r[reg] + (c->flags.system & EFLAGS_DF ? 0u - size : size));
}
/* An iteration is done; false: the repetition goes on, and the instruction is next once more. */
IA_INLINE bool ia_string_last(struct ia_cpu *c, const ia_insn *i)
{
    if (!i->rep)
        return true;
    ia_pointer_set(c, i, IA_ECX, c->r[IA_ECX] - 1);
    if (!ia_pointer(c, i, IA_ECX))
        return true;
    c->next = c->eip;
    return false;
}

/* --- transfers in the segment */

/* false: #GP, for it is outside of CS [SDM 2A, JMP]. */
MUST_CHECK IA_INLINE bool ia_may_go(struct ia_cpu *c, uint32_t to)
{
    return LIKELY(to <= c->seg[IA_CS].limit) || ia_gp(c, REASON_RESOURCE, 0);
}

#endif
