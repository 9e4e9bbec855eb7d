/* fold.c - see fold.h.
 *
 * Folded to 40 columns; the second row begins below the last column of the first, which is what follows two blanks:
 *
 *     |  --depth N   N virtual machines, each in the one before (1)
 *     |  --depth N   N virtual machines, each
 *     |              in the one before (1)
 *
 * A line without columns goes on two blanks further in than it began:
 *
 *     |the guest waits for an interrupt, and
 *     |  nothing that it has enabled can come
 */
#include "monitor/fold.h"

#include <stdbool.h>
#include <string.h>

enum { TAB = 8, CONTINUED = 2, NARROWEST = 8 };

/* The bytes that are one thing: an escape sequence, or a character. An escape sequence takes no column, and a character of UTF-8
 * one, however many bytes it has; neither may be cut in two. */
static size_t unit(const char *at, const char *end)
{
    const char *next = at + 1;
    if (*at == '\033' && next < end && *next == '[') {
        for (next++; next < end && !(*next >= '@' && *next <= '~'); next++)
            ;
        return (size_t)(next - at) + (next < end);
    }
    while (next < end && ((unsigned char)*next & 0xc0) == 0x80)
        next++;
    return (size_t)(next - at);
}

/* The column behind the unit at `at`, which begins in `column`. */
static unsigned column_after(const char *at, unsigned column)
{
    return *at == '\t' ? (column / TAB + 1) * TAB : *at == '\033' ? column : column + 1;
}

unsigned fold_columns(const char *text, size_t size)
{
    unsigned column = 0;
    for (const char *at = text, *end = text + size; at < end; at += unit(at, end))
        column = column_after(at, column);
    return column;
}

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* What fits from `at` on in the columns from `column` to `width`. */
struct fit {
    const char *end, *next; /* of the row; where the next one begins */
    unsigned hang;          /* the last column that began in it; 0: none */
    bool whole;             /* the rest of the line fits */
    bool cut;               /* no blank was where it had to end */
};

/* One pass from blank to blank. The last gap before the width is where the row ends; without one it is cut in the middle of a
 * word. A gap of two blanks or a tab is the begin of a column, unless it lies so far right that nothing would fit below it. */
static struct fit fit(const char *at, const char *end, unsigned column, unsigned width)
{
    struct fit f = {.whole = true};
    unsigned limit = width * 3 / 4;
    const char *row = at;
    while (at < end) {
        const char *gap = at;
        unsigned before = column;
        while (at < end && is_blank(*at)) {
            column = column_after(at, column);
            at++;
        }
        if (at > gap && gap > row) {
            f.end = gap;
            f.next = at;
            if ((column - before >= 2 || *gap == '\t') && column <= limit)
                f.hang = column;
        }
        unsigned after = at < end ? column_after(at, column) : before;
        if (after > width) {
            f.whole = false;
            f.cut = !f.end;
            if (f.cut)
                f.end = f.next = at;
            return f;
        }
        column = after;
        at += at < end ? unit(at, end) : 0;
    }
    f.end = f.next = end;
    return f;
}

/* Rows after the first begin in `hang`. A word that does not fit there gets one more chance further left before it is cut. */
void fold_line(const char *line, size_t size, unsigned width, fold_row_fn *row, void *opaque)
{
    const char *at = line, *end = line + size;
    unsigned indent = 0, hang = 0;
    if (width && width < NARROWEST)
        width = NARROWEST;
    if (!width || fold_columns(line, size) <= width) {
        row(opaque, 0, line, size);
        return;
    }
    while (at < end && is_blank(*at)) {
        indent = column_after(at, indent);
        at++;
    }
    while (end > at && is_blank(end[-1]))
        end--;
    indent = indent + CONTINUED < width / 2 ? indent : 0;
    for (unsigned column = indent; at < end; column = hang) {
        struct fit f = fit(at, end, column, width);
        bool first = hang == 0;
        if (first) {
            hang = f.hang ? f.hang : indent + CONTINUED;
        } else if (f.cut && hang > indent + CONTINUED) { /* a word that wants more room than below the last column */
            hang = indent + CONTINUED;
            continue;
        }
        row(opaque, column, at, (size_t)((f.whole ? end : f.end) - at));
        at = f.whole ? end : f.next;
    }
}

static void print_row(void *opaque, unsigned blanks, const char *text, size_t size)
{
    fprintf(opaque, "%*s%.*s\n", (int)blanks, "", (int)size, text);
}

void fold_print(FILE *f, unsigned width, const char *text)
{
    while (*text) {
        size_t n = strcspn(text, "\n");
        fold_line(text, n, width, print_row, f);
        text += n + (text[n] == '\n');
    }
}

/* Words of a paragraph, from column *column on. Width 0 fills without an end: one line for each paragraph, for somebody who
 * folds them himself. */
static void fill(FILE *f, unsigned width, const char *text, size_t size, unsigned *column)
{
    for (const char *at = text, *end = text + size; at < end;) {
        size_t n = 0;
        while (at + n < end && at[n] != ' ')
            n++;
        bool begins = *column == 0 || (width && *column + 1 + n > width);
        if (n) {
            fprintf(f, "%s%.*s", *column == 0 ? "" : begins ? "\n" : " ", (int)n, at);
            *column = (begins ? 0 : *column + 1) + (unsigned)n;
        }
        at += n + (at + n < end);
    }
}

/* The help texts are written as lines of a source file; here they are what they mean: paragraphs, and examples that stay as they
 * are. */
void fold_prose(FILE *f, unsigned width, const char *text)
{
    unsigned column = 0;
    for (size_t n; *text; text += n + (text[n] == '\n')) {
        n = strcspn(text, "\n");
        bool verbatim = n == 0 || *text == ' ' || strncmp(text, "usage", 5) == 0;
        if (verbatim && column)
            fputc('\n', f);
        column = verbatim ? 0 : column;
        if (verbatim) {
            fold_line(text, n, width, print_row, f);
            continue;
        }
        fill(f, width, text, n, &column);
        if (text[n - 1] == '.') {
            fputc('\n', f);
            column = 0;
        }
    }
    if (column)
        fputc('\n', f);
}
