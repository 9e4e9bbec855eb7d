/* pc.c - the board: what pulls which wire, and what belongs to its state. Where everything lies is in pc_place.c.
 *
 * Who pulls what:
 *
 *     8254 counter 0 --+--> 8259 input 0 --+
 *                      +--> I/O APIC 2     |
 *     8042, 16550, ----+--> 8259 input n --+--> 8259 pair --> LINT0 --+
 *     clock, FPU, IDE  +--> I/O APIC n          (INTR)                +--> local APIC --> INTR and NMI of the CPU
 *                                +------------- messages -------------+
 *     FPU error  --> IGNNE#               8042, port 92 --> reset
 *
 * A kernel programs the 8259 or the I/O APIC, and masks the other: both see all wires, so it may choose late.
 */
#include "devices/pc_private.h"

#include "devices/mp_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct pc *of(struct board *b) { return (struct pc *)(void *)b; }
static const struct pc *of_const(const struct board *b) { return (const struct pc *)(const void *)b; }

/* --- wires */

/* An ISA interrupt goes to both controllers; the timer's to input 2 of the I/O APIC, since the 8259's own is not on a wire of its own there [MPS 5.1]. */
static void irq_changes(void *opaque, unsigned number, bool level)
{
    struct pc *p = opaque;
    const struct irq_line pic = i8259_source(&p->pic, number), apic = ioapic_source(&p->ioapic, number ? number : 2);
    irq_set(&apic, level);
    irq_set(&pic, level);
}

static struct irq_line irq(struct pc *p, unsigned number)
{
    return (struct irq_line){.set = irq_changes, .opaque = p, .number = number};
}

static struct irq_line cpu_line(const struct pc *p, unsigned number)
{
    struct irq_line line = p->site.cpu[0];
    line.number = number;
    return line;
}

/* The CPU asks the bus for a vector: the local APIC if it has one that is wanted, else the 8259 behind it. An NMI has its own
 * vector and asks nobody. */
static uint64_t acknowledge(struct board *b, unsigned cpu, uint64_t line)
{
    struct pc *p = of(b);
    uint8_t vector;
    (void)cpu;
    if (line == PC_NMI)
        return PC_NMI;
    return lapic_acknowledge(&p->lapic, &vector) ? vector : i8259_acknowledge(&p->pic);
}

/* Whether a request of that ISA line would come through to the CPU by either way, as the controllers are set up now. */
static bool would_interrupt(const struct pc *p, unsigned number)
{
    return (lapic_passes_pic(&p->lapic) && i8259_would_interrupt(&p->pic, number)) || ioapic_would_interrupt(&p->ioapic, number);
}

/* --- the console's input: the serial port's, or the keyboard's */

/* One console of the host serves two devices of the guest. A guest that has not touched COM1 since reset reads its keyboard; from
 * its first access to COM1 on, the bytes are the serial port's, unless the configuration gives them to the keyboard for good.
 * Read by both at once, a line would be torn in two. */
static bool is_for_keyboard(const struct pc *p) { return p->config.keyboard || !p->serial.used; }

static size_t type(void *opaque, uint8_t *bytes, size_t room)
{
    const struct pc *p = opaque;
    const struct chardev *c = &p->config.console;
    return is_for_keyboard(p) && c->read ? c->read(c->opaque, bytes, room) : 0;
}

static size_t receive(void *opaque, uint8_t *bytes, size_t room)
{
    const struct pc *p = opaque;
    const struct chardev *c = &p->config.console;
    return !p->config.keyboard && c->read ? c->read(c->opaque, bytes, room) : 0;
}

static void transmit(void *opaque, const uint8_t *bytes, size_t count)
{
    const struct chardev *c = &((const struct pc *)opaque)->config.console;
    if (c->write)
        c->write(c->opaque, bytes, count);
}

static void input(struct board *b)
{
    struct pc *p = of(b);
    uart_input(&p->serial);
    i8042_input(&p->keyboard);
}

static uint64_t input_lines(const struct board *b, unsigned cpu)
{
    const struct pc *p = of_const(b);
    const bool serial = !p->config.keyboard && uart_input_interrupts(&p->serial) && would_interrupt(p, PC_IRQ_SERIAL);
    const bool keyboard = is_for_keyboard(p) && i8042_input_interrupts(&p->keyboard) && would_interrupt(p, PC_IRQ_KEYBOARD);
    (void)cpu;
    return (uint64_t)(serial || keyboard) << PC_LINE_INTR;
}

/* --- made and taken apart */

static void drives_close(struct pc *p)
{
    for (unsigned n = 0; n < PC_DRIVES; n++)
        drive_close(&p->drive[n]);
}

/* fd is -1 for all before the first is opened, so that drives_close() may be called wherever this stops. */
static int drives_open(struct pc *p, struct error *e)
{
    for (unsigned n = 0; n < PC_DRIVES; n++)
        p->drive[n].fd = -1;
    for (unsigned n = 0; n < PC_DRIVES; n++) {
        const struct pc_drive *d = &p->config.drive[n];
        int r = d->path ? drive_open(&p->drive[n], d->path, d->snapshot, d->readonly, e) : 0;
        if (r)
            return r;
    }
    return 0;
}

static void machine_reset(void *opaque)
{
    const struct pc *p = opaque;
    if (p->site.power.reboot)
        p->site.power.reboot(p->site.power.opaque);
}

static unsigned drives_of(const struct pc *p, unsigned channel, struct drive *out[IDE_DRIVES])
{
    unsigned count = 0;
    for (unsigned n = 0; n < IDE_DRIVES; n++) {
        const unsigned drive = channel * IDE_DRIVES + n;
        out[n] = p->drive[drive].fd >= 0 ? (struct drive *)(uintptr_t)&p->drive[drive] : NULL;
        count += out[n] != NULL;
    }
    return count;
}

/* Controllers first: a device sets its wire when it is made, and somebody has to be at the other end. */
static void devices_init(struct pc *p)
{
    struct clock *const clock = p->site.clock;
    const struct chardev serial = {.write = transmit, .read = receive, .opaque = p};
    struct drive *drive[IDE_DRIVES];
    lapic_init(&p->lapic, clock, cpu_line(p, PC_LINE_INTR), cpu_line(p, PC_LINE_NMI));
    ioapic_init(&p->ioapic, &p->lapic);
    p->lapic.ended = ioapic_ended;
    p->lapic.opaque = &p->ioapic;
    i8259_init(&p->pic, lapic_pic(&p->lapic));
    i8254_init(&p->timer, clock, PC_HZ, irq(p, PC_IRQ_TIMER));
    cmos_init(&p->cmos, clock, PC_HZ, irq(p, PC_IRQ_CLOCK));
    cmos_describe(&p->cmos, p->config.ram_size, drives_of(p, 0, drive));
    i8042_init(&p->keyboard, (struct chardev){.read = type, .opaque = p}, irq(p, PC_IRQ_KEYBOARD), machine_reset, p);
    uart_init(&p->serial, serial, irq(p, PC_IRQ_SERIAL));
    vga_text_reset(&p->vga);
    p->misc = (struct port_misc){.console = serial, .power = p->site.power};
    port_misc_reset(&p->misc);
    fpu_error_init(&p->fpu_error, irq(p, PC_IRQ_FPU), cpu_line(p, PC_LINE_IGNNE));
    for (unsigned c = 0; c < PC_CHANNELS; c++) {
        drives_of(p, c, drive);
        ide_init(&p->ide[c], drive, p->site.host, irq(p, PC_IRQ_IDE + c));
    }
}

static const struct board_ops ops;

int pc_create(struct board **out, const void *config, const struct board_site *site, struct error *e)
{
    const struct pc_config *c = config;
    struct pc *p = calloc(1, sizeof *p);
    if (!p)
        return error_set(e, ENOMEM, "no memory for the board");
    p->board = (struct board){.ops = &ops, .console = c->console};
    p->config = *c;
    p->site = *site;
    int r = drives_open(p, e);
    if (!r)
        r = pc_place(p, e);
    if (r) {
        drives_close(p);
        free(p);
        return r;
    }
    devices_init(p);
    *out = &p->board;
    return 0;
}

/* The same order, for the same reason. Drives are not reset: what was written stays, also in an overlay. */
static void reset(struct board *b)
{
    struct pc *p = of(b);
    i8259_reset(&p->pic);
    lapic_reset(&p->lapic);
    ioapic_reset(&p->ioapic);
    i8254_reset(&p->timer);
    cmos_reset(&p->cmos);
    i8042_reset(&p->keyboard);
    uart_reset(&p->serial);
    vga_text_reset(&p->vga);
    port_misc_reset(&p->misc);
    fpu_error_reset(&p->fpu_error);
    for (unsigned c = 0; c < PC_CHANNELS; c++)
        ide_reset(&p->ide[c]);
}

/* The clock outlives the board, and must not keep events that lie in it. */
static void destroy(struct board *b)
{
    struct pc *p = of(b);
    clock_cancel(p->site.clock, &p->timer.due);
    clock_cancel(p->site.clock, &p->cmos.due);
    clock_cancel(p->site.clock, &p->lapic.due);
    pc_unplace(p);
    drives_close(p);
    free(p);
}

/* The interrupt controllers last: devices drive their wires again, and an edge that makes is not part of what was saved. */
static void devices_state(struct board *b, struct state *s)
{
    struct pc *p = of(b);
    i8254_state(&p->timer, s);
    cmos_state(&p->cmos, s);
    i8042_state(&p->keyboard, s);
    uart_state(&p->serial, s);
    vga_text_state(&p->vga, s);
    port_misc_state(&p->misc, s);
    fpu_error_state(&p->fpu_error, s);
    for (unsigned c = 0; c < PC_CHANNELS; c++)
        ide_state(&p->ide[c], s);
    ioapic_state(&p->ioapic, s);
    i8259_state(&p->pic, s);
    lapic_state(&p->lapic, s);
}

static void drive_lines(const struct board *b) { lapic_drive(&of_const(b)->lapic); }

/* --- drives */

static const struct drive *disk(const struct board *b, unsigned n)
{
    const struct pc *p = of_const(b);
    return n < PC_DRIVES && p->drive[n].fd >= 0 ? &p->drive[n] : NULL;
}

static void disk_put(struct board *b, unsigned n, uint64_t block, const uint8_t *content)
{
    drive_overlay_put(&of(b)->drive[n], block, content);
}

static const char *disk_path(const struct board *b, unsigned n) { return of_const(b)->config.drive[n].path; }

/* --- for kernels and for people */

static bool fact(const struct board *b, unsigned n, const char **name, char *value, size_t size)
{
    const struct pc_config *c = &of_const(b)->config;
    if (n > 0)
        return false;
    *name = "memory";
    snprintf(value, size, "%llu bytes", (unsigned long long)c->ram_size);
    return true;
}

static int tables(const struct board *b, const struct board_start *start, uint8_t **out, size_t *size)
{
    (void)b, (void)start; /* of which the loader tells the kernel itself */
    *out = malloc(MP_TABLE_ROOM);
    if (!*out)
        return -ENOMEM;
    *size = mp_table_build(*out, PC_TABLES);
    return 0;
}

static uint64_t posts(const struct board *b, uint8_t *last)
{
    *last = of_const(b)->misc.post;
    return of_const(b)->misc.posts;
}
static void describe(const struct board *b, enum board_view view, FILE *out) { pc_describe(of_const(b), view, out); }

static void raised(const struct board *b, unsigned cpu, uint64_t line, bool now, char *text, size_t size)
{
    (void)cpu;
    pc_raised(of_const(b), line, now, text, size);
}

static void screen(const struct board *b, struct board_screen *out)
{
    const struct pc *p = of_const(b);
    vga_text_look(&p->vga, p->site.phys, out);
}

static const struct board_ops ops = {
    .name = "pc",
    .reset = reset,
    .destroy = destroy,
    .has_power = true,
    .wait_lines = UINT64_C(1) << PC_LINE_INTR, /* while the CPU waits nobody asks for an NMI */
    .state = devices_state,
    .drive_lines = drive_lines,
    .input = input,
    .input_lines = input_lines,
    .acknowledge = acknowledge,
    .drive = disk,
    .drive_put = disk_put,
    .drive_path = disk_path,
    .fact = fact,
    .tables = tables,
    .describe = describe,
    .posts = posts,
    .screen = screen,
    .raised = raised,
};
