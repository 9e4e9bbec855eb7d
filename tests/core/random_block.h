/* random_block.h - a block of a random guest (random_guest.h). */
#ifndef TRAPEZE_TESTS_CORE_RANDOM_BLOCK_H
#define TRAPEZE_TESTS_CORE_RANDOM_BLOCK_H

#include "tests/core/random_guest.h"

void random_block_draw(struct guest_block *, struct draw *);

#endif
