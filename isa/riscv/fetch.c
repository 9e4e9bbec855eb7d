/* fetch.c - decoded pages, and their staying true to memory.
 *
 * A page of RAM that is executed from has a `struct code_page`, found by (block, offset): it serves every virtual address and every
 * mode. (Addresses with a trigger have copies of their own, trigger.c.) It is marked in its block, so every write to it, whoever
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
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "isa/riscv/hart.h"
#include "isa/riscv/table.h"
#include "isa/riscv/tail.h"

enum { POOL_PAGES = 2048, POOL_ROOM = POOL_PAGES / 16 /* taken back at one time */, HASH_BUCKETS = 4096, WRITES_PATIENCE = 256 };
enum { FUSED_REACH = 14 /* bytes between the first byte of four fused instructions and the last two */ };

static void watch_none(struct hart *);

/* --- the pool */

static struct code_page **bucket_of(const struct hart *h, const struct ram *ram, uint64_t offset)
{
    uint64_t key = (uint64_t)(uintptr_t)ram / 64 + (offset >> PAGE_SHIFT);
    return &h->hash[key % HASH_BUCKETS];
}

/* The first at or after `p` that is a decoded copy of this page of RAM, in use. */
static struct code_page *copy_from(struct code_page *p, const struct ram *ram, uint64_t offset)
{
    while (p && (p->ram != ram || p->ram_offset != offset || p->asleep))
        p = p->hash_next;
    return p;
}

static struct code_page *copy_first(const struct hart *h, const struct ram *ram, uint64_t offset)
{
    return copy_from(*bucket_of(h, ram, offset), ram, offset);
}

/* Which copy: that of these addresses if they are watched, else the one that serves all. */
static struct code_page *page_find(const struct hart *h, const struct ram *ram, uint64_t offset, bool watched, va_t va, pa_t pa)
{
    struct code_page *p = copy_first(h, ram, offset);
    while (p && !(watched ? p->watched && p->va == va && p->pa == pa : !p->watched))
        p = copy_from(p->hash_next, ram, offset);
    return p;
}

static void records_forget(struct code_page *p, unsigned first, unsigned last)
{
    for (unsigned n = first; n <= last; n++) {
        p->record[n].body = rv_body_undecoded;
        p->row[n] = INSN_NONE;
    }
}

/* Takes the page out of use. The fetch TLB and h->code must not point to it afterwards. */
static void page_drop(struct hart *h, struct code_page *p)
{
    struct code_page **link = bucket_of(h, p->ram, p->ram_offset);
    while (*link != p)
        link = &(*link)->hash_next;
    *link = p->hash_next;
    p->hash_next = h->unused;
    h->unused = p;
    if (p->asleep)
        h->asleep--;
    else
        ram_unmark(p->ram, p->ram_offset);
    p->ram = NULL;
    p->asleep = 0;
}

static void page_sleep(struct hart *h, struct code_page *p)
{
    p->asleep = ram_epoch(p->ram);
    h->asleep++;
    ram_unmark(p->ram, p->ram_offset);
}

void hart_code_sleep(struct hart *h)
{
    for (unsigned n = 0; n < h->pool_used; n++) {
        struct code_page *p = &h->pool[n];
        if (p->ram && p->watched)
            page_drop(h, p);
        else if (p->ram && !p->asleep)
            page_sleep(h, p);
    }
    tlb_flush_fetches(&h->tlb);
    hart_refetch(h);
}

/* The pages that the fetch TLB names. They stay, so that no translation goes with a page: when one is looked up anew shows, in A bits
 * and in what a program that forgot a fence sees, and must not depend on what was decoded long ago. */
static void pages_hold(struct hart *h)
{
    _Static_assert(TLB_SPACES * TLB_FETCH_ENTRIES + POOL_ROOM <= POOL_PAGES, "there are others");
    h->hold++;
    for (const struct tlb_space *s = h->tlb.space; s < h->tlb.space + TLB_SPACES; s++)
        for (const struct tlb_entry *e = s->fetch; e < s->fetch + TLB_FETCH_ENTRIES; e++)
            if (s->valid && e->tag != TLB_EMPTY)
                ((struct code_page *)e->addend)->held = h->hold;
}

/* May the page go? If somebody came back to it, it stays for another round of the hand. */
static bool page_yields(const struct hart *h, struct code_page *p, bool sleepers)
{
    if (!p->ram || sleepers)
        return p->asleep;
    bool again = p->again;
    p->again = false;
    return !again && p->held != h->hold;
}

/* The pool is full. A hand goes around it and takes a part, of pages that nobody came back to since it was last there: then nothing stops
 * to decode everything anew. What sleeps is not there, so it makes room before anything else goes. */
static void make_room(struct hart *h)
{
    bool sleepers = h->asleep > 0;
    pages_hold(h);
    for (unsigned wanted = sleepers && h->asleep < POOL_ROOM ? h->asleep : POOL_ROOM; wanted > 0;
         h->hand = (h->hand + 1) % POOL_PAGES) {
        struct code_page *p = &h->pool[h->hand];
        if (!page_yields(h, p, sleepers))
            continue;
        page_drop(h, p);
        h->code_evicted++;
        wanted--;
    }
}

void hart_code_flush(struct hart *h)
{
    for (unsigned n = 0; n < h->pool_used; n++)
        if (h->pool[n].ram)
            page_drop(h, &h->pool[n]);
    tlb_flush_fetches(&h->tlb);
    hart_refetch(h);
}

void hart_code_unwatch(struct hart *h)
{
    for (unsigned n = 0; n < h->pool_used; n++)
        if (h->pool[n].ram && h->pool[n].watched)
            page_drop(h, &h->pool[n]);
    tlb_flush_fetches(&h->tlb);
    hart_refetch(h);
}

/* A page that was not decoded yet. Between instructions only, when no other is held: they may go. */
static struct code_page *page_create(struct hart *h, struct ram *ram, uint64_t offset)
{
    while (!hart_watch(h, ram))
        watch_none(h);
    assert(!h->code);
    if (!h->unused && h->pool_used == POOL_PAGES)
        make_room(h);
    struct code_page *p = h->unused;
    if (p)
        h->unused = p->hash_next;
    else
        p = &h->pool[h->pool_used++];
    h->code_decoded++;
    struct code_page **bucket = bucket_of(h, ram, offset);
    p->host = ram_host(ram) + offset;
    p->ram = ram;
    p->ram_offset = offset;
    p->writes = 0;
    p->entered = p->again = false;
    p->watched = false;
    p->hash_next = *bucket;
    *bucket = p;
    records_forget(p, 0, CODE_RECORDS - 1);
    p->record[CODE_RECORDS].body = rv_body_page_end;
    p->row[CODE_RECORDS] = INSN_NONE;
    ram_mark(ram, offset);
    return p;
}

/* The sleeping copy of this page, in use again; NULL: there is none. */
static struct code_page *page_wake(struct hart *h, struct ram *ram, uint64_t offset)
{
    struct code_page *p = *bucket_of(h, ram, offset);
    while (p && (p->ram != ram || p->ram_offset != offset || !p->asleep))
        p = p->hash_next;
    if (!p)
        return NULL;
    if (ram_next_written(ram, offset, offset + PAGE_SIZE, p->asleep) == offset)
        records_forget(p, 0, CODE_RECORDS - 1);
    p->asleep = 0;
    p->writes = 0;
    p->entered = p->again = false;
    h->asleep--;
    ram_mark(ram, offset);
    return p;
}

/* --- announcements of RAM */

static void copy_written(struct hart *h, struct code_page *p, unsigned first, unsigned last)
{
    records_forget(p, first < FUSED_REACH ? 0 : (first - FUSED_REACH) / 2, last / 2); /* also what begins before */
    if (++p->writes < WRITES_PATIENCE)
        return;
    if (p->entered || p == h->code) { /* a second chance: from now on entering it shows */
        p->entered = false;
        p->writes = 0;
    } else {
        page_drop(h, p);
    }
    tlb_flush_fetches(&h->tlb);
}

static void page_written(struct ram_watcher *w, uint64_t offset, size_t length)
{
    struct code_watcher *watcher = (struct code_watcher *)(void *)w;
    unsigned first = (unsigned)(offset & ~PAGE_MASK), last = first + (unsigned)length - 1;
    struct code_page *p = copy_first(watcher->hart, watcher->ram, offset & PAGE_MASK), *next;
    for (; p; p = next) {
        next = copy_from(p->hash_next, watcher->ram, offset & PAGE_MASK);
        copy_written(watcher->hart, p, first, last);
    }
}

static void page_marked(struct ram_watcher *w, uint64_t offset)
{
    (void)offset;
    tlb_flush_writes(&((struct code_watcher *)(void *)w)->hart->tlb);
}

static void epoch_begins(struct ram_watcher *w) { tlb_flush_writes(&((struct code_watcher *)(void *)w)->hart->tlb); }

static bool page_depends(const struct ram_watcher *w, uint64_t offset)
{
    const struct code_watcher *watcher = (const struct code_watcher *)(const void *)w;
    return copy_first(watcher->hart, watcher->ram, offset & PAGE_MASK) != NULL;
}

bool hart_watch(struct hart *h, struct ram *ram)
{
    struct code_watcher *unused = NULL;
    if (LIKELY(h->watch[0].ram == ram))
        return true;
    for (struct code_watcher *w = h->watch; w < h->watch + HART_BLOCKS; w++) {
        if (w->ram == ram)
            return true;
        if (!w->ram && !unused)
            unused = w;
    }
    if (!unused)
        return false;
    *unused = (struct code_watcher){
        .watcher = {.written = page_written, .marked = page_marked, .depends = page_depends, .epoch = epoch_begins},
        .hart = h,
        .ram = ram};
    ram_watch(ram, &unused->watcher);
    return true;
}

/* Listens to no block any more, and so may keep nothing that was derived from one. */
static void watch_none(struct hart *h)
{
    hart_code_flush(h);
    tlb_flush_writes(&h->tlb);
    for (struct code_watcher *w = h->watch; w < h->watch + HART_BLOCKS; w++) {
        if (w->ram)
            ram_unwatch(w->ram, &w->watcher);
        w->ram = NULL;
    }
}

/* --- from pc to record */

static bool fetch_access_fault(struct hart *h, va_t va)
{
    *h->trap =
        (struct trap){.kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = RV_CAUSE_FETCH_ACCESS, .tval = va};
    return false;
}

/* Where one PMP rule does not cover the page, each instruction is fetched by itself, half by half. */
static bool second_half_allowed(struct hart *h, const struct code_page *p)
{
    uint64_t at = h->pc & ~PAGE_MASK;
    pa_t pa;
    if ((p->host[at] & 3) != 3 || at + 4 > PAGE_SIZE) /* short, or rv_body_crossing will ask */
        return true;
    return hart_translate(h, h->pc + 2, 2, PT_FETCH, &pa);
}

/* The decoded page for the PC, which lies at pa in this range. */
static struct code_page *page_of(struct hart *h, const struct phys_range *range, pa_t pa)
{
    va_t va_page = h->pc & PAGE_MASK;
    pa_t pa_page = pa & PAGE_MASK;
    uint64_t offset = range->ram_offset + (pa_page - range->base);
    bool watched = hart_page_watched(h, TRIGGER_EXECUTE, va_page, pa_page);
    struct code_page *p = page_find(h, range->ram, offset, watched, va_page, pa_page);
    if (!p && !watched)
        p = page_wake(h, range->ram, offset);
    if (p)
        return p;
    p = page_create(h, range->ram, offset);
    p->watched = watched;
    p->va = va_page;
    p->pa = pa_page;
    return p;
}

bool hart_fetch_page(struct hart *h)
{
    pa_t pa;
    if (hart_watch_fetch(h) || !hart_translate(h, h->pc, 2, PT_FETCH, &pa))
        return false;
    const struct phys_range *range = phys_find(h->machine.phys, pa);
    if (!range || !range->ram)
        return fetch_access_fault(h, h->pc);
    if (hart_trigger_fetch(h, true, pa))
        return false;
    bool single = !pmp_uniform(h, pa & PAGE_MASK);
    struct code_page *p = page_of(h, range, pa);
    if (single && !second_half_allowed(h, p))
        return false;
    if (!single)
        tlb_fill_fetch(h->fetch, hart_fetch_tag(h), p);
    hart_enter_page(h, p, single);
    return true;
}

/* --- the bodies that are not instructions */

static uint32_t half_at(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }

/* A jump or branch by immediate that stays in its page says so in aux. */
static void note_near_jump(struct rv_insn *r, unsigned row, unsigned slot)
{
    if (!(rv_does[row] & (DOES_BRANCH | DOES_JUMP)))
        return;
    int64_t target = (int64_t)slot * 2 + r->imm;
    r->aux = target >= 0 && target < PAGE_SIZE;
}

/* Decodes the record; its length in bytes, or 0 where no ordinary instruction stands. */
static unsigned decode_slot(struct hart *h, struct code_page *p, unsigned slot)
{
    struct rv_insn *r = &p->record[slot];
    const uint8_t *at = p->host + slot * 2;
    uint32_t bits = half_at(at);
    unsigned length;
    bool crossing = (bits & 3) == 3 && slot == CODE_RECORDS - 1;
    if ((bits & 3) == 3 && !crossing)
        bits |= half_at(at + 2) << 16;
    if (p->watched && hart_record_watched(h, p, slot, crossing ? 0 : bits)) {
        r->body = rv_body_trigger;
        return 0;
    }
    if (crossing) {
        r->body = rv_body_crossing;
        return 0;
    }
    unsigned row = rv_decode_row(&h->config, bits, &length);
    if (row == INSN_NONE) {
        r->body = rv_body_illegal;
        return 0;
    }
    rv_decode_record(bits, row, length, r);
    if (!h->config.no_chain)
        note_near_jump(r, row, slot);
    rv_system_quicken(h, row, r);
    rv_csr_quicken(h, row, r);
    p->row[slot] = (uint16_t)row;
    return length;
}

/* What follows is not, or not at once, what is executed next. */
static bool ends_run(unsigned row) { return (rv_does[row] & (DOES_JUMP | DOES_JUMP_REG)) || rv_rows[row].traps != TRAPS_NEVER; }

/* Decodes as far as execution can run on, or to what is decoded already, and returns to the outer loop, which comes again. */
enum body_result rv_body_undecoded(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    struct code_page *p = h->code;
    uint16_t run[RV_RUN_MAX];
    unsigned count = 0, slot = (unsigned)(i - p->record), length = 1;
    h->next = i;
    h->left = left;
    unsigned fresh = 0;
    while (length && count < RV_RUN_MAX && count - fresh < RV_RUN_BEHIND && slot < CODE_RECORDS) {
        bool undecoded = p->record[slot].body == rv_body_undecoded;
        if (undecoded && count > fresh)
            break;
        length = undecoded ? decode_slot(h, p, slot) : p->row[slot] == INSN_NONE ? 0 : rv_rows[p->row[slot]].length;
        if (length)
            run[count++] = (uint16_t)slot;
        if (length && undecoded)
            fresh = count;
        if (length && ends_run(p->row[slot]))
            break;
        slot += length / 2;
    }
    if (!h->config.no_fuse)
        rv_fuse(p, run, count, fresh);
    return BODY_NEXT;
}

enum body_result rv_body_illegal(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = hart_pc_of(h, i);
    h->step_row = INSN_NONE;
    h->step_length = (h->code->host[(i - h->code->record) * 2] & 3) == 3 ? 4 : 2;
    return hart_illegal(h, i, left, REASON_UNDEFINED);
}

/* The second half is fetched like any other instruction memory; what faults there names the second page [priv 3.1.16]. */
static bool fetch_second_half(struct hart *h, uint32_t *half)
{
    va_t va = h->code_va + PAGE_SIZE;
    pa_t pa;
    if (!hart_translate(h, va, 2, PT_FETCH, &pa))
        return false;
    const uint8_t *at = phys_host(h->machine.phys, pa, 2);
    if (!at)
        return fetch_access_fault(h, va);
    *half = half_at(at);
    return true;
}

/* The operands go into the page's last record, which keeps this body. */
enum body_result rv_body_crossing(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    struct rv_insn *r = &h->code->record[CODE_RECORDS - 1], decoded;
    uint32_t second;
    unsigned length;
    h->pc = hart_pc_of(h, i);
    h->left = left;
    if (!fetch_second_half(h, &second))
        return BODY_STOP;
    h->crossing = half_at(h->code->host + PAGE_SIZE - 2) | second << 16;
    if (hart_trigger_opcode(h, h->crossing))
        return BODY_STOP;
    unsigned row = rv_decode_row(&h->config, h->crossing, &length);
    if (row == INSN_NONE) {
        h->step_row = INSN_NONE;
        h->step_length = 4;
        return hart_illegal(h, i, left, REASON_UNDEFINED);
    }
    rv_decode_record(h->crossing, row, length, &decoded);
    decoded.body = r->body; /* this one, or rv_body_trigger */
    *r = decoded;
    enum body_result result = hart_step(h, i, left, row);
    hart_refetch(h); /* the careful body has left the pc, wherever it points */
    return result;
}

enum body_result rv_anew(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    unsigned slot = (unsigned)(i - h->code->record), length;
    struct rv_insn *r = &h->code->record[slot];
    body_fn *body = r->body;
    const uint8_t *at = h->code->host + slot * 2;
    uint32_t bits = half_at(at);
    if ((bits & 3) == 3 && slot == CODE_RECORDS - 1)
        return rv_body_crossing(h, i, left);
    if ((bits & 3) == 3)
        bits |= half_at(at + 2) << 16;
    if (hart_trigger_opcode(h, bits))
        return BODY_STOP;
    unsigned row = rv_decode_row(&h->config, bits, &length);
    if (row == INSN_NONE)
        return rv_body_illegal(h, i, left);
    rv_decode_record(bits, row, length, r);
    r->body = body;
    return hart_step(h, i, left, row);
}

/* To h->pc: at once when the fetch TLB knows its page, else by way of the outer loop. */
static enum body_result enter(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const struct tlb_entry *e = &h->fetch->fetch[tlb_fetch_slot(h->pc)];
    if (e->tag != (h->pc & PAGE_MASK) || left < HART_SLICE) {
        h->left = left;
        hart_refetch(h);
        return BODY_NEXT;
    }
    h->code = (struct code_page *)e->addend;
    h->code_va = h->pc & PAGE_MASK;
    i = &h->code->record[(h->pc & ~PAGE_MASK) / 2];
    GO_ON(h, i, left);
}

enum body_result rv_body_page_end(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = h->code_va + PAGE_SIZE;
    TAIL_CALL(enter(h, i, left));
}

enum body_result rv_jump_far(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = hart_pc_of(h, i) + (uint64_t)(int64_t)i->imm;
    TAIL_CALL(enter(h, i, left - 1));
}

/* --- life */

bool riscv_decoded(const struct machine *m, struct riscv_decoded *out)
{
    const struct hart *h = hart_of_const(m);
    if (!hart_is(m))
        return false;
    *out = (struct riscv_decoded){.room = POOL_PAGES,
                                  .touched = h->pool_used,
                                  .page_bytes = sizeof *h->pool,
                                  .asleep = h->asleep,
                                  .decoded = h->code_decoded,
                                  .evicted = h->code_evicted};
    for (unsigned n = 0; n < h->pool_used; n++)
        out->used += h->pool[n].ram && !h->pool[n].asleep;
    return true;
}

int hart_code_init(struct hart *h)
{
    size_t size = POOL_PAGES * sizeof *h->pool;
    h->hash = calloc(HASH_BUCKETS, sizeof(struct code_page *));
    void *pool = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (!h->hash || pool == MAP_FAILED) {
        free(h->hash);
        if (pool != MAP_FAILED)
            munmap(pool, size);
        return -ENOMEM;
    }
    h->pool = pool;
    return 0;
}

void hart_code_free(struct hart *h)
{
    watch_none(h);
    munmap(h->pool, POOL_PAGES * sizeof *h->pool);
    free(h->hash);
}
