/* board_text.h - the screen of a guest's board (devices/board.h) as text.
 *
 * A row of 80 cells is up to 240 bytes, hence BOARD_ROW_TEXT with its zero. Colours are not text: who wants them reads the cells.
 */
#ifndef TRAPEZE_MONITOR_BOARD_TEXT_H
#define TRAPEZE_MONITOR_BOARD_TEXT_H

#include "devices/board.h"

enum { BOARD_ROW_TEXT = 3 * 80 + 1, BOARD_CELL_TEXT = 4 };

/* A character in UTF-8: its bytes, of which there are one to three, and a zero. Returned are the bytes without the zero. */
unsigned board_cell_text(uint16_t character, char out[BOARD_CELL_TEXT]);
/* A row, without the blanks at its end. */
void board_row_text(const struct board_screen *, unsigned row, char out[BOARD_ROW_TEXT]);

#endif
