/* walk_why.c - see walk_why.h. */
#include "monitor/view/walk_why.h"

#include <stdio.h>
#include <string.h>

/* The walk says "step 3: V is 0" (mmu/sv.c). Steps 3 and 4 are about the PTE that was read last. */
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
