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
    struct virt_config config; /* its strings are borrowed */
    struct phys *phys;         /* borrowed */
    struct clock *clock;       /* borrowed */
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
    uint64_t console_inputs;
};

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
        phys_remove(v->phys, place[i].base);
}

/* All of them or none. */
static int place_all(struct virt *v, struct error *e)
{
    struct place place[PLACES];
    places(v, place);
    for (unsigned i = 0; i < PLACES; i++) {
        int r = phys_add_io(v->phys, place[i].name, place[i].base, place[i].size, place[i].io, place[i].device);
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
        virtio_slot_init(&v->slot[i], v->phys, v->clock, plic_source(&v->plic, VIRT_IRQ_VIRTIO + i), v->config.host);
    for (unsigned i = 0; i < VIRT_DRIVES; i++) {
        char id[VIRTIO_BLK_ID_BYTES];
        snprintf(id, sizeof id, "trapeze-drive-%u", i);
        if (v->drive[i].fd >= 0)
            virtio_blk_plug(&v->disk[i], &v->slot[i], &v->drive[i], id);
    }
    virtio_console_plug(&v->console, &v->slot[VIRT_SLOT_CONSOLE], v->config.virtio_console);
    virtio_rng_plug(&v->rng, &v->slot[VIRT_SLOT_RNG], v->config.seed);
}

static void devices_init(struct virt *v)
{
    const struct virt_config *c = &v->config;
    plic_init(&v->plic, c->gateway, c->meip, c->seip);
    clint_init(&v->clint, v->clock, c->msip, c->mtip);
    uart_init(&v->uart, c->console, plic_source(&v->plic, VIRT_IRQ_UART));
    goldfish_rtc_init(&v->rtc, v->clock, UINT64_C(1000000000) / VIRT_TIMEBASE, plic_source(&v->plic, VIRT_IRQ_RTC));
    v->finisher = (struct finisher){.off = c->power.off, .reboot = c->power.reboot, .opaque = c->power.opaque};
    slots_init(v);
}

int virt_create(struct virt **out, const struct virt_config *c, struct phys *phys, struct clock *clock, struct error *e)
{
    if (c->harts != 1)
        return error_set(e, EINVAL, "the board has one hart, not %u", c->harts);
    struct virt *v = calloc(1, sizeof *v);
    if (!v)
        return error_set(e, ENOMEM, "no memory for the board");
    v->config = *c;
    v->phys = phys;
    v->clock = clock;
    int r = drives_open(v, e);
    if (!r)
        r = place_all(v, e);
    if (r) {
        drives_close(v);
        free(v);
        return r;
    }
    devices_init(v);
    *out = v;
    return 0;
}

void virt_reset(struct virt *v)
{
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        virtio_slot_reset(&v->slot[i]);
    uart_reset(&v->uart);
    goldfish_rtc_reset(&v->rtc);
    clint_reset(&v->clint);
    plic_reset(&v->plic);
}

void virt_destroy(struct virt *v)
{
    if (!v)
        return;
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        clock_cancel(v->clock, &v->slot[i].more);
    clock_cancel(v->clock, &v->rtc.due);
    clock_cancel(v->clock, &v->clint.due);
    unplace(v, PLACES);
    drives_close(v);
    free(v);
}

int virt_device_tree(const struct virt *v, const char *bootargs, pa_t initrd_start, pa_t initrd_end, uint8_t **out, size_t *size)
{
    return virt_fdt_build(&v->config, bootargs, initrd_start, initrd_end, out, size);
}

const struct drive *virt_disk(const struct virt *v, unsigned n)
{
    return n < VIRT_DRIVES && v->drive[n].fd >= 0 ? &v->drive[n] : NULL;
}

void virt_console_input(struct virt *v)
{
    v->console_inputs++;
    uart_input(&v->uart);
    virtio_console_input(&v->console);
}

uint64_t virt_console_inputs(const struct virt *v) { return v->console_inputs; }

bool virt_input_interrupts(const struct virt *v, unsigned context)
{
    return (uart_input_interrupts(&v->uart) && plic_would_interrupt(&v->plic, VIRT_IRQ_UART, context)) ||
           (virtio_console_input_interrupts(&v->console) &&
            plic_would_interrupt(&v->plic, VIRT_IRQ_VIRTIO + VIRT_SLOT_CONSOLE, context));
}

/* --- What there is to keep. The interrupt controller last: devices drive their wires again, which asserts them, and that is not part
 * of what was saved. */

void virt_state(struct virt *v, struct state *s)
{
    clint_state(&v->clint, s);
    uart_state(&v->uart, s);
    goldfish_rtc_state(&v->rtc, s);
    for (unsigned i = 0; i < VIRT_SLOTS; i++)
        virtio_slot_state(&v->slot[i], s);
    virtio_rng_state(&v->rng, s);
    plic_state(&v->plic, s);
}

void virt_drive_lines(const struct virt *v)
{
    plic_drive(&v->plic);
    clint_drive(&v->clint);
}

void virt_disk_put(struct virt *v, unsigned n, uint64_t block, const uint8_t *content)
{
    drive_overlay_put(&v->drive[n], block, content);
}

const struct virt_config *virt_config(const struct virt *v) { return &v->config; }

const struct plic *virt_plic(const struct virt *v) { return &v->plic; }
const struct clint *virt_clint(const struct virt *v) { return &v->clint; }
const struct uart *virt_uart(const struct virt *v) { return &v->uart; }
