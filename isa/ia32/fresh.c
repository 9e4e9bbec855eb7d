/* fresh.c - see fresh.h. */
#include "isa/ia32/fresh.h"

#include "isa/ia32/run.h"

#include <string.h>

bool ia_fresh_passes(struct ia_cpu *c, struct ia_code_page *page, const ia_insn *i, const uint8_t *bytes)
{
    const uint32_t linear = ia_linear_eip(c);
    const unsigned at = linear & (PAGE_SIZE - 1);
    pa_t pa;
    if (!ia_translate(c, linear, PT_FETCH, false, &pa))
        return false;
    const struct trigger_step step = {.kinds = TRIGGER_FRESH, .physical = true, .at = pa, .size = 1};
    if (trigger_set_match(&c->triggers, &step, &c->resume, &c->trap)) {
        ia_trap_name(c, i, bytes);
        c->trap.tval = linear;
        return false;
    }
    if (page && at + i->length <= PAGE_SIZE)
        page->passed[at / 64] |= UINT64_C(1) << at % 64;
    return true;
}

void ia_fresh_written(struct ia_code_page *p, unsigned first, unsigned last)
{
    const unsigned reach = IA_LENGTH_MAX - 1;
    for (unsigned at = first < reach ? 0 : first - reach; at <= last; at++)
        p->passed[at / 64] &= ~(UINT64_C(1) << at % 64);
}
