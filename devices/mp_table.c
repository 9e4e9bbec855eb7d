/* mp_table.c - one processor, the ISA bus, one I/O APIC, its interrupts, and the local APIC's two inputs.
 *
 *     pointer  "_MP_" | address 4 | length/16 1 | revision 1 | sum 1 | zero 5                               at `at`, 16 bytes
 *     header   "PCMP" | length 2 | revision 1 | sum 1 | names 20 | zero 6 | entries 2 | local APIC 4 | zero 4     44 bytes
 *     entries  processor 20 | bus 8 | I/O APIC 8 | interrupt 8 ...
 *
 * A sum makes all bytes of the pointer, or of header and entries, add up to 0.
 */
#include "devices/mp_table.h"

#include "devices/ioapic.h"

#include <string.h>

enum { POINTER_SIZE = 16, HEADER_SIZE = 44, REVISION = 4, LAPIC_VERSION = 0x14, IOAPIC_VERSION = 0x20 };
enum { PROCESSOR, BUS, IO_APIC, IO_INTERRUPT, LOCAL_INTERRUPT };
enum { CPU_ENABLED = 1, CPU_BOOTS = 2, CPU_SIGNATURE = 0x610, CPU_FEATURES = 0x201 /* FPU, APIC */, ISA_BUS = 0, ISA_IRQS = 16 };
enum { INT, NMI, EXTINT = 3, EVERY_LAPIC = 0xff };

struct writer {
    uint8_t *at;
    unsigned entries;
};

static void put(struct writer *w, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        *w->at++ = (uint8_t)(value >> (8 * i));
}

static void text(struct writer *w, const char *t, unsigned bytes)
{
    memcpy(w->at, t, bytes);
    w->at += bytes;
}

static void checksum(uint8_t *bytes, size_t size, unsigned at)
{
    uint8_t sum = 0;
    bytes[at] = 0;
    for (size_t i = 0; i < size; i++)
        sum += bytes[i];
    bytes[at] = (uint8_t)-sum;
}

/* [MPS 4.3.1] */
static void processor(struct writer *w)
{
    put(w, PROCESSOR, 1);
    put(w, 0, 1); /* number of its local APIC */
    put(w, LAPIC_VERSION, 1);
    put(w, CPU_ENABLED | CPU_BOOTS, 1);
    put(w, CPU_SIGNATURE, 4);
    put(w, CPU_FEATURES, 4);
    put(w, 0, 8);
    w->entries++;
}

/* [MPS 4.3.4, 4.3.5] of type, from a bus's line, to an APIC's input; polarity and trigger as the bus has them */
static void interrupt(struct writer *w, unsigned entry, unsigned type, unsigned from, unsigned apic, unsigned input)
{
    put(w, entry, 1);
    put(w, type, 1);
    put(w, 0, 2);
    put(w, ISA_BUS, 1);
    put(w, from, 1);
    put(w, apic, 1);
    put(w, input, 1);
    w->entries++;
}

static void entries(struct writer *w)
{
    processor(w);
    put(w, BUS, 1);
    put(w, ISA_BUS, 1);
    text(w, "ISA   ", 6);
    put(w, IO_APIC, 1);
    put(w, IOAPIC_ID, 1);
    put(w, IOAPIC_VERSION, 1);
    put(w, 1, 1); /* it can be used */
    put(w, IOAPIC_BASE, 4);
    w->entries += 2;
    for (unsigned irq = 0; irq < ISA_IRQS; irq++)
        if (irq != 2) /* where the second 8259 is */
            interrupt(w, IO_INTERRUPT, INT, irq, IOAPIC_ID, irq ? irq : 2);
    interrupt(w, LOCAL_INTERRUPT, EXTINT, 0, EVERY_LAPIC, 0);
    interrupt(w, LOCAL_INTERRUPT, NMI, 0, EVERY_LAPIC, 1);
}

size_t mp_table_build(uint8_t out[MP_TABLE_ROOM], pa_t at)
{
    uint8_t *const table = out + POINTER_SIZE;
    struct writer w = {.at = table + HEADER_SIZE}, head = {.at = out}, header = {.at = table};
    memset(out, 0, MP_TABLE_ROOM);
    entries(&w);
    const size_t size = (size_t)(w.at - table);

    text(&head, "_MP_", 4); /* [MPS 4.1] */
    put(&head, at + POINTER_SIZE, 4);
    put(&head, POINTER_SIZE / 16, 1);
    put(&head, REVISION, 1);
    checksum(out, POINTER_SIZE, 10);

    text(&header, "PCMP", 4); /* [MPS 4.2] */
    put(&header, size, 2);
    put(&header, REVISION, 1);
    put(&header, 0, 1);
    text(&header, "TRAPEZE PC          ", 20);
    put(&header, 0, 6);
    put(&header, w.entries, 2);
    put(&header, LAPIC_BASE, 4);
    checksum(table, size, 7);
    return POINTER_SIZE + size;
}
