/* code.c - see code.h.
 *
 * A page that has records is marked in its block of RAM, so every write to it, whoever writes, is announced, and the records that have
 * a byte of it are forgotten: at once, for on IA-32 a store may change even the next instruction [SDM 3A 12.1.3]. A page that is written
 * over and over goes. A record that is forgotten stays as it is, for its body may be at work; its room is used again when the page has
 * no more, which is between instructions.
 */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_NORESERVE */
#include "isa/ia32/code.h"

#include "isa/ia32/decode.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* 2,048 pages are 8 MiB of code, in contexts of its own each; when there are no more the hand takes them back in
 * turn. A page that was written WRITES_PATIENCE times since somebody last looked for code in it holds data, and its
 * mark only makes these writes slow. */
enum { POOL_PAGES = 2048, HASH_BUCKETS = 4096, WRITES_PATIENCE = 4096, BLOCKS = 16 };

/* One for each block of RAM from which code was executed. The watcher comes first, so that what it is called with
 * is the block. */
struct block {
    struct ram_watcher watcher; /* first */
    struct ia_cpu *c;
    struct ram *ram; /* NULL: not in use */
};

/* pool: mapped whole and touched page by page, so that what is not used costs no memory; unused: pages that were
 * given back; hand: which goes next when the pool is used up. */
struct ia_code {
    struct ia_code_page *pool, *unused, *bucket[HASH_BUCKETS];
    unsigned pool_used, hand;
    struct block block[BLOCKS];
};

/* Not by context: whoever hears of a write looks for the pages of all contexts, and finds them in one bucket. */
static struct ia_code_page **bucket_of(struct ia_code *k, const struct ram *ram, uint64_t offset)
{
    return &k->bucket[((uint64_t)(uintptr_t)ram / 64 + (offset >> PAGE_SHIFT)) % HASH_BUCKETS];
}

/* The first at or behind `p` that is of this page of RAM, in whatever context. */
static struct ia_code_page *page_from(struct ia_code_page *p, const struct ram *ram, uint64_t offset)
{
    while (p && (p->ram != ram || p->ram_offset != offset))
        p = p->next;
    return p;
}

/* The records stay as they are, since one of them may be at work; others take their room between instructions. */
void ia_code_empty(struct ia_code_page *p)
{
    memset(p->first, 0, sizeof p->first);
    p->used = 1;
}

/* Takes it out of use. Whatever leads to it must be looked up anew. */
static void page_drop(struct ia_cpu *c, struct ia_code_page *p)
{
    struct ia_code *k = c->code;
    struct ram *ram = p->ram;
    struct ia_code_page **link = bucket_of(k, ram, p->ram_offset);
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    p->next = k->unused;
    k->unused = p;
    p->ram = NULL;
    ram_unmark(ram, p->ram_offset);
    tlb_flush_fetches(&c->tlb);
    c->attention |= IA_ATTEND_CODE;
}

/* What the hand drops is put into `unused`, from where it is taken at once. */
static struct ia_code_page *page_new(struct ia_cpu *c)
{
    struct ia_code *k = c->code;
    if (!k->unused && k->pool_used < POOL_PAGES)
        return &k->pool[k->pool_used++];
    if (!k->unused) {
        page_drop(c, &k->pool[k->hand]);
        k->hand = (k->hand + 1) % POOL_PAGES;
    }
    struct ia_code_page *p = k->unused;
    k->unused = p->next;
    return p;
}

/* The page is marked before anything in it is decoded: a write between the two would be missed otherwise. */
struct ia_code_page *ia_code_page(struct ia_cpu *c, struct ram *ram, uint64_t offset)
{
    struct ia_code *k = c->code;
    struct ia_code_page **bucket = bucket_of(k, ram, offset), *p = page_from(*bucket, ram, offset);
    while (p && p->context != c->context)
        p = page_from(p->next, ram, offset);
    if (!p) {
        if (!ia_code_watch(c, ram))
            return NULL;
        p = page_new(c);
        ia_code_empty(p);
        memset(p->passed, 0, sizeof p->passed);
        p->ram = ram;
        p->ram_offset = offset;
        p->host = ram_host(ram) + offset;
        p->context = c->context;
        p->next = *bucket;
        *bucket = p;
        ram_mark(ram, offset);
    }
    p->writes = 0;
    return p;
}

/* A full page starts anew rather than losing single records: what it is used for next is mostly what it is used for
 * now. */
ia_insn *ia_code_record(struct ia_code_page *p, unsigned at)
{
    if (p->used == CODE_RECORDS)
        ia_code_empty(p);
    p->first[at] = (uint16_t)p->used;
    p->place[p->used] = (uint16_t)(at | CODE_BEGINS);
    return &p->record[p->used++];
}

/* Of 16 bytes: an instruction has 15 at most, and what has more is an instruction, too, one that raises #GP. At the
 * end of the page fewer are there, and one that needs the next page's is not kept: the two pages may part. */
bool ia_code_decode(const struct ia_cpu *c, const struct ia_code_page *page, unsigned at, ia_insn *i)
{
    const unsigned left = PAGE_SIZE - at;
    const enum ia_decoded d = ia_decode(&c->config, c->context, page->host + at, left < 16 ? left : 16, i);
    if (d == IA_SHORT)
        return false;
    ia_body_choose(i, d, c->config.model);
    return true;
}

void ia_code_forget(struct ia_cpu *c)
{
    for (struct ia_code_page *p = c->code->pool; p < c->code->pool + c->code->pool_used; p++)
        if (p->ram)
            page_drop(c, p);
}

/* --- what the blocks announce */

/* The run that this record is of. What leads to one of its records is told so there.
 * Backwards to the one that begins the run, then forwards to the next that does. A record that was already
 * overwritten by a newer one at the same byte leaves `first` alone. */
static void run_forget(struct ia_cpu *c, struct ia_code_page *p, unsigned n)
{
    while (!(p->place[n] & CODE_BEGINS))
        n--;
    do {
        const unsigned at = ia_code_place_of(p, n);
        if (at < PAGE_SIZE && p->first[at] == n)
            p->first[at] = 0;
        if (ia_code_is_fast(p))
            p->fast[n].body = ia_fast_forgotten;
    } while (++n < p->used && !(p->place[n] & CODE_BEGINS));
    c->attention |= IA_ATTEND_CODE;
}

static void passed_forget(struct ia_code_page *p, unsigned first, unsigned last)
{
    for (unsigned at = first; at <= last; at++)
        p->passed[at / 64] &= ~(UINT64_C(1) << at % 64);
}

/* Bytes `first` to `last` of the page were written.
 * An instruction that begins up to 14 bytes below may reach into them. Example: bytes 0x100 to 0x103 are written;
 * MOV EAX, imm32 of five bytes at 0xfd has a byte there and goes, a NOP at 0xff stays. */
static void page_written(struct ia_cpu *c, struct ia_code_page *p, unsigned first, unsigned last)
{
    const unsigned reach = IA_LENGTH_MAX - 1;
    for (unsigned at = first < reach ? 0 : first - reach; at <= last; at++)
        if (p->first[at] && at + p->record[p->first[at]].length > first)
            run_forget(c, p, p->first[at]);
    if (UNLIKELY(c->triggers.kinds & TRIGGER_FRESH))
        passed_forget(p, first < reach ? 0 : first - reach, last);
    if (++p->writes > WRITES_PATIENCE)
        page_drop(c, p);
}

/* The next page is taken down first: page_written() may drop the one at hand, which then is on the list of the
 * unused. */
static void written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    const struct block *b = (const struct block *)(void *)w;
    for (uint64_t end = offset + length; offset < end;) {
        const uint64_t page = offset & PAGE_MASK, stop = end < page + PAGE_SIZE ? end : page + PAGE_SIZE;
        struct ia_code_page *p = page_from(*bucket_of(b->c->code, b->ram, page), b->ram, page);
        for (struct ia_code_page *next; p; p = next) {
            next = page_from(p->next, b->ram, page);
            page_written(b->c, p, (unsigned)(offset - page), (unsigned)(stop - 1 - page));
        }
        offset = stop;
    }
}

/* Writes must come by here from now on: no direct pointer may stay. The same when an epoch begins. */
static void marked(struct ram_watcher *w, uint64_t offset)
{
    (void)offset;
    tlb_flush_writes(&((struct block *)(void *)w)->c->tlb);
}

static bool depends(const struct ram_watcher *w, uint64_t offset)
{
    const struct block *b = (const struct block *)(const void *)w;
    const uint64_t page = offset & PAGE_MASK;
    return page_from(*bucket_of(b->c->code, b->ram, page), b->ram, page) != NULL;
}

static void epoch(struct ram_watcher *w) { tlb_flush_writes(&((struct block *)(void *)w)->c->tlb); }

/* 16 blocks are more than any board has; beyond that code is decoded anew each time, which is slow and right. */
bool ia_code_watch(struct ia_cpu *c, struct ram *ram)
{
    struct block *unused = NULL;
    for (struct block *b = c->code->block; b < c->code->block + BLOCKS; b++) {
        if (b->ram == ram)
            return true;
        if (!b->ram && !unused)
            unused = b;
    }
    if (!unused)
        return false;
    *unused =
        (struct block){.watcher = {.written = written, .marked = marked, .depends = depends, .epoch = epoch}, .c = c, .ram = ram};
    ram_watch(ram, &unused->watcher);
    return true;
}

/* --- life */

int ia_code_create(struct ia_cpu *c)
{
    struct ia_code *k = calloc(1, sizeof *k);
    if (!k)
        return -ENOMEM;
    k->pool = mmap(NULL, POOL_PAGES * sizeof *k->pool, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (k->pool == MAP_FAILED) {
        free(k);
        return -ENOMEM;
    }
    c->code = k;
    return 0;
}

void ia_code_destroy(struct ia_cpu *c)
{
    ia_code_forget(c);
    for (struct block *b = c->code->block; b < c->code->block + BLOCKS; b++)
        if (b->ram)
            ram_unwatch(b->ram, &b->watcher);
    munmap(c->code->pool, POOL_PAGES * sizeof *c->code->pool);
    free(c->code);
}
