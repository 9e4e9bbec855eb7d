/* shadow_look.c - what a shadow holds, for people. Nothing changes: not even which root was used last. */
#include "mmu/shadow_private.h"

bool shadow_fenced(const struct shadow *s) { return s->fenced; }

bool shadow_find(const struct shadow *s, const struct shadow_key *key, unsigned *root)
{
    for (unsigned r = 0; r < s->config.roots; r++)
        if (s->root[r].used && shadow_key_equal(&s->root[r].key, key)) {
            *root = r;
            return true;
        }
    return false;
}

const struct shadow_config *shadow_config_get(const struct shadow *s) { return &s->config; }

bool shadow_root_look(const struct shadow *s, unsigned root, struct shadow_look *out)
{
    if (root >= s->config.roots || !s->root[root].used)
        return false;
    *out = (struct shadow_look){.key = s->root[root].key, .used = s->root[root].used};
    for (uint32_t f = 0; f < s->config.frames; f++) {
        const struct shadow_frame *frame = &s->frame[f];
        if (frame->root != root || (frame->count == 0 && f != root))
            continue; /* a free frame has no entries */
        out->tables++;
        out->leaves += frame->level == 0 ? frame->count : 0;
    }
    return true;
}
