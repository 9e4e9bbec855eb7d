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

struct display {
    const struct system *system; /* borrowed */
    struct board_screen shown, now;
    bool at_terminal, begun;
    uint64_t drawn; /* when, by the host's clock, in ns */
};

static uint64_t host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void look(struct display *d)
{
    const struct board *b = d->system->board;
    b->ops->screen(b, &d->now);
}

/* The adapter's colours have blue and red the other way round. */
static unsigned terminal_colour(unsigned colour) { return (colour & 2) | (colour & 1) << 2 | (colour >> 2 & 1); }

static void colour_set(FILE *f, unsigned colour)
{
    fprintf(f, "\033[0;%u;%u%sm", (colour & 8 ? 90 : 30) + terminal_colour(colour & 7), 40 + terminal_colour(colour >> 4 & 7),
            colour & 0x80 ? ";5" : "");
}

static bool is_shown(const struct display *d, unsigned n)
{
    return d->begun && d->shown.cell[n].character == d->now.cell[n].character && d->shown.cell[n].colour == d->now.cell[n].colour;
}

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
    if (d->now.has_cursor)
        fprintf(stdout, "\033[?25h\033[%u;%uH", d->now.cursor / d->now.columns + 1, d->now.cursor % d->now.columns + 1);
    else
        fputs("\033[?25l", stdout);
    fflush(stdout);
    d->shown = d->now;
    d->begun = true;
}

static void host_looks(void *opaque)
{
    struct display *d = opaque;
    const uint64_t now = host_ns();
    if (!d->at_terminal || (d->begun && now - d->drawn < FRAME_NS))
        return;
    draw(d);
    d->drawn = now;
}

static void drop(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

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
    console_set_monitor(console, &(struct console_monitor){.write = drop, .look = host_looks, .opaque = d});
    *out = d;
    return 0;
}

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
