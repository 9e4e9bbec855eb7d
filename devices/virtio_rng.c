/* virtio_rng.c - fills what it is given, up to a page a request: a device may give less than asked for, but never nothing. */
#include "devices/virtio_rng.h"

/* A request with no room to write to is the driver's mistake: a device has to give at least one byte [virtio 5.4.6.1]. The limit
 * of a page keeps a request for gigabytes from filling them one word at a time within one store of the guest's. */
static enum virtio_verdict take(void *opaque, unsigned queue, struct virtio_chain *c, uint32_t *written)
{
    struct virtio_rng *r = opaque;
    (void)queue;
    if (!c->out.left)
        return VIRTIO_BROKEN;
    while (c->out.left && *written < PAGE_SIZE) {
        uint64_t word = splitmix64(&r->state);
        *written += (uint32_t)virtio_put(c, &word, sizeof word);
    }
    return VIRTIO_DONE;
}

static const struct virtio_model model = {.id = VIRTIO_ENTROPY, .queues = 1, .take = take};

void virtio_rng_plug(struct virtio_rng *r, struct virtio_slot *s, uint64_t seed)
{
    r->state = seed;
    virtio_slot_plug(s, &model, r, 0);
}

void virtio_rng_state(struct virtio_rng *r, struct state *s) { state_u64(s, &r->state); }
