/* lapic.c - vectors requested and in service, priorities, messages to itself, local inputs.  The timer is in lapic_timer.c. */
#include "devices/lapic_private.h"

#include <string.h>

enum {
    ID = 0x02,
    VERSION = 0x03,
    TPR = 0x08,
    APR = 0x09,
    PPR = 0x0a,
    EOI = 0x0b,
    LDR = 0x0d,
    DFR = 0x0e,
    SVR = 0x0f,
    ISR = 0x10,
    TMR = 0x18,
    IRR = 0x20,
    ESR = 0x28,
    ICR_LOW = 0x30,
    ICR_HIGH = 0x31,
    LVT = 0x32,
    INITIAL = 0x38,
    CURRENT = 0x39,
    DIVIDE = 0x3e,
    REGISTERS = 0x40,
};
enum { VERSION_VALUE = 0x14 | (LAPIC_LVT - 1) << 16, SVR_ENABLED = 0x100, SVR_BITS = 0x3ff, SVR_RESET = 0xff };
enum { ERROR_SEND_VECTOR = 0x20, ERROR_RECEIVE_VECTOR = 0x40, ERROR_REGISTER = 0x80 };
enum { ICR_BITS = 0xccfff, ICR_LOGICAL = 0x800, ICR_LEVEL = 0x8000, ICR_ASSERT = 0x4000 };
enum { TO_DESTINATION, TO_SELF, TO_ALL, TO_OTHERS };
enum { VECTOR_LEAST = 16 };

/* What software can set of each entry: vector, mask; delivery mode of three; polarity and trigger of the inputs; mode of the timer. */
static const uint32_t lvt_bits[LAPIC_LVT] = {0x200ff, 0x107ff, 0x107ff, 0x1a7ff, 0x1a7ff, 0x100ff};

static bool is_enabled(const struct lapic *a) { return a->svr & SVR_ENABLED; }

static void bit_set(uint32_t *words, unsigned n, bool value)
{
    words[n / 32] = (words[n / 32] & ~(UINT32_C(1) << n % 32)) | (uint32_t)value << n % 32;
}
static bool bit_test(const uint32_t *words, unsigned n) { return words[n / 32] >> (n % 32) & 1; }

/* The highest vector; 0: there is none. (Those below 16 are never set.) */
static unsigned highest(const uint32_t *words)
{
    for (unsigned w = LAPIC_WORDS; w-- > 0;)
        if (words[w])
            return w * 32 + 31 - (unsigned)__builtin_clz(words[w]);
    return 0;
}

/* [SDM "Task and processor priorities"] */
static uint32_t processor_priority(const struct lapic *a)
{
    const uint32_t serving = highest(a->isr);
    return (a->tpr & 0xf0) >= (serving & 0xf0) ? a->tpr : serving & 0xf0;
}

/* The vector that the CPU is to be interrupted by; 0: none. */
static unsigned wanted(const struct lapic *a)
{
    const unsigned vector = highest(a->irr);
    return is_enabled(a) && (vector & 0xf0) > (processor_priority(a) & 0xf0) ? vector : 0;
}

bool lapic_passes_pic(const struct lapic *a)
{
    const uint32_t entry = a->lvt[LAPIC_LINT0];
    return !is_enabled(a) || (!(entry & APIC_MASKED) && (entry >> 8 & 7) == APIC_EXTINT);
}

void lapic_drive(const struct lapic *a)
{
    irq_set(&a->intr, wanted(a) || (a->pic && lapic_passes_pic(a)));
    irq_set(&a->nmi_line, a->nmi);
}

/* An NMI is an edge. */
static void nmi(struct lapic *a)
{
    a->nmi = true;
    lapic_drive(a);
    a->nmi = false;
    lapic_drive(a);
}

/* An error that stands already is not reported again: reading ESR wants a write first, which is how software says that it has
 * seen it. */
static void error(struct lapic *a, uint32_t which)
{
    const bool again = a->esr & which;
    a->esr |= which;
    if (!again && !(a->lvt[LAPIC_ERROR] & APIC_MASKED))
        lapic_local(a, LAPIC_ERROR);
}

void lapic_deliver(struct lapic *a, unsigned mode, uint8_t vector, bool level)
{
    if (mode == APIC_NMI) {
        nmi(a);
    } else if (mode == APIC_FIXED || mode == APIC_LOWEST) {
        if (!is_enabled(a))
            return;
        if (vector < VECTOR_LEAST) {
            error(a, ERROR_RECEIVE_VECTOR);
            return;
        }
        bit_set(a->irr, vector, true);
        bit_set(a->tmr, vector, level);
        lapic_drive(a);
    }
}

void lapic_local(struct lapic *a, enum lapic_lvt which)
{
    const uint32_t entry = a->lvt[which];
    if (!(entry & APIC_MASKED) && is_enabled(a))
        lapic_deliver(a, which == LAPIC_TIMER || which == LAPIC_ERROR ? APIC_FIXED : entry >> 8 & 7, (uint8_t)entry, false);
}

bool lapic_is_meant(const struct lapic *a, bool logical, uint8_t destination)
{
    const uint8_t own = (uint8_t)(a->ldr >> 24);
    if (!logical)
        return destination == 0xff || destination == a->id >> 24;
    if (a->dfr >> 28 == 0xf) /* flat: a bit for each */
        return destination & own;
    return (destination >> 4 == 0xf || destination >> 4 == own >> 4) && (destination & own & 0xf);
}

/* ICR's low word; the destination is the upper byte of the high one:
 *
 *    19 18   15      14              11     10   8 7      0
 *   |  to | level | assert | 0 | logical | mode | vector |     to: 0 the destination, 1 itself, 2 all, 3 all others
 *
 * There is one CPU: what is for others goes nowhere, and an INIT or a start-up for oneself is not to be sent. */
static void send(struct lapic *a)
{
    const uint32_t icr = a->icr_low;
    const unsigned mode = icr >> 8 & 7, to = icr >> 18 & 3;
    const uint8_t vector = (uint8_t)icr;
    if (mode == APIC_FIXED && vector < VECTOR_LEAST) {
        error(a, ERROR_SEND_VECTOR);
        return;
    }
    if (to == TO_OTHERS || (to == TO_DESTINATION && !lapic_is_meant(a, icr & ICR_LOGICAL, (uint8_t)(a->icr_high >> 24))))
        return;
    lapic_deliver(a, mode, vector, false);
}

bool lapic_acknowledge(struct lapic *a, uint8_t *vector)
{
    const unsigned v = wanted(a);
    if (!v)
        return false;
    bit_set(a->irr, v, false);
    bit_set(a->isr, v, true);
    *vector = (uint8_t)v;
    lapic_drive(a);
    return true;
}

/* The highest one in service ends, whatever was written: interrupts nest, so that is the one whose handler is at its end. */
static void end_of_interrupt(struct lapic *a)
{
    const unsigned v = highest(a->isr);
    if (!v)
        return;
    bit_set(a->isr, v, false);
    if (bit_test(a->tmr, v) && a->ended)
        a->ended(a->opaque, (uint8_t)v);
}

/* --- the line of the 8259 */

/* While LINT0 is in ExtINT mode the 8259's line is the CPU's, and the 8259 has the vector. In another mode it is an input like
 * others: its edge makes an interrupt by its own entry. */
static void pic_set(void *opaque, unsigned number, bool level)
{
    struct lapic *a = opaque;
    (void)number;
    const uint32_t entry = a->lvt[LAPIC_LINT0];
    const bool rises = level && !a->pic;
    a->pic = level;
    if (rises && is_enabled(a) && !(entry & APIC_MASKED) && (entry >> 8 & 7) != APIC_EXTINT)
        lapic_local(a, LAPIC_LINT0);
    lapic_drive(a);
}

struct irq_line lapic_pic(struct lapic *a) { return (struct irq_line){.set = pic_set, .opaque = a}; }

/* --- registers */

static uint32_t register_read(struct lapic *a, unsigned n)
{
    if (n >= ISR && n < ISR + LAPIC_WORDS)
        return a->isr[n - ISR];
    if (n >= TMR && n < TMR + LAPIC_WORDS)
        return a->tmr[n - TMR];
    if (n >= IRR && n < IRR + LAPIC_WORDS)
        return a->irr[n - IRR];
    if (n >= LVT && n < LVT + LAPIC_LVT)
        return a->lvt[n - LVT];
    switch (n) {
    case ID: return a->id;
    case VERSION: return VERSION_VALUE;
    case TPR: return a->tpr;
    case APR:
    case PPR: return processor_priority(a);
    case LDR: return a->ldr;
    case DFR: return a->dfr;
    case SVR: return a->svr;
    case ESR: return a->esr_seen;
    case ICR_LOW: return a->icr_low; /* delivered at once: the status bit is 0 */
    case ICR_HIGH: return a->icr_high;
    case INITIAL: return a->initial;
    case CURRENT: return lapic_timer_count(a);
    case DIVIDE: return a->divide;
    case EOI: return 0;
    default: error(a, ERROR_REGISTER); return 0;
    }
}

/* [SDM "Local APIC state after it has been software disabled"] its entries are masked, and stay so. */
static void svr_write(struct lapic *a, uint32_t value)
{
    a->svr = value & SVR_BITS;
    if (!is_enabled(a))
        for (unsigned n = 0; n < LAPIC_LVT; n++)
            a->lvt[n] |= APIC_MASKED;
}

static void lvt_write(struct lapic *a, unsigned n, uint32_t value)
{
    a->lvt[n] = (value & lvt_bits[n]) | (value & APIC_MASKED) | (is_enabled(a) ? 0 : APIC_MASKED);
    if (n == LAPIC_TIMER)
        lapic_timer_update(a);
}

static void register_write(struct lapic *a, unsigned n, uint32_t value)
{
    if (n >= LVT && n < LVT + LAPIC_LVT) {
        lvt_write(a, n - LVT, value);
        return;
    }
    switch (n) {
    case ID: a->id = value & 0xff000000; break;
    case TPR: a->tpr = value & 0xff; break;
    case EOI: end_of_interrupt(a); break;
    case LDR: a->ldr = value & 0xff000000; break;
    case DFR: a->dfr = value | 0x0fffffff; break;
    case SVR: svr_write(a, value); break;
    case ESR: /* a write shows what has happened since the last one */
        a->esr_seen = a->esr;
        a->esr = 0;
        break;
    case ICR_LOW:
        a->icr_low = value & ICR_BITS;
        send(a);
        break;
    case ICR_HIGH: a->icr_high = value & 0xff000000; break;
    case INITIAL: lapic_timer_load(a, value); break;
    case DIVIDE: lapic_timer_divide(a, value); break;
    case VERSION:
    case APR:
    case PPR:
    case CURRENT: break;
    default:
        if (n < ISR || n >= ESR)
            error(a, ERROR_REGISTER);
        break;
    }
}

/* [SDM "Local APIC register address map"] accesses are of 32 bits, at multiples of 16. */
static bool lapic_read(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    if (size != 4 || offset % 16)
        return false;
    *value = offset / 16 < REGISTERS ? register_read(opaque, (unsigned)(offset / 16)) : 0;
    return true;
}

static bool lapic_write(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    struct lapic *a = opaque;
    if (size != 4 || offset % 16)
        return false;
    if (offset / 16 < REGISTERS)
        register_write(a, (unsigned)(offset / 16), (uint32_t)value);
    lapic_drive(a);
    return true;
}

const struct phys_io lapic_io = {.read = lapic_read, .write = lapic_write};

/* --- */

/* The 8259's line is kept: it is another chip's output, and that tells only of changes. */
void lapic_reset(struct lapic *a)
{
    const struct lapic kept = *a;
    clock_cancel(a->clock, &a->due);
    *a = (struct lapic){.clock = kept.clock,
                        .intr = kept.intr,
                        .nmi_line = kept.nmi_line,
                        .ended = kept.ended,
                        .opaque = kept.opaque,
                        .due = kept.due,
                        .pic = kept.pic,
                        .dfr = UINT32_MAX,
                        .svr = SVR_RESET};
    event_init(&a->due, lapic_timer_due, a);
    for (unsigned n = 0; n < LAPIC_LVT; n++)
        a->lvt[n] = APIC_MASKED;
    lapic_drive(a);
}

void lapic_state(struct lapic *a, struct state *s)
{
    uint32_t *const words[] = {&a->id,       &a->tpr,     &a->ldr,      &a->dfr,    &a->svr,    &a->esr,
                               &a->esr_seen, &a->icr_low, &a->icr_high, &a->divide, &a->initial};
    for (unsigned n = 0; n < sizeof words / sizeof words[0]; n++)
        state_u32(s, words[n]);
    for (unsigned n = 0; n < LAPIC_LVT; n++)
        state_u32(s, &a->lvt[n]);
    for (unsigned n = 0; n < LAPIC_WORDS; n++) {
        state_u32(s, &a->isr[n]);
        state_u32(s, &a->tmr[n]);
        state_u32(s, &a->irr[n]);
    }
    state_u64(s, &a->start);
    state_bool(s, &a->counting);
    state_bool(s, &a->pic);
    state_event(s, a->clock, &a->due);
    if (s->restoring)
        lapic_drive(a);
}

void lapic_init(struct lapic *a, struct clock *clock, struct irq_line intr, struct irq_line nmi_line)
{
    *a = (struct lapic){.clock = clock, .intr = intr, .nmi_line = nmi_line};
    event_init(&a->due, lapic_timer_due, a);
    lapic_reset(a);
}
