/* stats_counts.c - see stats_counts.h. */
#include "monitor/stats_counts.h"

#include <math.h>

/* Walks from each hart down to the level, and counts a machine once. With two harts on virtual machines of their own, on one
 * bare machine:
 *
 *   hart 0 = vm1a --> bare        level 1: vm1a, vm1b
 *   hart 1 = vm1b --> bare        level 0: bare, once
 */
struct stats_machines stats_machines(const struct account *a, unsigned level)
{
    struct stats_machines l = {0};
    for (unsigned hart = 0; hart < a->system->harts; hart++) {
        const struct machine *m = system_hart(a->system, hart);
        unsigned n = 0;
        for (unsigned at = a->stack->depth; at > level; at--)
            m = vm_host(m);
        while (n < l.count && l.of[n] != m)
            n++;
        l.of[n] = m;
        l.count += n == l.count;
    }
    return l;
}

uint64_t stats_level_traps(const struct account *a, unsigned level)
{
    const struct stats_machines l = stats_machines(a, level);
    uint64_t sum = 0;
    for (unsigned n = 0; n < l.count; n++) {
        struct vm_stats s;
        vm_stats(l.of[n], &s);
        sum += s.traps;
    }
    return sum;
}

uint64_t stats_executed(const struct vm_stats *s) { return s->direct + s->translated + s->emulated + s->interpreted; }

double stats_per_million(const struct vm_stats *s, uint64_t count)
{
    return stats_executed(s) ? 1e6 * (double)count / (double)stats_executed(s) : 0;
}

/* What was tried is what the host retired and what trapped instead; a fill is a try that found no leaf. */
double stats_shadow_hit_rate(const struct vm_stats *s)
{
    uint64_t tried = s->direct + s->translated + s->traps;
    return tried ? 1.0 - (double)s->fills / (double)tried : NAN;
}

uint64_t stats_own_traps(const struct account *a) { return a->traps_delivered + a->firmware_calls; }

/* At depth 2: the guest's own 36 traps make 1,245 of vm2 (34.58), and those 1,417 of vm1 (1.14). */
double stats_amplification(const struct account *a, unsigned level)
{
    const uint64_t above = level < a->stack->depth ? stats_level_traps(a, level + 1) : stats_own_traps(a);
    return above ? (double)stats_level_traps(a, level) / (double)above : NAN;
}

double stats_host_traps(const struct account *a)
{
    return stats_own_traps(a) && a->stack->depth ? (double)stats_level_traps(a, 1) / (double)stats_own_traps(a) : NAN;
}
