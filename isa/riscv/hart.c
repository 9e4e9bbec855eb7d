/* hart.c - a bare hart as a machine: registers, lines, and run().
 *
 * run() is a loop around bodies. A slice is a stretch of instructions in which nothing but the program itself can make an interrupt
 * pending: it ends with the budget or when stimecmp is due, exactly. Inside a slice `left` counts down, and the clock follows from it.
 * With HART_SLICE instructions or more in hand the outer loop lets fast bodies go on by themselves; the rest it takes one by one.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "isa/riscv/hart.h"
#include "isa/riscv/host_memory.h"
#include "isa/riscv/table.h"
#include "riscv_decode.h"

/* --- time */

static void slice_close(struct hart *h)
{
    uint64_t done = h->slice - h->left;
    h->clock_base += done;
    h->retired_base += done;
    h->budget -= done;
    h->slice = h->left = 0;
}

static void slice_open(struct hart *h)
{
    uint64_t limit = h->budget, until = h->timer_due - h->clock_base;
    if (until < limit && h->timer_due > h->clock_base)
        limit = until;
    h->slice = h->left = limit;
}

/* --- careful bodies and what they report */

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) extern body_fn rv_step_##name;
#include "isa/riscv/insn.def"
#undef INSN
static body_fn *const step_body[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) RV_WIDE_##name([RV_INSN_##name] = rv_step_##name, )
#include "isa/riscv/insn.def"
#undef INSN
#define RVC(row, base, rd, rs1, rs2, sign, immediate) [RV_INSN_##row] = rv_step_##base,
#include "isa/riscv/rvc.def"
#undef RVC
};

enum body_result hart_step(struct hart *h, const struct rv_insn *i, uint64_t left, unsigned row)
{
    h->left = left;
    h->step_row = (uint16_t)row;
    h->step_length = rv_rows[row].length;
    return step_body[row](h, i, left);
}

__attribute__((noinline)) enum body_result rv_carefully(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    unsigned row = h->code->row[i - h->code->record];
    h->pc = hart_pc_of(h, i);
    return row == INSN_NONE ? i->body(h, i, left) : hart_step(h, i, left, row);
}

/* The bits of the instruction at hand. */
static uint32_t bits_at(const struct hart *h, const struct rv_insn *i)
{
    size_t at = (size_t)(i - h->code->record) * 2;
    if (h->step_length == 2)
        return (uint32_t)host_load_16((uintptr_t)h->code->host + at);
    return LIKELY(at + 4 <= PAGE_SIZE) ? (uint32_t)host_load_32((uintptr_t)h->code->host + at) : h->crossing;
}

enum body_result hart_stop_at(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->trap->row = h->step_row;
    h->trap->length = h->step_length;
    h->trap->bits = bits_at(h, i);
    h->left = left;
    return BODY_STOP;
}

/* Each field once: to clear the whole first would cost as much again. */
enum body_result hart_raise(struct hart *h, const struct rv_insn *i, uint64_t left, enum trap_reason reason, uint64_t cause,
                            uint64_t tval)
{
    struct trap *t = h->trap;
    t->kind = TRAP_EXCEPTION;
    t->reason = reason;
    t->cause = cause;
    t->tval = tval;
    return hart_stop_at(h, i, left);
}

enum body_result hart_illegal(struct hart *h, const struct rv_insn *i, uint64_t left, enum trap_reason reason)
{
    hart_raise(h, i, left, reason, RV_CAUSE_ILLEGAL, 0);
    h->trap->tval = h->trap->bits;
    return BODY_STOP;
}

/* --- run */

/* Makes pc true; then nothing of where run() stood matters. */
static void settle(struct hart *h)
{
    if (h->code)
        h->pc = hart_pc_of(h, h->next);
    h->code = NULL;
}

/* A slice begins, unless an interrupt or the end of the budget comes first: true when run() is to return that. */
static inline bool slice_begin(struct hart *h)
{
    h->attention = false;
    if (h->mie && UNLIKELY(hart_mip(h) & h->mie) && hart_interrupt(h))
        return true;
    if (UNLIKELY(h->budget == 0)) {
        *h->trap = (struct trap){.kind = TRAP_BUDGET, .row = INSN_NONE};
        return true;
    }
    slice_open(h);
    return false;
}

/* What is to be done before the next instruction: true when run() is to return h->trap, BUDGET or YIELD. */
static __attribute__((noinline)) bool between(struct hart *h)
{
    if (h->yield) {
        h->yield = false;
        *h->trap = (struct trap){.kind = TRAP_YIELD, .row = INSN_NONE};
        return true;
    }
    slice_close(h);
    return slice_begin(h);
}

/* Runs until h->trap holds what to return. pc is true then. */
static inline void run(struct hart *h)
{
    if (slice_begin(h))
        return;
    for (;;) {
        if (!h->code && !hart_fetch_known(h) && !hart_fetch_page(h))
            return;
        enum body_result result;
        if (LIKELY(h->left >= HART_SLICE && !h->single))
            result = h->next->body(h, h->next, h->left);
        else
            result = rv_carefully(h, h->next, h->left);
        if (result == BODY_STOP)
            return;
        if (UNLIKELY(h->single)) {
            settle(h);
            h->single = false;
        }
        if (UNLIKELY(h->attention || h->yield || h->left == 0) && between(h)) {
            settle(h);
            return;
        }
    }
}

/* In registers: a call of memset(), or a string instruction, would be a good part of a short run. */
static inline void touched_clear(struct hart_touched *t)
{
    typedef uint64_t words __attribute__((vector_size(16), may_alias));
    _Static_assert(sizeof *t % sizeof(words) == 0, "cleared by these");
    words *w = (words *)(void *)t;
#pragma GCC unroll 8
    for (size_t n = 0; n < sizeof *t / sizeof *w; n++) {
        w[n] = (words){0, 0};
        __asm__ volatile("" ::: "memory"); /* else it becomes one */
    }
}

/*T:400 The hardware. An instruction is a record of its decoded page; its body does the work and goes on to the next record by itself.
 * Only what it cannot finish comes back here: a trap, a page end, the end of the budget. :*/
static void hart_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *out)
{
    struct hart *h = hart_of(m);
    h->trap = out;
    h->budget = budget;
    h->slice = h->left = 0;
    h->code = NULL;
    h->yield = false;
    touched_clear(&h->touched);
    run(h);
    slice_close(h);
    *retired += budget - h->budget;
    h->code = NULL;
    h->trap = &h->idle_trap;
}

/* --- registers */

static uint64_t hart_get(const struct machine *m, reg_t r)
{
    const struct hart *h = hart_of_const(m);
    if (r < RV_F)
        return h->x[r];
    switch (r) {
    case MACHINE_PC: return h->pc;
    case MACHINE_MODE: return h->mode;
    case MACHINE_CLOCK: return hart_clock(h);
    case MACHINE_RETIRED: return hart_retired(h);
    case MACHINE_WAKE: return h->timer_due;
    case MACHINE_RESUME: return hart_resume(h);
    case RV_RESERVATION: return phys_reserved(&h->reservation);
    default: break;
    }
    if (r - RV_TDATA1 < 2 * RV_TRIGGERS)
        return r < RV_TDATA2 ? h->tdata1[r - RV_TDATA1] : h->tdata2[r - RV_TDATA2];
    if (r < RV_RESERVATION)
        return h->f[r - RV_F];
    return r >= RV_CSR && r < RV_CSR + 4096 ? csr_get(h, r - RV_CSR) : 0;
}

/* General and floating-point registers are what is asked for by the block. */
static void hart_get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct hart *h = hart_of_const(m);
    for (unsigned n; count; first += n, out += n, count -= n) {
        unsigned left = first < RV_F ? RV_F - first : first < RV_RESERVATION ? RV_RESERVATION - first : 1;
        n = left < count ? left : count;
        if (first < RV_F)
            memcpy(out, &h->x[first], n * sizeof *out);
        else if (first < RV_RESERVATION)
            memcpy(out, &h->f[first - RV_F], n * sizeof *out);
        else
            *out = hart_get(m, first);
    }
}

static void set_mode(struct hart *h, uint64_t mode)
{
    if (mode != RV_U && mode != RV_S && mode != RV_M)
        return;
    h->mode = mode;
    h->attention = true;
    hart_mode_changed(h);
}

static void set_trigger(struct hart *h, reg_t r, uint64_t v)
{
    if (!h->config.sdtrig)
        return;
    if (r < RV_TDATA2)
        sdtrig_data1_set(h, r - RV_TDATA1, v);
    else
        sdtrig_data2_set(h, r - RV_TDATA2, v);
}

static void hart_set(struct machine *m, reg_t r, uint64_t v)
{
    struct hart *h = hart_of(m);
    if (r < RV_F) {
        if (r != 0)
            h->x[r] = v;
    } else if (r == MACHINE_PC) {
        h->pc = v & ~UINT64_C(1);
        h->code = NULL;
        h->resume = 0;
    } else if (r < RV_RESERVATION) {
        h->f[r - RV_F] = v;
    } else if (r >= RV_CSR && r < RV_CSR + 4096) {
        csr_set(h, r - RV_CSR, v);
    } else if (r == RV_RESERVATION) {
        phys_reserve(m->phys, &h->reservation, v, phys_is_shared(m->phys));
    } else if (r == MACHINE_MODE) {
        set_mode(h, v);
    } else if (r == MACHINE_CLOCK) {
        h->clock_base = v - (h->slice - h->left);
        h->attention = true;
    } else if (r == MACHINE_RETIRED) {
        uint64_t resume = hart_resume(h);
        h->retired_base = v - (h->slice - h->left);
        hart_resume_set(h, resume);
    } else if (r == MACHINE_RESUME) {
        hart_resume_set(h, v);
    } else if (r - RV_TDATA1 < 2 * RV_TRIGGERS) {
        set_trigger(h, r, v);
    }
}

static bool hart_has(const struct machine *m, reg_t r)
{
    if (r >= RV_CSR && r < RV_CSR + 4096)
        return csr_exists(hart_of_const(m), r - RV_CSR);
    if (r - RV_TDATA1 < 2 * RV_TRIGGERS)
        return hart_of_const(m)->config.sdtrig;
    return r <= RV_RESERVATION || (r >= MACHINE_PC && r <= MACHINE_RESUME);
}

/* --- the rest of the contract */

static int hart_memory_load(const struct machine *m, pa_t pa, void *to, size_t n) { return phys_read(m->phys, pa, to, n); }
static int hart_memory_store(struct machine *m, pa_t pa, const void *from, size_t n) { return phys_write(m->phys, pa, from, n); }
static void hart_memory_fence(struct machine *m, const struct fence *f) { hart_fence(hart_of(m), f); }

static void hart_irq(struct machine *m, unsigned line, bool level)
{
    struct hart *h = hart_of(m);
    uint64_t lines = bits_set(h->lines, line & 63, 1, level) & RV_INTERRUPTS;
    if (line < 64 && lines != h->lines) {
        h->lines = lines;
        h->attention = true;
    }
}

static const char *hart_stopped(const struct machine *m)
{
    (void)m;
    return NULL; /* a bare hart can always go on */
}

static void hart_reset(struct machine *m)
{
    struct hart *h = hart_of(m);
    for (unsigned r = 0; r < 33; r++)
        h->x[r] = 0;
    for (unsigned r = 0; r < 32; r++)
        h->f[r] = 0;
    h->pc = h->config.reset_pc & ~UINT64_C(1);
    h->mode = RV_M;
    ram_reserve(&h->reservation, NULL, 0, 0, false);
    h->clock_base = h->retired_base = 0;
    h->slice = h->left = h->budget = 0;
    h->code = NULL;
    h->resume = 0;
    csr_reset(h);
    hart_context_changed(h);
}

static void hart_destroy(struct machine *m)
{
    struct hart *h = hart_of(m);
    ram_reserve(&h->reservation, NULL, 0, 0, false);
    phys_leave(m->phys);
    hart_code_free(h);
    free(h);
}

static const struct machine_ops hart_ops = {
    .run = hart_run,
    .get = hart_get,
    .set = hart_set,
    .has = hart_has,
    .enter = hart_enter,
    .get_block = hart_get_block,
    .load = hart_memory_load,
    .store = hart_memory_store,
    .fence = hart_memory_fence,
    .irq = hart_irq,
    .stopped = hart_stopped,
    .reset = hart_reset,
    .touched = hart_touched,
    .trigger = hart_trigger,
    .destroy = hart_destroy,
};

bool hart_is(const struct machine *m) { return m->ops == &hart_ops; }

_Static_assert(RV_EXT_COUNT < 32, "a bit each, and one that is never set");
int riscv_create(struct machine **out, struct phys *phys, const struct riscv_config *config)
{
    assert(config->asid_bits <= 16 && (config->pmp_entries == 0 || config->pmp_entries == 16) && config->units_per_tick > 0);
    struct hart *h = calloc(1, sizeof *h);
    if (!h)
        return -ENOMEM;
    h->machine =
        (struct machine){.ops = &hart_ops, .isa = &isa_riscv, .phys = phys, .config = &h->config, .trigger_slots = TRIGGER_SLOTS};
    h->config = *config;
    for (unsigned ext = 0; ext < RV_EXT_COUNT; ext++)
        h->extensions |= (uint32_t)riscv_has(config, ext) << ext;
    h->trap = &h->idle_trap;
    int error = hart_code_init(h);
    if (error) {
        free(h);
        return error;
    }
    tlb_init(&h->tlb);
    phys_join(phys);
    hart_reset(&h->machine);
    *out = &h->machine;
    return 0;
}
