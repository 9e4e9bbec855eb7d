/* cmd_monitor.c - `trapeze monitor`: the guest of the options, stopped at its first instruction, and a prompt.
 *
 * Its life, and what each part can rely on:
 *
 *     options --> pipes, gdb's socket --> console, record, session --> debugger --> repl --> screen (unless --json)
 *     then    greeting, where the guest stands, -x and -ex, full screen or prompt, until `quit`, the end of input, or a signal
 *     at last gdb, repl, debugger, screen, console, session, record, script, options
 *
 * The record is of what the console gave the guest, from the first byte on: going back is running again with the same input.
 */
#include "core/record.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "monitor/debug/open.h"
#include "monitor/debug/traplog.h"
#include "monitor/gdb/gdb.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/repl/repl.h"
#include "monitor/repl/run.h"
#include "monitor/run_options.h"
#include "monitor/session.h"
#include "monitor/terminal.h"
#include "monitor/tui/terminal_curses.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STARTING_MAX = 64 };

/* -x FILE and -ex COMMAND, in their order. */
struct starting {
    bool is_file;
    const char *text;
};

struct monitor_options {
    struct run_options run; /* first */
    struct starting start[STARTING_MAX];
    unsigned starts;
    bool batch, json, quiet, tui;
    enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER } color;
};

struct monitor {
    struct monitor_options options;
    struct script *script;
    struct console *console;
    struct record *record; /* of what the console gave: going back needs it */
    struct session session;
    struct debugger debugger;
    struct repl repl;
    struct screen screen; /* of text; not open with --json */
    struct gdb *gdb;      /* NULL: no remote debugger may come */
    bool open;
};

/* --- options */

/* -x and -ex share one list: `-ex 'b exit' -x more -ex c` is carried out in that order. */
static int add_start(void *into, bool is_file, const char *value, struct error *e)
{
    struct monitor_options *o = into;
    if (o->starts == STARTING_MAX)
        return error_set(e, EINVAL, "there is room for %d of -x and -ex; -x FILE holds any number of commands", STARTING_MAX);
    o->start[o->starts++] = (struct starting){is_file, value};
    return 0;
}

static int set_file(void *into, const char *value, struct error *e) { return add_start(into, true, value, e); }
static int set_command(void *into, const char *value, struct error *e) { return add_start(into, false, value, e); }

#define FLAG_SETTER(function, member)                                                                                                 \
    static int function(void *into, const char *value, struct error *e)                                                               \
    {                                                                                                                                 \
        (void)e, (void)value;                                                                                                         \
        ((struct monitor_options *)into)->member = true;                                                                              \
        return 0;                                                                                                                     \
    }
FLAG_SETTER(set_batch, batch)
FLAG_SETTER(set_json, json)
FLAG_SETTER(set_quiet, quiet)
FLAG_SETTER(set_tui, tui)
#undef FLAG_SETTER

static int set_color(void *into, const char *value, struct error *e)
{
    struct monitor_options *o = into;
    if (!value || strcmp(value, "always") == 0)
        o->color = COLOR_ALWAYS;
    else if (strcmp(value, "never") == 0)
        o->color = COLOR_NEVER;
    else if (strcmp(value, "auto") == 0)
        o->color = COLOR_AUTO;
    else
        return error_set(e, EINVAL, "the option --color is auto, always or never, not '%s'", value);
    return 0;
}

/* The options of `run` that write something at the end have no end here: they are refused by name rather than left without
 * effect. */
static int refuse(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL,
                     "the monitor writes no account, no trace and no signature; trapeze run has --stats, --trace-out and --signature");
}

const struct option_desc cmd_monitor_options[] = {
    {"ex", VALUE_NEEDED, "COMMAND", set_command, "carry out a command before the first prompt; may be given often"},
    {"x", VALUE_NEEDED, "FILE", set_file, "likewise all commands in a file; -x and -ex keep their order"},
    {"batch", VALUE_NONE, NULL, set_batch, "then leave; the status is 1 if a command failed"},
    {"json", VALUE_NONE, NULL, set_json, "an object a line for each command, with \"schema\": 1"},
    {"color", VALUE_OPTIONAL, "auto|always|never", set_color, "auto is the default, and obeys NO_COLOR"},
    {"tui", VALUE_NONE, NULL, set_tui, "begin with the full screen (help tui); Ctrl-X a at the prompt opens it, too"},
    {"q", VALUE_NONE, NULL, set_quiet, "no greeting"},
    {"quiet", VALUE_NONE, NULL, set_quiet, NULL},
    {"stats", VALUE_OPTIONAL, "FORM", refuse, NULL},
    {"trace-out", VALUE_NEEDED, "FILE", refuse, NULL},
    {"trace-limit", VALUE_NEEDED, "SIZE", refuse, NULL},
    {"signature", VALUE_NEEDED, "FILE", refuse, NULL},
    {"signature-granularity", VALUE_NEEDED, "N", refuse, NULL},
    {0},
};

void cmd_monitor_help(void)
{
    options_prose("usage: trapeze monitor [OPTION...] [KERNEL]\n"
                  "       trapeze monitor -M pg[:VARIANT] [OPTION...] FILE[@CELL]...\n\n"
                  "Opens the guest stopped at its first instruction, with a prompt that knows gdb's commands, and\n"
                  "QEMU's and Bochs' words: step, break, watch, look at registers and memory. `help` at the prompt\n"
                  "lists them. Commands are read from stdin when that is no terminal; the guest then has no input but\n"
                  "that of --script and of the command `send`.\n\n");
    options_help(cmd_monitor_options);
    options_prose("\nThe other options are those of `trapeze run` (and of `trapeze run -M pg`); --stats, --trace-out and\n"
                  "--signature have no use here. With -gdb a debugger may come in, too; its commands are refused\n"
                  "the files of this host, unless -gdb-files FOLDER allows those below a folder.\n"
                  "Exit status: what `quit STATUS` says, else 0; 1 failure, or with --batch or without a terminal that\n"
                  "a command failed; 2 bad usage; 128+N ended by signal N.\n");
}

/* --- making */

/* Who stands between whom; what the console gives is recorded, since going back means running again with the same input:
 *
 *   stdin, script --> console --> record --> board of the guest
 *   stdout <-- repl (prints what the guest says) <-- console <-- board
 *
 * The console listens only while the guest runs; at the prompt stdin is the person's. */
static int open_session(struct monitor *m, struct error *e)
{
    const struct run_options *o = &m->options.run;
    m->options.run.engine.explained = true; /* disassemble /n */
    int r = o->script ? script_load(&m->script, o->script, e) : 0;
    if (r == 0)
        r = console_create(&m->console, m->script, e);
    terminal_leave();
    if (r == 0 && record_create(&m->record, console_chardev(m->console)) != 0)
        r = error_set(e, ENOMEM, "there is not enough memory for the monitor");
    if (r == 0)
        r = session_open(&m->session, o, o->bare ? 0 : o->depth, record_chardev(m->record), e);
    if (r)
        return r;
    const struct console_monitor monitor = repl_console(&m->repl);
    console_attach(m->console, m->session.system);
    record_attach(m->record, m->session.system);
    console_set_monitor(m->console, &monitor);
    console_listen(m->console, false);
    return debugger_open(&m->debugger, o, &m->session, m->console, e);
}

/* NO_COLOR counts when it is there and not empty [no-color.org]; who writes --color=always means it, also into a pipe. */
static bool wants_color(const struct monitor_options *o)
{
    const char *no = getenv("NO_COLOR");
    if (o->json || o->color == COLOR_NEVER)
        return false;
    return o->color == COLOR_ALWAYS || (!(no && *no) && isatty(STDOUT_FILENO));
}

/* The pager is for a person at a prompt: with --batch nobody would press RET. */
static int open_screen(struct monitor *m, struct error *e)
{
    if (screen_open(&m->screen, stdout) != 0)
        return error_set(e, ENOMEM, "there is not enough memory for the monitor");
    m->screen.at_terminal = m->repl.interactive && !m->options.batch;
    m->repl.screen = &m->screen;
    m->debugger.out = m->screen.out;
    m->debugger.width = m->screen.width;
    return 0;
}

/* From here on SIGINT stops the guest and not the command, and the debugger has to be there for that. */
static int monitor_open(struct monitor *m, struct error *e)
{
    const struct monitor_options *o = &m->options;
    int r = pipes_read(&m->options.run, e);
    if (r == 0 && o->run.gdb)
        r = gdb_open(&m->gdb, o->run.gdb, e);
    if (r == 0)
        r = open_session(m, e);
    if (r)
        return r;
    if (m->gdb)
        gdb_attach(m->gdb, &m->debugger);
    m->repl.gdb = m->gdb;
    terminal_keep_interrupts();
    m->open = true;
    m->debugger.repl = &m->repl;
    m->debugger.color = wants_color(o);
    m->repl.d = &m->debugger;
    m->repl.json = o->json;
    m->repl.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !o->json;
    return o->json ? 0 : open_screen(m, e);
}

/* In reverse, and safe for whatever monitor_open() came to: all that was not made is zero. */
static void monitor_close(struct monitor *m)
{
    gdb_close(m->gdb);
    repl_release(&m->repl);
    if (m->open)
        debugger_close(&m->debugger);
    screen_close(&m->screen);
    console_destroy(m->console);
    session_close(&m->session);
    record_destroy(m->record);
    script_destroy(m->script);
    run_options_free(&m->options.run);
}

/* --- the session */

/* Whose machine it is and how deep, then the three commands that one cannot do without. */
static void greet(const struct monitor *m)
{
    const struct monitor_options *o = &m->options;
    FILE *f = m->debugger.out; /* as wide as the terminal */
    unsigned depth = m->debugger.stack->depth;
    fprintf(f, "Trapeze %s. %s is stopped before its first instruction, ", TRAPEZE_VERSION,
            o->run.kind->called              ? o->run.kind->called
            : session_carries_guest(&o->run) ? "The guest that the command carries"
                                             : session_kernel_name(&m->session));
    if (depth)
        fprintf(f, "in %s.\n", depth == 1 ? "a virtual machine" : "nested virtual machines");
    else
        fprintf(f, "on the bare machine.\n");
    fprintf(f, "'help' lists the commands, 'si' steps, 'c' runs (Ctrl-C stops), 'q' leaves.\n");
    if (m->gdb)
        fprintf(f, "GDB may come: target remote %s\n", gdb_name(m->gdb));
}

/* On stderr without the command's name: at a prompt it is clear who speaks. Counted, for the status of --batch. */
static void say(struct monitor *m, const struct error *e)
{
    fflush(stdout);
    fprintf(stderr, "%s\n", e->text);
    m->repl.failures++;
}

static void start(struct monitor *m)
{
    const struct monitor_options *o = &m->options;
    struct error e;
    for (unsigned i = 0; i < o->starts && !m->repl.quit; i++) {
        if (!o->start[i].is_file)
            (void)!repl_line(&m->repl, o->start[i].text, false); /* it was said */
        else if (repl_source(&m->repl, o->start[i].text, &e) != 0)
            say(m, &e);
        repl_run_pending(&m->repl);
    }
}

/* Unless it was asked to be silent, the monitor first says where the guest stands, so that a transcript begins with it; then
 * come -x and -ex, the full screen if it was asked for, and the prompt, until one of them says `quit`. */
static int monitor_run(struct monitor *m)
{
    const struct monitor_options *o = &m->options;
    if (m->repl.interactive && !o->quiet && !o->batch)
        greet(m);
    if (!o->batch && !o->json && !o->quiet)
        run_tell(&m->debugger, NULL, false);
    start(m);
    struct error e;
    if (o->tui && !m->repl.quit && tui_run(&m->repl, &e) != 0)
        repl_complain(&m->repl, &e);
    if (!o->batch && !m->repl.quit)
        repl_loop(&m->repl);
    traplog_end(m->debugger.traplog);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain(STATUS_FAILURE, "the output cannot be written: %s", strerror(errno));
    if (m->repl.has_status)
        return m->repl.status;
    return m->repl.failures && !m->repl.interactive ? STATUS_FAILURE : STATUS_OK;
}

static int run_all(struct monitor *m)
{
    struct error e;
    int r = monitor_open(m, &e);
    if (r)
        pipes_tell(&m->options.run, &e);
    int status = r ? complain(STATUS_FAILURE, "%s", e.text) : monitor_run(m);
    terminal_leave();
    return status;
}

/* The struct is large (a screen, a debugger, a ring of commands), and stays where it is: parts of it are borrowed by others. */
int cmd_monitor(int argc, char **argv)
{
    struct monitor *m = calloc(1, sizeof *m);
    struct error e;
    int status = STATUS_OK, r;
    if (!m)
        return complain(STATUS_FAILURE, "there is not enough memory");
    if ((r = run_options_parse_with(&m->options.run, cmd_monitor_options, argc, argv, &e)) != 0)
        status = complain_of_options(r, &e);
    else if (m->options.run.help) {
        cmd_monitor_help();
        printf("\n");
        options_help(m->options.run.kind->options);
    } else if (m->options.run.version)
        print_version();
    else
        status = run_all(m);
    int signal_number = terminal_signal();
    monitor_close(m);
    free(m);
    if (signal_number)
        terminal_die(signal_number);
    return status;
}
