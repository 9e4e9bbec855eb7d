/* shadow.h - shadow tables: real page tables, in the CPU's own format and memory, that compose somebody's translation with the map
 * of where his memory really is.
 *
 * This is the mechanism only. Whoever knows the two translations asks for leaves of 4 KiB, one at a time, when the CPU
 * misses them; the CPU walks the result as it walks any table. Each translation situation (address space x rights) has a
 * root of its own with an address-space number of its own, so that going from one to another flushes nothing. Frames and roots are
 * bounded: a root is recycled when it was not used for longest, and when frames run out a part of them is taken back, likewise.
 *
 * A shadow goes stale when the tables it came from change. Either its owner drops what a fence names (the shadow is a large
 * TLB), or it is traced: every table remembers the page it came from, no leaf lets anybody write such a page, and
 * shadow_written() drops exactly the entries that were derived from the bytes written. Or both, page by page ("loosely"): a traced
 * page that holds leaves only and is written goes out of sync. It may then be written freely, and what came from it is a TLB, until a
 * fence that names no address drops that and traces the page again. Whoever does not write his tables pays for no fence, and who
 * fills a table pays for one write to it.
 */
#ifndef TRAPEZE_MMU_SHADOW_H
#define TRAPEZE_MMU_SHADOW_H

#include "mmu/pt.h"

struct shadow;

/* The memory that the tables lie in, as their owner reaches it, and what he wants to know. */
struct shadow_memory {
    void (*load)(void *ctx, pa_t, void *to, size_t);
    void (*store)(void *ctx, pa_t, const void *from, size_t);
    void (*fence)(void *ctx, const va_t *va, unsigned asid); /* entries changed: of va, or (NULL) of all addresses */
    void (*traced)(void *ctx, pa_t page, bool on);           /* writes to this page are to be told from now on, or no longer */
    void *ctx;
};

struct shadow_config {
    const struct pt_format *format;
    struct shadow_memory memory;
    pa_t tables;         /* `frames` consecutive pages */
    unsigned frames;     /* at least SHADOW_FRAMES_MIN + roots */
    unsigned roots;      /* at least 2 */
    unsigned asid;       /* of root 0; root r has asid + r */
    bool asid_shared;    /* all have `asid`: the owner fences whenever he changes from one root to another */
    pa_t pages;          /* origins, and leaves that are traced, lie in [pages, pages + page_count * PAGE_SIZE) */
    uint64_t page_count; /* < 2^32 - 1 */
    bool trace;
    bool loosely; /* with trace */
};

/* The widest instruction needs four pages; each at most the tables of one walk. */
enum { SHADOW_FRAMES_MIN = 4 * PT_MAX_LEVELS };

/* Which situation a root stands for. Compared only, but for asid and untranslated, which a fence looks at. */
struct shadow_key {
    uint64_t space, rights, asid;
    bool untranslated; /* no fence concerns it */
};

#define SHADOW_NO_ORIGIN UINT64_MAX
#define SHADOW_ANY_ORIGIN (UINT64_MAX - 1) /* the leaf is none of theirs: what its tables come from stays as it is */

struct shadow_leaf {
    pa_t page; /* where the 4 KiB really are */
    bool r, w, x;
    bool supervisor;            /* not for the CPU's user mode, where it has both on one root */
    uint64_t size;              /* of the page that the original tables map: dropping any part drops all of it */
    pa_t origin[PT_MAX_LEVELS]; /* by level: where the original table of that level really is; SHADOW_NO_ORIGIN: none. For tracing */
};

enum shadow_result {
    SHADOW_MAPPED, /* there is a new entry */
    SHADOW_SAME,   /* it was there before */
    SHADOW_BEYOND, /* the format has no such address */
};

/* What to drop: absent va and asid mean all. */
struct shadow_scope {
    bool has_va, has_asid;
    va_t va;
    uint64_t asid;
};

struct shadow_stats {
    uint64_t fills;     /* leaves written */
    uint64_t flushes;   /* drops ordered by scope */
    uint64_t exhausted; /* times the frames ran out */
    uint64_t evicted;   /* tables taken back then */
    uint64_t recycled;  /* roots */
    uint64_t traced;    /* pages now */
    uint64_t writes;    /* to traced pages */
    uint64_t released;  /* pages written too often to be traced */
    uint64_t loosened;  /* pages that went out of sync */
    unsigned frames_used;
};

MUST_CHECK int shadow_create(struct shadow **out, const struct shadow_config *); /* 0 or -ENOMEM. The tables are emptied */
void shadow_destroy(struct shadow *);

/* The root for this situation: the one it has, or the least recently used one, emptied. */
unsigned shadow_select(struct shadow *, const struct shadow_key *);
pa_t shadow_root(const struct shadow *, unsigned root); /* the same for life */
unsigned shadow_asid(const struct shadow *, unsigned root);

/* Maps va's page in `root`. W is withheld from a traced page. Other roots may lose entries, this one too. */
MUST_CHECK enum shadow_result shadow_map(struct shadow *, unsigned root, va_t, const struct shadow_leaf *);

void shadow_drop(struct shadow *, const struct shadow_scope *); /* spares untranslated roots */
/* The same where it is traced: nothing but what is out of sync can be stale. Without an address all of it is brought into sync, whatever
 * the ASID. */
void shadow_sync(struct shadow *, const struct shadow_scope *);
/* All of it, roots too: what follows is the same as in a shadow just made. Counts go on. */
void shadow_drop_all(struct shadow *);

/* Tracing: [pa, pa+length), inside the pages, was written. */
void shadow_written(struct shadow *, pa_t, size_t length);
bool shadow_is_traced(const struct shadow *, pa_t);

struct shadow_stats shadow_stats_get(const struct shadow *);
/* The counts, from here on; `traced` and `frames_used` stay what they are. */
void shadow_stats_set(struct shadow *, const struct shadow_stats *);

/* --- To look at, for people (shadow_look.c) */

struct shadow_look {
    struct shadow_key key;
    uint64_t used;           /* the higher, the more lately */
    unsigned tables, leaves; /* the root's own table is one */
};
const struct shadow_config *shadow_config_get(const struct shadow *);
bool shadow_fenced(const struct shadow *); /* shadow_drop() since it was made, or since shadow_drop_all() */
bool shadow_find(const struct shadow *, const struct shadow_key *, unsigned *root); /* false: the situation has none */
bool shadow_root_look(const struct shadow *, unsigned root, struct shadow_look *);  /* false: no such root, or it was never used */

#endif
