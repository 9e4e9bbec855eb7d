/* virt.h - the board: QEMU's `virt` addresses, so that guests built for it run unmodified. It plugs into a machine's physical
 * address space, a clock and the CPU's interrupt inputs; it does not know whether the machine is bare or virtual.
 */
#ifndef TRAPEZE_DEVICES_VIRT_H
#define TRAPEZE_DEVICES_VIRT_H

#include "devices/chardev.h"
#include "devices/clock.h"
#include "devices/host.h"
#include "devices/irq.h"
#include "devices/plic.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum {
    VIRT_FINISHER = 0x100000,
    VIRT_RTC = 0x101000,
    VIRT_CLINT = 0x2000000,
    VIRT_PLIC = 0xc000000,
    VIRT_UART = 0x10000000,
    VIRT_VIRTIO = 0x10001000, /* eight slots of 4 KiB */
    VIRT_DRIVES = 4,
    VIRT_TIMEBASE = 10000000, /* Hz of mtime */
};

/* Slots of virtio: drive n is in slot n. Interrupts: slot n has number n + 1. */
enum { VIRT_SLOTS = 8, VIRT_SLOT_CONSOLE = 4, VIRT_SLOT_RNG = 5 };
enum { VIRT_IRQ_VIRTIO = 1, VIRT_IRQ_UART = 10, VIRT_IRQ_RTC = 11 };

#define VIRT_RAM UINT64_C(0x80000000)

struct virt_drive {
    const char *path; /* borrowed; NULL: none */
    bool snapshot;    /* writes go to memory and are dropped */
    bool readonly;
};

/* Where the finisher and the guest's power-off report. */
struct virt_power {
    void (*off)(void *opaque, int status); /* power-off; status as the guest gave it, 0 = pass */
    void (*reboot)(void *opaque);
    void *opaque;
};

struct virt_config {
    uint64_t ram_size;
    unsigned harts;       /* 1 */
    const char *isa;      /* device tree: "rv64imafdc_zicsr_..." */
    const char *mmu_type; /* "riscv,sv48" */
    struct virt_drive drive[VIRT_DRIVES];
    struct chardev console;        /* UART 0 */
    struct chardev virtio_console; /* all NULL: idle */
    struct virt_power power;
    struct host_look host; /* asked during long work */
    uint64_t seed;         /* of the rng */
    enum plic_gateway gateway;
    /* The CPU's inputs. */
    struct irq_line msip, mtip, meip, seip;
};

struct virt;
struct drive;
/* Builds the devices into `phys` (borrowed). -errno with the sentence in *error; then nothing was added that outlives it. */
MUST_CHECK int virt_create(struct virt **out, const struct virt_config *, struct phys *, struct clock *, struct error *);
void virt_destroy(struct virt *); /* flushes and closes drives, leaves phys and clock, which must still stand */
void virt_reset(struct virt *);   /* devices as after power-on; drives, snapshots and the time of day are kept */
/* The device tree blob. initrd_start == initrd_end: none. *out is malloc'd. -errno. */
MUST_CHECK int virt_device_tree(const struct virt *, const char *bootargs, pa_t initrd_start, pa_t initrd_end, uint8_t **out,
                                size_t *size);
/* What is behind drive n, to look at; NULL: there is no such drive. */
const struct drive *virt_disk(const struct virt *, unsigned n);
void virt_console_input(struct virt *);            /* the console may have bytes now: look */
uint64_t virt_console_inputs(const struct virt *); /* how often that was called */
/* Could input raise the external interrupt line of M-mode (context 0) or S-mode (1), with the devices as the guest has set them up? */
bool virt_input_interrupts(const struct virt *, unsigned context);

/* All devices' state; what drives contain is not part of it. */
void virt_state(struct virt *, struct state *);
void virt_drive_lines(const struct virt *); /* sets all of the CPU's inputs again, as the devices have them */
void virt_disk_put(struct virt *, unsigned n, uint64_t block, const uint8_t *content); /* as drive_overlay_put() */
const struct virt_config *virt_config(const struct virt *);
/* Parts to look at, for people. */
struct clint;
struct uart;
const struct plic *virt_plic(const struct virt *);
const struct clint *virt_clint(const struct virt *);
const struct uart *virt_uart(const struct virt *);

#endif
