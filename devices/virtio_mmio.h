/* virtio_mmio.h - a virtio device behind memory-mapped registers, version 2, and its split virtqueues.
 *
 * A slot is the transport; a model says what the device is and takes one chain of buffers at a time. Everything in a ring was
 * written by the guest, so a chain is walked and checked whole before a model sees it; whatever is wrong makes the device
 * need a reset, and harms nobody else. Requests complete within the write that announces them, or if there are many, a clock unit
 * later each time. One request may move 4 GiB; so the host is looked at every VIRTIO_STEP bytes, and may end the run there.
 *
 * "virtio" is Virtual I/O Device (VIRTIO) Version 1.2.
 */
#ifndef TRAPEZE_DEVICES_VIRTIO_MMIO_H
#define TRAPEZE_DEVICES_VIRTIO_MMIO_H

#include "devices/clock.h"
#include "devices/host.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

enum {
    VIRTIO_QUEUES = 2,      /* no model has more */
    VIRTIO_QUEUE_MAX = 256, /* descriptors of a queue, hence buffers of a chain */
    VIRTIO_CONFIG_BYTES = 64,
    VIRTIO_SLOT_SIZE = 0x1000,
};
/* Bytes moved within one access; with more to do, the device goes on one clock unit later. */
#define VIRTIO_SLICE UINT64_C(0x4000000)
/* Bytes moved between looks at the host. */
#define VIRTIO_STEP UINT64_C(0x100000)

enum virtio_device_id { VIRTIO_NONE = 0, VIRTIO_BLOCK = 2, VIRTIO_CONSOLE = 3, VIRTIO_ENTROPY = 4 };
/* [virtio 2.1] */
enum virtio_status {
    VIRTIO_ACKNOWLEDGE = 1,
    VIRTIO_DRIVER = 2,
    VIRTIO_DRIVER_OK = 4,
    VIRTIO_FEATURES_OK = 8,
    VIRTIO_NEEDS_RESET = 64,
    VIRTIO_FAILED = 128,
};
#define VIRTIO_F_INDIRECT_DESC (UINT64_C(1) << 28)
#define VIRTIO_F_VERSION_1 (UINT64_C(1) << 32)

struct virtio_buffer {
    uint8_t *host;
    pa_t address;
    uint32_t length;
};

/* One direction of a chain: a position in some of its buffers. */
struct virtio_stream {
    struct virtio_buffer *buffer; /* borrowed from the chain */
    uint32_t used;                /* of *buffer */
    uint64_t left;                /* bytes, all told */
};

struct virtio_chain {
    struct virtio_stream in;  /* the device reads: the driver's words and data */
    struct virtio_stream out; /* the device writes */
    const struct phys *phys;
    const struct host_look *host;
    uint64_t moved; /* bytes since the host was looked at, in this chain and those before it */
    bool left;      /* the run ends */
    unsigned count;
    struct virtio_buffer buffer[VIRTIO_QUEUE_MAX];
};

enum virtio_verdict {
    VIRTIO_DONE,   /* give it back as used */
    VIRTIO_LATER,  /* nothing to put in yet: it stays available */
    VIRTIO_BROKEN, /* not a request of this kind of device */
    VIRTIO_LEFT,   /* the run ends in the middle of it */
};

struct virtio_model {
    enum virtio_device_id id;
    unsigned queues;
    /* *written gets the bytes written from the start of the chain's device-writable part. */
    enum virtio_verdict (*take)(void *opaque, unsigned queue, struct virtio_chain *, uint32_t *written);
};

struct virtio_queue {
    uint32_t size;
    bool ready;
    pa_t descriptors, driver, device;
    uint16_t taken, used; /* our indices into the available and the used ring */
};

struct virtio_slot {
    const struct virtio_model *model; /* NULL: nothing is plugged in */
    void *opaque;
    uint64_t features;                   /* offered */
    uint8_t config[VIRTIO_CONFIG_BYTES]; /* read-only for the guest */
    struct phys *phys;                   /* borrowed */
    struct clock *clock;                 /* borrowed */
    struct irq_line irq;
    struct host_look host;
    /* what the driver has set */
    uint64_t driver_features;
    uint32_t feature_select, driver_feature_select, queue_select;
    uint8_t status, interrupt;
    struct virtio_queue queue[VIRTIO_QUEUES];
    const char *broken; /* why the device needs a reset; NULL: it does not */
    struct event more;
    struct virtio_chain chain; /* the one at hand */
};

extern const struct phys_io virtio_mmio_io;
void virtio_slot_init(struct virtio_slot *, struct phys *, struct clock *, struct irq_line, struct host_look);
/* Plugs a device in. The ring features are added to `features`. */
void virtio_slot_plug(struct virtio_slot *, const struct virtio_model *, void *opaque, uint64_t features);
void virtio_slot_reset(struct virtio_slot *);
void virtio_slot_state(struct virtio_slot *, struct state *); /* of the transport; a model that has state saves its own */
void virtio_slot_kick(struct virtio_slot *, unsigned queue);  /* a chain that was left for later may be served now */

/* Up to `limit` contiguous bytes at the stream's position, which moves past them. NULL: it is at its end. Who writes through
 * the pointer announces it. */
uint8_t *virtio_piece(struct virtio_stream *, uint64_t limit, size_t *length);
/* So many bytes more have been moved. false: the run ends, and so does the request. A piece is VIRTIO_STEP at most. */
bool virtio_goes_on(struct virtio_chain *, size_t length);
void virtio_announce(const struct virtio_chain *, const uint8_t *piece, size_t length);
/* Copies as far as the stream reaches; the bytes copied. */
size_t virtio_get(struct virtio_chain *, void *to, size_t length);
size_t virtio_put(struct virtio_chain *, const void *from, size_t length);
void virtio_skip(struct virtio_stream *, uint64_t length);

#endif
