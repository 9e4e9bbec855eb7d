/* virtio_rng.h - an entropy device that is none: its bytes follow from the seed, so that a run can be repeated [virtio 5.4]. */
#ifndef TRAPEZE_DEVICES_VIRTIO_RNG_H
#define TRAPEZE_DEVICES_VIRTIO_RNG_H

#include "devices/virtio_mmio.h"

struct virtio_rng {
    uint64_t state;
};

void virtio_rng_plug(struct virtio_rng *, struct virtio_slot *, uint64_t seed);
void virtio_rng_state(struct virtio_rng *, struct state *);

/* SplitMix64 (Steele, Lea, Flood 2014): a counter in steps of the golden ratio, scrambled. Not for secrets. */
static inline uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

#endif
