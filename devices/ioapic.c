/* ioapic.c - the redirection table. An edge makes a message at once, and is lost on a masked input; a level makes one whenever none of the input's is
 * being served (remote IRR).
 */
#include "devices/ioapic.h"

enum { SELECT = 0x00, WINDOW = 0x10, ENTRY = 0x10, VERSION = 0x20 | (IOAPIC_LINES - 1) << 16 };
enum { LOGICAL = 0x800, REMOTE_IRR = 0x4000, LEVEL = 0x8000, MASKED = 0x10000, WRITABLE = 0x1afff };

static bool line_level(const struct ioapic *p, unsigned n) { return p->level >> n & 1; }

/* A message for which there is nobody is lost, also for a level: with remote IRR set, the input would wait for an end that does
 * not come. */
static void send(struct ioapic *p, unsigned n)
{
    const uint64_t e = p->entry[n];
    if (!lapic_is_meant(p->lapic, e & LOGICAL, (uint8_t)(e >> 56)))
        return;
    if (e & LEVEL)
        p->entry[n] |= REMOTE_IRR;
    lapic_deliver(p->lapic, e >> 8 & 7, (uint8_t)e, e & LEVEL);
}

static void level_look(struct ioapic *p, unsigned n)
{
    if (line_level(p, n) && (p->entry[n] & (LEVEL | REMOTE_IRR | MASKED)) == LEVEL)
        send(p, n);
}

/* Polarity says how a wire means "asserted"; ours are what they mean. */
static void source_set(void *opaque, unsigned n, bool level)
{
    struct ioapic *p = opaque;
    const bool rises = level && !line_level(p, n);
    p->level = (p->level & ~(UINT32_C(1) << n)) | (uint32_t)level << n;
    if (p->entry[n] & LEVEL)
        level_look(p, n);
    else if (rises && !(p->entry[n] & MASKED))
        send(p, n);
}

struct irq_line ioapic_source(struct ioapic *p, unsigned number)
{
    return (struct irq_line){.set = source_set, .opaque = p, .number = number};
}

/* The local APIC names a vector, not an input; several may share one. A level that is still high makes the next message. */
void ioapic_ended(void *ioapic, uint8_t vector)
{
    struct ioapic *p = ioapic;
    for (unsigned n = 0; n < IOAPIC_LINES; n++) {
        if ((uint8_t)p->entry[n] != vector || !(p->entry[n] & REMOTE_IRR))
            continue;
        p->entry[n] &= ~(uint64_t)REMOTE_IRR;
        level_look(p, n);
    }
}

bool ioapic_would_interrupt(const struct ioapic *p, unsigned n)
{
    const uint64_t e = p->entry[n];
    return !(e & MASKED) && lapic_is_meant(p->lapic, e & LOGICAL, (uint8_t)(e >> 56));
}

static uint32_t window_read(const struct ioapic *p)
{
    const unsigned n = (p->index - ENTRY) / 2u;
    if (p->index >= ENTRY && n < IOAPIC_LINES)
        return (uint32_t)(p->entry[n] >> (p->index & 1 ? 32 : 0));
    return p->index == 0 || p->index == 2 ? p->id : p->index == 1 ? VERSION : 0;
}

/* A guest that turns an input to edge has given up what the level waited for. An unmasked level that is high is told at once. */
static void window_write(struct ioapic *p, uint32_t value)
{
    const unsigned n = (p->index - ENTRY) / 2u;
    if (p->index == 0)
        p->id = value & 0x0f000000;
    if (p->index < ENTRY || n >= IOAPIC_LINES)
        return;
    uint64_t *e = &p->entry[n];
    if (p->index & 1)
        *e = (*e & UINT32_MAX) | (uint64_t)(value & 0xff000000) << 32;
    else
        *e = (*e & ~(uint64_t)WRITABLE) | (value & WRITABLE);
    if (!(*e & LEVEL))
        *e &= ~(uint64_t)REMOTE_IRR;
    level_look(p, n);
}

static bool ioapic_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    const struct ioapic *p = opaque;
    if (size != 4)
        return false;
    *value = offset == SELECT ? p->index : offset == WINDOW ? window_read(p) : 0;
    return true;
}

static bool ioapic_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct ioapic *p = opaque;
    if (size != 4)
        return false;
    if (offset == SELECT)
        p->index = (uint8_t)value;
    else if (offset == WINDOW)
        window_write(p, (uint32_t)value);
    return true;
}

const struct phys_io ioapic_io = {.read = ioapic_read, .write = ioapic_write};

/* Its number is the one that the MP table gives it, as firmware would have set it. */
void ioapic_reset(struct ioapic *p)
{
    p->index = 0;
    p->id = IOAPIC_ID << 24;
    for (unsigned n = 0; n < IOAPIC_LINES; n++)
        p->entry[n] = MASKED;
}

void ioapic_state(struct ioapic *p, struct state *s)
{
    state_u8(s, &p->index);
    state_u32(s, &p->id);
    state_u32(s, &p->level);
    for (unsigned n = 0; n < IOAPIC_LINES; n++)
        state_u64(s, &p->entry[n]);
}

void ioapic_init(struct ioapic *p, struct lapic *lapic)
{
    *p = (struct ioapic){.lapic = lapic};
    ioapic_reset(p);
}
