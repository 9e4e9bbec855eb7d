/* tlb.c - choosing, filling and flushing the spaces of a CPU's software TLB.
 *
 * A flush of everything is common and most spaces are idle meanwhile. A space that was not selected since the last such
 * flush was emptied then; unless the CPU still held it, nothing has come into it, and it needs no second one. And in the
 * spaces that were used, only the slots that were filled since are emptied.
 */
#include "mmu/tlb.h"

#include <string.h>

static void empty_entries(struct tlb_entry *entry, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        entry[i] = (struct tlb_entry){.tag = TLB_EMPTY};
}

static void empty_filled(struct tlb_entry *table, uint64_t *filled)
{
    for (; *filled; *filled &= *filled - 1)
        empty_entries(table + TLB_GROUP * (unsigned)__builtin_ctzll(*filled), TLB_GROUP);
}

static void empty_fetches(struct tlb_space *s)
{
    for (; s->fetch_filled; s->fetch_filled &= s->fetch_filled - 1)
        s->fetch[__builtin_ctzll(s->fetch_filled)].tag = TLB_EMPTY;
}

static void space_empty(struct tlb_space *s)
{
    empty_filled(s->read, &s->filled[0]);
    empty_filled(s->write, &s->filled[1]);
    empty_fetches(s);
    s->large_first = UINT64_MAX;
    s->large_last = 0;
    s->large_size = PAGE_SIZE;
}

/* What the tables hold nobody looks at before a space is first selected: the host gives memory for them only then. */
void tlb_init(struct tlb *t)
{
    const size_t tables = offsetof(struct tlb_space, filled);
    memset((char *)t + sizeof t->space, 0, sizeof *t - sizeof t->space);
    for (struct tlb_space *s = t->space; s < t->space + TLB_SPACES; s++) {
        memset((char *)s + tables, 0, sizeof *s - tables);
        s->filled[0] = s->filled[1] = s->fetch_filled = UINT64_MAX;
    }
}

/* May this space hold something? The others need no flush. */
static bool is_used(const struct tlb *t, const struct tlb_space *s) { return s->valid && s->generation == t->generation; }

static void asid_set(struct tlb *t, struct tlb_space *s, uint16_t asid)
{
    const uint16_t bit = (uint16_t)(1u << (s - t->space));
    t->with_asid[s->asid % TLB_ASIDS] &= (uint16_t)~bit;
    t->with_asid[asid % TLB_ASIDS] |= bit;
    s->asid = asid;
}

struct tlb_space *tlb_select(struct tlb *t, uint64_t key0, uint64_t key1, uint16_t asid)
{
    struct tlb_space *oldest = &t->space[0], *found = NULL;
    for (struct tlb_space *s = t->space; s < t->space + TLB_SPACES; s++) {
        if (s->valid && s->key[0] == key0 && s->key[1] == key1) {
            found = s;
            break;
        }
        if (s->used < oldest->used)
            oldest = s;
    }
    if (!found) {
        found = oldest;
        if (!found->valid || is_used(t, found))
            space_empty(found);
        found->key[0] = key0;
        found->key[1] = key1;
        found->valid = true;
    }
    asid_set(t, found, asid);
    found->generation = t->generation;
    found->used = ++t->tick;
    return found;
}

/*T:440 The software TLB: from a virtual page to a pointer into the host's memory, with one comparison for address, rights and mode. It
 * may forget at any time, and a test makes it forget. :*/
void tlb_fill(struct tlb *t, struct tlb_space *s, va_t va, bool write, const uint8_t *host_page)
{
    unsigned slot = tlb_slot(va);
    struct tlb_entry *e = write ? &s->write[slot] : &s->read[slot];
    s->filled[write] |= UINT64_C(1) << slot / TLB_GROUP;
    e->tag = va & PAGE_MASK;
    e->addend = (uintptr_t)host_page - (uintptr_t)e->tag;
    t->fills++;
}

void tlb_fill_fetch(struct tlb_space *s, uint64_t tag, const void *page)
{
    unsigned slot = tlb_fetch_slot(tag);
    s->fetch_filled |= UINT64_C(1) << slot;
    s->fetch[slot] = (struct tlb_entry){.tag = tag, .addend = (uintptr_t)page};
}

void tlb_note_superpage(struct tlb_space *s, va_t va, uint64_t size)
{
    va_t first = align_down(va, size), last = first + (size - 1);
    if (first < s->large_first)
        s->large_first = first;
    if (last > s->large_last)
        s->large_last = last;
    if (size > s->large_size)
        s->large_size = size;
}

/* --- Flushes */

void tlb_flush_all(struct tlb *t)
{
    t->flushes++;
    for (struct tlb_space *s = t->space; s < t->space + TLB_SPACES; s++) {
        if (is_used(t, s))
            space_empty(s);
        if (t->tick - s->used < TLB_HELD) /* the CPU may go on filling it without selecting it again */
            s->generation = t->generation + 1;
    }
    t->generation++;
}

void tlb_flush_asid(struct tlb *t, uint16_t asid)
{
    t->flushes++;
    for (unsigned left = t->with_asid[asid % TLB_ASIDS]; left; left &= left - 1) {
        struct tlb_space *s = &t->space[__builtin_ctz(left)];
        if (is_used(t, s) && s->asid == asid)
            space_empty(s);
    }
}

static void flush_entry(struct tlb_entry *e, va_t block, uint64_t size)
{
    if (align_down(e->tag & PAGE_MASK, size) == block)
        e->tag = TLB_EMPTY;
}

/* Empties what lies in the aligned block of `size` bytes that holds va. */
static void flush_block(struct tlb_space *s, va_t va, uint64_t size)
{
    va_t block = align_down(va, size);
    for (unsigned i = 0; i < TLB_ENTRIES; i++) {
        flush_entry(&s->read[i], block, size);
        flush_entry(&s->write[i], block, size);
    }
    for (unsigned i = 0; i < TLB_FETCH_ENTRIES; i++)
        flush_entry(&s->fetch[i], block, size);
}

static void flush_page(struct tlb_space *s, va_t va)
{
    flush_entry(&s->read[tlb_slot(va)], va & PAGE_MASK, PAGE_SIZE);
    flush_entry(&s->write[tlb_slot(va)], va & PAGE_MASK, PAGE_SIZE);
    flush_entry(&s->fetch[tlb_fetch_slot(va)], va & PAGE_MASK, PAGE_SIZE);
}

void tlb_flush_page(struct tlb *t, va_t va, bool any_asid, uint16_t asid)
{
    t->flushes++;
    for (unsigned left = any_asid ? (1u << TLB_SPACES) - 1 : t->with_asid[asid % TLB_ASIDS]; left; left &= left - 1) {
        struct tlb_space *s = &t->space[__builtin_ctz(left)];
        if (!is_used(t, s) || (!any_asid && s->asid != asid))
            continue;
        if (s->large_first <= va && va <= s->large_last)
            flush_block(s, va, s->large_size); /* no leaf in here is larger */
        else
            flush_page(s, va);
    }
}

void tlb_flush_writes(struct tlb *t)
{
    for (struct tlb_space *s = t->space; s < t->space + TLB_SPACES; s++)
        if (is_used(t, s))
            empty_filled(s->write, &s->filled[1]);
}

void tlb_flush_fetches(struct tlb *t)
{
    for (struct tlb_space *s = t->space; s < t->space + TLB_SPACES; s++)
        if (is_used(t, s))
            empty_fetches(s);
}
