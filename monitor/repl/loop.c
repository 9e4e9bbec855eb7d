/* loop.c - one loop for the prompt and the guest's console. While the guest runs in front, the keyboard is its; while it runs
 * behind the prompt, lines are read between two slices of it; while it stands, the loop waits for a line.
 *
 *                   a command that runs it
 *     +----------+ ----------------------> +----------------------+
 *     | stands   |                         | runs in front        |   keyboard: the guest's
 *     | prompt   | <---------------------- | repl_foreground()    |
 *     +----------+   it stops, or Ctrl-C   +----------------------+
 *          ^                                  | Ctrl-A c    ^ Ctrl-A c
 *          |  it stops, or `stop`             v             |
 *          |                               +----------------------+
 *          +------------------------------ | runs behind          |   keyboard: the prompt's
 *                                          | background()         |   "(trapeze, guest running) "
 *                                          +----------------------+
 *
 * All of it is one thread. The guest does not run while a line is read or a command is carried out, so a command sees a guest that
 * stands between two instructions even when it "runs": d->running only says that the next slice goes on with the plan.
 */
#include "monitor/repl/repl.h"
#include "monitor/repl/run.h"

#include "monitor/gdb/gdb.h"
#include "monitor/terminal.h"
#include "monitor/tui/tui.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A slice is how long a signal, or a debugger that connects, may have to wait. In front nothing else waits, as the console hears keys
 * by itself (console.h), so slices may be long. */
enum {
    SLICE = 2000000,
    SLICE_BEHIND = 200000
}; /* instructions between looks at the host; behind the prompt a key shall be seen soon */

struct loop {
    struct repl *repl;
    const struct line_source *source;
    bool prompted; /* a prompt is on the screen */
    bool over;     /* input has ended */
};

/* --- the console's side */

static const char help_text[] = "\r\n"
                                "Ctrl-C          stops the guest\r\n"
                                "Ctrl-A c        to the monitor's prompt while the guest runs on, and back\r\n"
                                "Ctrl-A h        this help\r\n"
                                "Ctrl-A x        end trapeze\r\n"
                                "Ctrl-A Ctrl-A   send Ctrl-A to the guest; Ctrl-A Ctrl-C sends Ctrl-C\r\n";

/* A key that the console offers before the guest gets it: Ctrl-C, or what was typed after Ctrl-A. true: it was for us. Nothing can be
 * ended here, deep inside the guest's run: both ways only ask for it, and the run ends when it can. */
static bool console_key(void *opaque, uint8_t key, bool after_ctrl_a)
{
    struct repl *r = opaque;
    if (!after_ctrl_a || key == 'x') {
        r->quit |= key == 'x';
        debugger_interrupt(r->d);
        return true;
    }
    if (key == 'c') {
        r->detached = true;
        system_pause(r->d->system);
        return true;
    }
    if (key == 'h' || key == '?')
        fputs(help_text, stdout);
    return key == 'h' || key == '?';
}

/* What the guest prints; in JSON mode a line of its own.
 * A guest may print at any time, in the middle of a person's typing, too: so the prompt goes first, and the loop shows it again. Bytes 0
 * are replaced, because a JSON string is handed over as a C string and would end there.
 *
 *    {"schema": 1, "console": "hello\u000a"}
 */
static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct repl *r = opaque;
    if (r->tui) {
        tui_say(r->tui, (const char *)bytes, count);
        return;
    }
    if (r->hide)
        r->hide(r);
    if (r->json) {
        struct json j;
        char *text = malloc(count + 1);
        if (!text)
            return;
        for (size_t i = 0; i < count; i++)
            text[i] = bytes[i] ? (char)bytes[i] : '?';
        text[count] = '\0';
        json_open(&j, stdout);
        json_object(&j, NULL);
        json_uint(&j, "schema", REPL_SCHEMA);
        json_string(&j, "console", text);
        json_end(&j);
        free(text);
    } else {
        fwrite(bytes, 1, count, stdout);
        r->open_line = bytes[count - 1] != '\n';
    }
    fflush(stdout);
}

/* While the guest runs in front nobody polls the socket; the console, which looks at the host now and then, lends its look. */
static void console_looks(void *opaque)
{
    const struct repl *r = opaque;
    if (r->gdb)
        gdb_look(r->gdb);
}

struct console_monitor repl_console(struct repl *r)
{
    return (struct console_monitor){.key = console_key, .write = console_write, .look = console_looks, .opaque = r};
}

/* A line that the guest has begun is ended before anything of ours. */
static void own_line(struct repl *r)
{
    if (r->open_line)
        fputc('\n', stdout);
    r->open_line = false;
}

void repl_show_console(struct repl *r)
{
    if (r->d->console)
        console_flush(r->d->console);
    own_line(r);
}

/* Between two slices: who wants the guest to stop? A Ctrl-C that came as a signal and not as a key; a remote debugger; a signal that
 * ends the process. When stdout cannot be written any more its reader has gone, and nobody would see a prompt. */
static void look(struct repl *r)
{
    if (terminal_take_interrupt() || (r->gdb && gdb_waits(r->gdb)))
        debugger_interrupt(r->d);
    if (terminal_signal() || ferror(stdout)) {
        r->quit = true;
        debugger_interrupt(r->d);
    }
}

/* What the guest needs of the terminal is lent to it here, and taken back at the end; the full screen, where it has the terminal, does
 * both in its own way. The pager does not ask for RET meanwhile: the answer would be read from a keyboard that is the guest's. What the
 * console still holds is flushed before the report of the stop, or it would come out behind it.
 */
bool repl_foreground(struct repl *r)
{
    struct debugger *d = r->d;
    bool stopped;
    r->detached = false;
    if (r->run_face)
        return r->run_face(r);
    fflush(stdout);
    if (r->screen)
        screen_pause(r->screen, true);
    if (r->interactive)
        terminal_resume();
    if (d->console)
        console_listen(d->console, r->interactive);
    do {
        stopped = debugger_slice(d, SLICE);
        look(r);
    } while (!stopped && !r->detached);
    if (d->console) {
        console_listen(d->console, false);
        console_flush(d->console);
    }
    terminal_leave();
    own_line(r);
    if (r->screen)
        screen_pause(r->screen, false);
    return stopped;
}

/* The list is taken out of `pending` before its first line runs: a line that runs the guest may meet the next breakpoint, whose commands
 * then stand there. The loop goes on with them, and the rest of the old list is dropped: what it was to look at has moved on. */
void repl_run_pending(struct repl *r)
{
    while (r->pending && !r->quit) {
        char **lines = r->pending;
        r->pending = NULL;
        bool silent = false; /* the rest of them: one that failed, or ran the guest on, ends them */
        for (char **line = lines; *line; line++) {
            if (!silent && strcmp(*line, "silent") != 0)
                silent = repl_line(r, *line, false) != 0 || r->pending || r->d->running;
            free(*line);
        }
        free(lines);
    }
}

/* --- the prompt's side */

/* Both may be called twice: `prompted` says what is on the screen. */
static void prompt(struct loop *l)
{
    if (l->repl->quit || l->over || l->prompted)
        return;
    fflush(stdout);
    l->source->prompt(repl_prompt(l->repl));
    l->prompted = true;
}

static void hide(struct repl *r)
{
    struct loop *l = r->loop;
    if (l->prompted)
        l->source->hide();
    l->prompted = false;
}

/* The row of the prompt has ended by itself, with the Enter key. */
static void on_line(void *opaque, char *text)
{
    struct loop *l = opaque;
    l->prompted = false;
    if (!text) {
        l->over = true;
        return;
    }
    (void)!repl_line(l->repl, text, l->repl->interactive); /* it was said */
    repl_run_pending(l->repl);
}

/* Ctrl-A c at the prompt: the guest gets the terminal back. In the drawing above, the way from "runs behind" up to "in front". */
static void on_console(void *opaque)
{
    struct loop *l = opaque;
    struct repl *r = l->repl;
    hide(r);
    if (!r->d->running) {
        printf("The guest stands; 'continue' runs it, with the keyboard its own.\n");
        return;
    }
    if (repl_foreground(r))
        run_tell(r->d, NULL, r->changes);
}

/* Behind the prompt: a slice; its output takes the prompt away for a moment. */
static void background(struct loop *l)
{
    struct repl *r = l->repl;
    bool stopped = debugger_slice(r->d, SLICE_BEHIND);
    if (r->d->console)
        console_flush(r->d->console);
    if (!stopped)
        return;
    hide(r);
    own_line(r);
    run_tell(r->d, NULL, r->changes);
    repl_run_pending(r);
}

/* A remote debugger has the guest until it leaves. */
static void serve_gdb(struct loop *l)
{
    struct repl *r = l->repl;
    hide(r);
    own_line(r);
    printf("GDB has come: the prompt is back when it has gone. Ctrl-C sends it away.\n");
    fflush(stdout);
    r->quit |= gdb_serve(r->gdb);
    if (r->d->console)
        console_flush(r->d->console);
    own_line(r);
    printf("GDB has gone.\n");
    if (!r->quit)
        run_tell(r->d, NULL, false);
}

/* While the guest runs behind the prompt this only looks (a timeout of 0); else it sleeps here. poll() skips a descriptor of -1, so a
 * monitor that no debugger may come to needs no case of its own.
 *
 * terminal_poll_attentive() and not poll(): a Ctrl-C that comes between the look at its flag and the sleep would be seen only at the
 * next key. */
static void wait_for_input(struct loop *l)
{
    struct gdb *gdb = l->repl->gdb;
    struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = gdb ? gdb_listener(gdb) : -1, .events = POLLIN}};
    if (l->repl->d->running)
        poll(p, 2, 0);
    else
        terminal_poll_attentive(p, 2, NULL, NULL);
    if (terminal_take_interrupt()) {
        l->source->interrupt();
        l->prompted = false;
    }
    if (terminal_take_continued()) /* whoever had the terminal meanwhile has left it as he likes it */
        hide(l->repl);
    if (terminal_signal() || ferror(stdout))
        l->repl->quit = true;
    else if (p[1].revents)
        serve_gdb(l);
    else if (p[0].revents)
        l->source->read();
}

/* The prompt is shown twice a round: a line that was read may have taken it away, and then it must not wait for the guest's slice. At the
 * end of input at a terminal, Ctrl-D, the word that would have done the same is printed, so that the shell's prompt begins a row of its
 * own. */
void repl_loop(struct repl *r)
{
    struct loop l = {.repl = r, .source = r->interactive && line_editing ? line_editing : &line_plain};
    const struct line_reader reader = {.line = on_line, .console = on_console, .repl = r, .opaque = &l};
    r->loop = &l;
    r->hide = hide;
    terminal_leave();
    l.source->open(&reader);
    while (!r->quit && !l.over) {
        prompt(&l);
        wait_for_input(&l);
        prompt(&l);
        if (r->d->running && !r->quit && !l.over)
            background(&l);
    }
    l.source->close();
    if (l.over && r->interactive)
        printf("quit\n");
    r->hide = NULL;
}
