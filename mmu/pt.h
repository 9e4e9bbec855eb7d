/* pt.h - page-table formats and the walk over them.
 *
 * pt_walk() is pure: it reads PTEs through the caller's reader, writes nothing, and returns what hardware would do,
 * including the A/D update that the caller has to make. Each step cites the manual. The same walk serves the CPU, the
 * VMM (walking a guest's tables) and the monitor (printing them).
 */
#ifndef TRAPEZE_MMU_PT_H
#define TRAPEZE_MMU_PT_H

#include "mmu/base.h"

enum pt_kind { PT_READ, PT_WRITE, PT_FETCH };

/* What the access is, and the state that permissions depend on [priv 12.3.2]. An AMO or SC is PT_WRITE. */
struct pt_access {
    enum pt_kind kind;
    bool user;      /* effective privilege is U, else S */
    bool sum;       /* S may read and write U pages */
    bool mxr;       /* loads may read X pages */
    bool update_ad; /* Svadu: hardware sets A and D; else (Svade) a page fault asks software to */
    uint64_t own;   /* what else permissions depend on, in bits that this format alone knows (as IA-32's CR0.WP and CR4.PSE) */
};

enum pt_result { PT_OK, PT_PAGE_FAULT, PT_ACCESS_FAULT };

enum { PT_MAX_LEVELS = 5 };

struct pt_step {
    unsigned level; /* counts down to 0 = 4 KiB page */
    pa_t pte_pa;
    uint64_t pte;     /* as found in memory */
    uint64_t pte_new; /* as hardware would leave it, if the walk ends well: there are formats with an A bit in pointers, too */
};

struct pt_walk {
    enum pt_result result;
    const char *why;  /* the manual's step that faulted, e.g. "step 6: U page from S without SUM"; NULL when PT_OK */
    bool other;       /* PT_PAGE_FAULT: the leaf is a valid one, of a page that belongs to the other privilege */
    pa_t pa;          /* PT_OK: translated address of va */
    uint64_t size;    /* PT_OK: bytes the leaf maps (4 KiB, 2 MiB, ...) */
    uint64_t pte;     /* PT_OK: the leaf as found in memory */
    uint64_t pte_new; /* PT_OK: the leaf hardware would leave (A/D set); the caller writes it when it differs, see pt_writes() */
    pa_t pte_pa;      /* address of the leaf */
    unsigned count;   /* steps taken */
    struct pt_step step[PT_MAX_LEVELS];
};

/* Reads the PTE at pte_pa (pte_size bytes, zero-extended). false: that address may not be read: an access fault. */
typedef bool pt_read_fn(void *ctx, pa_t pte_pa, uint64_t *pte);

struct pt_format {
    const char *name;    /* "sv39" */
    unsigned levels;     /* 3 for Sv39 */
    unsigned index_bits; /* 9: bits of va per level; with pte_size they make a table one page */
    unsigned pte_size;   /* bytes */
    unsigned va_bits;    /* 39; higher bits of a va must copy bit va_bits-1 ... */
    bool va_unsigned;    /* ... or must be zero: the machine has no wider addresses */
    unsigned mode;       /* what the register that names the root says of it: 8 for Sv39 */
    void (*walk)(const struct pt_format *, pa_t root, va_t, const struct pt_access *, pt_read_fn *, void *ctx, struct pt_walk *out);
    /* Encodings, for whoever writes tables in this format. */
    uint64_t (*leaf)(pa_t, bool r, bool w, bool x, bool user); /* valid leaf with A and D set, 4 KiB. Never 0, as the next */
    uint64_t (*table)(pa_t);                                   /* valid pointer to the next level's table, A set where it has one */
    bool (*is_table)(uint64_t pte, unsigned level);            /* an entry of a table of this level; of level 0 none should be */
    pa_t (*address)(uint64_t pte);                             /* of the page or table it points to */
};

/* PTE bits of Sv39/Sv48/Sv57 [priv 12.3.1]:
 *  63 62-61 60-54    53-10   9-8  7 6 5 4 3 2 1 0
 *  N  PBMT  reserved PPN     RSW  D A G U X W R V  */
enum { SV_V = 1, SV_R = 2, SV_W = 4, SV_X = 8, SV_U = 16, SV_G = 32, SV_A = 64, SV_D = 128 };

extern const struct pt_format pt_sv39, pt_sv48;

/* Walks `va` from the root table at `root` (a physical address). Never fails; the result is in *out. */
static inline void pt_walk(const struct pt_format *f, pa_t root, va_t va, const struct pt_access *a, pt_read_fn *read, void *ctx,
                           struct pt_walk *out)
{
    f->walk(f, root, va, a, read, ctx, out);
}

/* The index of va into the table of `level`. */
static inline unsigned pt_index(const struct pt_format *f, va_t va, unsigned level)
{
    return (unsigned)bits_get(va, PAGE_SHIFT + level * f->index_bits, f->index_bits);
}

/* The address that the format translates by the bits of va which it looks at. */
static inline va_t pt_canonical(const struct pt_format *f, va_t va)
{
    return f->va_unsigned ? va & (UINT64_MAX >> (64 - f->va_bits)) : (va_t)sign_extend(va, f->va_bits);
}
static inline bool pt_is_canonical(const struct pt_format *f, va_t va) { return pt_canonical(f, va) == va; }

/* Of a walk that ended well: the entries that hardware would leave otherwise than it found them, from the root down. Each of them; a
 * caller of a format without A bits in pointers needs to look at pte_new of the leaf only. */
static inline const struct pt_step *pt_writes(const struct pt_walk *w, unsigned *at)
{
    while (*at < w->count) {
        const struct pt_step *s = &w->step[(*at)++];
        if (s->pte_new != s->pte)
            return s;
    }
    return NULL;
}

#endif
