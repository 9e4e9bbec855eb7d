/* evidence_pg.c - see evidence_pg.h. */
#include "core/theory/evidence_pg.h"

/* --- of one run */

/* Cells that are not the program's: outside the window; and of the host, the two of a trap. */
bool pg_writes_beyond(const struct exhaust_case *c, const struct exhaust_run *r)
{
    const uint64_t window = bits_get(UINT64_MAX, 0, r->size) << r->base, trap_cells = 3;
    return (r->written & ~window) || (c->guest && (r->written & trap_cells));
}

bool pg_control(const struct exhaust_case *c, const struct exhaust_run *r, bool processor)
{
    const bool waits = c->guest && processor && r->outcome == OUTCOME_WAIT;
    return pg_completed(r) && (pg_map_changed(r) || pg_writes_beyond(c, r) || r->printed || waits);
}

/* --- of two */

/* Cells of its window, a bit each. */
static uint64_t written(const struct exhaust_run *r) { return r->written >> r->base & bits_get(UINT64_MAX, 0, r->size); }

static bool visible_differs(const struct exhaust_run *a, const struct exhaust_run *b)
{
    const unsigned both = a->size < b->size ? a->size : b->size;
    const uint64_t *in_a = &a->after[a->base], *in_b = &b->after[b->base];
    uint64_t differs = 0;
    for (unsigned n = 0; n < both; n++)
        differs |= in_a[n] ^ in_b[n];
    if (differs)
        return true;
    /* Where memory ends within one of the windows, a cell that only the other has must not have been written. */
    return written(a) >> both != 0 || written(b) >> both != 0;
}

bool pg_behaviour(const struct exhaust_run *a, const struct exhaust_run *b)
{
    if (!pg_completed(a) || !pg_completed(b) || pg_map_changed(a) || pg_map_changed(b))
        return false;
    return a->outcome != b->outcome || a->p2 != b->p2 || a->printed != b->printed || a->byte != b->byte || visible_differs(a, b);
}

/* Two runs that did the same to the same cells: what is no evidence between one of them and a third is none with the other either. */
static bool twins(const struct exhaust_run *a, const struct exhaust_run *b)
{
    return pg_completed(a) == pg_completed(b) && !pg_map_changed(a) && !pg_map_changed(b) && written(a) == written(b) &&
           !pg_behaviour(a, b);
}

/* In one mode the runs stand from the lowest place up, so that windows do not grow: if neighbours are twins, all are. If modes are, too,
 * where they are at one place, then no two runs at all are evidence of behaviour. */
bool pg_all_twins(const struct exhaust_case *c)
{
    const struct exhaust_run *last[2] = {NULL, NULL};
    bool twin = true, complete[2] = {false, false};
    for (unsigned n = 0; n < c->count && twin; n++) {
        const struct exhaust_run *r = &c->run[n], *other = n > 0 && r[-1].base == r->base ? r - 1 : NULL;
        if (other && other->memory != r->memory)
            return false;
        if (r->memory)
            continue;
        complete[r->m] |= pg_completed(r);
        twin = !last[r->m] || twins(last[r->m], r);
        if (twin && complete[PG_U] && complete[PG_S])
            twin = other ? twins(other, r) : r->m == PG_U;
        last[r->m] = r;
    }
    return twin;
}
