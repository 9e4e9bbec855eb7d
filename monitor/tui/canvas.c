/* canvas.c - see canvas.h. */
#include "monitor/tui/canvas.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024, CUT = '>' };

int canvas_open(struct canvas *c, unsigned width, unsigned height)
{
    *c = (struct canvas){.width = width, .height = height, .cell = calloc((size_t)width * height + 1, sizeof *c->cell)};
    if (!c->cell) {
        c->width = c->height = 0;
        return -ENOMEM;
    }
    canvas_clear(c);
    return 0;
}

void canvas_close(struct canvas *c)
{
    free(c->cell);
    *c = (struct canvas){0};
}

void canvas_clear(struct canvas *c)
{
    for (size_t i = 0; i < (size_t)c->width * c->height; i++)
        c->cell[i] = (struct cell){' ', STYLE_PLAIN};
}

/* NULL outside: a pane that is given too small a box draws less, and writes nowhere else. */
static struct cell *at(struct canvas *c, unsigned x, unsigned y)
{
    return x < c->width && y < c->height ? &c->cell[(size_t)y * c->width + x] : NULL;
}

static void put(struct canvas *c, unsigned x, unsigned y, char what, enum style style)
{
    struct cell *cell = at(c, x, y);
    if (cell)
        *cell = (struct cell){what, (uint8_t)style};
}

/* One column for each character of UTF-8, whatever it is. */
static char shown(const char **text)
{
    unsigned char c = (unsigned char)*(*text)++;
    if (c < 0x80)
        return c < ' ' || c == 0x7f ? ' ' : (char)c;
    while (((unsigned char)**text & 0xc0) == 0x80)
        ++*text;
    return '?';
}

/* What does not fit ends in '>', in the box's last column, so that a cut value is not read as a whole one. Blanks at the end are
 * not worth that. The column returned counts what was drawn: the next piece of a row begins there.
 *
 *   box of 10   "mode S"   "a long name"
 *               mode S     a long na>
 */
unsigned canvas_text(struct canvas *c, const struct box *b, unsigned x, unsigned y, enum style style, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *s = text;
    for (; *s && x < b->width; x++) {
        char what = shown(&s);
        if (y < b->height)
            put(c, b->x + x, b->y + y, what, style);
    }
    if (s[strspn(s, " ")] && b->width && y < b->height)
        put(c, b->x + b->width - 1, b->y + y, CUT, STYLE_DIM);
    return x;
}

void canvas_fill(struct canvas *c, const struct box *b, unsigned x, unsigned y, enum style style)
{
    for (; x < b->width && y < b->height; x++) {
        struct cell *cell = at(c, b->x + x, b->y + y);
        if (cell)
            cell->style = (uint8_t)style;
    }
}

/* "-[exits of vm1]----" has the keys, "- registers -------" has not: the brackets say it without colour, too. */
void canvas_title(struct canvas *c, const struct box *b, bool focus, const char *title)
{
    const struct box row = {b->x, b->y - 1, b->width, 1};
    if (!b->y)
        return;
    for (unsigned x = 0; x < b->width; x++)
        put(c, b->x + x, row.y, '-', STYLE_BORDER);
    canvas_text(c, &row, 1, 0, focus ? STYLE_FOCUS : STYLE_TITLE, focus ? "[%s]" : " %s ", title);
}

/* Where it crosses a border there is a '+'. */
void canvas_bar(struct canvas *c, unsigned x, unsigned y, unsigned height)
{
    for (unsigned i = 0; i < height; i++) {
        const struct cell *cell = at(c, x, y + i);
        put(c, x, y + i, cell && cell->c == '-' && cell->style == STYLE_BORDER ? '+' : '|', STYLE_BORDER);
    }
}

void canvas_print(const struct canvas *c, FILE *f)
{
    for (unsigned y = 0; y < c->height; y++) {
        const struct cell *row = &c->cell[(size_t)y * c->width];
        unsigned n = c->width;
        while (n && row[n - 1].c == ' ')
            n--;
        for (unsigned x = 0; x < n; x++)
            fputc(row[x].c, f);
        fputc('\n', f);
    }
}

/* A blank in the second half of the line is a good place to break at; further to the left the line would look empty, and a long
 * word is cut instead. */
bool canvas_line(const char **text, unsigned width, const char **line, unsigned *length)
{
    const char *start = *text;
    if (!*start || !width)
        return false;
    size_t n = strcspn(start, "\n");
    if (n <= width) {
        *text = start + n + (start[n] == '\n');
    } else {
        n = width;
        for (size_t cut = width; cut > width / 2; cut--)
            if (start[cut] == ' ') {
                n = cut;
                break;
            }
        *text = start + n + strspn(start + n, " ");
    }
    *line = start;
    *length = (unsigned)n;
    return true;
}
