/* pane_text.c - what commands and the guest printed, and the line that says where the guest is. */
#include "monitor/tui/tui.h"

#include <stdio.h>
#include <string.h>

/* Counted anew for each drawing: 64 KiB are folded in less time than a terminal needs to show them, and a count that is kept
 * would be wrong after a change of the width. */
unsigned tui_output_rows(const struct tui *t, unsigned width)
{
    const char *text = t->output, *line;
    unsigned length, n = 0;
    while (canvas_line(&text, width, &line, &length))
        n++;
    return n;
}

/* Rows 0 to rows - 1 of the text; `up` is counted from its end:
 *
 *   row 0 ....... first .......... first + height - 1 .......... rows - 1
 *                 |  what is shown  |<----------- up ----------->|
 */
void pane_output(const struct tui *t, struct canvas *c, const struct box *b)
{
    const char *text = t->output, *line;
    unsigned length, rows = tui_output_rows(t, b->width), up = t->output_up, y = 0;
    if (up + b->height > rows)
        up = rows > b->height ? rows - b->height : 0;
    unsigned first = rows > b->height ? rows - b->height - up : 0;
    for (unsigned n = 0; canvas_line(&text, b->width, &line, &length); n++)
        if (n >= first && y < b->height)
            canvas_text(c, b, 0, y++, STYLE_PLAIN, "%.*s", (int)length, line);
    if (up) {
        char more[48];
        unsigned n = (unsigned)snprintf(more, sizeof more, "-- %u more: PgDn --", up);
        canvas_text(c, b, b->width - n, b->height - 1, STYLE_FOCUS, "%s", more);
    }
}

/* Both modes are there, since that is what trap and emulate is about: the guest believes in one, and the machine is in another. */
void pane_status(const struct tui *t, struct canvas *c, const struct box *b)
{
    const struct debugger *d = t->d;
    unsigned level = tui_level(d), x = 0;
    const struct machine *m = view_machine(d, level);
    if (level)
        x = canvas_text(c, b, x, 0, STYLE_TITLE, "%s virtual %s / real %s", view_level_name(d, level),
                        debugger_mode_name(d, machine_get(m, MACHINE_MODE)),
                        debugger_mode_name(d, machine_get(view_machine(d, level - 1), MACHINE_MODE)));
    else
        x = canvas_text(c, b, x, 0, STYLE_TITLE, "bare, mode %s", debugger_mode_name(d, machine_get(m, MACHINE_MODE)));
    if (d->running)
        x = canvas_text(c, b, x, 0, STYLE_ALARM, "  running, Ctrl-C stops");
    else if (d->stop.reason == STOP_ENDED)
        x = canvas_text(c, b, x, 0, STYLE_ALARM, "  ended");
    x = canvas_text(c, b, x, 0, STYLE_PLAIN, "  depth %u  %llu retired  %llu exits", d->stack->depth,
                    (unsigned long long)debugger_retired(d), (unsigned long long)t->timeline.now);
    if (t->pair)
        canvas_text(c, b, x, 0, strcmp(pair_verdict(t->pair), "equal") == 0 ? STYLE_PLAIN : STYLE_ALARM, "  %s",
                    pair_verdict(t->pair));
}
