/* translator_quick.c - from block to block without D: calls and returns, of which there are many, and what is sensitive and changes little.
 * What is asked for is found again where it was found before: a block by its address (code_cache.c), and the guest's stack by a window, which
 * is to the VMM what an entry of the TLB is to a CPU, and goes when the guest orders its TLB.
 *
 * Nothing is done here that the long way (translator_leaves) does not do to the same effect; what is not known at once is left to it, with
 * nothing changed. An owner's triggers, a step, the shadow of STI and the end of a budget are its business alone: so the first is behind an
 * instruction that the host has completed, and the last leaves one of the budget.
 */
#include "core/vmm/translator.h"
#include "core/vmm/translator_private.h"

#include <string.h>

static struct window *window_of(struct window *window, uint64_t page) { return &window[(page >> PAGE_SHIFT) % WINDOWS]; }

/* Only of the guest's RAM, and where its tables grant a read without a change. */
static bool window_open(struct vcpu *vcpu, struct window *w, va_t page)
{
    const gva_t at = {page};
    struct trap fault;
    uint32_t number;
    gpa_t pa;

    if (!vcpu->isa->translate(vcpu, at, 1, PT_READ, false, &pa, &fault) || vcpu->isa->touches(vcpu, at, PT_READ))
        return false;
    *w = (struct window){.page = page, .bytes = translator_ram(vcpu, pa, &number)};
    return w->bytes;
}

bool translator_peek(struct vcpu *vcpu, va_t at, uint32_t *value)
{
    const va_t page = align_down(at, PAGE_SIZE);
    struct window *w = window_of(vcpu->translator->window, page);

    if (at - page > PAGE_SIZE - sizeof *value)
        return false;
    if (UNLIKELY(!w->bytes || w->page != page) && !window_open(vcpu, w, page))
        return false;
    memcpy(value, w->bytes + (at - page), sizeof *value);
    return true;
}

/* RAM lies where it does as long as there is a machine. */
bool translator_table(struct vcpu *vcpu, gpa_t pa, uint32_t *value)
{
    const uint64_t page = align_down(pa.v, PAGE_SIZE);
    struct window *w = window_of(vcpu->translator->table, page);
    uint32_t number;

    if (UNLIKELY(!w->bytes || w->page != page))
        *w = (struct window){.page = page, .bytes = translator_ram(vcpu, (gpa_t){page}, &number)};
    if (!w->bytes || pa.v - page > PAGE_SIZE - sizeof *value)
        return false;
    memcpy(value, w->bytes + (pa.v - page), sizeof *value);
    return true;
}

void translator_windows_shut(struct translator *r) { memset(r->window, 0, sizeof r->window); }

/* --- Exits */

/* What another CPU, a device or the guest itself did to code and address spaces is D's to settle; so is what an owner waits for. */
static bool unsettled(const struct vcpu *vcpu)
{
    const struct translator *r = vcpu->translator;

    return r->fenced || r->written || vcpu->triggers.count || vcpu->resource_changed;
}

static bool transfers(struct vcpu *vcpu, const struct code_insn *i, uint64_t *retired)
{
    struct translator *r = vcpu->translator;
    struct translator_transfer transfer = {.to = i->pc};
    uint32_t block;

    if (i->kind == CODE_FLOW && !vcpu->isa->translator->quick(vcpu, i, &transfer))
        return false;
    block = code_cache_find(r->cache, transfer.to);
    if (block == CODE_NONE)
        return false;
    if (i->kind == CODE_FLOW) {
        if (transfer.changes)
            machine_set(vcpu->host, transfer.reg, transfer.value);
        ++*retired;
        vcpu->stats.translated++;
    }
    vcpu->stats.lookups++;
    machine_set(vcpu->host, MACHINE_PC, r->base + block);
    return true;
}

enum translator_exit translator_quick(struct vcpu *vcpu, struct trap *t, uint64_t *retired)
{
    struct translator *r = vcpu->translator;
    const struct translator_isa *isa = vcpu->isa->translator;
    const struct code_insn *i;

    if (t->kind != TRAP_EXCEPTION || t->cause != isa->exit || UNLIKELY(unsettled(vcpu)))
        return TRANSLATOR_OTHER;
    i = code_cache_exit(r->cache, (uint32_t)(machine_get(vcpu->host, MACHINE_PC) - r->base));
    if (!i || i->link != CODE_NONE)
        return TRANSLATOR_OTHER;
    if (i->kind == CODE_GO || i->kind == CODE_FLOW)
        return transfers(vcpu, i, retired) ? TRANSLATOR_WENT : TRANSLATOR_OTHER;
    if (i->kind != CODE_SENSITIVE || vcpu->observers || !isa->quiet(i->row))
        return TRANSLATOR_OTHER;
    translator_out(vcpu, i);
    translator_as_if(vcpu, i, t);
    return TRANSLATOR_QUIET;
}

bool translator_again(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;
    uint32_t block;

    if (UNLIKELY(unsettled(vcpu)))
        return false;
    block = code_cache_find(r->cache, machine_get(vcpu->host, MACHINE_PC));
    if (block == CODE_NONE)
        return false;
    machine_set(vcpu->host, MACHINE_PC, r->base + block);
    r->inside = true;
    return true;
}
