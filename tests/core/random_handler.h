/* random_handler.h - what a random guest (random_guest.h) always has: the way from turn to turn in M-mode, S-mode's handler, a disk driver. */
#ifndef TRAPEZE_TESTS_CORE_RANDOM_HANDLER_H
#define TRAPEZE_TESTS_CORE_RANDOM_HANDLER_H

#include <stdint.h>

void random_handler_put(uint8_t *image);

#endif
