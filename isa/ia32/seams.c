/* seams.c - weak definitions of what other parts of the CPU define, so that each part links until they are there. */
#include "isa/ia32/access.h"
#include "isa/ia32/system.h"

#include <stdlib.h>

#define WEAK __attribute__((weak))

WEAK uint32_t ia_flags_get(const struct ia_cpu *c) { return ia_flags_status(&c->flags) | c->flags.system | EFLAGS_ONE; }

WEAK void ia_flags_set(struct ia_cpu *c, uint32_t value, uint32_t mask)
{
    const uint32_t status = mask & EFLAGS_STATUS, system = mask & ~(uint32_t)(EFLAGS_STATUS | EFLAGS_ONE);
    if (status)
        ia_flags_status_change(&c->flags, value, status);
    c->flags.system = (c->flags.system & ~system) | (value & system);
    if (system)
        ia_context_changed(c);
}

WEAK void ia_context_changed(struct ia_cpu *c)
{
    c->context = (c->seg[IA_CS].rights & IA_RIGHTS_DB ? IA_CTX_D : 0u) | (c->seg[IA_SS].rights & IA_RIGHTS_DB ? IA_CTX_SSB : 0u);
    if (ia_is_paragraphs(c))
        c->context |= IA_CTX_REAL | (ia_is_v86(c) ? IA_CTX_V86 : 0);
    ia_space_changed(c);
    c->attention |= IA_ATTEND_CODE;
}

WEAK enum ia32_mode ia_mode(const struct ia_cpu *c)
{
    return !ia_is_protected(c) ? IA_REAL : ia_is_v86(c) ? IA_V86 : (enum ia32_mode)c->cpl;
}

WEAK bool ia_push(struct ia_cpu *c, unsigned size, uint32_t v)
{
    const uint32_t to = (c->r[IA_ESP] - size) & ia_stack_mask(c);
    if (!ia_store(c, IA_SS, to, size, v))
        return false;
    ia_stack_set(c, to);
    return true;
}

WEAK bool ia_pop(struct ia_cpu *c, unsigned size, uint32_t *v)
{
    uint64_t wide;
    if (!ia_load(c, IA_SS, c->r[IA_ESP] & ia_stack_mask(c), size, &wide))
        return false;
    ia_stack_set(c, c->r[IA_ESP] + size);
    *v = (uint32_t)wide;
    return true;
}

WEAK uint32_t ia_address(const struct ia_cpu *c, const ia_insn *i)
{
    const uint32_t at = (i->base == IA_NO_REGISTER ? 0 : c->r[i->base]) +
                        ((i->index == IA_NO_REGISTER ? 0 : c->r[i->index]) << i->scale) + (uint32_t)i->disp;
    return i->adsize == 2 ? at & 0xffff : at;
}

WEAK uint64_t ia_clock(const struct ia_cpu *c) { return c->clock; }

WEAK bool ia_code_watch(struct ia_cpu *c, struct ram *ram)
{
    (void)c, (void)ram;
    return false;
}

static void destroy(struct machine *m) { free(m); }
static const struct machine_ops ops = {.destroy = destroy};

WEAK const struct ia32_config ia32_config_default = {.model = IA_MODEL_686};
WEAK int ia32_create(struct machine **out, struct phys *phys, struct phys *ports, const struct ia32_config *config)
{
    struct ia_cpu *c = calloc(1, sizeof *c);
    if (!c)
        return -ENOMEM;
    c->machine = (struct machine){.ops = &ops, .phys = phys, .ports = ports};
    c->config = *config;
    c->a20_mask = UINT32_MAX;
    tlb_init(&c->tlb);
    *out = &c->machine;
    return 0;
}
