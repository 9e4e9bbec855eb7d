/* code_cache.c - see code_cache.h. Books of the VMM's own, and bytes in the host's memory, which are written as supervisor software writes
 * code: the machine sees to it that they are executed as they stand.
 */
#include "core/vmm/code_cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 1 << 16, GRAIN = 64, LINES = 1 << 14 };

struct block {
    va_t pc;
    uint32_t at, next; /* in the cache; of the same bucket, by number + 1 */
    struct code_piece piece[CODE_PIECES];
    uint32_t on_page[CODE_PIECES]; /* the pieces of a page: CODE_PIECES * block's number + which + 1 of the next one */
    uint32_t incoming;             /* links that lead here: number + 1 of the first */
    uint32_t pieces;
    uint32_t insn, insns; /* its instructions; none: it is a place inside of another block */
};

struct link {
    uint32_t site, stub; /* in the cache */
    uint32_t next;
};

/* What was asked for last, of all addresses that share a line: room for few, but found by one look. */
struct found {
    va_t pc;
    uint32_t at; /* of its block, + 1; 0: none */
};
struct exit_at {
    uint32_t at, insn; /* by number + 1; 0: none */
};

struct code_cache {
    struct machine *host; /* borrowed */
    hpa_t memory;
    uint32_t used; /* bytes handed out */
    struct block *block;
    struct code_insn *insn; /* by place, ascending */
    struct link *link;
    uint32_t blocks, insns, links, block_room, insn_room, link_room;
    uint32_t *of_page; /* by page: its first piece, named as in on_page */
    uint64_t pages;
    uint32_t bucket[BUCKETS];
    struct found found[LINES];
    struct exit_at exit_at[LINES];
    uint32_t first[CODE_CACHE_BYTES / GRAIN]; /* of each stretch of GRAIN bytes: the first instruction in it, or behind it */
};

int code_cache_create(struct code_cache **out, struct machine *host, hpa_t memory, uint64_t pages)
{
    struct code_cache *c = calloc(1, sizeof *c);

    if (!c)
        return -ENOMEM;
    *c = (struct code_cache){.host = host, .memory = memory, .pages = pages};
    c->of_page = calloc(pages, sizeof *c->of_page);
    if (!c->of_page) {
        free(c);
        return -ENOMEM;
    }
    *out = c;
    return 0;
}

void code_cache_destroy(struct code_cache *c)
{
    if (!c)
        return;
    free(c->of_page);
    free(c->block);
    free(c->insn);
    free(c->link);
    free(c);
}

/* --- Bytes */

static void bytes_put(struct code_cache *c, uint32_t at, const void *from, size_t size)
{
    int failed = machine_store(c->host, c->memory.v + at, from, size);

    assert(!failed); /* frames that A took are RAM of the host */
    (void)failed;
}

/* The distance of a jump is counted from behind it, which is behind the distance. */
static uint32_t distance(uint32_t site, uint32_t to) { return to - (site + (uint32_t)sizeof to); }

static void jump_set(struct code_cache *c, uint32_t site, uint32_t to)
{
    const uint32_t d = distance(site, to);

    bytes_put(c, site, &d, sizeof d);
}

/* --- By address of the guest */

static uint32_t *bucket_of(struct code_cache *c, va_t pc) { return &c->bucket[(pc ^ pc >> 13) % BUCKETS]; }

static struct found *found_of(struct code_cache *c, va_t pc) { return &c->found[(pc ^ pc >> 12) % LINES]; }

static struct block *block_at(struct code_cache *c, va_t pc)
{
    uint32_t n = *bucket_of(c, pc);

    while (n && c->block[n - 1].pc != pc)
        n = c->block[n - 1].next;
    return n ? &c->block[n - 1] : NULL;
}

uint32_t code_cache_find(struct code_cache *c, va_t pc)
{
    struct found *f = found_of(c, pc);

    if (UNLIKELY(f->pc != pc || !f->at)) {
        const struct block *b = block_at(c, pc);
        if (!b)
            return CODE_NONE;
        *f = (struct found){.pc = pc, .at = b->at + 1};
    }
    return f->at - 1;
}

/* --- By place in the cache */

const struct code_insn *code_cache_insn(const struct code_cache *c, uint32_t at)
{
    if (at >= c->used)
        return NULL;
    for (uint32_t n = c->first[at / GRAIN]; n < c->insns && c->insn[n].at <= at; n++)
        if (c->insn[n].at == at)
            return &c->insn[n];
    return NULL;
}

const struct code_insn *code_cache_exit(struct code_cache *c, uint32_t at)
{
    struct exit_at *e = &c->exit_at[at / 2 % LINES];
    const struct code_insn *i;

    if (LIKELY(e->at == at && e->insn))
        return &c->insn[e->insn - 1];
    i = code_cache_insn(c, at);
    if (i)
        *e = (struct exit_at){.at = at, .insn = (uint32_t)(i - c->insn) + 1};
    return i;
}

/* --- Adding */

/* Room for `more` of what is so large, doubled when it is used up. */
static bool grow(void **array, uint32_t used, uint32_t *room, uint32_t more, size_t size)
{
    if (*room - used >= more)
        return true;
    const uint32_t wanted = *room * 2 + more + 256;
    void *grown = realloc(*array, wanted * size);
    if (!grown)
        return false;
    *array = grown;
    *room = wanted;
    return true;
}

static bool has_room(struct code_cache *c, const struct code_plan *p)
{
    return CODE_CACHE_BYTES - c->used >= 2 * p->size + 16 &&
           grow((void **)&c->block, c->blocks, &c->block_room, 1, sizeof *c->block) &&
           grow((void **)&c->insn, c->insns, &c->insn_room, p->insns, sizeof *c->insn) &&
           grow((void **)&c->link, c->links, &c->link_room, p->links, sizeof *c->link);
}

static void insns_add(struct code_cache *c, const struct code_plan *p)
{
    for (unsigned n = 0; n < p->insns; n++) {
        struct code_insn *i = &c->insn[c->insns];
        *i = p->insn[n];
        i->at += c->used;
        if (i->link != CODE_NONE)
            i->link += c->links;
        for (uint32_t g = i->at / GRAIN; g > 0 && c->first[g] == CODE_NONE; g--)
            c->first[g] = c->insns;
        if (c->first[i->at / GRAIN] == CODE_NONE) /* of the very first one */
            c->first[i->at / GRAIN] = c->insns;
        c->insns++;
    }
}

/* Where in the block the instruction of this address is. */
static uint32_t place_in(const struct code_cache *c, const struct block *b, va_t pc)
{
    for (const struct code_insn *i = &c->insn[b->insn], *end = i + b->insns; i < end; i++)
        if (i->pc == pc && i->kind != CODE_GO)
            return i->at;
    return CODE_NONE;
}

/* Where the jump by this stub of the new block leads: to the block of its target, if there is one. */
static uint32_t link_target(struct code_cache *c, const struct code_plan *p, uint32_t link)
{
    const va_t pc = p->link[link].pc;
    struct block *b = block_at(c, pc);

    if (!b) {
        const uint32_t own = place_in(c, block_at(c, p->pc), pc);
        return own == CODE_NONE ? p->link[link].stub + c->used : own;
    }
    c->link[c->links + link].next = b->incoming;
    b->incoming = c->links + link + 1;
    return b->at;
}

/* The bytes are written at once, and jumps lead where they are to already: what a host has decoded of the page, and of
 * this block, it forgets at each write. The block is in the books, for a jump may lead to its beginning. */
static void bytes_and_links_add(struct code_cache *c, const struct code_plan *p)
{
    uint8_t bytes[CODE_BYTES];

    memcpy(bytes, p->bytes, p->size);
    for (unsigned n = 0; n < p->links; n++) {
        struct link *l = &c->link[c->links + n];
        *l = (struct link){.site = p->link[n].site + c->used, .stub = p->link[n].stub + c->used};
        const uint32_t d = distance(l->site, link_target(c, p, n));
        memcpy(bytes + p->link[n].site, &d, sizeof d);
    }
    bytes_put(c, c->used, bytes, p->size);
}

/* It has a pc, a place and pieces. */
static void into_books(struct code_cache *c, const struct block *from)
{
    const uint32_t n = c->blocks++;
    struct block *b = &c->block[n];

    *b = *from;
    b->incoming = 0;
    b->next = *bucket_of(c, b->pc);
    *bucket_of(c, b->pc) = n + 1;
    for (unsigned which = 0; which < b->pieces; which++) {
        uint32_t *first = &c->of_page[b->piece[which].page];
        b->on_page[which] = *first;
        *first = CODE_PIECES * n + which + 1;
    }
}

static void block_add(struct code_cache *c, const struct code_plan *p)
{
    struct block b = {.pc = p->pc, .at = c->used, .pieces = p->pieces, .insn = c->insns - p->insns, .insns = p->insns};

    memcpy(b.piece, p->piece, p->pieces * sizeof *p->piece);
    into_books(c, &b);
}

uint32_t code_cache_inside(struct code_cache *c, uint32_t page, va_t pc)
{
    const unsigned offset = (unsigned)(pc & (PAGE_SIZE - 1));

    if (!grow((void **)&c->block, c->blocks, &c->block_room, 1, sizeof *c->block))
        return CODE_NONE;
    for (uint32_t at = c->of_page[page]; at; at = c->block[(at - 1) / CODE_PIECES].on_page[(at - 1) % CODE_PIECES]) {
        struct block b = c->block[(at - 1) / CODE_PIECES];
        const struct code_piece *p = &b.piece[(at - 1) % CODE_PIECES];
        const bool lies = p->at == align_down(pc, PAGE_SIZE) && offset >= p->from && offset < p->to;
        b.at = lies ? place_in(c, &b, pc) : CODE_NONE;
        if (b.at == CODE_NONE)
            continue;
        b.pc = pc;
        b.insns = 0;
        into_books(c, &b);
        return b.at;
    }
    return CODE_NONE;
}

/* Where a block of so many bytes begins: not so that it ends on another page, if one is enough. Hosts decode an
 * instruction that lies on two each time anew, and look a jump to another page up. */
static uint32_t place(const struct code_cache *c, uint32_t size)
{
    const uint32_t left = PAGE_SIZE - c->used % PAGE_SIZE;
    return size > left && size <= PAGE_SIZE ? c->used + left : c->used;
}

uint32_t code_cache_add(struct code_cache *c, const struct code_plan *p)
{
    const uint32_t at = place(c, p->size);

    if (c->insns == 0)
        memset(c->first, 0xff, sizeof c->first);
    c->used = at;
    if (!has_room(c, p))
        return CODE_NONE;
    insns_add(c, p);
    block_add(c, p);
    bytes_and_links_add(c, p);
    c->used += p->size + p->size / 16; /* hosts keep only so many instructions of a page decoded */
    c->links += p->links;
    return at;
}

/* Of two links to one block the one made last is the first in its list. */
void code_cache_link(struct code_cache *c, uint32_t link, uint32_t at)
{
    struct link *l = &c->link[link];
    const struct code_insn *i = code_cache_insn(c, at);
    struct block *b = i ? block_at(c, i->pc) : NULL;

    if (!b || b->at != at)
        return;
    l->next = b->incoming;
    b->incoming = link + 1;
    jump_set(c, l->site, at);
}

/* --- Taking away */

static void unlink_from_bucket(struct code_cache *c, uint32_t n)
{
    uint32_t *to = bucket_of(c, c->block[n].pc);

    while (*to != n + 1)
        to = &c->block[*to - 1].next;
    *to = c->block[n].next;
}

static void unlink_from_page(struct code_cache *c, uint32_t n, unsigned which)
{
    uint32_t *to = &c->of_page[c->block[n].piece[which].page];

    while (*to != CODE_PIECES * n + which + 1)
        to = &c->block[(*to - 1) / CODE_PIECES].on_page[(*to - 1) % CODE_PIECES];
    *to = c->block[n].on_page[which];
}

/* Its bytes stay, for nobody comes to them any more. */
static void block_remove(struct code_cache *c, uint32_t n)
{
    struct block *b = &c->block[n];

    for (uint32_t l = b->incoming; l; l = c->link[l - 1].next)
        jump_set(c, c->link[l - 1].site, c->link[l - 1].stub);
    b->incoming = 0;
    unlink_from_bucket(c, n);
    found_of(c, b->pc)->at = 0;
    for (unsigned which = 0; which < b->pieces; which++)
        unlink_from_page(c, n, which);
}

static bool meets(const struct code_piece *p, unsigned from, unsigned to) { return from < p->to && to > p->from; }

/* The next piece of the page, that is of another block: pieces of one stand one behind the other. */
static uint32_t of_another(const struct code_cache *c, uint32_t at)
{
    const uint32_t n = (at - 1) / CODE_PIECES;

    while (at && (at - 1) / CODE_PIECES == n)
        at = c->block[n].on_page[(at - 1) % CODE_PIECES];
    return at;
}

bool code_cache_written(struct code_cache *c, uint32_t page, unsigned from, unsigned to)
{
    bool met = false;

    for (uint32_t at = c->of_page[page], next; at; at = next) {
        const struct block *b = &c->block[(at - 1) / CODE_PIECES];
        next = b->on_page[(at - 1) % CODE_PIECES];
        if (!meets(&b->piece[(at - 1) % CODE_PIECES], from, to))
            continue;
        next = of_another(c, at);
        block_remove(c, (at - 1) / CODE_PIECES);
        met = true;
    }
    return met;
}

void code_cache_drop(struct code_cache *c, uint32_t page, const va_t *by)
{
    for (uint32_t at = c->of_page[page], next; at; at = next) {
        const struct block *b = &c->block[(at - 1) / CODE_PIECES];
        next = b->on_page[(at - 1) % CODE_PIECES];
        if (by && align_down(*by, PAGE_SIZE) != b->piece[(at - 1) % CODE_PIECES].at)
            continue;
        next = of_another(c, at);
        block_remove(c, (at - 1) / CODE_PIECES);
    }
}

bool code_cache_has(const struct code_cache *c, uint32_t page) { return c->of_page[page]; }

void code_cache_empty(struct code_cache *c)
{
    memset(c->bucket, 0, sizeof c->bucket);
    memset(c->found, 0, sizeof c->found);
    memset(c->exit_at, 0, sizeof c->exit_at);
    memset(c->of_page, 0, c->pages * sizeof *c->of_page);
    c->used = c->blocks = c->insns = c->links = 0;
}
