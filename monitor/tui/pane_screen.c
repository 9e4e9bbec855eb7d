/* pane_screen.c - what is to be seen on the screen of the guest's board, in place of everything that explains it. */
#include "monitor/tui/tui.h"

#include "devices/board.h"

#include <stdlib.h>

/* A canvas is ASCII: lines and blocks are drawn by what is nearest. */
static char nearest(uint16_t character)
{
    if (character < ' ' || character == 0x7f)
        return ' ';
    if (character < 0x7f)
        return (char)character;
    if (character == 0x2500 || character == 0x2550)
        return '-';
    if (character == 0x2502 || character == 0x2551)
        return '|';
    if (character >= 0x2500 && character < 0x2580)
        return '+';
    return character >= 0x2580 && character < 0x25a0 ? '#' : '?';
}

static bool is_empty(const struct board_screen *s, unsigned row)
{
    for (unsigned x = 0; x < s->columns; x++)
        if (s->cell[row * s->columns + x].character > ' ')
            return false;
    return true;
}

/* Where all rows have no room it is those with the last text, or the cursor. */
static unsigned first_row(const struct board_screen *s, unsigned room)
{
    unsigned end = s->rows;
    while (end && is_empty(s, end - 1))
        end--;
    if (s->has_cursor && s->cursor / s->columns >= end)
        end = s->cursor / s->columns + 1;
    return end > room ? end - room : 0;
}

/* A canvas has the styles of meanings and not sixteen colours, so a guest's colours are lost here; -display text shows them. */
void pane_screen(const struct tui *t, struct canvas *c, const struct box *b)
{
    const struct board *board = t->d->system->board;
    struct board_screen *s = calloc(1, sizeof *s);
    if (!s)
        return;
    board->ops->screen(board, s);
    const unsigned first = first_row(s, b->height);
    for (unsigned y = 0; y < b->height && first + y < s->rows; y++)
        for (unsigned x = 0; x < s->columns && x < b->width; x++) {
            const unsigned n = (first + y) * s->columns + x;
            canvas_text(c, b, x, y, s->has_cursor && s->cursor == n ? STYLE_HERE : STYLE_PLAIN, "%c", nearest(s->cell[n].character));
        }
    free(s);
}
