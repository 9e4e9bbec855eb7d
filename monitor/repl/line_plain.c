/* line_plain.c - lines from stdin as they come: from a pipe or a file, and at a terminal where there is no readline. There is
 * one stdin to a process: what was read of it lives in file scope. */
#include "monitor/repl/repl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 *    text   |..given on..|...a whole line.\n|.another.\n|.half a l|          |
 *           0            start                                    length     room
 *
 * After each read what was given on is moved out, so a half line begins at 0. One byte of the room stays free: a last line without a
 * newline gets its end mark there. */
static struct line_reader reader;
static char *text; /* owned: what has been read and not been given on */
static size_t length, room;
static bool stopped;

static void open_reader(const struct line_reader *r)
{
    reader = *r;
    stopped = false;
}

/* To a pipe no prompt is written: what reads it wants the answers. The flush is for both, so that an answer is seen before the next line
 * is waited for. */
static void prompt(const char *p)
{
    if (reader.repl->interactive)
        fputs(p, stdout);
    fflush(stdout);
}

/* A terminal without editing cannot take a prompt back: a row of its own is left for it. */
static void hide(void)
{
    if (reader.repl->interactive)
        fputc('\n', stdout);
}

/* false: there is no more, or no memory for it. An interrupted read, or one of a terminal that has nothing, is neither. */
static bool more(void)
{
    if (room - length < 4096) {
        char *grown = realloc(text, room + 65536);
        if (!grown)
            return false;
        text = grown;
        room += 65536;
    }
    ssize_t n = read(STDIN_FILENO, text + length, room - length - 1);
    if (n > 0)
        length += (size_t)n;
    return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Every whole line is given on; at the end of input what is left is one, too.
 * A copy is given: the reader may be closed while the line is carried out, and then `text` is gone, which `stopped` says. Lines behind
 * `quit` are not carried out. */
static void give(bool all)
{
    size_t start = 0;
    while (!reader.repl->quit && !stopped) {
        char *end = length > start ? memchr(text + start, '\n', length - start) : NULL;
        if (!end && !(all && length > start))
            break;
        if (!end)
            end = text + length;
        *end = '\0';
        char *line = strdup(text + start);
        start = (size_t)(end - text) + 1;
        if (line)
            reader.line(reader.opaque, line);
        free(line);
    }
    start = start < length ? start : length;
    if (length)
        memmove(text, text + start, length - start);
    length -= start;
}

static void read_some(void)
{
    bool goes_on = more();
    give(!goes_on);
    if (!goes_on)
        reader.line(reader.opaque, NULL);
}

static void interrupt(void) { fputc('\n', stdout); }

/* What was not given on is dropped: it stood behind `quit`. */
static void close_reader(void)
{
    free(text);
    text = NULL;
    length = room = 0;
    stopped = true;
}

const struct line_source line_plain = {open_reader, prompt, hide, read_some, interrupt, close_reader};
