/* walk_why.c - see walk_why.h. */
#include "monitor/view/walk_why.h"

#include <stdio.h>
#include <string.h>

/* A walk says in which step of the manual it ended, and why; people want the why first, and which of the entries it is
 * about:
 *
 *     step 3: V is 0               V is 0 in the PTE at L1 [priv 12.3.2, step 3]
 *     step 6: S page from U        S page from U [priv 12.3.2, step 6]
 *     4.3: what another says       what another says
 *
 * Steps 3 and 4 are about the PTE that was read last. Other formats count by other manuals: what stands before their
 * colon is left out. */
const char *walk_why(const struct pt_walk *w, char *out, size_t size)
{
    const char *why = w->why ? w->why : "it is not mapped", *colon = strchr(why, ':'), *text = colon ? colon + 2 : why;
    unsigned step = strncmp(why, "step ", 5) == 0 ? (unsigned)(why[5] - '0') : 0;
    if (!step)
        snprintf(out, size, "%s", text);
    else if (w->count && (step == 3 || step == 4))
        snprintf(out, size, "%s in the PTE at L%u [priv 12.3.2, step %u]", text, w->step[w->count - 1].level, step);
    else
        snprintf(out, size, "%s [priv 12.3.2, step %u]", text, step);
    return out;
}
