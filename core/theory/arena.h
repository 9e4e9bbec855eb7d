/* arena.h - memory that is given back all at once: whatever a classification consists of. */
#ifndef TRAPEZE_CORE_THEORY_ARENA_H
#define TRAPEZE_CORE_THEORY_ARENA_H

#include "mmu/base.h"

struct arena;

struct arena *arena_create(void); /* NULL: out of memory */
void arena_destroy(struct arena *);
/* What `from` has becomes `into`'s, and `from` is no more. */
void arena_join(struct arena *into, struct arena *from);
/* Zeroed, aligned for anything, good until arena_destroy(). NULL: out of memory. */
void *arena_alloc(struct arena *, size_t size);
void *arena_array(struct arena *, size_t count, size_t size);
/* Formatted text. NULL: out of memory. */
char *arena_text(struct arena *, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
