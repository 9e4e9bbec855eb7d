/* checkpoint_pages.c - what of memory each checkpoint keeps, and how memory comes to be as it was at one. A checkpoint's delta is what
 * was written since the base. To go somewhere, every page is looked at that was written since the base or is in a delta on the way
 * there.
 */
#include "core/time/checkpoint_private.h"
#include "isa/insn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- pages */

/* An example of a chain, each with the pages that were written before it was taken:
 *
 *     head                              base          now
 *      c0 <---- prev ---- c1 <---- prev ---- c2
 *      {1,2,3}            {2,4}              {4,5}         {5} written since, by the epoch
 *
 * Page 4 at c1 is c1's, page 2 at c2 too; page 1 at c2 is c0's; page 9 was written at none of them, and is as in
 * the beginning. Going from now to c0, pages 5 (since c2), 4, 5 (of c2) and 2, 4 (of c1) are put back: 2 from c0, 4
 * and 5 as in the beginning. When c1 goes, c2 gets its page 2; page 4 it has itself. Pages that are the same in two
 * deltas are one, counted by refs. */
struct page *page_create(struct checkpoints *c, const uint8_t *bytes)
{
    struct page *p = malloc(sizeof *p);
    if (!p)
        return NULL;
    p->refs = 1;
    memcpy(p->bytes, bytes, PAGE_SIZE);
    c->stats.pages++;
    c->stats.bytes += sizeof *p;
    return p;
}

static struct page *page_share(struct page *p)
{
    if (p)
        p->refs++;
    return p;
}

static void page_release(struct checkpoints *c, struct page *p)
{
    if (!p || --p->refs > 0)
        return;
    c->stats.pages--;
    c->stats.bytes -= sizeof *p;
    free(p);
}

/* --- deltas */

void delta_free(struct checkpoints *c, struct delta *d)
{
    for (size_t n = 0; n < d->count; n++)
        page_release(c, d->entry[n].page);
    free(d->entry);
    *d = (struct delta){0};
}

static bool delta_grow(struct delta *d, size_t *room)
{
    if (d->count < *room)
        return true;
    size_t more = *room ? 2 * *room : 256;
    struct entry *grown = realloc(d->entry, more * sizeof *grown);
    if (!grown)
        return false;
    d->entry = grown;
    *room = more;
    return true;
}

/* false: no memory. */
static bool delta_append_now(struct checkpoints *c, struct delta *d, size_t *room, page_key key)
{
    const uint8_t *bytes = region_content(c, key);
    if (!delta_grow(d, room))
        return false;
    struct page *p = bytes ? page_create(c, bytes) : NULL;
    if (bytes && !p)
        return false;
    d->entry[d->count++] = (struct entry){.key = key, .page = p};
    return true;
}

int delta_collect(struct checkpoints *c, struct delta *out)
{
    size_t room = 0;
    *out = (struct delta){0};
    for (unsigned n = 0; n < c->region_count; n++)
        for (uint64_t number = 0; region_next_written(&c->region[n], &number); number++)
            if (!delta_append_now(c, out, &room, key_of(n, number))) {
                delta_free(c, out);
                return -ENOMEM;
            }
    return 0;
}

static int key_compare(const void *key, const void *entry)
{
    page_key a = *(const page_key *)key, b = ((const struct entry *)entry)->key;
    return (a > b) - (a < b);
}

static struct entry *entry_find(struct entry *entry, size_t count, page_key key)
{
    return count ? bsearch(&key, entry, count, sizeof *entry, key_compare) : NULL;
}

/* What `from` has and `to` lacks, counted, and added to `to`. Takes pages only when that is certain to succeed.
 * A merge of two sorted lists, in which `to` wins; so both stay sorted, and a page is found by halving. */
static int delta_complete(struct delta *to, const struct delta *from)
{
    struct entry *all = malloc((to->count + from->count) * sizeof *all + 1);
    size_t count = 0, t = 0, f = 0;
    if (!all)
        return -ENOMEM;
    while (t < to->count || f < from->count) {
        if (f == from->count || (t < to->count && to->entry[t].key <= from->entry[f].key)) {
            f += f < from->count && to->entry[t].key == from->entry[f].key;
            all[count++] = to->entry[t++];
        } else {
            all[count++] = (struct entry){from->entry[f].key, page_share(from->entry[f].page)};
            f++;
        }
    }
    free(to->entry);
    *to = (struct delta){.entry = all, .count = count};
    return 0;
}

/* --- the chain */

/* What the pages of `entry`, sorted, were at `at`.
 * From the checkpoint back along the chain until all are known; what no delta has keeps NULL. */
static int pages_resolve(const struct checkpoint *at, struct entry *entry, size_t count)
{
    uint8_t *known = calloc(count + 1, 1);
    if (!known)
        return -ENOMEM;
    for (size_t n = 0; n < count; n++)
        entry[n].page = NULL;
    size_t left = count;
    for (; at && left; at = at->prev) {
        for (size_t n = 0; n < at->delta.count && left; n++) {
            struct entry *e = entry_find(entry, count, at->delta.entry[n].key);
            if (!e || known[e - entry])
                continue;
            known[e - entry] = 1;
            left--;
            e->page = at->delta.entry[n].page;
        }
    }
    free(known);
    return 0;
}

/* The successor was made from prev, and is now made from c: where c differs from prev, it has to say what it was itself. */
static int successor_complete(struct checkpoint *c, struct checkpoint *prev, struct checkpoint *next)
{
    struct delta as_prev = {.entry = malloc(c->delta.count * sizeof *as_prev.entry + 1), .count = c->delta.count};
    if (!as_prev.entry)
        return -ENOMEM;
    for (size_t n = 0; n < as_prev.count; n++)
        as_prev.entry[n].key = c->delta.entry[n].key;
    int failed = pages_resolve(prev, as_prev.entry, as_prev.count);
    if (!failed)
        failed = delta_complete(&next->delta, &as_prev); /* borrowed pages: completing counts those it takes */
    free(as_prev.entry);
    return failed;
}

static uint64_t entry_bytes(const struct checkpoint *c) { return c ? c->delta.count * sizeof(struct entry) : 0; }

int chain_insert(struct checkpoints *s, struct checkpoint *c, struct checkpoint *prev)
{
    struct checkpoint *next = prev ? prev->next : s->head;
    uint64_t before = entry_bytes(next);
    int failed = next ? successor_complete(c, prev, next) : 0;
    if (failed)
        return failed;
    c->prev = prev;
    c->next = next;
    *(prev ? &prev->next : &s->head) = c;
    if (next)
        next->prev = c;
    s->stats.bytes += sizeof *c + c->state_size + s->counts_size + entry_bytes(c) + entry_bytes(next) - before;
    return 0;
}

/* Memory is equal to what c was but for what was written since; so it is to what was before c, but for that and c's delta.
 * The base is now an older one, against which c's pages count as written, too: they are marked as written in this
 * epoch. */
static void base_back(struct checkpoints *s, const struct checkpoint *c)
{
    s->base = c->prev;
    if (!c->prev)
        epochs_forget(s);
    for (size_t n = 0; n < c->delta.count; n++) {
        const struct region *r = &s->region[region_of(c->delta.entry[n].key)];
        ram_expose(r->ram, r->start + number_of(c->delta.entry[n].key) * PAGE_SIZE);
    }
}

int chain_remove(struct checkpoints *s, struct checkpoint *c)
{
    uint64_t before = entry_bytes(c->next);
    int failed = c->next ? delta_complete(&c->next->delta, &c->delta) : 0;
    if (failed)
        return failed;
    if (s->base == c)
        base_back(s, c);
    *(c->prev ? &c->prev->next : &s->head) = c->next;
    if (c->next)
        c->next->prev = c->prev;
    s->stats.bytes -= sizeof *c + c->state_size + s->counts_size + entry_bytes(c) + before;
    s->stats.bytes += entry_bytes(c->next);
    return 0;
}

/* --- plans */

static int entry_order(const void *a, const void *b)
{
    page_key x = ((const struct entry *)a)->key, y = ((const struct entry *)b)->key;
    return (x > y) - (x < y);
}

static void plan_sort(struct plan *p)
{
    size_t count = 0;
    qsort(p->entry, p->count, sizeof *p->entry, entry_order);
    for (size_t n = 0; n < p->count; n++)
        if (n == 0 || p->entry[n].key != p->entry[n - 1].key)
            p->entry[count++] = p->entry[n];
    p->count = count;
}

static int plan_add(struct plan *p, size_t *room, page_key key)
{
    struct delta d = {.entry = p->entry, .count = p->count};
    if (!delta_grow(&d, room))
        return -ENOMEM;
    p->entry = d.entry;
    p->entry[p->count++].key = key;
    return 0;
}

static int plan_add_delta(struct plan *p, size_t *room, const struct delta *d)
{
    int failed = 0;
    for (size_t n = 0; n < d->count && !failed; n++)
        failed = plan_add(p, room, d->entry[n].key);
    return failed;
}

/* The links from the later one of the two back to the earlier one, which is not among them.
 * The base may be earlier on the chain than where one wants to go, or later: which of the two is found by walking
 * back from `to`. */
static int plan_add_way(struct plan *p, size_t *room, const struct checkpoint *base, const struct checkpoint *to)
{
    const struct checkpoint *later = to, *earlier = base, *c = to;
    while (c && c != base)
        c = c->prev;
    if (base && !c) { /* base is the later one */
        later = base;
        earlier = to;
    }
    int failed = 0;
    for (c = later; c != earlier && !failed; c = c->prev)
        failed = plan_add_delta(p, room, &c->delta);
    return failed;
}

int plan_make(struct checkpoints *s, const struct checkpoint *base, const struct checkpoint *to, struct plan *p)
{
    size_t room = 0;
    *p = (struct plan){0};
    int failed = plan_add_way(p, &room, base, to);
    for (unsigned n = 0; n < s->region_count; n++) {
        struct region r = s->region[n];
        r.epoch = base ? r.epoch : 1;
        for (uint64_t number = 0; !failed && region_next_written(&r, &number); number++)
            failed = plan_add(p, &room, key_of(n, number));
    }
    if (!failed && p->count)
        plan_sort(p);
    if (!failed)
        failed = pages_resolve(to, p->entry, p->count);
    if (failed)
        plan_free(p);
    return failed;
}

enum { HIDDEN = 8 };

/* Hidden state of the harts: kept, or put back.
 * A reservation of LR/SC is an example: writing memory to go back would end it, though in the course nobody wrote. */
static void hidden_keep(const struct system *system, uint64_t kept[BOARD_CPUS][HIDDEN], bool back)
{
    for (unsigned h = 0; h < system->harts; h++) {
        struct machine *m = system_hart(system, h);
        unsigned n = 0;
        for (unsigned i = 0; i < m->isa->reg_count && n < HIDDEN; i++) {
            if (m->isa->regs[i].part != PART_HIDDEN)
                continue;
            if (back)
                machine_set(m, m->isa->regs[i].reg, kept[h][n]);
            else
                kept[h][n] = machine_get(m, m->isa->regs[i].reg);
            n++;
        }
    }
}

/* These writes are not part of the course: what hidden state says of memory, as a reservation does, is so again. */
void plan_apply(struct checkpoints *s, const struct plan *p)
{
    uint64_t kept[BOARD_CPUS][HIDDEN];
    hidden_keep(s->system, kept, false);
    for (size_t i = 0; i < p->count; i++)
        region_content_set(s, p->entry[i].key, p->entry[i].page ? p->entry[i].page->bytes : NULL);
    hidden_keep(s->system, kept, true);
}

void plan_free(struct plan *p)
{
    free(p->entry);
    *p = (struct plan){0};
}
