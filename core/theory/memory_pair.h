/* memory_pair.h - two memories that ought to stay equal. Only pages written since the last look are compared.
 */
#ifndef TRAPEZE_CORE_THEORY_MEMORY_PAIR_H
#define TRAPEZE_CORE_THEORY_MEMORY_PAIR_H

#include "mmu/phys.h"

struct memory_pair;

struct memory_difference {
    uint64_t offset; /* of eight bytes that differ */
    uint64_t value[2];
};

/* Memory `size` bytes from `base` on, in two address spaces; one range of RAM in each. `often`: looks come every few instructions;
 * then a look is cheap and a write dear, else it is the other way round. 0, -EINVAL (no such RAM) or -ENOMEM. */
MUST_CHECK int memory_pair_create(struct memory_pair **out, struct phys *const phys[2], pa_t base, uint64_t size, bool often);
void memory_pair_destroy(struct memory_pair *);

/* What was written since the last look: is it equal? */
bool memory_pair_look(struct memory_pair *);
/* All of it, whether or not somebody said that he wrote it. */
bool memory_pair_look_at_all(struct memory_pair *);
uint64_t memory_pair_pages(const struct memory_pair *); /* compared so far */
/* The first `room` differences; returns how many eight bytes differ. */
uint64_t memory_pair_differences(struct memory_pair *, struct memory_difference *out, unsigned room);

#endif
