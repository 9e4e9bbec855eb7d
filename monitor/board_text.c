/* board_text.c - see board_text.h. */
#include "monitor/board_text.h"

/* A character of the screen has 16 bits, which is one to three bytes [RFC 3629, 3]:
 *
 *   up to 7f     0xxxxxxx                              'A'    41
 *   up to 7ff    110xxxxx 10xxxxxx                     u"     c3 bc
 *   up to ffff   1110xxxx 10xxxxxx 10xxxxxx            box    e2 95 94
 */
unsigned board_cell_text(uint16_t character, char out[BOARD_CELL_TEXT])
{
    unsigned n = 0;
    if (character < 0x80) {
        out[n++] = (char)character;
    } else if (character < 0x800) {
        out[n++] = (char)(0xc0 | character >> 6);
        out[n++] = (char)(0x80 | (character & 0x3f));
    } else {
        out[n++] = (char)(0xe0 | character >> 12);
        out[n++] = (char)(0x80 | (character >> 6 & 0x3f));
        out[n++] = (char)(0x80 | (character & 0x3f));
    }
    out[n] = '\0';
    return n;
}

/* A zero is what an adapter's memory holds where nobody has written: it shows as a blank, and counts as one at the end of a row. */
void board_row_text(const struct board_screen *s, unsigned row, char out[BOARD_ROW_TEXT])
{
    const struct board_cell *cell = &s->cell[row * s->columns];
    unsigned columns = s->columns < 80 ? s->columns : 80, at = 0;
    while (columns && (cell[columns - 1].character == ' ' || !cell[columns - 1].character))
        columns--;
    for (unsigned n = 0; n < columns; n++)
        at += board_cell_text(cell[n].character ? cell[n].character : ' ', out + at);
    out[at] = '\0';
}
