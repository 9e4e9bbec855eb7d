/* pane_walk.c - the address at hand through the guest's tables and through the shadow's, level beside level; the bits of both leaves,
 * and why the one under the cursor is as it is. */
#include "monitor/tui/tui.h"

#include <stdlib.h>
#include <string.h>

static const struct pt_step *step_of(const struct pt_walk *w, unsigned level)
{
    for (unsigned i = 0; i < w->count && i < PT_MAX_LEVELS; i++)
        if (w->step[i].level == level)
            return &w->step[i];
    return NULL;
}

/* The entry of a level. "L0 088042010 00000000200808df DA-UXWRV": the level, where the entry lies, the entry, its bits. With '*'
 * before the entry it is another than at the stop before, and the bits that are others are in reverse. */
static void entry(const struct isa *isa, struct canvas *c, const struct box *b, unsigned x, unsigned y, const struct pt_walk *w,
                  const struct pt_walk *before, unsigned level)
{
    char now[VIEW_BITS], then[VIEW_BITS];
    const struct pt_step *s = step_of(w, level), *old = before ? step_of(before, level) : NULL;
    if (!s)
        return;
    bool differs = before && (!old || old->pte != s->pte);
    x = canvas_text(c, b, x, y, differs ? STYLE_CHANGED : STYLE_PLAIN, "L%u %09llx%c%016llx ", level, (unsigned long long)s->pte_pa,
                    differs ? '*' : ' ', (unsigned long long)s->pte);
    view_bits(isa, s->pte, now);
    view_bits(isa, old ? old->pte : s->pte, then);
    for (unsigned i = 0; now[i]; i++)
        x = canvas_text(c, b, x, y, now[i] != then[i] ? STYLE_HERE : differs ? STYLE_CHANGED : STYLE_PLAIN, "%c", now[i]);
}

static void why(const struct tui *t, struct canvas *c, const struct box *b, unsigned y)
{
    const struct view_leaves *l = &t->walk.leaves;
    unsigned bit = view_bit_order[t->bit], length;
    const char *text = t->walk.level ? view_why_bit(l, bit) : bit >= 1 && bit <= 3 ? l->right[bit - 1].why : "", *line;
    unsigned x = canvas_text(c, b, 0, y, STYLE_HERE, "%c: ", l->names[bit]);
    for (; y < b->height && canvas_line(&text, b->width - x, &line, &length); y++)
        canvas_text(c, b, x, y, STYLE_PLAIN, "%.*s", (int)length, line);
}

/* The bits of both leaves, a column each, the cursor's in reverse. "R 1=1  W 1>.": the guest's leaf and the shadow's, of which
 * the VMM may grant less for a while, such as W until the guest has set D. */
static void bits(const struct tui *t, struct canvas *c, const struct box *b, unsigned y)
{
    const struct view_leaves *l = &t->walk.leaves;
    unsigned x = canvas_text(c, b, 0, y, STYLE_DIM, "bits ");
    for (unsigned i = 0; i < VIEW_LEAF_BITS; i++) {
        unsigned bit = view_bit_order[i];
        enum style style = i == t->bit ? STYLE_HERE : STYLE_PLAIN;
        if (t->walk.level)
            x = canvas_text(c, b, x, y, style, "%c %c%c%c", l->names[bit], view_guest_bit(l, bit),
                            view_guest_bit(l, bit) == view_shadow_bit(l, bit) ? '=' : '>', view_shadow_bit(l, bit));
        else
            x = canvas_text(c, b, x, y, style, "%c %c", l->names[bit], view_guest_bit(l, bit));
        x = canvas_text(c, b, x, y, STYLE_PLAIN, "  ");
    }
    if (t->walk.level)
        canvas_text(c, b, x, y, STYLE_DIM, "guest > shadow");
}

static void heads(const struct tui *t, struct canvas *c, const struct box *b, unsigned half)
{
    const struct view_leaves *l = &t->walk.leaves;
    char space[VIEW_SPACE];
    struct vm_root root;
    const struct machine *m = view_machine(t->d, t->walk.level);
    canvas_text(c, b, 0, 0, STYLE_DIM, "%s: %s", t->walk.level ? "guest" : "bare",
                l->translated ? view_space(m, space, sizeof space) : "untranslated");
    if (!t->walk.level)
        return;
    if (l->has_root && l->shadow_format && vm_root_look(m, l->root, &root))
        canvas_text(c, b, half, 0, STYLE_DIM, "shadow: %s, root %u (%s)", l->shadow_format->name, l->root, root.situation);
    else
        canvas_text(c, b, half, 0, STYLE_DIM, "shadow: no root for this situation yet");
}

/* A machine without page tables here: what tr says of the address. */
static void relocation(const struct tui *t, struct canvas *c, const struct box *b)
{
    char command[32], *text = NULL;
    const char *at, *line;
    size_t size;
    unsigned length, y = 0;
    struct debugger d = *t->d;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return;
    d.width = b->width;
    snprintf(command, sizeof command, "tr 0x%llx", (unsigned long long)t->walk.va);
    (void)!repl_execute(&d, command, f); /* what fails says so in the text */
    fclose(f);
    for (at = text; at && y < b->height && canvas_line(&at, b->width, &line, &length); y++)
        canvas_text(c, b, 0, y, STYLE_PLAIN, "%.*s", (int)length, line);
    free(text);
}

/* The rows, where the box has room for them:
 *
 *   guest: ...            shadow: ...        heads()
 *   L2 ...                L2 ...             entry(), the root's level first
 *   L0 ...                L0 ...
 *   bits R 1=1 ...                           bits()
 *   R: granted ...                           why(), to the end of the box
 */
void pane_walk(const struct tui *t, struct canvas *c, const struct box *b)
{
    const struct view_leaves *l = &t->walk.leaves, *old = &t->before.leaves;
    bool compare = t->before.known && t->before.va == t->walk.va && t->before.level == t->walk.level;
    unsigned levels = l->format ? l->format->levels : 0, half = b->width / 2 + 1, y = 1;
    if (!t->walk.known || b->height < 3)
        return;
    if (!l->format && !l->shadow_format) {
        relocation(t, c, b);
        return;
    }
    if (l->shadow_format && l->shadow_format->levels > levels)
        levels = l->shadow_format->levels;
    if (levels + 3 > b->height) /* the lower ones matter more */
        levels = b->height - 3;
    heads(t, c, b, half);
    for (unsigned level = levels; level-- > 0; y++) {
        const struct box left = {b->x, b->y, half - 1, b->height};
        entry(debugger_isa(t->d), c, &left, 0, y, &l->guest, compare ? &old->guest : NULL, level);
        if (t->walk.level)
            entry(debugger_isa(t->d), c, b, half, y, &l->shadow, compare ? &old->shadow : NULL, level);
    }
    bits(t, c, b, y);
    why(t, c, b, y + 1);
}
