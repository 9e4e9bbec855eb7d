/* random_draw.h - numbers for whoever makes something at random: bytes that somebody has chosen, a fuzzer, and when they are used up, or from
 * the beginning, those of a seed. */
#ifndef TRAPEZE_TESTS_CORE_RANDOM_DRAW_H
#define TRAPEZE_TESTS_CORE_RANDOM_DRAW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct draw {
    const uint8_t *at, *end;
    uint64_t state;
};

static inline uint64_t draw_seeded(struct draw *d)
{
    uint64_t v = d->state += UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ (v >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ (v >> 27)) * UINT64_C(0x94d049bb133111eb);
    return v ^ (v >> 31);
}

static inline uint64_t draw_bytes(struct draw *d, unsigned count)
{
    uint64_t v = 0;
    if (d->at == d->end)
        return draw_seeded(d);
    for (unsigned i = 0; i < count && d->at < d->end; i++)
        v |= (uint64_t)*d->at++ << (8 * i);
    return v;
}

static inline uint64_t draw_word(struct draw *d) { return draw_bytes(d, 8); }
static inline uint64_t draw_below(struct draw *d, uint64_t n) { return draw_bytes(d, n > 65536 ? 8 : n > 256 ? 2 : 1) % n; }
static inline bool draw_once_in(struct draw *d, unsigned n) { return draw_below(d, n) == 0; }

/* Zeros, ones, single bits and their like. */
static inline uint64_t draw_odd(struct draw *d)
{
    switch (draw_below(d, 6)) {
    case 0: return 0;
    case 1: return UINT64_MAX;
    case 2: return UINT64_C(1) << draw_below(d, 64);
    case 3: return ~(UINT64_C(1) << draw_below(d, 64));
    default: return draw_word(d);
    }
}

#endif
