/* image.c - bytes that will lie at an address of a machine's memory. */
#include "core/theory/image.h"

#include <stdlib.h>
#include <string.h>

/* Each piece at a multiple of eight, zeros between; the place that is returned is the machine's, from `at` on.
 * After a failure nothing is added, and whoever asks in the end is told by `failed`. */
pa_t image_put(struct image *m, const void *bytes, size_t size)
{
    size_t from = (size_t)align_up(m->size, 8), room = m->room;
    while (room < from + size)
        room = room ? room * 2 : 64 << 10;
    uint8_t *grown = m->failed ? NULL : room == m->room ? m->bytes : realloc(m->bytes, room);
    if (!grown) {
        m->failed = true;
        return m->at;
    }
    m->bytes = grown;
    m->room = room;
    memset(grown + m->size, 0, from + size - m->size);
    if (bytes)
        memcpy(grown + from, bytes, size);
    m->size = from + size;
    return m->at + from;
}

pa_t image_text(struct image *m, const char *text) { return image_put(m, text, strlen(text) + 1); }

void image_free(struct image *m)
{
    free(m->bytes);
    *m = (struct image){0};
}
