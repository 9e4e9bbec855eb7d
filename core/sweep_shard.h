/* sweep_shard.h - a part of a sweep, as far as it has come; and the file that holds it. */
#ifndef TRAPEZE_CORE_SWEEP_SHARD_H
#define TRAPEZE_CORE_SWEEP_SHARD_H

#include "core/sweep.h"

enum { SWEEP_SHARDS_MAX = 1024, SWEEP_CHUNKS_MAX = 1025 };

struct sweep_shard {
    /* Which. Shards with the same of all this, but for their number, are parts of one sweep. */
    struct sweep_config config;
    unsigned shard, shards; /* 1.. */
    char version[32], k[256];
    uint64_t tables;
    /* How far. */
    bool done[SWEEP_CHUNKS_MAX]; /* of its own chunks: number n is chunk (shard - 1) + n * shards of the sweep */
    struct sweep_counts counts;
};

void sweep_shard_init(struct sweep_shard *, const struct sweep_config *, unsigned shard, unsigned shards, const char *version,
                      const char *k);
unsigned sweep_shard_chunks(const struct sweep_shard *); /* how many it has */
unsigned sweep_shard_done(const struct sweep_shard *);
static inline unsigned sweep_shard_chunk(const struct sweep_shard *s, unsigned n) { return s->shard - 1 + n * s->shards; }
/* In what two are no parts of one sweep: a sentence in `text`, or NULL. */
const char *sweep_shard_differs(const struct sweep_shard *, const struct sweep_shard *, char *text, size_t size);

/* -ENOMEM or what writing says. */
MUST_CHECK int sweep_shard_write(const struct sweep_shard *, FILE *);
/* `name` is for sentences. -EINVAL: it is no shard file, or not whole; -errno of reading. */
MUST_CHECK int sweep_shard_read(struct sweep_shard *, const char *name, struct error *);

/* Words of the file and of the summary. */
const char *sweep_row_name(const struct sweep_config *, unsigned row); /* "-": no row */
extern const char *const sweep_outcome_name[SWEEP_OUTCOMES];
extern const char *const sweep_fault_name[SWEEP_FAULT_KINDS];

#endif
