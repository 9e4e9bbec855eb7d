/* watch.c - who wants to see an access to data: the machine's owner, by triggers, before it; the program, by DR0 to DR3, behind it.
 *
 * The TLB does not know pages in which something is watched, so every access to them comes here. Only these are counted (ia_cpu.accesses):
 * so the number of an access within its instruction does not depend on what the TLB happens to know.
 */
#include "isa/ia32/access.h"
#include "isa/ia32/system.h"

static const unsigned both = TRIGGER_LOAD | TRIGGER_STORE;

static bool breakpoint_in(const struct ia_cpu *c, uint32_t page)
{
    for (unsigned n = 0; n < 4; n++)
        if (ia_dr_hit(c, n, both, page, PAGE_SIZE))
            return true;
    return false;
}

static bool covered(const struct ia_cpu *c, bool physical, uint64_t at)
{
    return trigger_set_covers(&c->triggers, both, physical, at & PAGE_MASK, PAGE_SIZE);
}

bool ia_page_watched(const struct ia_cpu *c, unsigned kinds, uint32_t linear, pa_t pa)
{
    const uint32_t page = linear & (uint32_t)PAGE_MASK;
    (void)kinds; /* a page is watched or it is not: entries for reads and for writes come and go together */
    if ((c->dr[7] & 0xff) && breakpoint_in(c, page))
        return true;
    return c->triggers.count && (covered(c, false, linear) || covered(c, true, pa));
}

static bool covered_linear(const struct ia_cpu *c, uint32_t linear, unsigned size)
{
    return covered(c, false, linear) || covered(c, false, (uint32_t)(linear + size - 1));
}

static bool matches(struct ia_cpu *c, const struct trigger_step *step, uint32_t linear)
{
    if (!trigger_set_match(&c->triggers, step, &c->resume, &c->trap))
        return false;
    c->trap.tval = linear;
    return true;
}

/* The number of one more access of the instruction.
 * c->left is the name of the instruction at work: it changes with each that retires, so that counting begins anew
 * by itself. */
static unsigned next_access(struct ia_cpu *c)
{
    if (c->accesses_of != c->left)
        c->accesses = 0;
    c->accesses_of = c->left;
    return ++c->accesses;
}

bool ia_watch_linear(struct ia_cpu *c, unsigned kinds, uint32_t linear, unsigned size)
{
    if (LIKELY(!c->triggers.count) || !covered_linear(c, linear, size))
        return false;
    struct trigger_step step = {.kinds = kinds, .step = next_access(c), .at = linear, .size = size};
    if ((uint64_t)linear + size > UINT64_C(1) << 32) { /* the address space is a circle */
        step.size = (UINT64_C(1) << 32) - linear;
        step.rest_size = size - step.size;
    }
    return matches(c, &step, linear);
}

/* The same access as that of ia_watch_linear(), if that has counted it; else it is counted here, so that the number
 * of an access does not depend on which kind of trigger is set. */
static bool watch_physical(struct ia_cpu *c, unsigned kinds, uint32_t linear, const struct ia_place *p)
{
    const bool across = p->first < p->size;
    if (LIKELY(!c->triggers.count) || (!covered(c, true, p->pa[0]) && !(across && covered(c, true, p->pa[1]))))
        return false;
    if (!covered_linear(c, linear, p->size))
        (void)next_access(c);
    const struct trigger_step step = {.kinds = kinds,
                                      .step = c->accesses,
                                      .physical = true,
                                      .at = p->pa[0],
                                      .size = p->first,
                                      .rest = p->pa[1],
                                      .rest_size = (uint64_t)(p->size - p->first)};
    return matches(c, &step, linear);
}

/* A port has no page, and no address but its number: triggers have it above all that is memory. */
bool ia_watch_port(struct ia_cpu *c, unsigned kinds, uint16_t port, unsigned size)
{
    struct trigger_step step = {.kinds = kinds, .physical = true, .at = IA_TRIGGER_PORTS + port, .size = size};
    if (LIKELY(!c->triggers.count) || !trigger_set_covers(&c->triggers, both, true, step.at, size))
        return false;
    step.step = next_access(c);
    return matches(c, &step, port);
}

/* A program's data breakpoint is a trap behind the instruction: it is noted in c->met, and the access goes on. */
bool ia_watch_place(struct ia_cpu *c, unsigned kinds, uint32_t linear, const struct ia_place *p)
{
    if (watch_physical(c, kinds, linear, p))
        return true;
    for (unsigned n = 0; n < 4 && UNLIKELY(c->dr[7] & 0xff); n++)
        if (ia_dr_hit(c, n, kinds, linear, p->size))
            c->met |= 1u << n;
    return false;
}
