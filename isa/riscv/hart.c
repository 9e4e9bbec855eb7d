/* hart.c - a bare hart as a machine: registers, lines, and what the contract wants beside run(), which is the engine's. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "isa/riscv/csr.h"
#include "isa/riscv/engine.h"
#include "isa/riscv/hart.h"
#include "isa/riscv/listen.h"
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/touched.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"
#include "isa/riscv/trigger.h"

/* --- registers */

/* General registers, the mode and the PC come first: who owns the machine asks for them at each trap.
 * A register that there is not reads as 0. */
static uint64_t hart_get(const struct machine *m, reg_t r)
{
    const struct hart *h = hart_of_const(m);
    if (r < RV_F)
        return h->x[r];
    if (r == MACHINE_MODE)
        return h->mode;
    if (r == MACHINE_PC)
        return h->pc;
    switch (r) {
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

/* General and floating-point registers are what is asked for by the block, and CSRs that are neighbours by who wants to know all. */
static void hart_get_block(const struct machine *m, reg_t first, unsigned count, uint64_t *out)
{
    const struct hart *h = hart_of_const(m);
    for (unsigned n; count; first += n, out += n, count -= n) {
        const bool csrs = first >= RV_CSR && first + count <= RV_CSR + 4096;
        unsigned left = first < RV_F ? RV_F - first : first < RV_RESERVATION ? RV_RESERVATION - first : csrs ? count : 1;
        n = left < count ? left : count;
        if (first < RV_F)
            memcpy(out, &h->x[first], n * sizeof *out);
        else if (first < RV_RESERVATION)
            memcpy(out, &h->f[first - RV_F], n * sizeof *out);
        else if (csrs)
            for (unsigned k = 0; k < n; k++)
                out[k] = csr_get(h, first - RV_CSR + k);
        else
            *out = hart_get(m, first);
    }
}

/* Interrupts are looked at again, for a lower mode lets more in; and the spaces of the TLB are those of the mode. */
static void set_mode(struct hart *h, uint64_t mode)
{
    if (mode != RV_U && mode != RV_S && mode != RV_M)
        return;
    h->mode = mode;
    h->attention = true;
    hart_mode_changed(h);
}

static __attribute__((noinline)) void set_trigger(struct hart *h, reg_t r, uint64_t v)
{
    if (!h->config.sdtrig)
        return;
    if (r < RV_TDATA2)
        sdtrig_data1_set(h, r - RV_TDATA1, v);
    else
        sdtrig_data2_set(h, r - RV_TDATA2, v);
}

/* By a physical address, aligned; all ones end it. Where other harts write to the same memory the page has to be
 * marked, so that they are heard. */
static __attribute__((noinline)) void set_reservation(struct hart *h, uint64_t v)
{
    phys_reserve(h->machine.phys, &h->reservation, v, phys_is_shared(h->machine.phys));
}

/* Whoever owns the machine calls it several times a trap: what is rare is a tail call, so that the rest needs no frame. */
static void hart_set(struct machine *m, reg_t r, uint64_t v)
{
    struct hart *h = hart_of(m);
    if (r < RV_F) {
        if (r != 0)
            h->x[r] = v;
    } else if (r == MACHINE_PC) {
        h->pc = v & ~UINT64_C(1);
        hart_refetch(h);
        h->resume = 0;
    } else if (r < RV_RESERVATION) {
        h->f[r - RV_F] = v;
    } else if (r >= RV_CSR && r < RV_CSR + 4096) {
        csr_set(h, r - RV_CSR, v);
    } else if (r == RV_RESERVATION) {
        set_reservation(h, v);
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

/* A CSR that the configuration leaves out is no register of this hart, though its number is known. */
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

/* Lines are levels: MSI, MTI, MEI and SEI by their bits in mip. An unchanged level costs nothing. */
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

/* [priv 3.4]: M-mode, at the reset address; general registers, which the manual leaves open, are zero, so that two
 * runs are alike. */
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
    hart_refetch(h);
    h->resume = 0;
    csr_reset(h);
    hart_context_changed(h);
}

/* In the reverse order of creation. Marks of decoded pages go with the engine's pages, while the listener still
 * hears. */
static void hart_destroy(struct machine *m)
{
    struct hart *h = hart_of(m);
    ram_reserve(&h->reservation, NULL, 0, 0, false);
    phys_leave(m->phys);
    hart_watch_none(h);
    h->engine->destroy(h);
    free(h);
}

static const struct machine_ops hart_ops = {
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

/* Of machines that look like a hart, the one that is: by an operation that no other has. */
bool hart_is(const struct machine *m) { return m->ops && m->ops->destroy == hart_destroy; }

static const struct hart_engine *const engines[ENGINES] = {
#define ENGINE(name, about) [ENGINE_##name] = &hart_engine_##name,
#include "isa/engine.def"
#undef ENGINE
};

_Static_assert(RV_EXT_COUNT < 32, "a bit each, and one that is never set");
/* The hart is the first part of what the engine needs: one block of memory, of the engine's size. The operations
 * are copied, since run() is another for each engine. */
int riscv_create_with(struct machine **out, struct phys *phys, const struct riscv_config *config, const struct engine_options *options)
{
    assert(config->asid_bits <= 16 && (config->pmp_entries == 0 || config->pmp_entries == 16) && config->units_per_tick > 0);
    const struct engine_options chosen = options ? *options : (struct engine_options){.kind = ENGINE_USUAL};
    const struct hart_engine *engine = engines[chosen.kind];
    struct hart *h = calloc(1, engine->size);
    if (!h)
        return -ENOMEM;
    h->engine = engine;
    h->ops = hart_ops;
    h->ops.run = engine->run;
    h->options = chosen;
    h->config = *config;
    h->machine = (struct machine){
        .ops = &h->ops, .isa = &isa_riscv, .phys = phys, .config = &h->config, .engine = &h->options, .trigger_slots = TRIGGER_SLOTS};
    for (unsigned ext = 0; ext < RV_EXT_COUNT; ext++)
        h->extensions |= (uint32_t)riscv_has(config, ext) << ext;
    h->trap = &h->idle_trap;
    int error = engine->create(h);
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

int riscv_create(struct machine **out, struct phys *phys, const struct riscv_config *config)
{
    return riscv_create_with(out, phys, config, NULL);
}
