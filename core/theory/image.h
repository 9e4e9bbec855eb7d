/* image.h - bytes that will lie at an address of a machine's memory, put one behind the other. */
#ifndef TRAPEZE_CORE_THEORY_IMAGE_H
#define TRAPEZE_CORE_THEORY_IMAGE_H

#include "mmu/base.h"

struct image {
    pa_t at; /* of the first byte; a multiple of 8 */
    uint8_t *bytes;
    size_t size, room;
    bool failed; /* memory ran out: what was put since is not there */
};

/* Puts `size` bytes at the next multiple of 8. bytes: NULL for zeros. Returns their address. */
pa_t image_put(struct image *, const void *bytes, size_t size);
pa_t image_text(struct image *, const char *); /* with the zero at its end */
void image_free(struct image *);

#endif
