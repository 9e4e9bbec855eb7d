/* leaves.h - one page of a machine of the stack: the leaf of its own tables, and, of a virtual machine, that of its shadow, bit by bit. */
#ifndef TRAPEZE_MONITOR_VIEW_LEAVES_H
#define TRAPEZE_MONITOR_VIEW_LEAVES_H

#include "monitor/view/view.h"

enum { VIEW_LEAF_BITS = ABOUT_PTE_BITS };

struct view_leaves {
    struct pt_walk guest, shadow;
    unsigned guest_bits, shadow_bits;  /* of the leaves (about_pte_bits) */
    const char *names;                 /* of the bits, by number: a letter each */
    bool translated, has_root, mapped; /* mapped: the shadow has a leaf */
    unsigned root;
    const struct pt_format *format, *shadow_format; /* NULL: none */
    struct view_verdict right[3];                   /* by enum pt_kind */
};

void view_leaves(const struct debugger *, unsigned level, va_t, struct view_leaves *l);
/* A bit of the leaf, by its number (about_pte_bits): '0', '1', or '.' where there is no leaf. */
char view_guest_bit(const struct view_leaves *, unsigned bit);
char view_shadow_bit(const struct view_leaves *, unsigned bit);
/* Why the bit of the shadow's leaf is as it is. */
const char *view_why_bit(const struct view_leaves *, unsigned bit);
/* The bits in the order in which people read them. */
extern const unsigned view_bit_order[VIEW_LEAF_BITS];

#endif
