/* virtio_queue.h - private between virtio_mmio.c and virtio_queue.c: what registers and rings tell each other. */
#ifndef TRAPEZE_DEVICES_VIRTIO_QUEUE_H
#define TRAPEZE_DEVICES_VIRTIO_QUEUE_H

#include "devices/virtio_mmio.h"

void virtio_slot_used(struct virtio_slot *);                   /* raises the interrupt for used buffers */
void virtio_slot_break(struct virtio_slot *, const char *why); /* the device needs a reset; why is a literal */
void virtio_queue_more(void *slot);                            /* goes on where a slice ended */

#endif
