/* pane_timeline.c - the exits, a cell each: lettered and coloured by what D made of them, the one that the guest stands behind under
 * the cursor, those ahead of it as they came last time. */
#include "monitor/tui/tui.h"

#include "monitor/debug/trap_name.h"
#include "monitor/disasm.h"

enum { MOST = 512 };

/* As many cells of the level as there is room for: two thirds for what has come, the rest for what lies ahead. Returns how many;
 * *here gets the index of the one under the cursor, or `room`: none has come. */
static unsigned collect(const struct tui *t, unsigned level, unsigned room, const struct traplog_exit **out, unsigned *here)
{
    const struct timeline *l = &t->timeline;
    const struct traplog_exit *at = timeline_here(l, level);
    unsigned first = at ? (unsigned)(at - l->cell) : 0, before = 0, n = 0;
    for (unsigned wanted = room * 2 / 3; first > 0 && before < wanted;)
        before += l->cell[--first].level == level;
    *here = room;
    for (unsigned i = first; i < l->count && n < room; i++) {
        if (l->cell[i].level != level)
            continue;
        if (&l->cell[i] == at)
            *here = n;
        out[n++] = &l->cell[i];
    }
    return n;
}

/* The '<' takes a column, and the last is free for the '>' of a line that is cut off. */
static unsigned room_of(const struct box *b) { return b->width < 2 ? 0 : b->width - 2 < MOST ? b->width - 2 : MOST; }

/* "F exit 1 at 7: sd zero, 0(t0), store page fault; a leaf of the shadow was filled" */
static void describe(const struct tui *t, const struct traplog_exit *x, struct canvas *c, const struct box *b)
{
    char text[DISASM_TEXT], name[64];
    const struct vm_event *e = &x->event;
    const char *cause = e->trap.kind == TRAP_EXCEPTION || e->trap.kind == TRAP_INTERRUPT
                            ? trap_name(debugger_isa(t->d), &e->trap, name, sizeof name)
                            : "no trap of the host";
    unsigned n = canvas_text(c, b, 0, 1, timeline_style(e), "%c", timeline_letter(e));
    n = canvas_text(c, b, n, 1, STYLE_PLAIN, " exit %llu at %llu: ", (unsigned long long)x->number, (unsigned long long)e->retired);
    if (e->trap.length) {
        disasm_in(debugger_guest(t->d), t->d->syntax, e->trap.bits, e->pc, text, sizeof text);
        n = canvas_text(c, b, n, 1, STYLE_PLAIN, "%s, ", text);
    }
    n = canvas_text(c, b, n, 1, STYLE_PLAIN, "%s; ", cause);
    canvas_text(c, b, n, 1, STYLE_DIM, "%s", timeline_word(timeline_letter(e)));
}

/* "FFPPR<FD": what stands left of the '<' has come. */
void pane_timeline(const struct tui *t, struct canvas *c, const struct box *b)
{
    const struct traplog_exit *cell[MOST];
    unsigned level = tui_level(t->d), here, x = 0;
    if (!level) {
        canvas_text(c, b, 0, 0, STYLE_DIM, "The guest runs on the bare machine: there is no VMM that takes its traps.");
        return;
    }
    unsigned n = collect(t, level, room_of(b), cell, &here);
    if (!n)
        canvas_text(c, b, 0, 0, STYLE_DIM, "No exit yet.");
    for (unsigned i = 0; i < n; i++) {
        const struct vm_event *e = &cell[i]->event;
        bool ahead = cell[i]->number >= t->timeline.now;
        x = canvas_text(c, b, x, 0, i == here ? STYLE_HERE : ahead ? STYLE_DIM : timeline_style(e), "%c", timeline_letter(e));
        if (i == here)
            x = canvas_text(c, b, x, 0, STYLE_HERE, "<");
    }
    if (here < n)
        describe(t, cell[here], c, b);
}

/* The '<' counts as the cell before it, by which it stands; those behind it lie a column further right. */
const struct traplog_exit *pane_timeline_cell(const struct tui *t, const struct box *b, unsigned x, bool *here)
{
    const struct traplog_exit *cell[MOST];
    unsigned level = tui_level(t->d), at, n = level ? collect(t, level, room_of(b), cell, &at) : 0;
    if (!n)
        return NULL;
    if (x > at)
        x--;
    *here = x == at;
    return x < n ? cell[x] : NULL;
}
