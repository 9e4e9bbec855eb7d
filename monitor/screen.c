/* screen.c - see screen.h.
 *
 * A command's text on its way to a person:
 *
 *     fprintf(s->out) --> write_some(): kept until there is a newline --> fold_line() to `width` --> print_row() --> s->to
 *                                                                          rows are counted; when `height` is full: ask()
 *
 *     --Type <RET> for more, q to quit, c to continue without paging--
 *
 * `q` drops what the command still prints, up to screen_end(): the command itself runs on and knows nothing of it.
 */
#define _GNU_SOURCE /* fopencookie */
#include "monitor/screen.h"

#include "monitor/fold.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS_UNKNOWN = 80, ROWS_UNKNOWN = 24, SIZE_MAX_SAID = SCREEN_UNFOLDED };

/* What the environment says; 0: nothing sensible. Only plain digits: "80x24" or a negative number is as if nothing were said. */
static unsigned said(const char *name)
{
    const char *text = getenv(name);
    char *end;
    unsigned long n = text ? strtoul(text, &end, 10) : 0;
    return text && *text >= '0' && *text <= '9' && !*end && n <= SIZE_MAX_SAID ? (unsigned)n : 0;
}

/* Of the terminal that output goes to, or, if that is a file, messages. */
static bool terminal_size(struct winsize *w)
{
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, w) == 0 || ioctl(STDERR_FILENO, TIOCGWINSZ, w) == 0;
}

unsigned screen_columns(void)
{
    struct winsize w;
    unsigned n = said("COLUMNS");
    if (!n && terminal_size(&w))
        n = w.ws_col;
    return n ? n : COLUMNS_UNKNOWN;
}

unsigned screen_rows(void)
{
    struct winsize w;
    unsigned n = said("LINES");
    if (!n && terminal_size(&w))
        n = w.ws_row;
    return n ? n : ROWS_UNKNOWN;
}

/* --- the pager, in gdb's words [gdb, "Screen Size"] */

/* The first letter of the answer; 'q' when there is none: end of input, Ctrl-C, a signal that ends the command. */
static char answer(void)
{
    char first = 0, c = 0;
    while (c != '\n') {
        ssize_t n = read(STDIN_FILENO, &c, 1);
        if (n < 0 && errno == EINTR && !terminal_signal() && !terminal_take_interrupt())
            continue;
        if (n <= 0)
            return 'q';
        if (!first && c != ' ')
            first = c;
    }
    return first;
}

/* What is printed is held up in the middle of a command, which waits in its printf() for the person. */
static void ask(struct screen *s)
{
    fputs("--Type <RET> for more, q to quit, c to continue without paging--", s->to);
    fflush(s->to);
    char c = answer();
    s->rows = 0;
    s->quit = c == 'q';
    if (c == 'c')
        s->paging = false;
}

/* --- rows */

/* One row less than there are: the last one is for the question. */
static void print_row(void *opaque, unsigned blanks, const char *text, size_t size)
{
    struct screen *s = opaque;
    if (s->paging && !s->paused && !s->quit && s->height > 1 && s->rows + 1 >= s->height)
        ask(s);
    if (s->quit)
        return;
    fprintf(s->to, "%*s", (int)blanks, "");
    fwrite(text, 1, size, s->to);
    fputc('\n', s->to);
    s->rows++;
}

/* Room for twice as much as is wanted, so a long line without a newline costs few calls. */
static bool keep(struct screen *s, const char *bytes, size_t size)
{
    if (s->length + size >= s->room) {
        size_t room = (s->length + size + 64) * 2;
        char *grown = realloc(s->line, room);
        if (!grown)
            return false;
        s->line = grown;
        s->room = room;
    }
    if (size)
        memcpy(s->line + s->length, bytes, size);
    s->length += size;
    return true;
}

/* The stream has no buffer of its own (_IONBF), so what is printed is here at once, also if somebody forgets to flush before he
 * looks. */
static ssize_t write_some(void *cookie, const char *bytes, size_t size)
{
    struct screen *s = cookie;
    for (size_t at = 0, n; at < size; at += n) {
        const char *end = memchr(bytes + at, '\n', size - at);
        n = end ? (size_t)(end - bytes) - at : size - at;
        if (!keep(s, bytes + at, n)) /* for want of memory as it comes */
            fwrite(bytes + at, 1, n, s->to);
        if (!end)
            continue;
        fold_line(s->line, s->length, s->width, print_row, s);
        s->length = 0;
        n++;
    }
    return (ssize_t)size;
}

int screen_open(struct screen *s, FILE *to)
{
    *s = (struct screen){.to = to, .width = screen_columns(), .height = 0, .pager = true};
    s->out = fopencookie(s, "w", (cookie_io_functions_t){.write = write_some});
    if (!s->out || !keep(s, "", 0) || setvbuf(s->out, NULL, _IONBF, 0) != 0) {
        screen_close(s);
        return -ENOMEM;
    }
    return 0;
}

/* A screen that was not opened is all zeros. */
void screen_close(struct screen *s)
{
    if (!s->out)
        return;
    screen_flush(s);
    fclose(s->out);
    free(s->line);
    *s = (struct screen){0};
}

/* A prompt has no newline: it goes out as it is, unfolded. */
void screen_flush(struct screen *s)
{
    if (s->length && !s->quit)
        fwrite(s->line, 1, s->length, s->to);
    s->length = 0;
    fflush(s->to);
}

void screen_begin(struct screen *s)
{
    if (!s->has_width)
        s->width = screen_columns();
    if (!s->has_height)
        s->height = s->at_terminal ? screen_rows() : 0;
    s->rows = 0;
    s->quit = false;
    s->paging = s->pager && s->at_terminal;
}

bool screen_end(struct screen *s)
{
    bool whole = !s->quit;
    screen_flush(s);
    s->paging = s->quit = false;
    return whole;
}

void screen_pause(struct screen *s, bool paused)
{
    s->paused = paused;
    s->rows = 0;
}
