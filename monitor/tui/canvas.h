/* canvas.h - a screen as text: cells of a character and a style, without any terminal. Panes draw here; a terminal shows it
 * (terminal_curses.c), a test prints it (canvas_print).
 *
 * Columns and rows count from 0. What lies outside is not drawn. Characters are ASCII, borders too: every terminal has them, and a picture of the
 * screen is text.
 */
#ifndef TRAPEZE_MONITOR_TUI_CANVAS_H
#define TRAPEZE_MONITOR_TUI_CANVAS_H

#include "mmu/base.h"

#include <stdio.h>

/* What a cell means. A style never stands alone: a letter or a mark says the same. */
enum style {
    STYLE_PLAIN,
    STYLE_TITLE,      /* of a panel */
    STYLE_FOCUS,      /* of the panel that has the keys */
    STYLE_BORDER,     /* lines between panels */
    STYLE_DIM,        /* what is less to the point */
    STYLE_CHANGED,    /* marked '*' */
    STYLE_HERE,       /* the instruction at the pc, marked "=>"; the cursor */
    STYLE_PRIVILEGED, /* P: the VMM's v_i */
    STYLE_RESOURCE,   /* F: the shadow MMU */
    STYLE_DEVICE,     /* D */
    STYLE_GUEST,      /* R: reflected, the guest's own */
    STYLE_INTERRUPT,  /* I */
    STYLE_ALARM,      /* !: critical, a difference, a stop */
    STYLES
};

struct cell {
    char c;
    uint8_t style;
};
struct canvas {
    unsigned width, height;
    struct cell *cell; /* owned; [height * width] */
};

/* A part of a canvas. */
struct box {
    unsigned x, y, width, height;
};

/* Blank. -ENOMEM: then it has no cells. */
MUST_CHECK int canvas_open(struct canvas *, unsigned width, unsigned height);
void canvas_close(struct canvas *);
void canvas_clear(struct canvas *);
/* Text from column x of row y of the box on, cut off at its end, where '>' then says so, tabs as a blank, what is not ASCII as '?'.
 * Returns the column behind it. */
unsigned canvas_text(struct canvas *, const struct box *, unsigned x, unsigned y, enum style, const char *format, ...)
    PRINTF_LIKE(6, 7);
/* The rest of a row in a style. */
void canvas_fill(struct canvas *, const struct box *, unsigned x, unsigned y, enum style);
/* A line of the border with a title in it, along the row above the box. */
void canvas_title(struct canvas *, const struct box *, bool focus, const char *title);
void canvas_bar(struct canvas *, unsigned x, unsigned y, unsigned height); /* a vertical line */
/* As lines of text without trailing blanks. */
void canvas_print(const struct canvas *, FILE *);

/* Text in lines of at most `width` columns, broken at blanks: *text moves behind the line, which has *length characters. false: no more. */
bool canvas_line(const char **text, unsigned width, const char **line, unsigned *length);

#endif
