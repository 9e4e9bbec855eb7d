/* pc_place.c - which device answers at which port and at which address.
 *
 *   020 8259      060 keyboard   070 clock    092 control   0e9 characters   1f0 3f6 IDE 0   3c0 VGA    4d0 levels
 *   040 8254      064 keyboard   080 POST     0a0 8259      0f4 exit         170 376 IDE 1   3f8 COM1   402 characters
 *   061 speaker                  190 POST
 */
#include "devices/pc_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

struct place {
    struct phys *where;
    pa_t base;
    uint64_t size;
    const char *name;
    const struct phys_io *io; /* NULL: it is ROM */
    void *device;
};

enum { PLACES = 28 };

/* The window of a VGA's graphics, which are not there: as where nothing is, but that the RAM below is not seen. */
static bool nobody_reads(void *opaque, uint64_t offset, unsigned size, uint64_t *value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}
static bool nobody_writes(void *opaque, uint64_t offset, unsigned size, uint64_t value)
{
    (void)opaque, (void)offset, (void)size, (void)value;
    return false;
}
static const struct phys_io nobody_io = {.read = nobody_reads, .write = nobody_writes};

/* Ports in ascending order, then what is in memory, which is altogether
 *
 *   00000000 RAM    000a0000 nobody's    000b8000 text (RAM)    000c0000 ROM    00100000 RAM, to its end
 *   fec00000 I/O APIC    fee00000 local APIC    fffc0000 the ROM again, with the CPU's first instruction
 */
static void places(struct pc *p, struct place out[PLACES])
{
    struct phys *const ports = p->site.ports, *const memory = p->site.phys;
    const struct place all[] = {
        {ports, 0x20, 2, "8259.0", &i8259_io, &p->pic.master},
        {ports, 0x40, 4, "8254", &i8254_io, &p->timer},
        {ports, 0x60, 1, "keyboard", &i8042_data_io, &p->keyboard},
        {ports, 0x61, 1, "speaker", &i8254_port61_io, &p->timer},
        {ports, 0x64, 1, "keyboard", &i8042_command_io, &p->keyboard},
        {ports, 0x70, 2, "clock", &cmos_io, &p->cmos},
        {ports, 0x80, 1, "post", &port_post_io, &p->misc},
        {ports, 0x92, 1, "control", &port_control_io, &p->misc},
        {ports, 0xa0, 2, "8259.1", &i8259_io, &p->pic.slave},
        {ports, 0xe9, 1, "characters", &port_text_io, &p->misc},
        {ports, 0xf0, 2, "fpu error", &fpu_error_io, &p->fpu_error},
        {ports, 0xf4, 4, "exit", &port_exit_io, &p->misc},
        {ports, 0x170, 8, "ide.1", &ide_command_io, &p->ide[1]},
        {ports, 0x190, 1, "post", &port_post_io, &p->misc},
        {ports, 0x1f0, 8, "ide.0", &ide_command_io, &p->ide[0]},
        {ports, 0x376, 1, "ide.1", &ide_control_io, &p->ide[1]},
        {ports, 0x3c0, 32, "vga", &vga_text_io, &p->vga},
        {ports, 0x3f6, 1, "ide.0", &ide_control_io, &p->ide[0]},
        {ports, 0x3f8, 8, "com1", &uart_io, &p->serial},
        {ports, 0x402, 1, "characters", &port_text_io, &p->misc},
        {ports, 0x4d0, 1, "levels.0", &i8259_elcr_io, &p->pic.master},
        {ports, 0x4d1, 1, "levels.1", &i8259_elcr_io, &p->pic.slave},
        {ports, PC_PORT_FERR, 1, "fpu error", &fpu_error_ferr_io, &p->fpu_error},
        {memory, 0xa0000, VGA_TEXT - 0xa0000, "vga graphics", &nobody_io, NULL},
        {memory, PC_ROM, PC_ROM_SIZE, "rom", NULL, NULL},
        {memory, PC_ROM_TOP, PC_ROM_SIZE, "rom", NULL, NULL},
        {memory, IOAPIC_BASE, IOAPIC_SIZE, "io apic", &ioapic_io, &p->ioapic},
        {memory, LAPIC_BASE, LAPIC_SIZE, "local apic", &lapic_io, &p->lapic},
    };
    static_assert(sizeof all / sizeof all[0] == PLACES, "every device has its place");
    memcpy(out, all, sizeof all);
}

/* The first `count` of the places: all, or those that pc_place() had filled when the next one was taken already. */
static void unplace(struct pc *p, unsigned count)
{
    struct place place[PLACES];
    places(p, place);
    while (count-- > 0)
        phys_remove(place[count].where, place[count].base);
}

void pc_unplace(struct pc *p) { unplace(p, PLACES); }

/* What has a size of whole pages may lie over RAM, and is added as such; ports are bytes, and lie over nothing. */
static int put(const struct place *l, struct ram *ram, uint64_t offset)
{
    if (l->io && l->size % PAGE_SIZE)
        return phys_add_io(l->where, l->name, l->base, l->size, l->io, l->device);
    if (l->io)
        return phys_add_io_over(l->where, l->name, l->base, l->size, l->io, l->device);
    return phys_add_rom(l->where, l->name, l->base, l->size, ram, offset);
}

int pc_place(struct pc *p, struct error *e)
{
    struct place place[PLACES];
    if (!p->site.ports)
        return error_set(e, EINVAL, "the board is for CPUs that have ports");
    const struct phys_range *r = phys_find(p->site.phys, PC_ROM);
    if (!r || !r->ram || !phys_host(p->site.phys, 0, PC_RAM_LEAST))
        return error_set(e, EINVAL, "the board needs RAM from 0 on, 1 MiB at least");
    struct ram *const ram = r->ram; /* of which the ROM is a part */
    const uint64_t offset = r->ram_offset + (PC_ROM - r->base);
    places(p, place);
    for (unsigned n = 0; n < PLACES; n++) {
        int failed = put(&place[n], ram, offset);
        if (failed) {
            unplace(p, n);
            return error_set(e, -failed, "the board's %s has no place at 0x%llx: %s", place[n].name, (unsigned long long)place[n].base,
                             strerror(-failed));
        }
    }
    return 0;
}
