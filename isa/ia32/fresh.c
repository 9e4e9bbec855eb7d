/* fresh.c - see fresh.h. */
#include "isa/ia32/fresh.h"

/* The trigger is at a physical address, since what is let through is the bytes, whatever maps them; what the owner
 * is told is the linear one. c->resume says how far this instruction was reported: the second time nothing matches,
 * and it is let through. */
bool ia_fresh_passes(struct ia_cpu *c, struct ia_code_page *page, unsigned length)
{
    const uint32_t linear = ia_linear_eip(c);
    const unsigned at = linear & (PAGE_SIZE - 1);
    pa_t pa;
    if (!ia_translate(c, linear, PT_FETCH, false, &pa))
        return false;
    const struct trigger_step step = {.kinds = TRIGGER_FRESH, .physical = true, .at = pa, .size = 1};
    if (trigger_set_match(&c->triggers, &step, &c->resume, &c->trap)) {
        c->trap.tval = linear;
        return false;
    }
    if (page && at + length <= PAGE_SIZE)
        page->passed[at / 64] |= UINT64_C(1) << at % 64;
    return true;
}
