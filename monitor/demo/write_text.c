/* write_text.c - a demonstration as text: what one sees at a terminal, page by page, and what slides and golden files have.
 *
 *    == 1/5  One kernel, two places ==                      heading
 *                                                           an empty row before each part
 *    The same kernel stands on the machine itself ...       prose, filled
 *
 *    (bare) p $a1                         | (vm) p $a1      two machines: the same rows in two columns
 *    | hello                              |                 "| " what the guest printed
 *    $1 = 42                              | $1 = 42
 *
 *    ? May user mode write sscratch?                        question, and the answer after a pause
 *    = No. ...
 */
#include "monitor/demo/writer.h"

#include "monitor/fold.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 3 /* between two machines */, NARROW = 60 /* less has no room for two */ };

enum ink { INK_HEADING, INK_QUESTION, INK_ANSWER, INK_PROMPT, INK_PLAIN };

static const char *ink(const struct demo_writer *w, enum ink i)
{
    static const char *const codes[] = {"\033[1;7m", "\033[1;35m", "\033[1m", "\033[1;34m", "\033[0m"};
    return w->color ? codes[i] : "";
}

/* Not in JSON, where each machine has its own line, and not where fewer than 28 columns would be left for each. */
static bool side_by_side(const struct demo_writer *w) { return w->ops == &demo_text && w->width >= NARROW; }

unsigned demo_columns(const struct demo_writer *w, unsigned machines)
{
    return machines == 2 && side_by_side(w) ? (w->width - GAP) / 2 : w->width;
}

/* --- rows */

static bool is_full(const struct demo_writer *w, unsigned rows) { return w->full && w->full(w->opaque, rows); }

/* Without memory for it the page is only shown once. */
static void keep_shown(struct demo_writer *w, const char *row, size_t size)
{
    char *longer = realloc(w->shown, w->shown_size + size + 2);
    if (!longer)
        return;
    memcpy(longer + w->shown_size, row, size);
    w->shown_size += size;
    longer[w->shown_size++] = '\n';
    longer[w->shown_size] = '\0';
    w->shown = longer;
}

/* The only place that prints. A row that has no room is not printed at all: full() has then paused, or the person has left. */
static void put_row_out(struct demo_writer *w, const char *row, size_t size)
{
    if (is_full(w, 1))
        return;
    fprintf(w->out, "%.*s\n", (int)size, row);
    w->rows++;
    if (w->clears)
        keep_shown(w, row, size);
}

void demo_text_again(struct demo_writer *w)
{
    fputs("\033[H\033[2J", w->out);
    if (w->shown)
        fputs(w->shown, w->out);
    fflush(w->out);
}

void demo_text_forget(struct demo_writer *w)
{
    free(w->shown);
    w->shown = NULL;
    w->shown_size = 0;
}

/* Whatever is printed goes through here. */
static void put(struct demo_writer *w, unsigned blanks, enum ink i, const char *text, size_t size)
{
    while (size && text[size - 1] == ' ')
        size--;
    if (size)
        fprintf(w->block, "%*s%s%.*s%s", (int)blanks, "", i == INK_PLAIN ? "" : ink(w, i), (int)size, text,
                i == INK_PLAIN ? "" : ink(w, INK_PLAIN));
    fputc('\n', w->block);
}

/* Rows that belong together: where the screen has no room for all of them, though an empty one would, they begin on the next.
 * First into memory, where its rows can be counted. A block longer than a screen begins where it stands, and is paused row by row. */
static void put_block(struct demo_writer *w, void (*fill)(struct demo_writer *, const void *), const void *what)
{
    char *text = NULL;
    size_t size;
    unsigned rows = 0;
    w->block = open_memstream(&text, &size);
    if (!w->block)
        return;
    fill(w, what);
    fclose(w->block);
    w->block = NULL;
    for (const char *at = text; (at = strchr(at, '\n')); at++)
        rows++;
    if (!is_full(w, rows))
        for (const char *at = text, *end; (end = strchr(at, '\n')); at = end + 1)
            put_row_out(w, at, (size_t)(end - at));
    free(text);
}

static void blank(struct demo_writer *w) { put(w, 0, INK_PLAIN, "", 0); }

struct folding {
    struct demo_writer *w;
    enum ink ink;
};

static void put_row(void *opaque, unsigned blanks, const char *text, size_t size)
{
    const struct folding *f = opaque;
    put(f->w, blanks, f->ink, text, size);
}

/* Lines folded to the width. */
static void put_lines(struct demo_writer *w, enum ink i, const char *text)
{
    struct folding f = {w, i};
    while (*text) {
        size_t n = strcspn(text, "\n");
        if (n)
            fold_line(text, n, w->width, put_row, &f);
        else
            blank(w);
        text += n + (text[n] == '\n');
    }
}

/* A mark at the beginning of the first row, the others below its text.
 * "? text": two blanks in, fold_line() puts what continues it below the text and not below the mark. */
static void put_marked(struct demo_writer *w, char mark, enum ink i, const char *text)
{
    char *marked = NULL;
    size_t size;
    FILE *f = open_memstream(&marked, &size);
    if (!f)
        return;
    fprintf(f, "%c ", mark);
    fputs(text, f);
    fclose(f);
    put_lines(w, i, marked);
    free(marked);
}

/* --- two machines */

struct rows {
    FILE *f;
    char *text;
    size_t size;
};

static void keep_row(void *opaque, unsigned blanks, const char *text, size_t size)
{
    const struct rows *r = opaque;
    fprintf(r->f, "%*s%.*s\n", (int)blanks, "", (int)size, text);
}

static void keep_lines(struct rows *r, unsigned width, const char *prefix, const char *text)
{
    char line[1024];
    while (*text) {
        size_t n = strcspn(text, "\n");
        snprintf(line, sizeof line, "%s%.*s", prefix, (int)n, text);
        fold_line(line, strlen(line), width, keep_row, r);
        text += n + (text[n] == '\n');
    }
}

/* fold_columns() and not the bytes' number: a letter beyond ASCII has several bytes and one column. */
static void put_pair(struct demo_writer *w, const char *left, size_t left_size, const char *right, size_t right_size)
{
    char line[1024];
    unsigned column = demo_columns(w, 2), used = fold_columns(left, left_size);
    snprintf(line, sizeof line, "%.*s%*s | %.*s", (int)left_size, left, used < column ? (int)(column - used) : 0, "", (int)right_size,
             right);
    put(w, 0, INK_PLAIN, line, strlen(line));
}

/* The shorter side is filled with empty rows, so that the bar goes all the way down. */
static void put_two(struct demo_writer *w, const struct demo_shown *s)
{
    struct rows r[2] = {{0}};
    const char *at[2] = {"", ""};
    char prompt[256];
    for (unsigned i = 0; i < 2; i++) {
        r[i].f = open_memstream(&r[i].text, &r[i].size);
        if (!r[i].f)
            continue;
        snprintf(prompt, sizeof prompt, "(%s) %s", s->machine[i], s->command);
        keep_lines(&r[i], demo_columns(w, 2), "", prompt);
        keep_lines(&r[i], demo_columns(w, 2), "| ", s->console[i] ? s->console[i] : "");
        keep_lines(&r[i], demo_columns(w, 2), "", s->text[i] ? s->text[i] : "");
        fclose(r[i].f);
        at[i] = r[i].text;
    }
    while (r[0].text && r[1].text && (*at[0] || *at[1])) {
        size_t n[2] = {strcspn(at[0], "\n"), strcspn(at[1], "\n")};
        put_pair(w, at[0], n[0], at[1], n[1]);
        for (unsigned i = 0; i < 2; i++)
            at[i] += n[i] + (at[i][n[i]] == '\n');
    }
    free(r[0].text);
    free(r[1].text);
}

/* --- one machine, or none */

static void put_console(struct demo_writer *w, const char *text)
{
    struct rows r = {0};
    r.f = open_memstream(&r.text, &r.size);
    if (!r.f)
        return;
    keep_lines(&r, w->width, "| ", text);
    fclose(r.f);
    if (r.text)
        put_lines(w, INK_PLAIN, r.text);
    free(r.text);
}

static void put_one(struct demo_writer *w, const struct demo_shown *s, unsigned i)
{
    char prompt[256];
    if (s->machines)
        snprintf(prompt, sizeof prompt, "(%s) %s", s->machine[i], s->command);
    else
        snprintf(prompt, sizeof prompt, "$ trapeze %s", s->command);
    put_lines(w, INK_PROMPT, prompt);
    if (s->console[i] && *s->console[i])
        put_console(w, s->console[i]);
    if (s->text[i])
        put_lines(w, INK_PLAIN, s->text[i]);
}

/* --- the writer */

static void text_begin(struct demo_writer *w, const struct demo_script *s, const char *name) { (void)w, (void)s, (void)name; }

struct heading {
    const char *text;
    unsigned number, of;
};

static void fill_page(struct demo_writer *w, const void *what)
{
    const struct heading *h = what;
    char line[200];
    if (h->number > 1 && !w->clears)
        blank(w);
    snprintf(line, sizeof line, "%s %u/%u  %s %s", w->color ? "" : "==", h->number, h->of, h->text, w->color ? "" : "==");
    put_lines(w, INK_HEADING, line);
}

static void text_page(struct demo_writer *w, const char *heading, unsigned number, unsigned of)
{
    put_block(w, fill_page, &(struct heading){heading, number, of});
    w->latest = DEMO_PAGE;
}

static void fill_prose(struct demo_writer *w, const void *what)
{
    const char *text = what;
    bool figure = *text == ' ' || *text == '\t';
    if (!figure || w->latest != DEMO_PROSE)
        blank(w);
    char *filled = NULL;
    size_t size;
    FILE *f = open_memstream(&filled, &size);
    if (!f)
        return;
    fold_prose(f, w->width, text);
    fclose(f);
    put_lines(w, INK_PLAIN, filled);
    free(filled);
}

static void text_prose(struct demo_writer *w, const char *text)
{
    put_block(w, fill_prose, text);
    w->latest = DEMO_PROSE;
}

static void fill_question(struct demo_writer *w, const void *text)
{
    blank(w);
    put_marked(w, '?', INK_QUESTION, text);
}

static void text_question(struct demo_writer *w, const char *text)
{
    put_block(w, fill_question, text);
    w->latest = DEMO_QUESTION;
}

static void fill_answer(struct demo_writer *w, const void *text) { put_marked(w, '=', INK_ANSWER, text); }
static void text_answer(struct demo_writer *w, const char *text) { put_block(w, fill_answer, text); }

static void fill_command(struct demo_writer *w, const void *what)
{
    const struct demo_shown *s = what;
    if (w->latest != DEMO_COMMAND)
        blank(w);
    if (s->machines == 2 && side_by_side(w))
        put_two(w, s);
    else
        for (unsigned i = 0; i < (s->machines ? s->machines : 1); i++)
            put_one(w, s, i);
}

static void text_command(struct demo_writer *w, const struct demo_shown *s)
{
    put_block(w, fill_command, s);
    w->latest = DEMO_COMMAND;
}

static void text_verdict(struct demo_writer *w, const struct demo_verdict *v) { (void)w, (void)v; /* stderr has what failed */ }
static void text_end(struct demo_writer *w, unsigned failures) { (void)w, (void)failures; }

const struct demo_writer_ops demo_text = {.begin = text_begin,
                                          .page = text_page,
                                          .prose = text_prose,
                                          .question = text_question,
                                          .answer = text_answer,
                                          .command = text_command,
                                          .verdict = text_verdict,
                                          .end = text_end};
