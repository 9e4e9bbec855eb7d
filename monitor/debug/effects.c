/* effects.c - see effects.h. */
#include "monitor/debug/effects.h"

#include "mmu/phys.h"

#include <stdio.h>
#include <string.h>

/* A machine that is like another to read, and keeps nothing. */
/* How an instruction is asked what it would do, by its own body:
 *
 *     effects_predict()
 *       isa->interpret(&shade.machine, bits, &memory)
 *           get()    --> the real machine             store()  --> noted with the old value, thrown away
 *           load()   --> the real machine's memory    set()    --> the register's number noted, the value thrown away
 *
 * So there is no second table of what instructions do. A body that reads again what it has just written gets the old
 * value: what follows from that is not predicted. */
struct shade {
    struct machine machine; /* first */
    const struct debugger *d;
    const struct machine *real;
    struct effects *effects;
    bool user; /* its mode is the host's, which runs all that the guest does in user mode */
};

static struct shade *shade_of(const struct machine *m) { return (struct shade *)(uintptr_t)(const void *)m; }
static uint64_t shade_get(const struct machine *m, reg_t r)
{
    const struct shade *s = shade_of(m);
    return s->user && r == MACHINE_MODE ? about_user_mode(m->isa) : machine_get(s->real, r);
}

static bool shade_has(const struct machine *m, reg_t r) { return machine_has(shade_of(m)->real, r); }

static void shade_set(struct machine *m, reg_t r, uint64_t v)
{
    struct effects *f = shade_of(m)->effects;
    bool known = r == MACHINE_PC || f->writes == EFFECTS_WRITES;
    (void)v;
    for (unsigned i = 0; i < f->writes; i++)
        known |= f->written[i] == r;
    if (!known)
        f->written[f->writes++] = r;
}

static int shade_load(const struct machine *m, pa_t a, void *to, size_t n) { return machine_load(shade_of(m)->real, a, to, n); }

static int shade_store(struct machine *m, pa_t a, const void *from, size_t n)
{
    (void)m, (void)a, (void)from, (void)n;
    return 0;
}

static const struct machine_ops shade_ops = {
    .get = shade_get, .set = shade_set, .has = shade_has, .load = shade_load, .store = shade_store};

/* --- its memory */

/* Of an access across two pages the first part is asked for. */
static bool faults(struct shade *s, va_t at, unsigned size, enum pt_kind kind, struct trap *t)
{
    struct about_access a;
    about_access(s->real, at, size, kind, &a);
    if (a.refused == REFUSED_NOT) {
        if (a.range && !a.range->ram)
            s->effects->device = a.range->name;
        return false;
    }
    *t = a.trap;
    if (a.refused == REFUSED_TABLES)
        walk_why(&a.walk, s->effects->why, sizeof s->effects->why);
    return true;
}

/* More accesses than there is room for are made, and not noted: an instruction may make many. */
static uint64_t note(struct shade *s, va_t at, unsigned size, bool is_store)
{
    struct error ignored;
    struct effect_access a = {.is_store = is_store, .at = at, .size = size};
    a.readable = debugger_read(s->d, SPACE_VIRTUAL, at, &a.old, size, &ignored) == 0;
    if (s->effects->accesses < EFFECTS_ACCESSES)
        s->effects->access[s->effects->accesses++] = a;
    return a.old;
}

static bool load(void *ctx, va_t at, unsigned size, uint64_t *value, struct trap *t)
{
    if (faults(ctx, at, size, PT_READ, t))
        return false;
    *value = note(ctx, at, size, false);
    return true;
}

static bool store(void *ctx, va_t at, unsigned size, uint64_t value, struct trap *t)
{
    (void)value;
    if (faults(ctx, at, size, PT_WRITE, t))
        return false;
    note(ctx, at, size, true);
    return true;
}

static bool amo(void *ctx, va_t at, unsigned size, uint64_t (*combine)(uint64_t old, uint64_t operand, unsigned size),
                uint64_t operand, uint64_t *old, struct trap *t)
{
    (void)combine, (void)operand;
    if (faults(ctx, at, size, PT_WRITE, t))
        return false;
    *old = note(ctx, at, size, true);
    return true;
}

static bool physical(void *ctx, va_t at, unsigned size, bool write, pa_t *pa, struct trap *t)
{
    struct shade *s = ctx;
    struct about_access a;
    about_access(s->real, at, size, write ? PT_WRITE : PT_READ, &a);
    *pa = a.pa;
    return !faults(s, at, size, write ? PT_WRITE : PT_READ, t);
}

/* A copy of the struct machine with other operations: the body has no way to the real one but get() and load(). */
static struct trap dry_run(const struct debugger *d, struct phys *phys, bool user, struct effects *out)
{
    const struct machine *m = debugger_machine(d);
    struct shade s = {.machine = *m, .d = d, .real = m, .effects = out, .user = user};
    s.machine.ops = &shade_ops;
    s.machine.phys = phys;
    const struct interpret_memory memory = {.load = load, .store = store, .amo = amo, .physical = physical, .ctx = &s};
    return m->isa->interpret ? m->isa->interpret(&s.machine, out->bits, &memory) : (struct trap){.kind = TRAP_NONE};
}

/* Devices in physical memory: what is said to one is not to be heard. */
static bool console_read(void *effects, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)effects, (void)offset, (void)size, (void)value;
    return false;
}

static bool console_write(void *effects, uint64_t offset, unsigned size, uint64_t value)
{
    (void)offset, (void)size, (void)value;
    ((struct effects *)effects)->device = "console";
    return true;
}

/* Where privileged instructions have bodies like all others, which ask the mode themselves (no about->predict). They may reach devices by
 * physical addresses of their own: of all that there are, one stands for each. */
static struct trap dry_run_all(const struct debugger *d, bool user, struct effects *out)
{
    static const struct phys_io mute = {.read = console_read, .write = console_write};
    const struct phys *real = debugger_guest(d)->phys;
    struct phys *phys;
    struct trap t = {0};
    bool made = true;
    if (phys_create(&phys) != 0)
        return t;
    for (unsigned i = 0; i < phys_count(real); i++) {
        const struct phys_range *r = phys_range(real, i);
        made = made && (r->ram || phys_add_io(phys, r->name, r->base, r->size, &mute, out) == 0);
    }
    if (made)
        t = dry_run(d, phys, user, out);
    phys_destroy(phys);
    return t;
}

/* Theorem 3's monitor runs only virtual user mode directly. */
static bool is_interpreted(const struct debugger *d)
{
    struct vm_stats s;
    if (!d->level)
        return false;
    vm_stats(debugger_machine(d), &s);
    return s.hybrid && machine_get(debugger_machine(d), MACHINE_MODE) != about_user_mode(debugger_isa(d));
}

/* What the host lets pass is done, whatever the virtual machine would have had to say. */
static void predict_all(const struct debugger *d, struct effects *out)
{
    bool direct = d->level > 0 && !out->interpreted;
    out->trap = dry_run_all(d, false, out);
    if (direct) {
        struct debugger below = *d;
        struct effects on_host = {.bits = out->bits};
        below.level = 0;
        struct trap host = dry_run_all(&below, true, &on_host);
        out->host_traps = is_exception(&host);
    }
    if (!is_exception(&out->trap) || (direct && !out->host_traps))
        out->trap = (struct trap){0};
}

void effects_predict(const struct debugger *d, struct effects *out)
{
    const struct machine *m = debugger_machine(d), *bare = debugger_machine_of(d, 0, d->hart);
    unsigned length, row;
    *out = (struct effects){0};
    out->length = debugger_fetch(d, about_pc(m), &out->bits);
    out->fetched = out->length != 0;
    if (!out->fetched)
        return;
    out->interpreted = is_interpreted(d);
    row = machine_decode(m, out->bits, &length);
    if (!about_of(m->isa)->predict) {
        predict_all(d, out);
        return;
    }
    bool alone = row != INSN_NONE && m->isa->rows[row].traps == TRAPS_NEVER;
    out->trap = alone ? dry_run(d, m->phys, false, out) : about_of(m->isa)->predict(m, machine_get(m, MACHINE_MODE), out->bits);
    if (!is_exception(&out->trap))
        out->trap = (struct trap){0};
    if (d->level > 0 && !alone && !out->interpreted) {
        struct trap host = about_of(m->isa)->predict(bare, about_user_mode(m->isa), out->bits); /* whatever mode it is in now */
        out->host_traps = is_exception(&host);
    }
}

void effects_predict_writes(const struct debugger *d, struct effects *out)
{
    const struct machine *m = debugger_machine(d);
    unsigned length, row;
    *out = (struct effects){0};
    out->length = debugger_fetch(d, about_pc(m), &out->bits);
    out->fetched = out->length != 0;
    row = out->fetched ? machine_decode(m, out->bits, &length) : INSN_NONE;
    if (row == INSN_NONE)
        return;
    if (!about_of(m->isa)->predict)
        out->trap = dry_run_all(d, false, out);
    else if (m->isa->rows[row].traps == TRAPS_NEVER)
        out->trap = dry_run(d, m->phys, false, out);
}
