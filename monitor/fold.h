/* fold.h - a line in as many rows as the terminal needs for it, broken at blanks. What continues a line stands below its last column
 * (what follows two blanks or a tab), or two blanks further in than the line began, so that tables keep their look.
 *
 * Three ways in: fold_line() hands rows to a function (the pager counts them), fold_print() writes lines of a table or of a message,
 * fold_prose() writes a help text, whose lines in the source are not those on the screen.
 */
#ifndef TRAPEZE_MONITOR_FOLD_H
#define TRAPEZE_MONITOR_FOLD_H

#include <stddef.h>
#include <stdio.h>

/* Called with each row: so many blanks, then the bytes. */
typedef void fold_row_fn(void *opaque, unsigned blanks, const char *text, size_t size);

/* The columns that a text takes: tabs reach to the next multiple of 8, escape sequences (ESC [ ... letter) and the later bytes of a
 * UTF-8 character take none. */
unsigned fold_columns(const char *text, size_t size);
/* One line, without its newline. No row is wider than `width`; 0: any width will do. */
void fold_line(const char *line, size_t size, unsigned width, fold_row_fn *, void *opaque);
/* All lines of a text. */
void fold_print(FILE *, unsigned width, const char *text);
/* Of prose: lines that begin with a blank or with "usage" stay lines; others are filled, up to one that ends in a full stop, or to an
 * empty one. */
void fold_prose(FILE *, unsigned width, const char *text);

#endif
