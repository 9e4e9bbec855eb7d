/* virtio_console.h - a console of one port on a chardev of its own [virtio 5.3]; without one it is idle: silent and mute. */
#ifndef TRAPEZE_DEVICES_VIRTIO_CONSOLE_H
#define TRAPEZE_DEVICES_VIRTIO_CONSOLE_H

#include "devices/chardev.h"
#include "devices/virtio_mmio.h"

struct virtio_console {
    struct chardev host;
    struct virtio_slot *slot; /* borrowed */
};

void virtio_console_plug(struct virtio_console *, struct virtio_slot *, struct chardev host);
bool virtio_console_input_interrupts(const struct virtio_console *); /* could what the host has to say raise an interrupt? */
void virtio_console_input(struct virtio_console *);                  /* the host may have bytes now */

#endif
