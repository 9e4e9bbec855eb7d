/* display.c - see display.h. Colours and places are the terminal's own sequences [ECMA-48]. */
#include "monitor/display.h"

#include "monitor/board_text.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { FRAME_NS = 40000000, NO_COLOUR = 0x100 };
#define HELP_NS UINT64_C(5000000000)

/* Two pictures: what the terminal shows, and what the board has now. A cell is sent if they differ in it, or if nothing was sent
 * yet. */
struct display {
    const struct system *system; /* borrowed */
    struct board_screen shown, now;
    bool at_terminal, begun;
    uint64_t drawn;      /* when, by the host's clock, in ns */
    uint64_t help_until; /* so long the keys stand in the terminal's last row; 0: they do not */
};

static uint64_t host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The board composes its screen from its memory anew each time, which costs more than a few instructions: hence only as often as
 * it is drawn. */
static void look(struct display *d)
{
    const struct board *b = d->system->board;
    b->ops->screen(b, &d->now);
}

/* The adapter's colours have blue and red the other way round. */
static unsigned terminal_colour(unsigned colour) { return (colour & 2) | (colour & 1) << 2 | (colour >> 2 & 1); }

/* A board's colour byte as the terminal says it, "\033[0;93;44;5m" for bright yellow on blue that blinks:
 *
 *    bits  7       6 5 4       3 2 1 0
 *          ;5      4x          3x, with bit 3: 9x
 */
static void colour_set(FILE *f, unsigned colour)
{
    fprintf(f, "\033[0;%u;%u%sm", (colour & 8 ? 90 : 30) + terminal_colour(colour & 7), 40 + terminal_colour(colour >> 4 & 7),
            colour & 0x80 ? ";5" : "");
}

static bool is_shown(const struct display *d, unsigned n)
{
    return d->begun && d->shown.cell[n].character == d->now.cell[n].character && d->shown.cell[n].colour == d->now.cell[n].colour;
}

/* The cursor goes on by itself, so a place is said only where a gap was left, or at a row's begin: terminals differ in what they
 * do after the last column. The same for colours: a run of cells of one colour has one sequence. */
static void cells_draw(struct display *d, FILE *f)
{
    unsigned colour = NO_COLOUR, place = UINT32_MAX;
    for (unsigned n = 0; n < d->now.columns * d->now.rows; n++) {
        const struct board_cell *c = &d->now.cell[n];
        char text[BOARD_CELL_TEXT];
        if (is_shown(d, n))
            continue;
        if (n != place || n % d->now.columns == 0)
            fprintf(f, "\033[%u;%uH", n / d->now.columns + 1, n % d->now.columns + 1);
        if (c->colour != colour)
            colour_set(f, colour = c->colour);
        board_cell_text(c->character ? c->character : ' ', text);
        fputs(text, f);
        place = n + 1;
    }
}

static void draw(struct display *d)
{
    look(d);
    if (!d->begun)
        fputs("\033[0m\033[2J", stdout);
    cells_draw(d, stdout);
    fputs("\033[0m", stdout);
    if (d->help_until)
        fputs("\033[999;1H\033[7mCtrl-A x ends trapeze; Ctrl-A Ctrl-A sends Ctrl-A\033[0m", stdout);
    if (d->now.has_cursor)
        fprintf(stdout, "\033[?25h\033[%u;%uH", d->now.cursor / d->now.columns + 1, d->now.cursor % d->now.columns + 1);
    else
        fputs("\033[?25l", stdout);
    fflush(stdout);
    d->shown = d->now;
    d->begun = true;
}

/* 25 times a second at most, by the host's clock. The guest's is of no use here: it may run at a hundred times its speed, or
 * stand. */
static void host_looks(void *opaque)
{
    struct display *d = opaque;
    const uint64_t now = host_ns();
    if (d->help_until && now >= d->help_until) {
        d->help_until = 0;
        d->begun = false;
    }
    if (!d->at_terminal || (d->begun && now - d->drawn < FRAME_NS))
        return;
    draw(d);
    d->drawn = now;
}

/* Ctrl-A h. The console's own help would be of several lines in the middle of the screen. */
static bool takes_key(void *opaque, uint8_t key, bool escaped)
{
    struct display *d = opaque;
    if (!escaped || (key != 'h' && key != '?'))
        return false;
    d->help_until = host_ns() + HELP_NS;
    d->drawn = 0;
    return true;
}

/* The serial port's output has no place on a terminal that shows the screen. */
static void drop(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

/* A signal that kills leaves the cursor visible, the colours plain and the prompt below: those are the last words. */
int display_create(struct display **out, const struct system *system, struct console *console, struct error *e)
{
    if (!system->board->ops->screen)
        return error_set(e, ENOTSUP, "the board has no screen to show");
    struct display *d = calloc(1, sizeof *d);
    if (!d)
        return error_set(e, ENOMEM, "there is not enough memory for the screen");
    d->system = system;
    d->at_terminal = isatty(STDOUT_FILENO);
    if (d->at_terminal)
        terminal_last_words("\033[0m\033[?25h\033[999;1H\r\n");
    console_set_monitor(console, &(struct console_monitor){.write = drop, .key = takes_key, .look = host_looks, .opaque = d});
    *out = d;
    return 0;
}

/* Into a file or a pipe goes the last picture as lines of text, which is what a test or a person reads afterwards. */
void display_finish(struct display *d)
{
    char row[BOARD_ROW_TEXT];
    if (!d)
        return;
    if (d->at_terminal) {
        draw(d);
        printf("\033[0m\033[?25h\033[%u;1H\r\n", d->now.rows);
    } else {
        look(d);
        for (unsigned n = 0; n < d->now.rows; n++) {
            board_row_text(&d->now, n, row);
            puts(row);
        }
    }
    fflush(stdout);
}

void display_destroy(struct display *d) { free(d); }
