/* seed.h - which random guests a student gets: his name, hashed with the teacher's secret, says it. Without a secret everybody can say it. */
#ifndef TRAPEZE_MONITOR_LAB_SEED_H
#define TRAPEZE_MONITOR_LAB_SEED_H

#include "mmu/base.h"

struct lab_key {
    uint64_t word[2]; /* zeros: none */
};

/* SipHash-2-4 of the bytes, under this key: without the key nobody can tell one result from others [Aumasson, Bernstein: SipHash, 2012]. */
uint64_t lab_hash(const struct lab_key *, const void *bytes, size_t size);
/* The key that a file of any bytes is. -errno with the sentence. */
MUST_CHECK int lab_key_read(struct lab_key *, const char *path, struct error *);
/* Of guest n of a stage: n = 0 is everybody's. */
uint64_t lab_guest_seed(uint64_t student, const char *lab, const char *stage, unsigned n);

#endif
