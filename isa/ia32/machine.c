/* machine.c - the bare CPU as a machine: the operations of the contract. */
#include "isa/ia32/cpu.h"

#include "isa/ia32/code.h"
#include "isa/ia32/run.h"
#include "isa/ia32/state.h"

#include <errno.h>
#include <stdlib.h>

const struct ia32_config ia32_config_default = {.model = IA_MODEL_686};

static int load(const struct machine *m, pa_t pa, void *to, size_t size) { return phys_read(m->phys, pa, to, size); }
static int store(struct machine *m, pa_t pa, const void *from, size_t size) { return phys_write(m->phys, pa, from, size); }

/* `cold` is for whoever compares two machines: what was decoded goes as well, so that both begin alike. */
static void fence(struct machine *m, const struct fence *f)
{
    struct ia_cpu *c = ia_cpu_of(m);
    if (f->cold)
        ia_code_forget(c);
    if (f->has_va && !f->cold)
        tlb_flush_page(&c->tlb, f->va, true, 0);
    else
        tlb_flush_all(&c->tlb);
    c->attention |= IA_ATTEND_CODE;
}

/* INTR is a level: it is asked each time. NMI is an edge, and is remembered until it is taken. A20M# low makes bit
 * 20 of physical addresses zero, so that addresses above 1 MiB are those of a PC of 1981 again; what the TLB knows
 * is then wrong. */
static void irq(struct machine *m, unsigned line, bool level)
{
    struct ia_cpu *c = ia_cpu_of(m);
    const uint32_t bit = UINT32_C(1) << line, old = c->lines;
    if (line > IA_LINE_IGNNE)
        return;
    c->lines = level ? old | bit : old & ~bit;
    if (line == IA_LINE_NMI && level && !(old & bit))
        c->nmi_latched = true;
    if (line == IA_LINE_A20M && old != c->lines) {
        c->a20_mask = level ? ~(UINT32_C(1) << 20) : UINT32_MAX;
        tlb_flush_all(&c->tlb);
        c->attention |= IA_ATTEND_CODE;
    }
    c->attention |= IA_ATTEND_EVENT;
}

/* No run() of this CPU ends in TRAP_STOP: a third exception is DELIVERY_SHUTDOWN to who delivers it. */
static const char *stopped(const struct machine *m)
{
    (void)m;
    return NULL;
}

static int trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    struct ia_cpu *c = ia_cpu_of(m);
    const unsigned kinds = c->triggers.kinds;
    const int error = trigger_set_put(&c->triggers, slot, t);
    if (error)
        return error;
    if ((kinds | c->triggers.kinds) & TRIGGER_FRESH) /* what was let through, and for whom */
        ia_code_forget(c);
    tlb_flush_all(&c->tlb); /* it must not know pages that are watched */
    c->attention =
        (c->attention & ~(uint32_t)IA_ATTEND_TRIGGER) | IA_ATTEND_CODE | (c->triggers.count || c->resume ? IA_ATTEND_TRIGGER : 0u);
    return 0;
}

/* A CPU with what it owns beside. */
struct whole {
    struct ia_cpu cpu;  /* first */
    struct phys *ports; /* NULL: they are somebody else's */
};

static struct whole *whole_of(struct ia_cpu *c) { return (struct whole *)(void *)c; }

static void destroy(struct machine *m)
{
    struct ia_cpu *c = ia_cpu_of(m);
    ia_code_destroy(c);
    phys_leave(m->phys);
    phys_destroy(whole_of(c)->ports);
    free(whole_of(c));
}

uint64_t ia32_fences(const struct machine *m) { return ia_cpu_of_const(m)->tlb.flushes; }

static const struct machine_ops ops = {
    .run = ia_run,
    .get = ia_get,
    .get_block = ia_get_block,
    .set = ia_set,
    .has = ia_has,
    .load = load,
    .store = store,
    .fence = fence,
    .irq = irq,
    .stopped = stopped,
    .reset = ia_reset,
    .trigger = trigger,
    .destroy = destroy,
};

int ia32_create(struct machine **out, struct phys *phys, struct phys *ports, const struct ia32_config *config)
{
    return ia32_create_with(out, phys, ports, config, NULL);
}

/* The order of the undoing is that of the making. `phys` is joined last: a machine that could not be made leaves no
 * trace in it. */
int ia32_create_with(struct machine **out, struct phys *phys, struct phys *ports, const struct ia32_config *config,
                     const struct engine_options *options)
{
    const bool is_386 = config->model == IA_MODEL_386;
    if ((config->model != IA_MODEL_686 && !is_386) || config->variants >> IA32_VARIANT_COUNT || (is_386 && config->variants))
        return -EINVAL;
    struct whole *w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    struct ia_cpu *c = &w->cpu;
    int error = ports ? 0 : phys_create(&w->ports);
    c->config = *config;
    c->options = options ? *options : (struct engine_options){.kind = ENGINE_USUAL};
    if (c->options.kind == ENGINE_native) { /* there is no translator for this instruction set */
        c->options.kind = ENGINE_interpreter;
        c->options.refused = ENOSYS;
    }
    c->a20_mask = UINT32_MAX;
    c->x87_selectors = config->variants & (IA32_NOLEAK | IA32_TRAPS) ? 0 : UINT16_MAX;
    c->machine = (struct machine){.ops = &ops,
                                  .isa = &isa_ia32,
                                  .phys = phys,
                                  .ports = ports ? ports : w->ports,
                                  .config = &c->config,
                                  .engine = &c->options,
                                  .trigger_slots = TRIGGER_SLOTS};
    tlb_init(&c->tlb);
    if (!error)
        error = ia_code_create(c);
    if (error) {
        phys_destroy(w->ports);
        free(w);
        return error;
    }
    phys_join(phys);
    ia_reset(&c->machine);
    *out = &c->machine;
    return 0;
}
