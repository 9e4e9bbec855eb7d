/* native_pieces.c - which bytes of machine code are there for which instruction, for people who want to see it. Stretches are put one behind
 * the other, so the pieces stand in the order of their addresses, and each ends where the next begins.
 *
 *     stretch 7:   slot 0 hot │ slot 2 hot │ slot 4 hot │ slot 0 apart │ slot 4 apart │ entry to 0 │   stretch 8: ...
 *
 * Nobody else asks for them. So they are kept only for who has said that he will look (struct engine_options: explained).
 */
#include "isa/riscv/native.h"

#include <errno.h>
#include <stdlib.h>

#include "isa/decoded.h"
#include "isa/riscv/pages.h"

void native_piece(struct native *n, const struct native_piece *piece)
{
    struct native_pieces *all = &n->pieces;
    if (all->count == all->room) {
        const size_t room = all->room ? 2 * all->room : 1024;
        struct native_piece *more = realloc(all->piece, room * sizeof *more);
        if (!more) {
            all->kept = false;
            all->count = 0;
            return;
        }
        all->piece = more;
        all->room = room;
    }
    all->piece[all->count++] = *piece;
}

/* The first piece that begins there, or behind. */
static size_t piece_from(const struct native_pieces *all, uint32_t at)
{
    size_t low = 0, high = all->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (all->piece[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Pieces may be empty, so several may begin where the label is. */
void native_entry_piece(struct native *n, uint32_t at, uint32_t label, unsigned slot)
{
    const struct native_pieces *all = &n->pieces;
    size_t i = piece_from(all, label);
    while (i < all->count && all->piece[i].at == label && (all->piece[i].slot != slot || all->piece[i].kind != PIECE_HOT))
        i++;
    if (i == all->count || all->piece[i].at != label)
        return;
    struct native_piece entry = all->piece[i];
    entry.at = at;
    entry.kind = PIECE_ENTRY;
    native_piece(n, &entry);
}

/* --- looking */

/* Where an address is. */
struct spot {
    const struct native *n;
    const struct native_page *page;
    unsigned number, slot; /* number: of the page */
};

static bool spot_find(const struct machine *m, pa_t pa, struct spot *out)
{
    const struct interpreter *in = interpreter_of_const(hart_of_const(m));
    const struct phys_range *range = phys_find(m->phys, pa);
    const struct code_page *p = in->native && range && range->ram && pa % 2 == 0
                                    ? code_page_known(in, range->ram, (range->ram_offset + (pa - range->base)) & PAGE_MASK)
                                    : NULL;
    if (!p)
        return false;
    out->n = in->native;
    out->number = (unsigned)(p - in->pool);
    out->page = &in->native->page[out->number];
    out->slot = (unsigned)(pa & ~PAGE_MASK) / 2;
    return slot_in(out->page->translated, out->slot);
}

bool native_translated(const struct machine *m, pa_t pa)
{
    struct spot s;
    return spot_find(m, pa, &s);
}

/* By instruction; of one as they are executed, and then as they lie. */
static int by_instruction(const void *left, const void *right)
{
    const struct about_piece *a = left, *b = right;
    if (a->pa != b->pa)
        return a->pa < b->pa ? -1 : 1;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    return a->at < b->at ? -1 : 1;
}

/* Of several that have the instruction the latest; 0: it is not known. */
static uint32_t stretch_with(const struct spot *s)
{
    const struct native_pieces *all = &s->n->pieces;
    for (size_t i = all->count; i-- > 0;)
        if (all->piece[i].page == s->number && all->piece[i].slot == s->slot && all->piece[i].kind == PIECE_HOT &&
            all->piece[i].stretch >= s->page->since)
            return all->piece[i].stretch;
    return 0;
}

/* An instruction that needs no machine code has been translated, too. */
static void add_piece(const struct native *n, size_t i, pa_t page, struct about_stretch *out)
{
    const struct native_piece *p = &n->pieces.piece[i];
    const uint32_t end = i + 1 < n->pieces.count ? p[1].at : (uint32_t)n->used;
    if (end > p->at || p->kind == PIECE_HOT)
        out->piece[out->count++] = (struct about_piece){.pa = page + 2 * (pa_t)p->slot,
                                                        .kind = (enum about_piece_kind)p->kind,
                                                        .at = p->at,
                                                        .size = end - p->at,
                                                        .bytes = n->code.write + p->at};
}

int native_stretch(const struct machine *m, pa_t pa, struct about_stretch *out)
{
    struct spot s;
    size_t count = 0;
    if (!spot_find(m, pa, &s))
        return -ENOENT;
    const struct native_pieces *all = &s.n->pieces;
    const uint32_t stretch = stretch_with(&s);
    for (size_t i = 0; i < all->count; i++)
        count += all->piece[i].stretch == stretch;
    if (!stretch || !count)
        return -ENODATA;
    out->piece = calloc(count, sizeof *out->piece);
    if (!out->piece)
        return -ENOMEM;
    for (size_t i = 0; i < all->count; i++)
        if (all->piece[i].stretch == stretch)
            add_piece(s.n, i, pa & PAGE_MASK, out);
    qsort(out->piece, out->count, sizeof *out->piece, by_instruction);
    out->host = native_host;
    const struct about_shared shared[ABOUT_SHARED] = {{s.n->exit[WANT_CAREFUL], "its careful body"},
                                                      {s.n->exit[WANT_ALONE], "its fast body"},
                                                      {s.n->exit[WANT_WAIT], "the outer loop"},
                                                      {s.n->exit[WANT_JUMP], "another page"}};
    for (unsigned i = 0; i < ABOUT_SHARED; i++)
        out->shared[i] = shared[i];
    return 0;
}
