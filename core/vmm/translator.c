/* translator.c - see translator.h. What has to be right, and how:
 *
 *   the guest's data    Where the cache lies in the address space there may be something of the guest's. A trigger on those addresses stops
 *                       whatever would load or store there, and it is interpreted: in the guest's own memory. Real monitors have
 *                       segment limits for that, in all of which this host would be slow. If it happens often the cache moves.
 *   the guest's code    Pages that were translated are written by nobody unseen: no shadow leaf has W for them, so that the guest's
 *                       stores are interpreted, and their mark in RAM tells of all others' (watch.c). A block that was made of what was
 *                       written goes before anything else is executed.
 *   address spaces      A block stands for an address of the guest. When the guest orders its TLB it is asked of each page of code whether
 *                       that still leads to the same memory, with A set; blocks of those that do not go, and so do jumps to them.
 *   time                An instruction of the cache is one of the guest's; an exit retires nothing. So counts are the guest's, and a
 *                       budget ends where it would on the bare machine.
 */
#include "core/vmm/translator.h"
#include "core/vmm/translator_private.h"

#include "core/vmm/allocator.h"
#include "mmu/phys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    SLOT = 0,   /* of the host's triggers, among those of its owner, which is the VMM */
    OFTEN = 64, /* accesses to where the cache is: then it moves */
};

/* Where it may lie: little is at the upper ends of halves and quarters of an address space of 32 bits. */
static const va_t places[] = {0x7fc00000, 0x5fc00000, 0x3fc00000, 0x9fc00000, 0xfb400000};
enum { PLACES = sizeof places / sizeof *places };

/* --- Coming and going */

int translator_create(struct vcpu *vcpu)
{
    struct translator *r = calloc(1, sizeof *r);
    const struct vm *vm = vcpu->vm;
    int failed;

    if (!r)
        return -ENOMEM;
    vcpu->translator = r;
    r->base = places[0];
    r->link = CODE_NONE;
    r->pages = align_up(vm->config.ram_size, PAGE_SIZE) >> PAGE_SHIFT;
    r->source = calloc(r->pages, sizeof *r->source);
    r->taken = calloc(r->pages, sizeof *r->taken);
    if (!r->source || !r->taken)
        return -ENOMEM;
    failed = allocator_take(vm->vmm, CODE_CACHE_BYTES, PAGE_SIZE, &r->memory);
    r->has_memory = !failed;
    return failed ? failed : code_cache_create(&r->cache, vcpu->host, r->memory, r->pages);
}

void translator_destroy(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    if (!r)
        return;
    if (r->has_memory)
        allocator_give(vcpu->vm->vmm, r->memory);
    code_cache_destroy(r->cache);
    free(r->source);
    free(r->taken);
    free(r->map);
    free(r);
    vcpu->translator = NULL;
}

static void trigger_put(struct vcpu *vcpu, bool on)
{
    const struct trigger t = {
        .kinds = TRIGGER_LOAD | TRIGGER_STORE, .at = vcpu->translator ? vcpu->translator->base : 0, .length = CODE_CACHE_BYTES};
    int failed = vcpu->translator ? machine_trigger(vcpu->host, SLOT, on ? &t : NULL) : 0;

    assert(!failed); /* every host has the slots that its owner keeps */
    (void)failed;
}

void translator_on(struct vcpu *vcpu) { trigger_put(vcpu, true); }
void translator_off(struct vcpu *vcpu) { trigger_put(vcpu, false); }

void translator_forgets(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    if (!r)
        return;
    code_cache_empty(r->cache);
    translator_windows_shut(r);
    translator_mappings_forget(r);
    r->link = CODE_NONE;
    r->written = true;
}

/* --- Into the cache */

/* The PC of the host, without a change of how far the instruction has come past triggers. */
static void host_go(struct vcpu *vcpu, va_t to)
{
    const uint64_t resume = machine_get(vcpu->host, MACHINE_RESUME);

    machine_set(vcpu->host, MACHINE_PC, to);
    if (resume)
        machine_set(vcpu->host, MACHINE_RESUME, resume);
}

/* Where the block of this PC is; it is made if need be. CODE_NONE: *t, as of `plan`. */
static uint32_t block_of(struct vcpu *vcpu, va_t pc, struct trap *t)
{
    struct translator *r = vcpu->translator;
    uint32_t at = code_cache_find(r->cache, pc);

    if (at == CODE_NONE)
        at = translator_inside(r, pc);
    if (at != CODE_NONE)
        return at;
    r->plan.pc = pc;
    r->plan.pieces = r->plan.insns = r->plan.links = r->plan.size = 0;
    if (!vcpu->isa->translator->plan(vcpu, pc, &r->plan, t))
        return CODE_NONE;
    at = code_cache_add(r->cache, &r->plan);
    if (at == CODE_NONE) {
        code_cache_empty(r->cache);
        r->link = CODE_NONE;
        at = code_cache_add(r->cache, &r->plan);
    }
    vcpu->stats.blocks++;
    vcpu->stats.block_insns += r->plan.insns - r->plan.links;
    return at;
}

enum translator_says translator_enters(struct vcpu *vcpu, struct trap *t)
{
    struct translator *r = vcpu->translator;
    uint32_t at, link;

    translator_settles(vcpu);
    t->kind = TRAP_NONE;
    at = block_of(vcpu, machine_get(vcpu->host, MACHINE_PC), t);
    if (at == CODE_NONE)
        return t->kind == TRAP_NONE ? TRANSLATOR_INTERPRET : TRANSLATOR_DONE;
    link = r->link;
    r->link = CODE_NONE;
    if (link != CODE_NONE)
        code_cache_link(r->cache, link, at);
    host_go(vcpu, r->base + at);
    r->inside = true;
    return TRANSLATOR_ON;
}

/* --- And out of it */

static const struct code_insn *insn_at(const struct vcpu *vcpu, va_t at)
{
    const struct translator *r = vcpu->translator;
    const va_t offset = at - r->base;

    return offset < CODE_CACHE_BYTES ? code_cache_insn(r->cache, (uint32_t)offset) : NULL;
}

va_t translator_pc(const struct vcpu *vcpu, va_t at)
{
    const struct code_insn *i = insn_at(vcpu, at);

    return i ? i->pc : at;
}

/* The host could not fetch from a page of the cache: the shadow gets it. */
static bool fills(struct vcpu *vcpu, const struct trap *t)
{
    const struct translator *r = vcpu->translator;
    const va_t offset = t->tval - r->base;
    struct shadow_leaf leaf = {.page = r->memory.v + align_down(offset, PAGE_SIZE), .r = true, .x = true, .size = PAGE_SIZE};
    enum pt_kind kind;

    if (t->kind != TRAP_EXCEPTION || !vcpu->isa->fault_kind(t, &kind) || kind != PT_FETCH || offset >= CODE_CACHE_BYTES)
        return false;
    for (unsigned n = 0; n < PT_MAX_LEVELS; n++)
        leaf.origin[n] = SHADOW_ANY_ORIGIN;
    return shadow_map(vcpu->shadow, vcpu->root, t->tval, &leaf) == SHADOW_MAPPED;
}

/* The trap names the guest's instruction, not what stands for it. */
static void name(struct trap *t, const struct code_insn *i)
{
    t->row = i->row;
    t->length = i->length;
    trap_insn_set(t, i->bits);
}

void translator_as_if(const struct vcpu *vcpu, const struct code_insn *i, struct trap *t)
{
    name(t, i);
    t->kind = TRAP_EXCEPTION;
    t->reason = REASON_PRIVILEGE;
    t->cause = vcpu->isa->inspected;
    t->tval = 0;
    t->error = 0;
}

static enum translator_says exit_flow(struct vcpu *vcpu, struct trap *t)
{
    vcpu->stats.lookups++;
    vcpu->isa->translator->flow(vcpu, t);
    if (t->kind != TRAP_EXCEPTION && t->kind != TRAP_TRIGGER)
        vcpu_retire(vcpu, &vcpu->stats.translated);
    return TRANSLATOR_DONE;
}

/* By the stub of a jump, which is to lead to the block that is found for it. */
static enum translator_says exit_go(struct vcpu *vcpu, const struct code_insn *i, struct trap *t)
{
    vcpu->stats.lookups++;
    vcpu->translator->link = i->link;
    t->kind = TRAP_NONE;
    return TRANSLATOR_DONE;
}

/* *t is that of an exit instruction of the cache, which stands for i. */
static enum translator_says exits(struct vcpu *vcpu, const struct code_insn *i, struct trap *t)
{
    name(t, i);
    switch ((enum code_kind)i->kind) {
    case CODE_COPY: break;
    case CODE_SENSITIVE: translator_as_if(vcpu, i, t); break;
    case CODE_FLOW: return exit_flow(vcpu, t);
    case CODE_INTERPRET: return TRANSLATOR_INTERPRET;
    case CODE_GO: return exit_go(vcpu, i, t);
    }
    return TRANSLATOR_ON;
}

/* An access to where the cache is: with the VMM's own memory out of the way. Where that happens often it goes elsewhere. */
static enum translator_says meets(struct vcpu *vcpu)
{
    struct translator *r = vcpu->translator;

    if (++r->met == OFTEN) {
        r->met = 0;
        translator_off(vcpu);
        r->place = (r->place + 1) % PLACES;
        r->base = places[r->place];
        translator_leaves_drop(vcpu); /* those of the place that it had, too */
        translator_on(vcpu);
    }
    return TRANSLATOR_INTERPRET;
}

void translator_out(struct vcpu *vcpu, const struct code_insn *i)
{
    vcpu->translator->inside = false;
    vcpu->isa->translator->left(vcpu, vcpu->translator->base, CODE_CACHE_BYTES);
    host_go(vcpu, i->pc);
}

enum translator_says translator_leaves(struct vcpu *vcpu, struct trap *t)
{
    struct translator *r = vcpu->translator;
    const bool inside = r->inside, met = t->kind == TRAP_TRIGGER && t->cause == SLOT;
    const struct code_insn *i;

    r->inside = false;
    if (!inside)
        return met ? meets(vcpu) : TRANSLATOR_ON;
    i = insn_at(vcpu, machine_get(vcpu->host, MACHINE_PC));
    if (!i) {
        vcpu_stop(vcpu, "the translated code was left for a place that is none");
        return TRANSLATOR_ON;
    }
    translator_out(vcpu, i);
    if (i->kind == CODE_COPY && t->length && (t->kind == TRAP_EXCEPTION || t->kind == TRAP_TRIGGER))
        name(t, i); /* of what stands for another instruction it is the guest's that counts */
    if (met)
        return meets(vcpu);
    if (fills(vcpu, t)) {
        t->kind = TRAP_NONE;
        return TRANSLATOR_DONE;
    }
    if (t->kind == TRAP_EXCEPTION && i->kind != CODE_COPY && t->cause == vcpu->isa->translator->exit)
        return exits(vcpu, i, t);
    return TRANSLATOR_ON;
}
