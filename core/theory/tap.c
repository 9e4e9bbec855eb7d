/* tap.c - see tap.h. */
#include "core/theory/tap.h"

#include <errno.h>

/* --- The console */

static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct lockstep_tap *t = opaque;

    for (size_t i = 0; i < count; i++)
        stream_add(&t->output, bytes[i]);
    if (t->inner.write)
        t->inner.write(t->inner.opaque, bytes, count);
}

static size_t console_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct lockstep_tap *t = opaque;
    size_t count = t->inner.read ? t->inner.read(t->inner.opaque, bytes, room) : 0;

    for (size_t i = 0; i < count; i++)
        stream_add(&t->input, bytes[i]);
    return count;
}

struct chardev lockstep_console(struct lockstep_tap *t, struct chardev inner)
{
    t->inner = inner;
    return (struct chardev){.write = console_write, .read = console_read, .opaque = t};
}

/* --- Devices: each answers behind a range that listens. */

static void note(struct tap_device *d, uint64_t offset, unsigned size, uint64_t value, bool write)
{
    stream_add(&d->tap->accesses, d->base + offset);
    stream_add(&d->tap->accesses, (uint64_t)size << 1 | write);
    stream_add(&d->tap->accesses, value);
}

static bool device_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    struct tap_device *d = opaque;
    bool answered = d->io->read(d->opaque, offset, size, value);

    note(d, offset, size, answered ? *value : UINT64_MAX, false);
    return answered;
}

static bool device_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct tap_device *d = opaque;
    bool answered = d->io->write(d->opaque, offset, size, value);

    note(d, offset, size, value, true);
    return answered;
}

int tap_devices(struct lockstep_tap *t, struct phys *phys)
{
    static const struct phys_io io = {.read = device_read, .write = device_write};
    int r = 0;

    for (unsigned i = 0; r == 0 && i < phys_count(phys); i++) {
        const struct phys_range range = *phys_range(phys, i);
        if (!range.io || range.io == &io)
            continue;
        if (t->devices == TAP_DEVICES)
            return -E2BIG;
        struct tap_device *d = &t->device[t->devices++];
        *d = (struct tap_device){.tap = t, .io = range.io, .opaque = range.opaque, .base = range.base};
        phys_remove(phys, range.base); /* the same range comes back in its place, so the count is as before */
        r = phys_add_io(phys, range.name, range.base, range.size, &io, d);
        if (r == -EEXIST) /* it lies over RAM */
            r = phys_add_io_over(phys, range.name, range.base, range.size, &io, d);
    }
    return r;
}

/* --- Traps */

static struct spy *spy_of(struct machine *m) { return (struct spy *)(void *)m; }
static const struct spy *spy_of_const(const struct machine *m) { return (const struct spy *)(const void *)m; }

static void spy_run(struct machine *m, uint64_t budget, uint64_t *retired, struct trap *t)
{
    struct lockstep_doing *d = spy_of(m)->doing;

    machine_run_to(spy_of(m)->inner, budget, retired, t);
    if (t->kind == TRAP_EXCEPTION || t->kind == TRAP_INTERRUPT || t->kind == TRAP_WAIT || t->kind == TRAP_STOP) {
        if (d->traps < LOCKSTEP_TRAPS)
            d->trap[d->traps] = *t;
        d->traps++;
    }
}

static uint64_t spy_get(const struct machine *m, reg_t r) { return machine_get(spy_of_const(m)->inner, r); }
static void spy_set(struct machine *m, reg_t r, uint64_t v) { machine_set(spy_of(m)->inner, r, v); }
static bool spy_has(const struct machine *m, reg_t r) { return machine_has(spy_of_const(m)->inner, r); }
static int spy_load(const struct machine *m, pa_t a, void *to, size_t n) { return machine_load(spy_of_const(m)->inner, a, to, n); }
static int spy_store(struct machine *m, pa_t a, const void *from, size_t n) { return machine_store(spy_of(m)->inner, a, from, n); }
static void spy_fence(struct machine *m, const struct fence *f) { machine_fence(spy_of(m)->inner, f); }
static void spy_irq(struct machine *m, unsigned line, bool level) { machine_irq(spy_of(m)->inner, line, level); }
static enum delivery spy_deliver(struct machine *m, struct trap *t) { return m->isa->deliver(spy_of(m)->inner, t); }
static const char *spy_stopped(const struct machine *m) { return machine_stopped(spy_of_const(m)->inner); }
static void spy_reset(struct machine *m) { machine_reset(spy_of(m)->inner); }
static void spy_destroy(struct machine *m) { (void)m; /* the inner machine is its owner's */ }

void spy_init(struct spy *s, struct machine *inner, struct lockstep_doing *doing)
{
    static const struct machine_ops ops = {.run = spy_run,
                                           .get = spy_get,
                                           .set = spy_set,
                                           .has = spy_has,
                                           .deliver = spy_deliver,
                                           .load = spy_load,
                                           .store = spy_store,
                                           .fence = spy_fence,
                                           .irq = spy_irq,
                                           .stopped = spy_stopped,
                                           .reset = spy_reset,
                                           .destroy = spy_destroy};

    *s = (struct spy){.machine = *inner, .inner = inner, .doing = doing};
    s->machine.ops = &ops;
}
