/* tui.c - the state of the full screen: the guest's debugger, what was printed, which address is walked, the line being typed. */
#define _GNU_SOURCE /* fopencookie */
#include "monitor/tui/tui.h"

#include "monitor/debug/effects.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- what is printed */

/* The latest TUI_OUTPUT - 1 bytes are kept, from a line's begin on. */
void tui_say(struct tui *t, const char *bytes, size_t count)
{
    if (count >= TUI_OUTPUT) {
        bytes += count - (TUI_OUTPUT - 1);
        count = TUI_OUTPUT - 1;
    }
    if (t->output_size + count >= TUI_OUTPUT) {
        size_t drop = t->output_size + count - (TUI_OUTPUT - 1);
        const char *end = drop < t->output_size ? memchr(t->output + drop, '\n', t->output_size - drop) : NULL;
        drop = end ? (size_t)(end + 1 - t->output) : t->output_size;
        memmove(t->output, t->output + drop, t->output_size - drop);
        t->output_size -= drop;
    }
    for (size_t i = 0; i < count; i++)
        if (bytes[i] && bytes[i] != '\r')
            t->output[t->output_size++] = bytes[i];
    t->output[t->output_size] = '\0';
    t->output_up = 0;
}

/* What a command prints goes a long way: d->out --> t->screen, which folds it --> t->sink --> t->output, from which
 * pane_output() draws. */
static ssize_t sink_write(void *cookie, const char *bytes, size_t count)
{
    tui_say(cookie, bytes, count);
    return (ssize_t)count;
}

/* As wide as the panel of the output (layout.c: from 160 columns on a third of the screen), and without a pager: it scrolls. */
static void fit(struct tui *t)
{
    t->screen.width = t->canvas.width >= 160 ? t->canvas.width - t->canvas.width * 2 / 3 - 1 : t->canvas.width;
    t->screen.has_width = t->screen.has_height = true;
    t->screen.height = 0;
    t->screen.pager = t->screen.at_terminal = false;
}

/* --- made and resized */

static int check_size(unsigned width, unsigned height, struct error *e)
{
    if (width >= TUI_WIDTH_MIN && height >= TUI_HEIGHT_MIN)
        return 0;
    return error_set(e, EINVAL, "the full screen needs %d columns and %d rows, and the terminal has %u and %u", TUI_WIDTH_MIN,
                     TUI_HEIGHT_MIN, width, height);
}

int tui_open(struct tui *t, struct repl *r, unsigned width, unsigned height, struct error *e)
{
    const cookie_io_functions_t io = {.write = sink_write};
    int result = check_size(width, height, e);
    *t = (struct tui){.repl = r, .d = r->d};
    if (result)
        return result;
    t->output = calloc(TUI_OUTPUT, 1);
    t->sink = fopencookie(t, "w", io);
    if (!t->output || !t->sink || timeline_open(&t->timeline) != 0 || canvas_open(&t->canvas, width, height) != 0 ||
        screen_open(&t->screen, t->sink) != 0) {
        tui_close(t);
        return error_set(e, ENOMEM, "there is not enough memory for the full screen");
    }
    setvbuf(t->sink, NULL, _IONBF, 0);
    fit(t);
    tui_look(t);
    return 0;
}

void tui_close(struct tui *t)
{
    pair_close(t->pair);
    for (unsigned i = 0; i < TUI_HISTORY; i++)
        free(t->history[i]);
    if (t->screen.out)
        screen_close(&t->screen);
    if (t->sink)
        fclose(t->sink);
    timeline_close(&t->timeline);
    canvas_close(&t->canvas);
    free(t->output);
    *t = (struct tui){0};
}

int tui_resize(struct tui *t, unsigned width, unsigned height, struct error *e)
{
    struct canvas larger;
    int r = check_size(width, height, e);
    if (r == 0 && canvas_open(&larger, width, height) != 0)
        r = error_set(e, ENOMEM, "there is not enough memory for the full screen");
    if (r)
        return r;
    canvas_close(&t->canvas);
    t->canvas = larger;
    fit(t);
    return 0;
}

/* --- looking */

unsigned tui_level(const struct debugger *d) { return d->level ? d->level : d->stack->depth; }

/* The first of these that there is: the address somebody asked for; the one whose leaf the exit just behind us filled; what the
 * next instruction accesses; the next instruction's own. So the walk shows what is at hand without being asked. */
va_t tui_address(const struct tui *t, const char **why)
{
    struct effects f;
    const struct traplog_exit *x = timeline_here(&t->timeline, tui_level(t->d));
    const struct machine *m = debugger_machine(t->d);
    if (t->has_address) {
        *why = "as asked for (tui address auto)";
        return t->address;
    }
    if (x && x->number + 1 == t->timeline.now && x->event.pc == machine_get(m, MACHINE_PC) && x->event.filled) {
        *why = "the leaf just filled";
        return x->event.trap.tval;
    }
    effects_predict_writes(t->d, &f);
    if (f.accesses) {
        *why = f.access[0].is_store ? "the next store" : "the next load";
        return f.access[0].at;
    }
    *why = "the next fetch";
    return about_pc(m);
}

/* The walk of the stop before is kept for comparison; pane_walk() compares only if it is of the same address and machine. */
void tui_look(struct tui *t)
{
    const char *why;
    timeline_look(&t->timeline, t->d->traplog);
    if (t->pair && t->d->stop.reason != STOP_ENDED)
        pair_follow(t->pair, t->d);
    t->before = t->walk;
    t->walk = (struct tui_walk){.known = true, .va = tui_address(t, &why), .level = t->d->level};
    view_leaves(t->d, t->walk.level, t->walk.va, &t->walk.leaves);
    t->code_up = 0;
}

/* --- commands */

static void remember(struct tui *t, const char *line)
{
    char *copy = *line ? strdup(line) : NULL;
    if (copy) {
        free(t->history[t->history_count % TUI_HISTORY]);
        t->history[t->history_count++ % TUI_HISTORY] = copy;
    }
    t->history_at = t->history_count;
}

/* Who only looks reads from the begin on what has no room, and scrolls; of what ran the end counts. There were so many rows before. */
static void read_from_begin(struct tui *t, unsigned before)
{
    unsigned now = tui_output_rows(t, t->screen.width), room = tui_output_height(t);
    if (now > before + room)
        t->output_up = now - before - room;
}

/* The REPL prints into the output meanwhile, and runs the guest by its own loop. */
void tui_command(struct tui *t, const char *line)
{
    struct repl *r = t->repl;
    struct debugger *d = t->d;
    struct screen *screen = r->screen;
    FILE *out = d->out, *complaints = r->complaints;
    unsigned width = d->width, rows = tui_output_rows(t, t->screen.width);
    bool color = d->color;
    const uint64_t retired = debugger_retired(d);
    remember(t, line);
    if (*line) {
        static const char echo[] = "(trapeze) ";
        tui_say(t, echo, sizeof echo - 1);
        tui_say(t, line, strlen(line));
        tui_say(t, "\n", 1);
    }
    r->screen = &t->screen;
    d->out = t->screen.out;
    r->complaints = t->screen.out;
    d->width = t->screen.width;
    d->color = false;
    (void)!repl_line(r, line, true); /* it was said */
    repl_run_pending(r);
    screen_flush(&t->screen);
    r->screen = screen;
    r->complaints = complaints;
    d->out = out;
    d->width = width;
    d->color = color;
    if (debugger_retired(d) == retired)
        read_from_begin(t, rows);
    tui_look(t);
}
