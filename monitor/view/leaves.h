/* leaves.h - one page of a machine of the stack: the leaf of its own tables, and, of a virtual machine, that of its shadow, bit by bit. */
#ifndef TRAPEZE_MONITOR_VIEW_LEAVES_H
#define TRAPEZE_MONITOR_VIEW_LEAVES_H

#include "monitor/view/view.h"

enum { VIEW_LEAF_BITS = ABOUT_PTE_BITS };

/* What `tr` and the screen's pane of walks show of a page. The guest's own leaf and the shadow's stand side by side, for
 * the shadow's is the guest's after what the VMM has to say, and the difference is the lesson:
 *
 *     bit  guest  shadow  why
 *      R     1      1     granted by the guest, and the page is RAM
 *      W     1      0     withheld: the guest's D is not set; the first store sets it
 *      X     0      0     vm1's page tables refuse it: ...
 *      U     0      1     U=1 in every leaf: all guest code runs in real U-mode
 *      A     1      1     set in every leaf; filled only when the guest's is set
 *      D     0      1     set in every leaf; W tells of the guest's D
 *
 * On the bare machine, level 0, there is no shadow: has_root and mapped are false, and only the guest's half and `right`
 * are filled in. */
struct view_leaves {
    struct pt_walk guest, shadow;
    unsigned guest_bits, shadow_bits;  /* of the leaves (about_pte_bits) */
    const char *names;                 /* of the bits, by number: a letter each */
    bool translated, has_root, mapped; /* mapped: the shadow has a leaf */
    bool ring_1;                       /* the guest's ring 0 is in real ring 1 (--ring) */
    unsigned root;
    const struct pt_format *format, *shadow_format; /* NULL: none */
    struct view_verdict right[3];                   /* by enum pt_kind */
};

/* All of *l is set. level: 0 to the depth of the stack. It asks registers and tables of that level anew each time and
 * keeps nothing. */
void view_leaves(const struct debugger *, unsigned level, va_t, struct view_leaves *l);
/* A bit of the leaf, by its number (about_pte_bits): '0', '1', or '.' where there is no leaf. */
char view_guest_bit(const struct view_leaves *, unsigned bit);
char view_shadow_bit(const struct view_leaves *, unsigned bit);
/* Why the bit of the shadow's leaf is as it is. */
const char *view_why_bit(const struct view_leaves *, unsigned bit);
/* The bits in the order in which people read them. */
extern const unsigned view_bit_order[VIEW_LEAF_BITS];

#endif
