/* virt.c - the board: which device answers at which address and pulls which wire. Nothing here knows what a device does.
 *
 *   0x00100000 finisher   0x02000000 CLINT   0x10000000 UART         irq 10
 *   0x00101000 RTC irq 11 0x0c000000 PLIC    0x10001000 + n * 0x1000 virtio slot n, irq n + 1
 */
#include "devices/virt.h"
#include "devices/clint.h"
#include "devices/drive.h"
#include "devices/finisher.h"
#include "devices/goldfish_rtc.h"
#include "devices/uart16550.h"
#include "devices/virt_fdt.h"
#include "devices/virt_look.h"
#include "devices/virtio_blk.h"
#include "devices/virtio_console.h"
#include "devices/virtio_rng.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 5 + VIRT_SLOTS };

struct virt {
    struct board board;        /* first */
    struct virt_config config; /* its strings are borrowed */
    struct board_site site;
    struct clint clint;
    struct plic plic;
    struct uart uart;
    struct goldfish_rtc rtc;
    struct finisher finisher;
    struct virtio_slot slot[VIRT_SLOTS];
    struct drive drive[VIRT_DRIVES];
    struct virtio_blk disk[VIRT_DRIVES];
    struct virtio_console console;
    struct virtio_rng rng;
};

static struct virt *of(struct board *b) { return (struct virt *)(void *)b; }
static const struct virt *of_const(const struct board *b) { return (const struct virt *)(const void *)b; }

/* Where a device answers. */
struct place {
    pa_t base;
    uint64_t size;
    const char *name;
    const struct phys_io *io;
    void *device;
};

static void places(struct virt *v, struct place out[PLACES])
{
    static const char *const slots[VIRT_SLOTS] = {"virtio.0", "virtio.1", "virtio.2", "virtio.3",
                                                  "virtio.4", "virtio.5", "virtio.6", "virtio.7"};
    const struct place fixed[] = {
        {VIRT_FINISHER, 0x1000, "finisher", &finisher_io, &v->finisher},
        {VIRT_RTC, 0x1000, "rtc", &goldfish_rtc_io, &v->rtc},
        {VIRT_CLINT, 0x10000, "clint", &clint_io, &v->clint},
        {VIRT_PLIC, PLIC_SIZE, "plic", &plic_io, &v->plic},
        {VIRT_UART, 0x100, "uart", &uart_io, &v->uart},
    };
    static_assert(sizeof fixed / sizeof fixed[0] + VIRT_SLOTS == PLACES, "every device has its place");
    memcpy(out, fixed, sizeof fixed);
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        out[PLACES - VIRT_SLOTS + i] =
            (struct place){VIRT_VIRTIO + (pa_t)i * VIRTIO_SLOT_SIZE, VIRTIO_SLOT_SIZE, slots[i], &virtio_mmio_io, &v->slot[i]};
}

static void unplace(struct virt *v, unsigned count)
{
    struct place place[PLACES];
    places(v, place);
    for (unsigned i = 0; i < count; i++)
        phys_remove(v->site.phys, place[i].base);
}

/* All of them or none. */
static int place_all(struct virt *v, struct error *e)
{
    struct place place[PLACES];
    places(v, place);
    for (unsigned i = 0; i < PLACES; i++) {
        int r = phys_add_io(v->site.phys, place[i].name, place[i].base, place[i].size, place[i].io, place[i].device);
        if (r) {
            unplace(v, i);
            return error_set(e, -r, "the board's %s has no place at 0x%llx: %s", place[i].name, (unsigned long long)place[i].base,
                             strerror(-r));
        }
    }
    return 0;
}

static void drives_close(struct virt *v)
{
    for (unsigned i = 0; i < VIRT_DRIVES; i++)
        drive_close(&v->drive[i]);
}

static int drives_open(struct virt *v, struct error *e)
{
    for (unsigned i = 0; i < VIRT_DRIVES; i++)
        v->drive[i].fd = -1;
    for (unsigned i = 0; i < VIRT_DRIVES; i++) {
        const struct virt_drive *d = &v->config.drive[i];
        int r = d->path ? drive_open(&v->drive[i], d->path, d->snapshot, d->readonly, e) : 0;
        if (r)
            return r;
    }
    return 0;
}

static void slots_init(struct virt *v)
{
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        virtio_slot_init(&v->slot[i], v->site.phys, v->site.clock, plic_source(&v->plic, VIRT_IRQ_VIRTIO + i), v->site.host);
    for (unsigned i = 0; i < VIRT_DRIVES; i++) {
        char id[VIRTIO_BLK_ID_BYTES];
        snprintf(id, sizeof id, "trapeze-drive-%u", i);
        if (v->drive[i].fd >= 0)
            virtio_blk_plug(&v->disk[i], &v->slot[i], &v->drive[i], id);
    }
    virtio_console_plug(&v->console, &v->slot[VIRT_SLOT_CONSOLE], v->config.virtio_console);
    virtio_rng_plug(&v->rng, &v->slot[VIRT_SLOT_RNG], v->config.seed);
}

/* The site's wire to a hart, at one of its inputs. Context 2h of the PLIC is hart h's M-mode, 2h + 1 its S-mode. */
static struct irq_line cpu_line(const struct virt *v, unsigned hart, unsigned number)
{
    struct irq_line line = v->site.cpu[hart];
    line.number = number;
    return line;
}

/* The interrupt controllers first: the others set their wires when they are made.
 *
 *   UART 10, RTC 11, virtio 1-8 --> PLIC --> MEI, SEI of each hart       CLINT --> MSI, MTI of each hart
 */
static void devices_init(struct virt *v)
{
    const struct virt_config *c = &v->config;
    plic_init(&v->plic, c->gateway, 2 * c->harts);
    clint_init(&v->clint, v->site.clock, c->harts);
    for (unsigned h = 0; h < c->harts; h++) {
        plic_connect(&v->plic, 2 * h, cpu_line(v, h, VIRT_LINE_MEI));
        plic_connect(&v->plic, 2 * h + 1, cpu_line(v, h, VIRT_LINE_SEI));
        clint_connect(&v->clint, h, cpu_line(v, h, VIRT_LINE_MSI), cpu_line(v, h, VIRT_LINE_MTI));
    }
    uart_init(&v->uart, c->console, plic_source(&v->plic, VIRT_IRQ_UART));
    goldfish_rtc_init(&v->rtc, v->site.clock, UINT64_C(1000000000) / VIRT_TIMEBASE, plic_source(&v->plic, VIRT_IRQ_RTC));
    v->finisher = (struct finisher){.off = v->site.power.off, .reboot = v->site.power.reboot, .opaque = v->site.power.opaque};
    slots_init(v);
}

static const struct board_ops ops;

/*T:120 What a CPU is plugged into. A board gets an address space to put its devices in, wires to the CPU and a clock. It is the same
 * board for a virtual machine, in the VM's own address space. :*/
int virt_create(struct board **out, const void *config, const struct board_site *site, struct error *e)
{
    const struct virt_config *c = config;
    if (c->harts < 1 || c->harts > BOARD_CPUS)
        return error_set(e, EINVAL, "the board has 1 to %u harts, not %u", BOARD_CPUS, c->harts);
    struct virt *v = calloc(1, sizeof *v);
    if (!v)
        return error_set(e, ENOMEM, "no memory for the board");
    v->board = (struct board){.ops = &ops, .console = c->console};
    v->config = *c;
    v->site = *site;
    int r = drives_open(v, e);
    if (!r)
        r = place_all(v, e);
    if (r) {
        drives_close(v);
        free(v);
        return r;
    }
    devices_init(v);
    *out = &v->board;
    return 0;
}

static void reset(struct board *b)
{
    struct virt *v = of(b);
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        virtio_slot_reset(&v->slot[i]);
    uart_reset(&v->uart);
    goldfish_rtc_reset(&v->rtc);
    clint_reset(&v->clint);
    plic_reset(&v->plic);
}

/* The clock outlives the board, and must not keep events that lie in it. */
static void destroy(struct board *b)
{
    struct virt *v = of(b);
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        clock_cancel(v->site.clock, &v->slot[i].more);
    clock_cancel(v->site.clock, &v->rtc.due);
    clint_cancel(&v->clint);
    unplace(v, PLACES);
    drives_close(v);
    free(v);
}

static const struct drive *disk(const struct board *b, unsigned n)
{
    const struct virt *v = of_const(b);
    return n < VIRT_DRIVES && v->drive[n].fd >= 0 ? &v->drive[n] : NULL;
}

static void input(struct board *b)
{
    struct virt *v = of(b);
    uart_input(&v->uart);
    virtio_console_input(&v->console);
}

static unsigned cpus(const struct board *b) { return of_const(b)->config.harts; }

/* Could a byte from the host's console become an interrupt of this context, with the devices and the PLIC as they are set up? */
static bool input_interrupts(const struct virt *v, unsigned context)
{
    return (uart_input_interrupts(&v->uart) && plic_would_interrupt(&v->plic, VIRT_IRQ_UART, context)) ||
           (virtio_console_input_interrupts(&v->console) &&
            plic_would_interrupt(&v->plic, VIRT_IRQ_VIRTIO + VIRT_SLOT_CONSOLE, context));
}

static uint64_t input_lines(const struct board *b, unsigned hart)
{
    const struct virt *v = of_const(b);
    return (uint64_t)input_interrupts(v, 2 * hart) << VIRT_LINE_MEI | (uint64_t)input_interrupts(v, 2 * hart + 1) << VIRT_LINE_SEI;
}

/* --- What there is to keep. The interrupt controller last: devices drive their wires again, which asserts them, and that is not part
 * of what was saved. */

static void devices_state(struct board *b, struct state *s)
{
    struct virt *v = of(b);
    clint_state(&v->clint, s);
    uart_state(&v->uart, s);
    goldfish_rtc_state(&v->rtc, s);
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        virtio_slot_state(&v->slot[i], s);
    virtio_rng_state(&v->rng, s);
    plic_state(&v->plic, s);
}

static void drive_lines(const struct board *b)
{
    const struct virt *v = of_const(b);
    plic_drive(&v->plic);
    clint_drive(&v->clint);
}

static void disk_put(struct board *b, unsigned n, uint64_t block, const uint8_t *content)
{
    drive_overlay_put(&of(b)->drive[n], block, content);
}

static const char *disk_path(const struct board *b, unsigned n) { return of_const(b)->config.drive[n].path; }

/* What must be the same for a saved state to make sense on another board of this kind. What may differ, such as where the
 * console goes, is not among it. */
static bool fact(const struct board *b, unsigned n, const char **name, char *value, size_t size)
{
    const struct virt_config *c = &of_const(b)->config;
    switch (n) {
    case 0:
        *name = "description of the CPU";
        snprintf(value, size, "%s", c->isa);
        return true;
    case 1:
        *name = "address translation";
        snprintf(value, size, "%s", c->mmu_type);
        return true;
    case 2:
        *name = "memory";
        snprintf(value, size, "%llu bytes", (unsigned long long)c->ram_size);
        return true;
    case 3:
        *name = "kind of interrupt gateway";
        snprintf(value, size, "%s", c->gateway == PLIC_STRICT ? "strict" : "QEMU's");
        return true;
    case 4:
        if (c->harts == 1) /* which goes without saying */
            return false;
        *name = "number of harts";
        snprintf(value, size, "%u", c->harts);
        return true;
    default: return false;
    }
}

/* --- for kernels and for people */

static int tables(const struct board *b, const struct board_start *start, uint8_t **out, size_t *size)
{
    return virt_fdt_build(&of_const(b)->config, start->arguments, start->initrd, start->initrd_end, out, size);
}

static const char *source_name(unsigned i)
{
    return i == VIRT_IRQ_UART ? "uart" : i == VIRT_IRQ_RTC ? "rtc" : i <= VIRT_SLOTS ? "virtio" : "";
}

static struct virt_parts parts(const struct virt *v)
{
    struct virt_parts p = {.plic = &v->plic,
                           .clint = &v->clint,
                           .uart = &v->uart,
                           .clock = v->site.clock,
                           .harts = v->config.harts,
                           .source_name = source_name};
    for (unsigned i = 0; i < VIRT_DRIVES; i++) {
        p.drive[i] = v->config.drive[i].path;
        p.snapshot[i] = v->config.drive[i].snapshot;
    }
    return p;
}

static void describe(const struct board *b, enum board_view view, FILE *out)
{
    const struct virt_parts p = parts(of_const(b));
    virt_look(&p, view, out);
}

static void raised(const struct board *b, unsigned cpu, uint64_t line, bool now, char *text, size_t size)
{
    const struct virt_parts p = parts(of_const(b));
    switch (line) {
    case VIRT_LINE_MSI: snprintf(text, size, "the CLINT's msip is set"); break;
    case VIRT_LINE_MTI: snprintf(text, size, "the CLINT's mtime has reached mtimecmp"); break;
    default: snprintf(text, size, "the PLIC raised it for a device"); break;
    }
    if (now && (line == VIRT_LINE_MEI || line == VIRT_LINE_SEI))
        virt_look_sources(&p, 2 * cpu + (line == VIRT_LINE_SEI), text, size);
}

static const struct board_ops ops = {
    .name = "virt",
    .reset = reset,
    .destroy = destroy,
    .has_power = true,
    .state = devices_state,
    .drive_lines = drive_lines,
    .cpus = cpus,
    .input = input,
    .input_lines = input_lines,
    .drive = disk,
    .drive_put = disk_put,
    .drive_path = disk_path,
    .fact = fact,
    .tables = tables,
    .describe = describe,
    .raised = raised,
};
