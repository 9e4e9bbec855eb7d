/* leaves.c - see leaves.h. */
#include "monitor/view/leaves.h"

#include <string.h>

/* Both walks of one page, and who refuses what. Translation is asked for loads and for fetches: a mode may translate the
 * one and not the other, when loads count as another mode's. The guest's format stays NULL when it does not translate:
 * then there is no walk to show, and the guest's column of bits is dots. Everything is looked at, nothing filled in: a
 * page that the shadow lacks is shown as lacking. */
void view_leaves(const struct debugger *d, unsigned level, va_t va, struct view_leaves *l)
{
    const struct machine *m = view_machine(d, level);
    memset(l, 0, sizeof *l);
    l->translated = about_translates(m, PT_READ) || about_translates(m, PT_FETCH);
    struct about_space space;
    about_space(m, &space);
    l->format = l->translated ? space.format : NULL;
    if (l->translated)
        (void)about_walk(m, va, &l->guest);
    if (level) {
        struct vm_shadow s;
        struct vm_place place;
        vm_place(m, &place);
        l->ring_1 = place.config->ring == 1;
        l->shadow_format = vm_shadow_look(m, &s) ? s.format : NULL;
        l->has_root = vm_shadow_walk(m, va, &l->shadow, &l->root);
        l->mapped = l->has_root && l->shadow.result == PT_OK;
    }
    for (unsigned kind = 0; kind < 3; kind++)
        view_judge(d, level, va, (enum pt_kind)kind, &l->right[kind]);
    l->names = about_pte_named(m->isa);
    l->guest_bits = about_pte_bits(m->isa, l->guest.pte);
    l->shadow_bits = about_pte_bits(m->isa, l->shadow.pte);
}

/* A walk that ended in a fault has steps but no leaf, whose bits could be shown: it has a dot, too, and walk_why() says
 * what ended it. */
char view_guest_bit(const struct view_leaves *l, unsigned bit)
{
    return !l->translated || l->guest.result != PT_OK ? '.' : bit_get(l->guest_bits, bit) ? '1' : '0';
}

char view_shadow_bit(const struct view_leaves *l, unsigned bit) { return !l->mapped ? '.' : bit_get(l->shadow_bits, bit) ? '1' : '0'; }

/* By the number of the bit, V R W X U G A D from 0 on. R, W and X differ from page to page, and have the sentence of
 * their access; the others follow from how leaves of a shadow are made (mmu/shadow.c), so one sentence serves all pages. */
const char *view_why_bit(const struct view_leaves *l, unsigned bit)
{
    if (bit >= 4 && !l->mapped)
        return "there is no leaf";
    switch (bit) {
    case 0: return l->mapped ? "there is a leaf" : "no leaf";
    case 1: return l->right[PT_READ].why;
    case 2: return l->right[PT_WRITE].why;
    case 3: return l->right[PT_FETCH].why;
    case 4:
        return l->ring_1 ? "as the guest's, 1 without paging: real ring 1, which has its ring 0, is a supervisor"
                         : "U=1 in every leaf: guest code runs in real user mode";
    case 5: return "in no table: each situation has a root and ASID of its own";
    case 6: return "set in every leaf; filled only when the guest's is set";
    default: return "set in every leaf; W tells of the guest's D";
    }
}

/* R W X U A D G V: rights first, what is the same for all pages last. */
const unsigned view_bit_order[VIEW_LEAF_BITS] = {1, 2, 3, 4, 6, 7, 5, 0};
