/* pages.c - decoded pages, and their staying true to memory.
 *
 * A page of RAM that is executed from has a `struct code_page`, found by (block, offset): it serves every virtual address and every
 * mode. (Addresses with a trigger have copies of their own, fetch.c.) It is marked in its block, so every write to it, whoever
 * writes, is announced; the records that overlap the written bytes are forgotten and decoded again when next executed. So decoded
 * code is always what memory holds, and FENCE.I has nothing to do.
 * A page that is written over and over and not entered meanwhile gives its mark back. The pool of them is bounded; when it is full a
 * part goes that was not entered for long. An instruction that lies across two pages
 * is put together each time it is executed.
 *
 * A cold fence makes the hart forget what it had decoded. It only puts it to sleep: the mark is gone; the records are found again,
 * and are good if the page's stamp says that nobody has written there meanwhile. Nothing else tells that from decoding anew.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "isa/riscv/pages.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "isa/riscv/go.h"
#include "isa/riscv/hot.h"
#include "isa/riscv/listen.h"
#include "isa/riscv/slot.h"
#include "isa/riscv/straight.h"
#include "isa/riscv/table.h"

enum { POOL_PAGES = CODE_PAGES, POOL_ROOM = POOL_PAGES / 16 /* taken back at one time */, HASH_BUCKETS = 4096, WRITES_PATIENCE = 256 };
enum { FUSED_REACH = 14 /* bytes between the first byte of four fused instructions and the last two */ };

/* --- the pool */

static struct code_page **bucket_of(const struct interpreter *in, const struct ram *ram, uint64_t offset)
{
    uint64_t key = (uint64_t)(uintptr_t)ram / 64 + (offset >> PAGE_SHIFT);
    return &in->hash[key % HASH_BUCKETS];
}

/* The first at or after `p` that is a decoded copy of this page of RAM, in use. */
static struct code_page *copy_from(struct code_page *p, const struct ram *ram, uint64_t offset)
{
    while (p && (p->ram != ram || p->ram_offset != offset || p->asleep))
        p = p->hash_next;
    return p;
}

static struct code_page *copy_first(const struct interpreter *in, const struct ram *ram, uint64_t offset)
{
    return copy_from(*bucket_of(in, ram, offset), ram, offset);
}

static void records_forget(struct code_page *p, unsigned first, unsigned last)
{
    for (unsigned slot = first; slot <= last; slot++) {
        p->record[slot].body = rv_body_undecoded;
        p->row[slot] = INSN_NONE;
    }
}

/* Takes the page out of use. The fetch TLB and h->here must not point to it afterwards. */
static void page_drop(struct interpreter *in, struct code_page *p)
{
    struct code_page **link = bucket_of(in, p->ram, p->ram_offset);
    while (*link != p)
        link = &(*link)->hash_next;
    *link = p->hash_next;
    p->hash_next = in->unused;
    in->unused = p;
    if (p->asleep)
        in->asleep--;
    else
        ram_unmark(p->ram, p->ram_offset);
    p->ram = NULL;
    p->asleep = 0;
}

static void page_sleep(struct interpreter *in, struct code_page *p)
{
    p->asleep = ram_epoch(p->ram);
    in->asleep++;
    ram_unmark(p->ram, p->ram_offset);
}

/* The pages that the fetch TLB names. They stay, so that no translation goes with a page: when one is looked up anew shows, in A bits
 * and in what a program that forgot a fence sees, and must not depend on what was decoded long ago. */
static void pages_hold(struct interpreter *in)
{
    _Static_assert(TLB_SPACES * TLB_FETCH_ENTRIES + POOL_ROOM <= POOL_PAGES, "there are others");
    in->hold++;
    for (const struct tlb_space *s = in->hart.tlb.space; s < in->hart.tlb.space + TLB_SPACES; s++)
        for (const struct tlb_entry *e = s->fetch; e < s->fetch + TLB_FETCH_ENTRIES; e++)
            if (s->valid && e->tag != TLB_EMPTY)
                ((struct code_page *)e->addend)->held = in->hold;
}

/* May the page go? If somebody came back to it, it stays for another round of the hand. */
static bool page_yields(const struct interpreter *in, struct code_page *p, bool sleepers)
{
    if (!p->ram || sleepers)
        return p->asleep;
    bool again = p->again;
    p->again = false;
    return !again && p->held != in->hold;
}

/* The pool is full. A hand goes around it and takes a part, of pages that nobody came back to since it was last there: then nothing stops
 * to decode everything anew. What sleeps is not there, so it makes room before anything else goes. */
static void make_room(struct interpreter *in)
{
    bool sleepers = in->asleep > 0;
    pages_hold(in);
    for (unsigned wanted = sleepers && in->asleep < POOL_ROOM ? in->asleep : POOL_ROOM; wanted > 0;
         in->hand = (in->hand + 1) % POOL_PAGES) {
        struct code_page *p = &in->pool[in->hand];
        if (!page_yields(in, p, sleepers))
            continue;
        page_drop(in, p);
        in->code_evicted++;
        wanted--;
    }
}

void code_pages_context_changed(struct hart *h, enum engine_change change)
{
    struct interpreter *in = interpreter_of(h);
    for (struct code_page *p = in->pool; p < in->pool + in->pool_used; p++) {
        if (!p->ram)
            continue;
        if (change == CHANGE_ALL || p->watched)
            page_drop(in, p);
        else if (change == CHANGE_COLD && !p->asleep)
            page_sleep(in, p);
    }
    tlb_flush_fetches(&h->tlb);
    hart_refetch(h);
}

struct code_page *code_page_create(struct hart *h, struct ram *ram, uint64_t offset)
{
    struct interpreter *in = interpreter_of(h);
    while (!hart_watch(h, ram))
        hart_watch_none(h);
    assert(!h->here);
    if (!in->unused && in->pool_used == POOL_PAGES)
        make_room(in);
    struct code_page *p = in->unused;
    if (p)
        in->unused = p->hash_next;
    else
        p = &in->pool[in->pool_used++];
    in->code_decoded++;
    struct code_page **bucket = bucket_of(in, ram, offset);
    p->host = ram_host(ram) + offset;
    p->ram = ram;
    p->ram_offset = offset;
    p->writes = 0;
    p->entered = p->again = false;
    p->watched = false;
    p->hash_next = *bucket;
    *bucket = p;
    native_dropped(in, p);
    records_forget(p, 0, CODE_RECORDS - 1);
    p->record[CODE_RECORDS].body = rv_body_page_end;
    p->row[CODE_RECORDS] = INSN_NONE;
    ram_mark(ram, offset);
    return p;
}

/* The sleeping copy of this page, in use again; NULL: there is none. */
static struct code_page *page_wake(struct interpreter *in, struct ram *ram, uint64_t offset)
{
    struct code_page *p = *bucket_of(in, ram, offset);
    while (p && (p->ram != ram || p->ram_offset != offset || !p->asleep))
        p = p->hash_next;
    if (!p)
        return NULL;
    if (ram_next_written(ram, offset, offset + PAGE_SIZE, p->asleep) == offset) {
        native_dropped(in, p);
        records_forget(p, 0, CODE_RECORDS - 1);
    }
    p->asleep = 0;
    p->writes = 0;
    p->entered = p->again = false;
    in->asleep--;
    ram_mark(ram, offset);
    return p;
}

struct code_page *code_page_find(struct hart *h, struct ram *ram, uint64_t offset, bool watched, va_t va, pa_t pa)
{
    struct interpreter *in = interpreter_of(h);
    struct code_page *p = copy_first(in, ram, offset);
    while (p && !(watched ? p->watched && p->va == va && p->pa == pa : !p->watched))
        p = copy_from(p->hash_next, ram, offset);
    return p || watched ? p : page_wake(in, ram, offset);
}

const struct code_page *code_page_known(const struct interpreter *in, const struct ram *ram, uint64_t offset)
{
    struct code_page *p = copy_first(in, ram, offset);
    while (p && p->watched)
        p = copy_from(p->hash_next, ram, offset);
    return p;
}

/* --- announcements of RAM */

/* May the body of an instruction before go over this record? None goes over one that looks, unless as bytes of its own instruction. */
static bool is_gone_over(const struct code_page *p, unsigned slot)
{
    const bool over = slot >= 1 && p->row[slot - 1] != INSN_NONE, far = slot >= 2 && p->row[slot - 2] != INSN_NONE;
    return p->record[slot].body == rv_body_look ? over && rv_rows[p->row[slot - 1]].length == 4 : over || far;
}

/* Forgets also what begins before and has the written bytes in its body, and then all whose bodies go over what is forgotten: they know how
 * far it is from where they end to the next look, and what is decoded anew there would not know of them (straight.c). */
static void copy_written(struct interpreter *in, struct code_page *p, unsigned first, unsigned last)
{
    unsigned begin = first < FUSED_REACH ? 0 : (first - FUSED_REACH) / 2;
    native_written(in, p, first, last);
    while (is_gone_over(p, begin))
        begin--;
    records_forget(p, begin, last / 2);
    if (++p->writes < WRITES_PATIENCE)
        return;
    if (p->entered || p == in->hart.here) { /* a second chance: from now on entering it shows */
        p->entered = false;
        p->writes = 0;
    } else {
        page_drop(in, p);
    }
    tlb_flush_fetches(&in->hart.tlb);
}

void code_pages_written(struct hart *h, struct ram *ram, uint64_t offset, size_t length)
{
    struct interpreter *in = interpreter_of(h);
    unsigned first = (unsigned)(offset & ~PAGE_MASK), last = first + (unsigned)length - 1;
    struct code_page *p = copy_first(in, ram, offset & PAGE_MASK), *next;
    for (; p; p = next) {
        next = copy_from(p->hash_next, ram, offset & PAGE_MASK);
        copy_written(in, p, first, last);
    }
}

bool code_pages_kept(const struct hart *h, struct ram *ram, uint64_t offset)
{
    return copy_first(interpreter_of_const(h), ram, offset & PAGE_MASK) != NULL;
}

/* --- life */

bool code_pages_counts(const struct hart *h, struct engine_counts *out)
{
    const struct interpreter *in = interpreter_of_const(h);
    *out = (struct engine_counts){.room = POOL_PAGES,
                                  .touched = in->pool_used,
                                  .page_bytes = sizeof *in->pool,
                                  .asleep = in->asleep,
                                  .decoded = in->code_decoded,
                                  .evicted = in->code_evicted};
    for (unsigned n = 0; n < in->pool_used; n++)
        out->used += in->pool[n].ram && !in->pool[n].asleep;
    return true;
}

int code_pages_create(struct hart *h)
{
    struct interpreter *in = interpreter_of(h);
    size_t size = POOL_PAGES * sizeof *in->pool;
    in->hash = calloc(HASH_BUCKETS, sizeof(struct code_page *));
    void *pool = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!in->hash || pool == MAP_FAILED) {
        free(in->hash);
        if (pool != MAP_FAILED)
            munmap(pool, size);
        return -ENOMEM;
    }
    in->pool = pool;
    return 0;
}

void code_pages_destroy(struct hart *h)
{
    munmap(interpreter_of(h)->pool, POOL_PAGES * sizeof(struct code_page));
    free(interpreter_of(h)->hash);
}
