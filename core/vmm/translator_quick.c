/* translator_quick.c - from block to block without D: calls and returns, of which there are many. What they ask for is found again where it
 * was found before: a block by its address (code_cache.c), and the guest's stack by a window, which is to the VMM what an entry of the TLB
 * is to a CPU, and goes when the guest orders its TLB.
 *
 * Nothing is done here that the long way (translator_leaves) does not do to the same effect; what is not known at once is left to it, with
 * nothing changed. An owner's triggers, a step, the shadow of STI and the end of a budget are its business alone: so it begins behind an
 * instruction that the host has completed, and ends before the last one.
 */
#include "core/vmm/translator.h"
#include "core/vmm/translator_private.h"
#include "mmu/phys.h"

#include <string.h>

static struct window *window_of(struct translator *r, va_t page) { return &r->window[(page >> PAGE_SHIFT) % WINDOWS]; }

/* Only of the guest's RAM, and where its tables grant a read without a change. */
static bool window_open(struct vcpu *vcpu, struct window *w, va_t page)
{
    const struct vm *vm = vcpu->vm;
    const gva_t at = {page};
    const struct phys_range *range;
    struct trap fault;
    uint64_t offset;
    gpa_t pa;

    if (!vcpu->isa->translate(vcpu, at, 1, PT_READ, false, &pa, &fault) || vcpu->isa->touches(vcpu, at, PT_READ))
        return false;
    range = phys_find(vcpu->machine.phys, pa.v);
    if (!range || range->ram != vm->ram_block)
        return false;
    offset = range->ram_offset + (pa.v - range->base) - vm->ram_offset;
    if (offset >= align_down(vm->config.ram_size, PAGE_SIZE))
        return false;
    *w = (struct window){.page = page, .bytes = ram_host(vm->ram_block) + vm->ram_offset + offset};
    return true;
}

bool translator_peek(struct vcpu *vcpu, va_t at, uint32_t *value)
{
    const va_t page = align_down(at, PAGE_SIZE);
    struct window *w = window_of(vcpu->translator, page);

    if (at - page > PAGE_SIZE - sizeof *value)
        return false;
    if (UNLIKELY(!w->bytes || w->page != page) && !window_open(vcpu, w, page))
        return false;
    memcpy(value, w->bytes + (at - page), sizeof *value);
    return true;
}

void translator_windows_shut(struct translator *r) { memset(r->window, 0, sizeof r->window); }

bool translator_quick(struct vcpu *vcpu, const struct trap *t, uint64_t *retired)
{
    struct translator *r = vcpu->translator;
    const bool is_exit = t->kind == TRAP_EXCEPTION && vcpu->isa->translator->is_exit(t);
    const struct code_insn *i;
    uint32_t block;
    va_t to;

    if (!is_exit || UNLIKELY(r->fenced || r->written || vcpu->triggers.count || vcpu->resource_changed))
        return false;
    i = code_cache_exit(r->cache, (uint32_t)(machine_get(vcpu->host, MACHINE_PC) - translator_base(r)));
    if (!i || i->link != CODE_NONE)
        return false;
    if (i->kind == CODE_GO)
        to = i->pc;
    else if (i->kind != CODE_FLOW || !vcpu->isa->translator->quick(vcpu, i, &to))
        return false;
    block = code_cache_find(r->cache, to);
    if (block == CODE_NONE)
        return false;
    if (i->kind == CODE_FLOW) {
        vcpu->isa->translator->quickly(vcpu, i);
        ++*retired;
        vcpu->stats.translated++;
    }
    vcpu->stats.lookups++;
    machine_set(vcpu->host, MACHINE_PC, translator_base(r) + block);
    return true;
}
