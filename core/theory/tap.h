/* tap.h - what passes between a side of a lockstep run and the outside, counted and digested: console bytes both ways, every
 * access to a device, and, while a spy is in place, the traps that the machine returns to its owner. None of it changes what
 * passes.
 */
#ifndef TRAPEZE_CORE_THEORY_TAP_H
#define TRAPEZE_CORE_THEORY_TAP_H

#include "core/lockstep.h"
#include "mmu/phys.h"

struct stream {
    uint64_t count, digest;
};

static inline void stream_add(struct stream *s, uint64_t v)
{
    s->count++;
    s->digest = (s->digest ^ v) * UINT64_C(0x9e3779b97f4a7c15);
    s->digest ^= s->digest >> 32;
}

enum { TAP_DEVICES = 64, TAP_WORDS = 3 /* of an access */ };

struct tap_device {
    struct lockstep_tap *tap;
    const struct phys_io *io; /* the device's own */
    void *opaque;
    pa_t base;
};

struct lockstep_tap {
    struct chardev inner;
    struct stream output, input; /* bytes */
    struct stream accesses;      /* TAP_WORDS each */
    struct tap_device device[TAP_DEVICES];
    unsigned devices;
};

/* Listens to every device of the address space, until the ranges are removed. -ENOMEM, or -E2BIG: more than TAP_DEVICES. */
MUST_CHECK int tap_devices(struct lockstep_tap *, struct phys *);

/* A machine that is another one and notes the traps it returns. */
struct spy {
    struct machine machine; /* first */
    struct machine *inner;  /* borrowed */
    struct lockstep_doing *doing;
};
void spy_init(struct spy *, struct machine *inner, struct lockstep_doing *);

#endif
