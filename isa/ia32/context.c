/* context.c - what follows from the registers: the mode, how code is decoded, the address space, EFLAGS, and when the run loop looks up. */
#include "isa/ia32/cpu.h"

/* CPL is 3 in V86 mode and 0 in real mode: whoever asks for a ring's rights asks cpl, who asks how code is meant
 * asks this. */
enum ia32_mode ia_mode(const struct ia_cpu *c)
{
    if (!ia_is_protected(c))
        return IA_REAL;
    return ia_is_v86(c) ? IA_V86 : (enum ia32_mode)c->cpl;
}

/* All 4 GiB, for reads and for writes; and of base 0. */
static uint32_t flat_bits(const struct ia_segment *s)
{
    const uint32_t want = IA_RIGHTS_S | 2, of = IA_RIGHTS_NULL | IA_RIGHTS_S | 0xe; /* writable data that grows up */
    const bool whole = s->limit == UINT32_MAX && (s->rights & of) == want;
    return (uint32_t)whole << IA_WHOLE | (whole && s->base == 0);
}

/* None where #AC may have to be raised. */
static uint32_t flat_of(const struct ia_cpu *c)
{
    uint32_t flat = 0;
    for (unsigned n = 0; n < IA_SEGS; n++)
        flat |= flat_bits(&c->seg[n]) << n;
    return c->cr0 & CR0_AM && c->flags.system & EFLAGS_AC && c->cpl == 3 ? 0 : flat;
}

/* Bits that say how the same bytes are decoded otherwise, or that allow shorter bodies. Pages of code are of one
 * context each, so that no body asks. FLAT is for all of CS, DS, ES and SS together, as kernels have them that
 * leave protection to paging. */
static uint32_t context_of(const struct ia_cpu *c)
{
    uint32_t context = (c->seg[IA_CS].rights & IA_RIGHTS_DB ? IA_CTX_D : 0u) | (c->seg[IA_SS].rights & IA_RIGHTS_DB ? IA_CTX_SSB : 0u);
    if (ia_is_paragraphs(c))
        context |= IA_CTX_REAL | (ia_is_protected(c) ? IA_CTX_V86 : 0u);
    const uint32_t flat = 1u << IA_DS | 1u << IA_ES | 1u << IA_SS;
    if ((c->flat & flat) == flat && c->seg[IA_CS].base == 0 && c->seg[IA_CS].limit == UINT32_MAX)
        context |= IA_CTX_FLAT;
    return context | (c->options.no_chain ? IA_CTX_UNCHAINED : 0u);
}

/* Does each instruction have to be looked at?
 * TF traps behind it, RF goes with it, a breakpoint of DR7 may be on it, and what is pending comes before the next. */
static bool is_debugged(const struct ia_cpu *c) { return c->pending || c->flags.system & (EFLAGS_TF | EFLAGS_RF) || c->dr[7] & 0xff; }

static void attention_changed(struct ia_cpu *c)
{
    c->attention = (c->attention & ~(uint32_t)IA_ATTEND_DEBUG) | IA_ATTEND_CODE | (is_debugged(c) ? IA_ATTEND_DEBUG : 0u);
}

/* All that is derived, from all that it is derived from: cheaper than to know which of them a change is of weight
 * for, since such changes are rare. IA_ATTEND_CODE makes the run loop look for the page of code by the new context. */
void ia_context_changed(struct ia_cpu *c)
{
    c->flat = flat_of(c);
    c->context = context_of(c);
    ia_space_changed(c);
    attention_changed(c);
    c->attention |= c->config.yields >> ia_mode(c) & 1 ? IA_ATTEND_YIELD : 0u;
}

/* The other segments are flat or not as they were, but those that an outer ring lost. */
void ia_context_flat(struct ia_cpu *c)
{
    enum { CS = 1 << IA_CS, SS = 1 << IA_SS, DATA = 1 << IA_DS | 1 << IA_ES };
    uint32_t flat = (c->flat & ~(uint32_t)(CS | CS << IA_WHOLE)) | SS | SS << IA_WHOLE;
    for (unsigned n = 0; n < IA_SEGS; n++)
        flat &= ~((c->seg[n].rights & IA_RIGHTS_NULL ? 1u | 1u << IA_WHOLE : 0u) << n);
    c->flat = flat;
    c->context = IA_CTX_D | IA_CTX_SSB | ((flat & DATA) == DATA ? IA_CTX_FLAT : 0u) | (c->options.no_chain ? IA_CTX_UNCHAINED : 0u);
    ia_space_changed(c);
    attention_changed(c);
}

void ia_armed_changed(struct ia_cpu *c)
{
    c->armed = c->msr.traps | (c->cr4 & CR4_UMIP ? IA_TRAPS_TABLES : 0u) | (c->msr.misc_features & 1 ? IA_TRAPS_CPUID : 0u);
}

/* --- EFLAGS */

uint32_t ia_flags_get(const struct ia_cpu *c) { return ia_flags_status(&c->flags) | c->flags.system | EFLAGS_ONE; }

/* AC is among the flags of weight: with it an access may be #AC, and no segment counts as flat. TF and RF are looked at
 * by the run loop alone, and RF comes and goes with each fault. IF does not change how code is executed, only whether an
 * interrupt is due. */
void ia_flags_set(struct ia_cpu *c, uint32_t value, uint32_t mask)
{
    const uint32_t status = mask & EFLAGS_STATUS, system = mask & ~(uint32_t)(EFLAGS_STATUS | EFLAGS_ONE);
    const uint32_t old = c->flags.system;
    if (status)
        ia_flags_status_change(&c->flags, value, status);
    c->flags.system = (old & ~system) | (value & system);
    if ((old ^ c->flags.system) & (EFLAGS_VM | EFLAGS_AC))
        ia_context_changed(c);
    else if ((old ^ c->flags.system) & (EFLAGS_TF | EFLAGS_RF))
        attention_changed(c);
    if ((old ^ c->flags.system) & EFLAGS_IF)
        c->attention |= IA_ATTEND_EVENT;
}
