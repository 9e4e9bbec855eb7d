/* arena.c - blocks in a list; a request that does not fit the newest block gets a new one. */
#include "core/theory/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_SIZE = 64 << 10 };

/* What is asked for lies behind each other in the newest block; the older ones are full, but for their ends:
 *
 *      newest                          older
 *     | used ........|  free   |  --> | used .............| |  --> NULL
 *                     ^ next alloc
 *
 * Nothing is freed by itself: findings, their texts and their fields live as long as the classification, and go
 * with it. */
struct block {
    struct block *next;
    size_t used, size; /* of bytes[] */
    _Alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct block *newest;
};

struct arena *arena_create(void) { return calloc(1, sizeof(struct arena)); }

void arena_destroy(struct arena *a)
{
    if (!a)
        return;
    for (struct block *b = a->newest, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(a);
}

/* Behind the others, so that the newest keeps its room. */
void arena_join(struct arena *into, struct arena *from)
{
    struct block **end = &into->newest;
    while (*end)
        end = &(*end)->next;
    *end = from->newest;
    free(from);
}

/* A request larger than a block gets one of its own size. calloc: what is asked for is zero. */
static struct block *block_add(struct arena *a, size_t at_least)
{
    size_t size = at_least > BLOCK_SIZE ? at_least : BLOCK_SIZE;
    if (size > SIZE_MAX - sizeof(struct block))
        return NULL;
    struct block *b = calloc(1, sizeof *b + size);
    if (!b)
        return NULL;
    b->size = size;
    b->next = a->newest;
    return a->newest = b;
}

void *arena_alloc(struct arena *a, size_t size)
{
    if (size > SIZE_MAX - sizeof(max_align_t))
        return NULL;
    size = (size_t)align_up(size, sizeof(max_align_t));
    struct block *b = a->newest;
    if (!b || b->size - b->used < size)
        b = block_add(a, size);
    if (!b)
        return NULL;
    void *p = b->bytes + b->used;
    b->used += size;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes;
    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_alloc(a, bytes);
}

/* Formatted twice, once to be measured. */
char *arena_text(struct arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : arena_alloc(a, (size_t)length + 1);
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}
