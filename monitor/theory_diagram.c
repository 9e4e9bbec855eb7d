/* theory_diagram.c - the paper's diagram, drawn from what was measured: all instructions, in them those that are privileged, and in those, or
 * across their border, those that are sensitive.
 *
 *    +-- all of pg:LRA: 22 ---------------------------------------------------+
 *    |  neither: 13                                                           |
 *    |  lit mov ldx stx add sub and shr jmp jz jn svc reserved                |
 *    |  +-- privileged: 8 -----------------------+                            |
 *    |  |  not sensitive: 2                      |                            |
 *    |  |  getmode halt                          |                            |
 *    |  |  +-- sensitive: 7 ---------------------|-------------------------+  |
 *    |  |  |  privileged: 6                      |  critical: 1            |  |
 *    |  |  |  lpsw setr getr rtu shrink out      |  lra                    |  |
 *    |  |  +-------------------------------------|-------------------------+  |
 *    |  +----------------------------------------+                            |
 *    +------------------------------------------------------------------------+
 */
#include "monitor/theory_text.h"

#include <stdio.h>
#include <string.h>

/* Columns. The sensitive ones' box has two parts, left and right of the border of the privileged ones; without critical ones only the left. */
enum { WIDE = 74, BORDER = 44, STEP = 3, FEW_ROWS = 4, MANY_ROWS = 7, ROW = WIDE + 1 };
enum { REGION_NEITHER, REGION_PRIVILEGED, REGION_BOTH, REGION_CRITICAL, REGIONS };

/* Who stands in a region, in rows of its width. */
struct region {
    unsigned count, rows;
    char row[MANY_ROWS][ROW];
};

static unsigned region_of(const struct finding *f)
{
    if (f->critical)
        return REGION_CRITICAL;
    if (f->sensitive)
        return REGION_BOTH;
    return f->privileged ? REGION_PRIVILEGED : REGION_NEITHER;
}

/* Does a name fit into the last row that has been begun? In the last one that there may be, so must "and 9999 more". */
static bool fits(const struct region *r, unsigned most, unsigned width, size_t length)
{
    const size_t at = strlen(r->row[r->rows - 1]), keep = r->rows == most ? sizeof "and 9999 more" : 0;
    return at + (at > 0) + length + keep <= width;
}

static void add(struct region *r, const char *text)
{
    char *row = r->row[r->rows - 1];
    const size_t at = strlen(row);
    snprintf(row + at, ROW - at, "%s%s", at ? " " : "", text);
}

/* Names as far as there is room; the last row says how many there are besides. Of the critical ones more are shown than of the others. */
static void region_fill(struct region *r, const struct classification *c, unsigned which, unsigned width)
{
    const unsigned most = which == REGION_CRITICAL ? MANY_ROWS : FEW_ROWS;
    unsigned shown = 0;
    char more[32];
    *r = (struct region){.rows = 1};
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        const size_t length = strlen(f->subject);
        if (f->sum || region_of(f) != which)
            continue;
        if (shown == r->count++ && !fits(r, most, width, length) && r->rows < most && *r->row[r->rows - 1])
            r->rows++;
        if (shown != r->count - 1 || !fits(r, most, width, length))
            continue;
        add(r, f->subject);
        shown++;
    }
    snprintf(more, sizeof more, "and %u more", r->count - shown);
    if (shown < r->count)
        add(r, more);
}

/* --- rows: blanks, into which borders and texts are put */

static void row_begin(char row[ROW], unsigned boxes, bool across)
{
    memset(row, ' ', WIDE);
    row[WIDE] = '\0';
    for (unsigned n = 0; n < boxes; n++)
        row[n * STEP] = '|';
    row[WIDE - 1] = '|';
    if (boxes > 1)
        row[BORDER] = '|';
    if (boxes > 2)
        row[across ? WIDE - 1 - STEP : BORDER - STEP] = '|';
}

static void row_text(char row[ROW], unsigned at, const char *text)
{
    for (unsigned n = 0; text[n] != '\0'; n++)
        row[at + n] = text[n];
}

/* A border from column `from` to `to`, with a title or without. */
static void row_border(char row[ROW], unsigned from, unsigned to, const char *title)
{
    memset(row + from, '-', to - from);
    row[from] = row[to] = '+';
    if (!title)
        return;
    row_text(row, from + 3, " ");
    row_text(row, from + 4, title);
    row_text(row, from + 4 + (unsigned)strlen(title), " ");
}

/* What a row of the whole looks like: which boxes are open, and where the innermost of them ends. */
struct drawing {
    FILE *f;
    bool across; /* the sensitive ones' box crosses the border */
};

static void border(const struct drawing *d, unsigned box, unsigned to, const char *title)
{
    char row[ROW];
    row_begin(row, box, d->across);
    if (box == 0)
        memset(row, ' ', WIDE);
    row_border(row, box * STEP, to, title);
    if (box == 2 && d->across)
        row[BORDER] = '|';
    fprintf(d->f, "  %s\n", row);
}

static void region(const struct drawing *d, unsigned boxes, const char *title, const struct region *left, const struct region *right)
{
    char row[ROW], head[2][40];
    const struct region *of[] = {left, right};
    const unsigned rows = right && right->rows > left->rows ? right->rows : left->rows;
    snprintf(head[0], sizeof head[0], "%s: %u", title, left->count);
    snprintf(head[1], sizeof head[1], "critical: %u", right ? right->count : 0);
    for (unsigned n = 0; n <= rows; n++) {
        row_begin(row, boxes, d->across);
        for (unsigned i = 0; i < (right ? 2u : 1u); i++) {
            const char *text = n == 0 ? head[i] : n <= of[i]->rows ? of[i]->row[n - 1] : "";
            row_text(row, i ? BORDER + STEP : boxes * STEP, text);
        }
        fprintf(d->f, "  %s\n", row);
    }
}

void diagram_print(FILE *f, const struct classification *c)
{
    struct region r[REGIONS];
    char title[3][64];
    const char *privileged = "privileged";
    unsigned sums = 0;
    for (unsigned n = 0; n < c->count; n++) {
        privileged = c->findings[n].withheld && c->findings[n].sensitive ? "privileged, or withheld" : privileged;
        sums += c->findings[n].sum;
    }
    region_fill(&r[REGION_NEITHER], c, REGION_NEITHER, WIDE - 2 * STEP);
    region_fill(&r[REGION_PRIVILEGED], c, REGION_PRIVILEGED, BORDER - 3 * STEP);
    region_fill(&r[REGION_CRITICAL], c, REGION_CRITICAL, WIDE - BORDER - 3 * STEP);
    region_fill(&r[REGION_BOTH], c, REGION_BOTH, BORDER - 4 * STEP);
    const struct drawing d = {.f = f, .across = r[REGION_CRITICAL].count > 0};
    snprintf(title[0], sizeof title[0], "all of %s%s%.32s: %u", c->isa, *c->variant ? ":" : "", c->variant, c->count - sums);
    snprintf(title[1], sizeof title[1], "%s: %u", privileged, r[REGION_PRIVILEGED].count + r[REGION_BOTH].count);
    snprintf(title[2], sizeof title[2], "sensitive: %u", r[REGION_BOTH].count + r[REGION_CRITICAL].count);
    const unsigned inner = d.across ? WIDE - 1 - STEP : BORDER - STEP;

    border(&d, 0, WIDE - 1, title[0]);
    region(&d, 1, "neither", &r[REGION_NEITHER], NULL);
    border(&d, 1, BORDER, title[1]);
    region(&d, 2, "not sensitive", &r[REGION_PRIVILEGED], NULL);
    border(&d, 2, inner, title[2]);
    region(&d, 3, privileged, &r[REGION_BOTH], d.across ? &r[REGION_CRITICAL] : NULL);
    border(&d, 2, inner, NULL);
    border(&d, 1, BORDER, NULL);
    border(&d, 0, WIDE - 1, NULL);
}
