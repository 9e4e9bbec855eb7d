/* translator_pages.c - which memory of the guest was translated, and what becomes of it: pages of RAM, which are written, and pages of the
 * guest's address space, which come to lead elsewhere.
 */
#include "core/vmm/translator.h"
#include "core/vmm/translator_private.h"
#include "mmu/phys.h"

#include <stdlib.h>
#include <string.h>

enum { IDLE_WRITES = 32 }; /* to a page, none of them to code: then what was made of it goes */

/* --- Pages that code is taken from */

static uint32_t page_of(const struct vcpu *vcpu, hpa_t at) { return (uint32_t)((at.v - vcpu->vm->ram.v) >> PAGE_SHIFT); }

const uint8_t *translator_ram(const struct vcpu *vcpu, gpa_t pa, uint32_t *page)
{
    const struct vm *vm = vcpu->vm;
    const struct phys_range *range = phys_find(vcpu->machine.phys, pa.v);
    uint64_t offset;

    if (!range || range->ram != vm->ram_block)
        return NULL;
    offset = range->ram_offset + (pa.v - range->base) - vm->ram_offset;
    if (offset >= align_down(vm->config.ram_size, PAGE_SIZE))
        return NULL;
    *page = (uint32_t)(offset >> PAGE_SHIFT);
    return ram_host(vm->ram_block) + vm->ram_offset + align_down(offset, PAGE_SIZE);
}

static uint64_t mark_of(const struct vcpu *vcpu, uint32_t page) { return vcpu->vm->ram_offset + ((uint64_t)page << PAGE_SHIFT); }

/* Leaves that let the guest write there are not known one by one: all go. What is left afterwards was filled since. */
void translator_leaves_drop(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    shadow_drop_all(vcpu->shadow);
    for (uint64_t n = 0; n < r->pages; n++)
        r->source[n].writable = false;
    if (!vcpu->resource_changed)
        vcpu->resource_changed = VCPU_RESOURCE_COLD;
}

static void protect(struct vcpu *vcpu, uint32_t page)
{
    struct translator *r = vcpu->translator;

    r->source[page].taken = true;
    r->taken[r->takens++] = page;
    r->source[page].idle = 0;
    ram_mark(vcpu->vm->ram_block, mark_of(vcpu, page));
    if (r->source[page].writable)
        translator_leaves_drop(vcpu);
}

static uint32_t *map_bucket(struct translator *r, va_t at) { return &r->map_bucket[(at >> PAGE_SHIFT) % MAP_BUCKETS]; }

/* A mapping that cannot be noted is one that no fence would look at: then nothing may be kept for long. */
static void note_mapping(struct vcpu *vcpu, uint32_t page, va_t at)
{
    struct translator *r = vcpu->translator;
    uint32_t *to = map_bucket(r, at);

    for (uint32_t n = *to; n; n = r->map[n - 1].next)
        if (r->map[n - 1].at == at && r->map[n - 1].page == page)
            return;
    if (r->maps == r->map_room) {
        const uint32_t room = r->map_room * 2 + 256;
        struct mapping *grown = realloc(r->map, room * sizeof *grown);
        if (!grown) {
            vcpu_stop(vcpu, "there is no memory for the books of the translator");
            return;
        }
        r->map = grown;
        r->map_room = room;
    }
    r->map[r->maps] = (struct mapping){.at = at, .page = page, .next = *to};
    *to = ++r->maps;
}

uint32_t translator_inside(struct translator *r, va_t pc)
{
    const va_t page = align_down(pc, PAGE_SIZE);
    uint32_t at = CODE_NONE;

    for (uint32_t n = *map_bucket(r, page); n && at == CODE_NONE; n = r->map[n - 1].next)
        if (r->map[n - 1].at == page)
            at = code_cache_inside(r->cache, r->map[n - 1].page, pc);
    return at;
}

void translator_takes(struct vcpu *vcpu, uint32_t page, va_t at)
{
    if (!vcpu->translator->source[page].taken)
        protect(vcpu, page);
    note_mapping(vcpu, page, align_down(at, PAGE_SIZE));
}

bool translator_protects(const struct vcpu *vcpu, hpa_t page)
{
    return UNLIKELY(vcpu->translator != NULL) && vcpu->translator->source[page_of(vcpu, page)].taken;
}

void translator_granted(struct vcpu *vcpu, hpa_t page)
{
    if (UNLIKELY(vcpu->translator != NULL))
        vcpu->translator->source[page_of(vcpu, page)].writable = true;
}

bool translator_depends(const struct vcpu *vcpu, uint64_t offset)
{
    return vcpu->translator && vcpu->translator->source[offset >> PAGE_SHIFT].taken;
}

/* What is written and is no code shows that data lies there, too; the code is better made anew than each store interpreted. */
void translator_written(struct vcpu *vcpu, uint64_t offset, size_t length)
{
    struct translator *r = vcpu->translator;
    const uint32_t page = (uint32_t)(offset >> PAGE_SHIFT);
    const unsigned from = (unsigned)(offset & (PAGE_SIZE - 1));

    if (!r || page >= r->pages || !r->source[page].taken)
        return;
    if (code_cache_written(r->cache, page, from, from + (unsigned)length)) {
        vcpu->stats.translations_gone++;
        r->source[page].idle = 0;
    } else if (++r->source[page].idle == IDLE_WRITES) {
        code_cache_drop(r->cache, page, NULL);
    }
    r->written = r->written || !code_cache_has(r->cache, page);
}

/* Not while a write is being announced: then marks stay as they are. */
static void release(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    r->written = false;
    for (uint32_t n = 0; n < r->takens;) {
        const uint32_t page = r->taken[n];
        if (code_cache_has(r->cache, page)) {
            n++;
            continue;
        }
        r->taken[n] = r->taken[--r->takens];
        r->source[page].taken = false;
        ram_unmark(vcpu->vm->ram_block, mark_of(vcpu, page));
    }
}

void translator_mappings_forget(struct translator *r)
{
    memset(r->map_bucket, 0, sizeof r->map_bucket);
    r->maps = 0;
    r->fenced = false;
}

/* --- Address spaces */

/* Does the page of code still lead where it did, and need no A to be set? What does not is met anew, as a CPU does whose TLB was emptied. */
static bool still_leads(struct vcpu *vcpu, const struct mapping *m)
{
    const gva_t at = {m->at};
    uint32_t page;
    struct trap t;
    gpa_t pa;

    return vcpu->isa->translate(vcpu, at, 1, PT_FETCH, false, &pa, &t) && !vcpu->isa->touches(vcpu, at, PT_FETCH) &&
           translator_ram(vcpu, pa, &page) && page == m->page;
}

/* Where the same entries stand on the way as when it last led there, it does. */
static void mapping_look(struct vcpu *vcpu, uint32_t n)
{
    struct translator *r = vcpu->translator;
    struct mapping *m = &r->map[n];
    const uint64_t entries = vcpu->isa->translator->entries(vcpu, m->at);

    if (LIKELY(entries && entries == m->entries))
        return;
    m->entries = 0;
    if (still_leads(vcpu, m)) {
        m->entries = entries;
    } else {
        code_cache_drop(r->cache, m->page, &m->at);
        r->written = true;
    }
}

/* In another situation entries may mean something else. */
static void situation_look(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;
    struct shadow_key now;

    vcpu->isa->situation(vcpu, &now);
    if (now.rights == r->rights)
        return;
    r->rights = now.rights;
    for (uint32_t n = 0; n < r->maps; n++)
        r->map[n].entries = 0;
}

static void mappings_look(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    r->fenced = false;
    situation_look(vcpu);
    for (uint32_t n = 0; n < r->maps; n++)
        mapping_look(vcpu, n);
}

/* One address may stand for a page as large as a table maps. */
void translator_fenced(struct vcpu *vcpu, const struct fence *f)
{
    struct translator *r = vcpu->translator;
    const va_t size = UINT64_C(4) << 20;

    if (!r)
        return;
    translator_windows_shut(r);
    if (!f->has_va) {
        r->fenced = true;
        return;
    }
    situation_look(vcpu);
    for (uint32_t n = 0; n < r->maps && !r->fenced; n++)
        if (align_down(r->map[n].at, size) == align_down(f->va, size))
            mapping_look(vcpu, n);
}

void translator_settles(struct vcpu *vcpu)
{
    if (UNLIKELY(vcpu->translator->fenced))
        mappings_look(vcpu);
    if (UNLIKELY(vcpu->translator->written))
        release(vcpu);
}
