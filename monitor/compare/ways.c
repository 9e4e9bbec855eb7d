/* ways.c - in which ways one guest can be run: what the lists of monitors, of shadow policies and of the machine's variants have.
 *
 * For a machine with pages and three monitors, where nothing was said:
 *
 *     bare    each monitor (trap, patch, hybrid) with each policy (flush, trace, adapt)    trap and patch in ring 1    and mended variants
 * with trap
 *
 * For a kernel of the person's own, which may take minutes, with one policy.
 * What the person names (--vmm, --shadow, --ring 1, a variant after -M) takes the others out.
 */
#include "monitor/compare/compare.h"
#include "monitor/kind.h"
#include "monitor/session.h"

#include <string.h>

/* As -M takes it: the name, and the variant behind the separator; of the base the name alone. */
static void name_machine(const struct run_options *o, const char *variant, char *out, size_t size)
{
    const char *named = variant ? variant : o->kind->variant ? o->kind->variant(o) : NULL;
    if (named && *named)
        snprintf(out, size, "%s%c%s", o->kind->machine, o->kind->separator, named);
    else
        snprintf(out, size, "%s", o->kind->machine);
}

/* When there is no more room the last place is filled again: a table that is cut off, and no memory that is not ours. */
static struct compare_way *add(struct compare_way *out, unsigned *count, const struct run_options *o, const char *variant)
{
    struct compare_way *w = &out[*count];
    if (*count + 1 < COMPARE_WAYS)
        ++*count;
    *w = (struct compare_way){.monitor = VMM_TRAP, .shadow = o->each.shadow};
    name_machine(o, variant, w->machine, sizeof w->machine);
    return w;
}

static bool wants_shadow(const struct compare_setup *s, enum shadow_policy p)
{
    const struct run_options *o = s->run;
    const bool each = s->shadow_all || (!s->shadow_said && (o->kind->is_short || session_carries_guest(o)));
    return each || p == o->each.shadow;
}

/* The policies of shadow tables, where there are some. */
static void add_shadows(struct compare_way *out, unsigned *count, const struct compare_setup *s, enum vmm_monitor m)
{
    static const enum shadow_policy policy[] = {SHADOW_FLUSH, SHADOW_TRACE, SHADOW_ADAPT};
    const struct run_options *o = s->run;
    for (unsigned n = 0; n < sizeof policy / sizeof *policy; n++) {
        if (o->kind->has_pages ? !wants_shadow(s, policy[n]) : n > 0)
            continue;
        struct compare_way *w = add(out, count, o, NULL);
        w->monitor = m;
        w->shadow = policy[n];
    }
}

/* With virtual ring 0 in real ring 1, where the machine and the monitor let that be: one policy will do, since one root serves all rings. */
static void add_ring(struct compare_way *out, unsigned *count, const struct run_options *o, enum vmm_monitor m)
{
    struct run_options asked = *o;
    struct error e;
    asked.each.monitor = m;
    asked.each.ring = 1;
    if (!o->kind->has_rings || o->kind->check(&asked, &e) != 0)
        return;
    struct compare_way *w = add(out, count, o, NULL);
    w->monitor = m;
    w->ring = 1;
}

/* The bare machine is the first, since all others are compared with it. */
unsigned compare_ways(const struct compare_setup *s, struct compare_way out[COMPARE_WAYS])
{
    const struct run_options *o = s->run;
    const char *variant = o->kind->variant ? o->kind->variant(o) : NULL;
    enum vmm_monitor m;
    unsigned count = 0;
    add(out, &count, o, NULL)->bare = true;
    for (unsigned n = 0; vmm_monitor_at(o->kind->isa, n, &m); n++)
        if (!o->each.ring && (!o->vmm_said || m == o->each.monitor))
            add_shadows(out, &count, s, m);
    for (unsigned n = 0; vmm_monitor_at(o->kind->isa, n, &m); n++)
        if (!o->vmm_said || m == o->each.monitor)
            add_ring(out, &count, o, m);
    /* Hardware that mends the machine needs no other monitor than the plain one. */
    if (o->kind->mended && !o->each.ring && !(variant && *variant) && (!o->vmm_said || o->each.monitor == VMM_TRAP))
        for (unsigned n = 0; o->kind->mended(n); n++)
            add(out, &count, o, o->kind->mended(n));
    return count;
}
