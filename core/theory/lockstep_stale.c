/* lockstep_stale.c - is a difference the guest's own doing?
 *
 * Software that changes its page tables fences, and before it does so a machine may go by what is there or by what was [priv 12.2.1]. Of two
 * machines one may then do this and one that, and both are right. Two questions tell it from a machine that is wrong. Does the difference
 * go when one side's caches are emptied right before the instruction? Then that side used what it had kept. And has the guest changed,
 * since the last fence that orders it, the way to an address that the instruction uses? If it has, it did not fence. If not, whoever kept
 * the old one is wrong.
 */
#include "core/theory/lockstep_stale.h"

#include "isa/about.h"
#include "isa/insn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESSES = 3, SPACES = 8 };
#define WINDOW (UINT64_C(1) << 21) /* instructions before the difference that are looked through */

/* The way to an address through the tables, and what hardware would make of its entries by a load or by a store. */
struct way {
    unsigned count;
    uint64_t pte[PT_MAX_LEVELS], read[PT_MAX_LEVELS], written[PT_MAX_LEVELS];
    uint64_t size; /* that the leaf maps */
};

/* An address space, as far as it matters for one address. */
struct space {
    bool known;
    uint64_t id, word;
    struct way way;
    bool leaf, above; /* the leaf, or what is above, has changed since it was fenced */
    uint64_t changed; /* instructions retired when it had */
};

struct address {
    va_t va;
    struct space space[SPACES];
};

struct watch {
    struct address address[ADDRESSES];
    unsigned count;
    uint64_t retired;
};

/* --- Does the difference go? */

static int equal_when_cold(struct again *a, uint64_t retired, unsigned side, bool *equal, struct error *e)
{
    struct pair *p;
    bool full;
    int failed = again_at(a, retired, true, &p, e);

    if (failed)
        return failed;
    machine_fence(p->side[side].hart[0], &(struct fence){.cold = true});
    failed = pair_run(p, 1, e);
    *equal = failed == 0 && pair_equal(p, LOOK_FULL, &full);
    return failed;
}

/* --- The addresses that the next instruction uses: its own, and that of its data, which it is stopped from reaching. */

static void add_address(struct watch *w, va_t va)
{
    for (unsigned i = 0; i < w->count; i++)
        if (w->address[i].va >> PAGE_SHIFT == va >> PAGE_SHIFT)
            return;
    if (w->count < ADDRESSES)
        w->address[w->count++].va = va;
}

static bool refuse(struct watch *w, va_t va, struct trap *t)
{
    add_address(w, va);
    *t = (struct trap){.kind = TRAP_EXCEPTION, .row = INSN_NONE};
    return false;
}
static bool refuse_load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    (void)size, (void)value;
    return refuse(ctx, va, t);
}
static bool refuse_store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    (void)size, (void)value;
    return refuse(ctx, va, t);
}
static bool refuse_amo(void *ctx, va_t va, unsigned size, uint64_t (*combine)(uint64_t, uint64_t, unsigned), uint64_t operand,
                       uint64_t *old, struct trap *t)
{
    (void)size, (void)combine, (void)operand, (void)old;
    return refuse(ctx, va, t);
}

static int find_addresses(struct again *a, uint64_t retired, struct watch *w, struct error *e)
{
    const struct interpret_memory memory = {.load = refuse_load, .store = refuse_store, .amo = refuse_amo, .ctx = w};
    struct pair *p;
    insn_t bits;
    int failed = again_at(a, retired, true, &p, e);

    if (failed)
        return failed;
    struct machine *m = p->side[LOCKSTEP_BARE].hart[0];
    const va_t pc = about_pc(m);
    const unsigned length = about_fetch(m, pc, &bits);
    add_address(w, pc);
    if (length > 1)
        add_address(w, pc + (length - 1) / about_cell(m->isa));
    if (length && m->isa->interpret) /* without it, what the instruction loads and stores stays unknown: its code is asked about */
        (void)m->isa->interpret(m, bits, &memory);
    return 0;
}

/* --- The way to each, instruction by instruction */

static bool read_pte(void *ctx, pa_t pa, uint64_t *pte)
{
    *pte = 0;
    return machine_load(ctx, pa, pte, 8) == 0;
}

static void find_way(struct machine *m, const struct about_space *s, va_t va, struct way *out)
{
    struct pt_access access = {.kind = PT_READ, .sum = true, .mxr = true, .update_ad = true};
    struct pt_walk walk = {0};

    *out = (struct way){0};
    pt_walk(s->format, s->root, va, &access, read_pte, m, &walk);
    out->count = walk.count;
    out->size = walk.result == PT_OK ? walk.size : PAGE_SIZE;
    for (unsigned i = 0; i < walk.count; i++) {
        out->pte[i] = out->written[i] = walk.step[i].pte;
        out->read[i] = walk.step[i].pte_new;
    }
    access.kind = PT_WRITE;
    pt_walk(s->format, s->root, va, &access, read_pte, m, &walk);
    for (unsigned i = 0; i < walk.count && i < out->count; i++)
        out->written[i] = walk.step[i].pte_new;
}

static bool by_hardware(const struct way *old, unsigned i, uint64_t pte)
{
    return pte == old->pte[i] || pte == old->read[i] || pte == old->written[i];
}

static void compare(struct space *s, const struct way *now, uint64_t retired)
{
    const unsigned last = now->count ? now->count - 1 : 0;
    bool leaf = false, above = now->count != s->way.count;

    for (unsigned i = 0; i < now->count && !above; i++)
        if (!by_hardware(&s->way, i, now->pte[i]))
            *(i == last ? &leaf : &above) = true;
    if (leaf || above)
        s->changed = retired;
    s->leaf |= leaf;
    s->above |= above;
}

/* A space of the same number is another if its tables are others: what was kept of the one may serve the other. */
static struct space *space_of(struct address *a, const struct about_space *now, uint64_t retired)
{
    struct space *found = NULL, *other = NULL, *room = NULL;

    for (struct space *s = a->space; s < a->space + SPACES; s++) {
        if (s->known && s->word == now->word)
            found = s;
        else if (s->known && s->id == now->id)
            other = s;
        else if (!s->known)
            room = s;
    }
    if (found || !room)
        return found;
    *room = (struct space){.id = now->id, .word = now->word, .above = other != NULL, .changed = retired};
    return room;
}

static void look(struct watch *w, struct machine *m)
{
    struct about_space now;

    about_space(m, &now);
    for (unsigned i = 0; now.format && i < w->count; i++) {
        struct way way;
        struct space *s = space_of(&w->address[i], &now, w->retired);
        if (!s)
            continue;
        find_way(m, &now, w->address[i].va, &way);
        if (s->known)
            compare(s, &way, w->retired);
        s->way = way;
        s->known = true;
    }
}

/* With an address it orders the leaf, for all addresses that this maps; without, all of the tables. */
static void forget(struct watch *w, const struct machine *m, const struct fence *f)
{
    struct about_space now;

    about_space(m, &now);
    for (unsigned i = 0; i < w->count; i++)
        for (struct space *s = w->address[i].space; s < w->address[i].space + SPACES; s++) {
            if (!s->known || (f->has_asid && s->id != f->asid))
                continue;
            if (f->has_va && (f->va ^ w->address[i].va) & ~(s->way.size - 1))
                continue;
            s->leaf = false;
            if (!f->has_va)
                s->above = false;
            if (!f->has_va && s->word != now.word)
                s->known = false;
        }
}

static int watch_step(struct watch *w, struct pair *p, struct error *e)
{
    struct machine *m = p->side[LOCKSTEP_BARE].hart[0];
    const va_t pc = about_pc(m);
    struct fence fence;
    insn_t bits;
    const unsigned length = about_fetch(m, pc, &bits);
    const bool orders = length && about_orders(m, bits, &fence);
    int failed = pair_run_side(p, LOCKSTEP_BARE, 1, e);

    w->retired = pair_retired(p, LOCKSTEP_BARE);
    if (failed == 0 && orders && about_pc(m) == pc + length / about_cell(m->isa)) /* it was executed */
        forget(w, m, &fence);
    look(w, m);
    return failed;
}

static int watch_until(struct again *a, uint64_t from, uint64_t to, struct watch *w, struct lockstep_report *r, struct error *e)
{
    struct pair *p;
    struct about_space now;
    int failed = again_at(a, from, true, &p, e);

    if (failed)
        return failed;
    struct machine *m = p->side[LOCKSTEP_BARE].hart[0];
    look(w, m);
    while (failed == 0 && !pair_result(p, LOCKSTEP_BARE) && pair_retired(p, LOCKSTEP_BARE) < to)
        failed = watch_step(w, p, e);
    about_space(m, &now);
    for (unsigned i = 0; now.format && i < w->count; i++)
        for (const struct space *s = w->address[i].space; s < w->address[i].space + SPACES; s++)
            if (s->known && s->word == now.word && (s->leaf || s->above)) {
                r->unfenced = true;
                r->unfenced_va = w->address[i].va;
                r->unfenced_by = s->changed;
            }
    return failed;
}

static bool is_stale(const struct lockstep_report *r) { return r->stale[LOCKSTEP_BARE] || r->stale[LOCKSTEP_VIRTUAL]; }

static int ask_both(struct again *a, struct lockstep_report *r, struct error *e)
{
    int failed = 0;

    for (unsigned side = 0; failed == 0 && side < LOCKSTEP_SIDES; side++)
        failed = equal_when_cold(a, r->retired, side, &r->stale[side], e);
    return failed;
}

int lockstep_ask_fence(struct again *a, uint64_t start, struct lockstep_report *r, struct error *e)
{
    struct watch *w;
    int failed = 0;

    failed = ask_both(a, r, e);
    if (failed == 0 && a->marked && is_stale(r)) { /* or it does not show again from checkpoints, whatever is cold */
        again_unmark(a);
        failed = ask_both(a, r, e);
    }
    if (failed || !is_stale(r))
        return failed;
    w = calloc(1, sizeof *w);
    if (!w)
        return error_set(e, ENOMEM, "there is not enough memory to look at the divergence");
    failed = find_addresses(a, r->retired, w, e);
    if (failed == 0)
        failed = watch_until(a, r->retired - start > WINDOW ? r->retired - WINDOW : start, r->retired, w, r, e);
    free(w);
    return failed;
}
