/* virt.h - a board: QEMU's `virt` addresses, so that guests built for it run unmodified.
 */
#ifndef TRAPEZE_DEVICES_VIRT_H
#define TRAPEZE_DEVICES_VIRT_H

#include "devices/board.h"
#include "devices/clock.h"
#include "devices/plic.h"

enum {
    VIRT_FINISHER = 0x100000,
    VIRT_RTC = 0x101000,
    VIRT_CLINT = 0x2000000,
    VIRT_PLIC = 0xc000000,
    VIRT_UART = 0x10000000,
    VIRT_VIRTIO = 0x10001000, /* eight slots of 4 KiB */
    VIRT_DRIVES = BOARD_DRIVES,
    VIRT_TIMEBASE = CLOCK_TICK_HZ, /* of mtime */
};

/* The CPU's interrupt inputs that it drives, by cause [priv table 14]: software, timer, external. */
enum { VIRT_LINE_MSI = 3, VIRT_LINE_MTI = 7, VIRT_LINE_SEI = 9, VIRT_LINE_MEI = 11 };

/* Slots of virtio: drive n is in slot n. Interrupts: slot n has number n + 1. */
enum { VIRT_SLOTS = 8, VIRT_SLOT_CONSOLE = 4, VIRT_SLOT_RNG = 5 };
enum { VIRT_IRQ_VIRTIO = 1, VIRT_IRQ_UART = 10, VIRT_IRQ_RTC = 11 };

#define VIRT_RAM UINT64_C(0x80000000)

struct virt_drive {
    const char *path; /* borrowed; NULL: none */
    bool snapshot;    /* writes go to memory and are dropped */
    bool readonly;
};

struct virt_config {
    uint64_t ram_size;
    unsigned harts;       /* 1..BOARD_CPUS; hart n is CPU n of the site */
    const char *isa;      /* device tree: "rv64imafdc_zicsr_..." */
    const char *mmu_type; /* "riscv,sv48" */
    struct virt_drive drive[VIRT_DRIVES];
    struct chardev console;        /* UART 0 */
    struct chardev virtio_console; /* all NULL: idle */
    uint64_t seed;                 /* of the rng */
    enum plic_gateway gateway;
};

board_create_fn virt_create; /* config: struct virt_config. After a reset snapshots and the time of day are kept */

#endif
