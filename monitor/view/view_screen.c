/* view_screen.c - `info screen`: the text on the screen of the guest's board. */
#include "monitor/board_text.h"
#include "monitor/view/view.h"

#include <errno.h>
#include <stdlib.h>

/* Rows and columns count from 1 for people, as terminals count them; the cell's number counts from 0, row by row. */
static void rows_text(const struct debugger *d, const struct board_screen *s)
{
    char row[BOARD_ROW_TEXT];
    unsigned used = 0;
    for (unsigned n = 0; n < s->rows; n++) {
        board_row_text(s, n, row);
        used = *row ? n + 1 : used;
    }
    for (unsigned n = 0; n < used; n++) {
        board_row_text(s, n, row);
        fprintf(d->out, "%s\n", row);
    }
    if (used < s->rows)
        fprintf(d->out, "(%u rows of %u %sare empty)\n", s->rows - used, s->rows, used ? "below " : "");
    if (s->has_cursor)
        fprintf(d->out, "the cursor is in row %u, column %u\n", s->cursor / s->columns + 1, s->cursor % s->columns + 1);
    else
        fprintf(d->out, "there is no cursor\n");
}

/* No members "row" and "column": there is no cursor. */
static void rows_json(const struct debugger *d, const struct board_screen *s)
{
    char row[BOARD_ROW_TEXT];
    json_array(d->json, "rows");
    for (unsigned n = 0; n < s->rows; n++) {
        board_row_text(s, n, row);
        json_string(d->json, NULL, row);
    }
    json_end(d->json);
    if (!s->has_cursor)
        return;
    json_uint(d->json, "row", s->cursor / s->columns + 1);
    json_uint(d->json, "column", s->cursor % s->columns + 1);
}

/* A screen has room for 4000 cells, more than a stack should be asked for: it is allocated for the moment of the look. */
static int info_screen(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct board *b = d->system->board;
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    if (!b->ops->screen)
        return error_set(e, ENOTSUP, "the guest's board has no screen");
    struct board_screen *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ENOMEM, "there is not enough memory for the screen");
    b->ops->screen(b, s);
    if (d->json)
        rows_json(d, s);
    else
        rows_text(d, s);
    free(s);
    return 0;
}

extern const struct repl_command repl_viewing_screen[];
const struct repl_command repl_viewing_screen[] = {
    {"info screen", NULL, "", "the text on the screen of the guest's board", "Only boards with a screen have one: -M ia32.", GROUP_VMM,
     info_screen, COMPLETE_NOTHING, false, 0},
    {0},
};
