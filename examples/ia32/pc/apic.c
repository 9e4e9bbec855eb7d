/* apic.c - the MP table tells where the APICs are; the local one has a timer, the I/O APIC brings the lines of devices. The 8259s are masked. */
#include "pc.h"

enum {
    LAPIC_EOI = 0xb0 / 4,
    LAPIC_SPURIOUS = 0xf0 / 4,
    LAPIC_TIMER = 0x320 / 4,
    LAPIC_LINT0 = 0x350 / 4,
    LAPIC_INITIAL = 0x380 / 4,
    LAPIC_DIVIDE = 0x3e0 / 4,
    LAPIC_TPR = 0x80 / 4
};
enum { MASKED = 0x10000, PERIODIC = 0x20000, ENABLED = 0x100, BY_1 = 11 };

static volatile uint32_t *lapic, *ioapic;

static uint8_t sum(const uint8_t *bytes, unsigned count)
{
    uint8_t s = 0;
    while (count--)
        s += *bytes++;
    return s;
}

static const uint8_t *search(uint32_t from, uint32_t size)
{
    const uint8_t *p = at(from);
    for (const uint8_t *end = p + size; p < end; p += 16)
        if (p[0] == '_' && p[1] == 'M' && p[2] == 'P' && p[3] == '_' && sum(p, 16) == 0)
            return p;
    return 0;
}

static uint32_t word(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24; }

/* The last KiB of base memory, then the ROM; as the MultiProcessor Specification has it, but for the EBDA. */
int apic_find(void)
{
    const uint32_t base = (uint32_t)(*(const uint16_t *)at(0x413)) << 10;
    const uint8_t *pointer = search(base - 1024, 1024);
    if (!pointer)
        pointer = search(0xf0000, 0x10000);
    if (!pointer)
        return 0;
    const uint8_t *table = at(word(pointer + 4)), *p = table + 44;
    if (sum(table, table[4] | (unsigned)table[5] << 8))
        return 0;
    lapic = (volatile uint32_t *)word(table + 36);
    for (unsigned n = table[34]; n--; p += *p == 0 ? 20 : 8)
        if (*p == 2)
            ioapic = (volatile uint32_t *)word(p + 4);
    return lapic && ioapic;
}

static void ioapic_write(uint32_t index, uint32_t value)
{
    ioapic[0] = index;
    ioapic[4] = value;
}

void apic_start(void)
{
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    lapic[LAPIC_SPURIOUS] = ENABLED | VECTOR_SPURIOUS;
    lapic[LAPIC_LINT0] = MASKED;
    lapic[LAPIC_DIVIDE] = BY_1;
    lapic[LAPIC_TIMER] = PERIODIC | VECTOR_TIMER;
    lapic[LAPIC_INITIAL] = TIMER_COUNT;
    lapic[LAPIC_TPR] = 0;
}

void apic_route(unsigned line, unsigned vector)
{
    ioapic_write(0x10 + 2 * line, vector);
    ioapic_write(0x11 + 2 * line, 0);
}

void apic_end(void) { lapic[LAPIC_EOI] = 0; }
