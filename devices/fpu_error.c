/* fpu_error.c - see fpu_error.h. */
#include "devices/fpu_error.h"

/* After a reset or a restore nobody knows what was on the wires, so both are set whatever they were. */
static void drive(const struct fpu_error *f)
{
    irq_set(&f->irq, f->latched);
    irq_set(&f->ignne, f->ignored);
}

/* A wire that stays as it is is left alone: raised once more it would be another interrupt. */
static void change(struct fpu_error *f, bool latched, bool ignored)
{
    const struct fpu_error before = *f;
    f->latched = latched;
    f->ignored = ignored;
    if (latched != before.latched)
        irq_set(&f->irq, latched);
    if (ignored != before.ignored)
        irq_set(&f->ignne, ignored);
}

static bool ferr_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct fpu_error *f = opaque;
    (void)offset;
    *value = f->ferr;
    return size == 1;
}

/* A rising edge latches the interrupt; a falling one ends IGNNE# but leaves the latch, which the handler alone clears. */
static bool ferr_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct fpu_error *f = opaque;
    (void)offset;
    const bool asserted = value & 1;
    if (size != 1)
        return false;
    if (asserted == f->ferr)
        return true;
    f->ferr = asserted;
    change(f, f->latched || asserted, f->ignored && asserted);
    return true;
}

/* Ports f0 and f1 are written only: reading them finds no device, as on a PC. */
static bool nobody_reads(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}

/* Whatever is written, to f0 or f1: it is the write that counts. IGNNE# is asserted only if there is an error to ignore. */
static bool clear(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct fpu_error *f = opaque;
    (void)offset, (void)value;
    if (size != 1)
        return false;
    change(f, false, f->ferr);
    return true;
}

const struct phys_io fpu_error_ferr_io = {.read = ferr_read, .write = ferr_write};
const struct phys_io fpu_error_io = {.read = nobody_reads, .write = clear};

void fpu_error_init(struct fpu_error *f, struct irq_line irq, struct irq_line ignne)
{
    *f = (struct fpu_error){.irq = irq, .ignne = ignne};
}

void fpu_error_reset(struct fpu_error *f)
{
    f->ferr = f->latched = f->ignored = false;
    drive(f);
}

void fpu_error_state(struct fpu_error *f, struct state *s)
{
    state_bool(s, &f->ferr);
    state_bool(s, &f->latched);
    state_bool(s, &f->ignored);
    drive(f);
}
