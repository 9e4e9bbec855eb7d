/* shadow_create.c - shadows come and go, and become as new; and their counts. */
#include "mmu/shadow_private.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* All but the roots are to be handed out, in order. */
static void frames_free(struct shadow *s)
{
    s->free = SHADOW_NONE;
    s->fresh = s->config.roots;
    s->hand = 0;
}

void shadow_drop_all(struct shadow *s)
{
    for (unsigned r = 0; r < s->config.roots; r++) {
        shadow_root_empty(s, r);
        s->root[r] = (struct shadow_root){0};
    }
    memset(s->recent, 0, sizeof s->recent);
    s->tick = 0;
    s->fenced = false;
    frames_free(s);
    shadow_writes_forget(s);
}

static void frames_init(struct shadow *s)
{
    unsigned top = s->config.format->levels - 1;
    frames_free(s);
    for (uint32_t r = 0; r < s->config.roots; r++) {
        s->frame[r] =
            (struct shadow_frame){.parent = r, .root = r, .origin = SHADOW_NONE, .level = (uint8_t)top, .coarse = PAGE_SHIFT};
    }
}

int shadow_create(struct shadow **out, const struct shadow_config *config)
{
    unsigned entries = 1u << config->format->index_bits;
    assert(entries * config->format->pte_size == PAGE_SIZE && config->format->levels <= PT_MAX_LEVELS);
    assert(config->roots >= 2 && config->roots <= UINT8_MAX + 1 && config->frames >= config->roots + SHADOW_FRAMES_MIN &&
           config->frames < SHADOW_NONE / entries);
    struct shadow *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    s->config = *config;
    s->entries = entries;
    s->frame = calloc(config->frames, sizeof *s->frame);
    s->root = calloc(config->roots, sizeof *s->root);
    s->table = calloc(config->format->levels, PAGE_SIZE);
    if (config->trace) {
        s->link = calloc((size_t)config->frames * entries, sizeof *s->link);
        s->page = calloc(config->page_count, sizeof *s->page);
    }
    if (!s->frame || !s->root || !s->table || (config->trace && (!s->link || !s->page))) {
        shadow_destroy(s);
        return -ENOMEM;
    }
    frames_init(s);
    *out = s;
    return 0;
}

void shadow_destroy(struct shadow *s)
{
    if (!s)
        return;
    free(s->frame);
    free(s->root);
    free(s->table);
    free(s->link);
    free(s->page);
    free(s);
}

struct shadow_stats shadow_stats_get(const struct shadow *s) { return s->stats; }

void shadow_stats_set(struct shadow *s, const struct shadow_stats *counts)
{
    unsigned used = s->stats.frames_used;
    uint64_t traced = s->stats.traced;
    s->stats = *counts;
    s->stats.frames_used = used;
    s->stats.traced = traced;
}
