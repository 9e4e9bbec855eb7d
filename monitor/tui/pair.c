/* pair.c - the same guest once more, on the bare machine, taken to wherever the virtual one is: what the guest can see of the two must be
 * the same, and the first register in which it is not is named. */
#include "monitor/tui/tui.h"

#include "isa/about.h"
#include "mmu/phys.h"
#include "monitor/debug/open.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VERDICT = 96 };
/* A second session of the same options, at depth 0, with a debugger of its own. Its console hears and says nothing: what the
 * first machine was given to read is not given to this one, and from there on it may differ. */
struct pair {
    struct session session;
    struct debugger bare;
    bool *differs; /* owned; [isa->reg_count] */
    bool equal;
    uint64_t last_equal; /* the latest count of instructions at which they were seen to be */
    char verdict[VERDICT];
};

static size_t console_read(void *opaque, uint8_t *bytes, size_t room)
{
    (void)opaque, (void)bytes, (void)room;
    return 0;
}

static void console_write(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

int pair_open(struct pair **out, struct debugger *d, struct error *e)
{
    const struct chardev silent = {.read = console_read, .write = console_write};
    if (!d->stack->depth)
        return error_set(e, ENOTSUP, "the guest runs on the bare machine already");
    struct pair *p = calloc(1, sizeof *p);
    if (p)
        p->differs = calloc(debugger_isa(d)->reg_count, sizeof *p->differs);
    if (!p || !p->differs) {
        free(p);
        return error_set(e, ENOMEM, "there is not enough memory for a second machine");
    }
    int r = session_open(&p->session, d->options, 0, silent, e);
    if (r == 0 && (r = debugger_open(&p->bare, d->options, &p->session, NULL, e)) != 0)
        session_close(&p->session);
    if (r) {
        free(p->differs);
        free(p);
        return r;
    }
    pair_follow(p, d);
    *out = p;
    return 0;
}

void pair_close(struct pair *p)
{
    if (!p)
        return;
    debugger_close(&p->bare);
    session_close(&p->session);
    free(p->differs);
    free(p);
}

const struct debugger *pair_bare(const struct pair *p) { return &p->bare; }
const char *pair_verdict(const struct pair *p) { return p->verdict; }

bool pair_differs(const struct pair *p, reg_t reg)
{
    const struct isa *isa = debugger_isa(&p->bare);
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (isa->regs[i].reg == reg)
            return p->differs[i];
    return false;
}

/* Hidden state is no difference: it is what the machine keeps for itself, and a virtual one may keep it in another way. All
 * others are compared, and the first is named. */
static const char *compare(struct pair *p, const struct machine *vm)
{
    const struct isa *isa = vm->isa;
    const struct machine *bare = debugger_guest(&p->bare);
    const char *first = NULL;
    for (unsigned i = 0; i < isa->reg_count; i++) {
        p->differs[i] = isa->regs[i].part != PART_HIDDEN && machine_get(bare, isa->regs[i].reg) != machine_get(vm, isa->regs[i].reg);
        if (p->differs[i] && !first)
            first = isa->regs[i].name;
    }
    return first;
}

/* Between two instructions there may be traps: as many here as there. */
static void meet(struct debugger *bare, const struct debugger *d, uint64_t at)
{
    enum { TRAPS = 64 };
    struct error e;
    const struct plan step = {.steps = 1, .quiet = true};
    for (unsigned n = 0; n < TRAPS && machine_get(debugger_guest(bare), MACHINE_PC) != machine_get(debugger_guest(d), MACHINE_PC);
         n++) {
        debugger_run(bare, &step);
        if (debugger_retired(bare) != at) {
            (void)!debugger_goto(bare, at, &e); /* it was there */
            break;
        }
    }
}

/* Where the two memories are not the same first; UINT64_MAX: nowhere. By pages, since most of them are alike. */
static pa_t memory_differs(const struct machine *bare, const struct machine *vm)
{
    const struct phys_range *a = phys_main_ram(bare->phys), *b = phys_main_ram(vm->phys);
    if (!a || !b || a->base != b->base)
        return UINT64_MAX;
    for (uint64_t at = 0, size = a->size < b->size ? a->size : b->size, n; at < size; at += n) {
        n = size - at < PAGE_SIZE ? size - at : PAGE_SIZE;
        const uint8_t *x = phys_host(bare->phys, a->base + at, n), *y = phys_host(vm->phys, b->base + at, n);
        if (x && y && memcmp(x, y, n) != 0)
            for (uint64_t i = 0; i < n; i++)
                if (x[i] != y[i])
                    return a->base + at + i;
    }
    return UINT64_MAX;
}

/* Registers first, then memory, which takes longer: if a register differs, memory need not be looked at to say so. */
void pair_follow(struct pair *p, struct debugger *d)
{
    struct error e;
    uint64_t at = debugger_retired(d);
    if (debugger_retired(&p->bare) != at && debugger_goto(&p->bare, at, &e) != 0) {
        snprintf(p->verdict, sizeof p->verdict, "bare cannot follow: %.70s", e.text);
        p->equal = false;
        return;
    }
    meet(&p->bare, d, at);
    memcpy(p->bare.before, d->before, debugger_isa(d)->reg_count * sizeof *d->before); /* what changed is marked alike */
    p->bare.has_before = d->has_before;
    const char *first = compare(p, debugger_guest(d));
    char place[40];
    pa_t where = first ? UINT64_MAX : memory_differs(debugger_guest(&p->bare), debugger_guest(d));
    if (where != UINT64_MAX) {
        unsigned cell = about_cell(debugger_isa(d));
        snprintf(place, sizeof place, "memory at 0x%llx", (unsigned long long)(where / cell));
        first = place;
    }
    p->equal = !first;
    if (!first) {
        p->last_equal = at;
        snprintf(p->verdict, sizeof p->verdict, "equal");
    } else if (p->last_equal < at) {
        snprintf(p->verdict, sizeof p->verdict, "they differ: %s; equal at %llu", first, (unsigned long long)p->last_equal);
    } else {
        snprintf(p->verdict, sizeof p->verdict, "they differ: %s", first);
    }
}

/* Between a moment at which they were equal and this one there is a last one at which they are: halving the distance finds it,
 * since each moment can be gone to. What differed and became equal again is not looked for.
 *
 *   equal ........... middle ........... differs        30 steps for a billion instructions
 */
int pair_first(struct pair *p, struct debugger *d, struct error *e)
{
    uint64_t equal = p->last_equal, differs = debugger_retired(d);
    int r = 0;
    if (p->equal || equal >= differs)
        return error_set(e, EINVAL, "%s",
                         p->equal ? "the two machines are equal here" : "no earlier moment is known at which they were equal");
    while (r == 0 && differs - equal > 1) {
        uint64_t middle = equal + (differs - equal) / 2;
        r = debugger_goto(d, middle, e);
        if (r == 0) {
            pair_follow(p, d);
            *(p->equal ? &equal : &differs) = middle;
        }
    }
    return r ? r : debugger_goto(d, equal, e);
}
