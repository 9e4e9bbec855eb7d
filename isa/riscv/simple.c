/* simple.c - the engine that does nothing ahead: it fetches, decodes and executes one instruction, and then the next. All other engines
 * are compared with it.
 *
 * It shares with them the architecture alone. Instructions are executed over the contract (interpret.c), as the owner of a machine carries
 * out a single one for it, on the hart's own registers, through a view that writes down what they touch; those of the system group by their careful bodies,
 * for over the contract they are somebody else's. An entry of its fetch TLB is a page's physical address.
 */
#include "isa/riscv/access.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/interpret.h"
#include "isa/riscv/own_write.h"
#include "isa/riscv/pmp.h"
#include "isa/riscv/run.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/step.h"
#include "isa/riscv/table.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trigger.h"

/* A hart, and a second machine in front of it whose registers are the hart's: so the same bodies that serve any
 * machine run on this one, and what they ask for is noted on the way. */
struct simple {
    struct hart hart;    /* first */
    struct machine view; /* of the hart, as its instructions go to it */
    struct machine_ops view_ops;
    bool atomic; /* of LR and SC: the access is to be at */
    pa_t at;
};

static struct simple *simple_of(struct hart *h) { return (struct simple *)(void *)h; }

/* --- registers, as instructions go to them: what the careful bodies note by themselves (state.h: hart_read and so on) */

/* The view is part of the hart's block: from its address follows whose it is. */
static struct hart *seen_by(const struct machine *view) { return (struct hart *)((char *)view - offsetof(struct simple, view)); }

static uint64_t view_get(const struct machine *view, reg_t r)
{
    struct hart *h = seen_by(view);
    if (r == RV_CSR + CSR_mstatus) /* FS, which is all that they ask of it */
        hart_note(h->touched.check, HART_fs);
    else if (r == RV_CSR + CSR_frm)
        hart_note(h->touched.read, HART_frm);
    else if (r == RV_RESERVATION)
        hart_note(h->touched.read, HART_reservation);
    return machine_get(&h->machine, r);
}

static void view_set(struct machine *view, reg_t r, uint64_t v)
{
    struct hart *h = seen_by(view);
    if (r == RV_CSR + CSR_fflags)
        hart_note(h->touched.write, HART_fflags);
    if (r == RV_CSR + CSR_fflags || r == RV_CSR + CSR_mstatus || r - RV_F < 32)
        hart_note(h->touched.write, HART_fs);
    if (r == RV_RESERVATION)
        hart_note(h->touched.write, HART_reservation);
    machine_set(&h->machine, r, v);
}

/* --- memory. What goes wrong is in h->trap, and handed on from there. */

static bool failed(const struct hart *h, struct trap *t)
{
    *t = *h->trap;
    return false;
}

static bool load(void *ctx, va_t va, unsigned size, uint64_t *value, struct trap *t)
{
    struct simple *s = ctx;
    struct hart *h = &s->hart;
    if (s->atomic)
        return phys_load(h->machine.phys, s->at, size, value);
    return hart_load(h, va, size, value) || failed(h, t);
}

static bool store(void *ctx, va_t va, unsigned size, uint64_t value, struct trap *t)
{
    struct simple *s = ctx;
    struct hart *h = &s->hart;
    if (s->atomic)
        return hart_phys_store(h, s->at, size, value);
    return hart_store(h, va, size, value) || failed(h, t);
}

static bool amo(void *ctx, va_t va, unsigned size, combine_fn *combine, uint64_t operand, uint64_t *old, struct trap *t)
{
    struct hart *h = &((struct simple *)ctx)->hart;
    return hart_amo(h, va, size, combine, operand, old) || failed(h, t);
}

/* Of LR and SC. Their load or store comes next, and is to this address. */
static bool physical(void *ctx, va_t va, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    struct simple *s = ctx;
    s->atomic = hart_atomic_reach(&s->hart, va, size, write ? TRIGGER_STORE : TRIGGER_LOAD, &s->at);
    *pa = s->at;
    return s->atomic || failed(&s->hart, t);
}

static bool before(void *ctx, va_t va, unsigned size, unsigned kinds, struct trap *t)
{
    struct hart *h = &((struct simple *)ctx)->hart;
    return !sdtrig_fires(h, kinds, va, size, va) || failed(h, t);
}

/* --- fetch */

/* Where the PC's page lies. single: PMP divides it, so that the TLB may not keep it.
 * Page by page as the other engines do it, with the same TLB: a stale translation has to be stale here, too, or the
 * two would differ where the program left out a fence. */
static bool locate(struct hart *h, pa_t *pa, bool *single)
{
    const struct tlb_entry *e = &h->fetch->fetch[tlb_fetch_slot(h->pc)];
    *single = false;
    if (hart_watch_fetch(h))
        return false;
    if (e->tag == (h->pc & PAGE_MASK)) {
        *pa = e->addend | (h->pc & ~PAGE_MASK);
        return !hart_trigger_fetch(h, true, *pa);
    }
    if (!hart_translate(h, h->pc, 2, PT_FETCH, pa))
        return false;
    if (!phys_host(h->machine.phys, *pa, 2))
        return hart_fetch_fault(h, h->pc);
    if (hart_trigger_fetch(h, true, *pa))
        return false;
    *single = !pmp_uniform(h, *pa & PAGE_MASK);
    if (!*single)
        tlb_fill_fetch(h->fetch, h->pc & PAGE_MASK, (const void *)(uintptr_t)(*pa & PAGE_MASK));
    return true;
}

static uint32_t half_at(const struct hart *h, pa_t pa)
{
    const uint8_t *at = phys_host(h->machine.phys, pa, 2);
    return at[0] | (uint32_t)at[1] << 8;
}

/* Half by half where the second lies on another page, or under another rule [priv 3.1.16]. */
static bool fetch(struct hart *h, uint32_t *bits)
{
    pa_t pa, rest;
    bool single;
    if (!locate(h, &pa, &single))
        return false;
    *bits = half_at(h, pa);
    rest = pa + 2;
    if ((*bits & 3) == 3) {
        const bool crosses = (h->pc & ~PAGE_MASK) + 4 > PAGE_SIZE;
        if ((single || crosses) && !hart_translate(h, h->pc + 2, 2, PT_FETCH, &rest))
            return false;
        if (!phys_host(h->machine.phys, rest, 2))
            return hart_fetch_fault(h, h->pc + 2);
        *bits |= half_at(h, rest) << 16;
    }
    return !hart_trigger_opcode(h, *bits);
}

/* --- execution. false: h->trap is to be returned. */

/* Two ways, by the claim of the row: what traps for want of a resource only is done over the contract, the rest by
 * its careful body. */
static bool execute(struct hart *h, uint32_t bits)
{
    struct simple *s = simple_of(h);
    const struct interpret_memory memory = {
        .load = load, .store = store, .amo = amo, .physical = physical, .before = before, .ctx = s};
    unsigned length, row = rv_decode_row(&h->config, bits, &length);
    struct rv_operands operands;
    if (row == INSN_NONE || rv_rows[row].traps == TRAPS_NEVER) {
        s->atomic = false;
        const struct trap t = riscv_interpret(&s->view, bits, &memory);
        if (t.kind == TRAP_NONE)
            h->left--;
        else
            *h->trap = t;
        return t.kind == TRAP_NONE;
    }
    rv_decode_operands(bits, row, length, &operands);
    h->step_length = (uint8_t)length;
    if (rv_step_body[row](h, &operands) == STEP_NEXT)
        return true;
    hart_trap_at(h, row, length, length == 2 ? bits & 0xffff : bits);
    return false;
}

/* Slices of one instruction: before each of them an interrupt may be taken, and the budget be at its end.
 * The clock is true before each instruction, since a slice is one. */
static void simple_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct hart *h = hart_of(m);
    uint32_t bits;
    run_begin(h, budget, out);
    while (!h->yield && !slice_begin(h)) {
        h->slice = h->left = 1;
        if (!fetch(h, &bits) || !execute(h, bits))
            break;
        slice_close(h);
        if (h->yield)
            *h->trap = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
    }
    h->yield = false;
    run_end(h, budget, retired);
}

/* --- the seam */

static int create(struct hart *h)
{
    struct simple *s = simple_of(h);
    s->view_ops = (struct machine_ops){.get = view_get, .set = view_set};
    s->view = h->machine;
    s->view.ops = &s->view_ops;
    return 0;
}

/* It keeps nothing: the fetch TLB is the hart's. */
static void destroy(struct hart *h) { (void)h; }
static void context_changed(struct hart *h, enum engine_change change) { (void)h, (void)change; }
static void code_changed(struct hart *h, struct ram *ram, uint64_t offset, size_t length)
{
    (void)h, (void)ram, (void)offset, (void)length;
}
static bool code_kept(const struct hart *h, struct ram *ram, uint64_t offset) { return (void)h, (void)ram, (void)offset, false; }
static pa_t fetched(const struct hart *h, uintptr_t entry) { return (void)h, entry; }
static bool counts(const struct hart *h, struct engine_counts *out) { return (void)h, (void)out, false; }

const struct hart_engine hart_engine_simple = {
    .size = sizeof(struct simple),
    .create = create,
    .destroy = destroy,
    .run = simple_run,
    .context_changed = context_changed,
    .code_changed = code_changed,
    .code_kept = code_kept,
    .fetched = fetched,
    .counts = counts,
};
