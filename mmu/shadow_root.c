/* shadow_root.c - which root a key has: the one it had before, or the one that was not used for longest. */
#include "mmu/shadow_private.h"

pa_t shadow_root(const struct shadow *s, unsigned root) { return shadow_frame_address(s, root); }
unsigned shadow_asid(const struct shadow *s, unsigned root) { return s->config.asid + (s->config.asid_shared ? 0 : root); }

void shadow_root_empty(struct shadow *s, unsigned root)
{
    shadow_frame_clear(s, root);
    shadow_origin_set(s, root, SHADOW_NO_ORIGIN);
}

/* The root that has the key, or else the one to be given it. */
static unsigned root_find(const struct shadow *s, const struct shadow_key *key)
{
    unsigned oldest = 0;
    for (unsigned r = 0; r < s->config.roots; r++) {
        if (s->root[r].used && shadow_key_equal(&s->root[r].key, key))
            return r;
        if (s->root[r].used < s->root[oldest].used)
            oldest = r;
    }
    return oldest;
}

static void root_give(struct shadow *s, unsigned r, const struct shadow_key *key)
{
    if (s->root[r].used)
        s->stats.recycled++;
    else
        shadow_frame_zero(s, r); /* nobody has been there, and in most of them nobody ever will be */
    shadow_root_empty(s, r);
    s->root[r].key = *key;
}

/*T:344 One root for each situation that the guest can be in: its page table, its mode, what else changes rights. Going back to one is a
 * hint and a register written, not tables built anew. :*/
unsigned shadow_select(struct shadow *s, const struct shadow_key *key)
{
    uint8_t *recent = &s->recent[(key->space ^ key->rights ^ key->asid) % SHADOW_RECENT];
    unsigned r = *recent;
    if (UNLIKELY(!s->root[r].used || !shadow_key_equal(&s->root[r].key, key))) {
        r = root_find(s, key);
        if (!s->root[r].used || !shadow_key_equal(&s->root[r].key, key))
            root_give(s, r, key);
        *recent = (uint8_t)r;
    }
    s->root[r].used = ++s->tick;
    return r;
}
