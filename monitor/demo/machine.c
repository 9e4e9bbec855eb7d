/* machine.c - see machine.h.
 *
 * All that a machine has is made in open_all(), in the order in which each part needs the ones before, and goes in
 * demo_machine_close(). That works at any stage: what has not been made is zero, and is freed as nothing.
 */
#include "monitor/demo/machine.h"

#include "monitor/debug/open.h"
#include "monitor/debug/traplog.h"
#include "monitor/debug/variables.h"
#include "monitor/demo/catalog.h"
#include "monitor/demo/expect.h"
#include "monitor/repl/run.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- making */

/* A demonstration must be the same wherever it runs, and leave nothing behind: so no machine of it writes files or waits for a debugger. */
static int take_options(struct demo_machine *m, struct error *e)
{
    char *text = m->desc->options, *word;
    while (m->words < DEMO_WORDS && (word = demo_word(&text))) {
        m->word[m->words] = demo_path(word);
        if (!m->word[m->words++])
            return error_set(e, ENOMEM, "there is not enough memory");
    }
    if (m->words == DEMO_WORDS)
        return error_set(e, EINVAL, "a machine has fewer than %d options", DEMO_WORDS);
    int r = run_options_parse(&m->options, (int)m->words, m->word, e);
    const struct run_options *o = &m->options;
    if (r == 0 && (o->help || o->version || o->trace_file || o->signature || o->gdb))
        r = error_set(e, EINVAL, "a machine of a demonstration has no option that prints, writes a file or lets GDB in");
    return r;
}

/* --- what the guest prints: caught before the record, which would not let it print anything twice when it has gone back */

/* Control characters are left out: what a guest prints goes into columns of text and JSON, and must not move a cursor there. */
static void keep(struct demo_machine *m, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; m->printed && i < count; i++)
        if (bytes[i] == '\n' || bytes[i] == '\t' || bytes[i] >= ' ')
            fputc(bytes[i], m->printed);
}

static void tap_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct demo_machine *m = opaque;
    keep(m, bytes, count);
    m->beyond.write(m->beyond.opaque, bytes, count);
}

static size_t tap_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct demo_machine *m = opaque;
    return m->beyond.read(m->beyond.opaque, bytes, room);
}

/* While a command runs the console's own way out leads here: the tap has what the guest said already. */
static void drop(void *opaque, const uint8_t *bytes, size_t count) { (void)opaque, (void)bytes, (void)count; }

static int open_all(struct demo_machine *m, struct error *e)
{
    int r = take_options(m, e);
    const struct run_options *o = &m->options;
    m->options.engine.explained = true;
    if (r == 0 && o->script)
        r = script_load(&m->script, o->script, e);
    if (r == 0)
        r = console_create(&m->console, m->script, e);
    terminal_leave(); /* the console has made it raw, and the next one shall find it as it was */
    if (r == 0 && record_create(&m->record, console_chardev(m->console)) != 0)
        r = error_set(e, ENOMEM, "there is not enough memory for the machine");
    if (r)
        return r;
    m->beyond = record_chardev(m->record);
    r = session_open(&m->session, o, o->bare ? 0 : o->depth, (struct chardev){tap_write, tap_read, m}, e);
    if (r)
        return r;
    const struct console_monitor monitor = {.write = drop, .opaque = m};
    console_attach(m->console, m->session.system);
    record_attach(m->record, m->session.system);
    console_set_monitor(m->console, &monitor);
    console_listen(m->console, false);
    r = debugger_open(&m->debugger, o, &m->session, m->console, e);
    m->open = r == 0;
    m->debugger.repl = &m->repl;
    m->debugger.out = stdout;
    m->repl.d = &m->debugger;
    return r;
}

int demo_machine_open(struct demo_machine *m, const struct demo_machine_desc *desc, const char *script_path, struct error *e)
{
    struct error why;
    *m = (struct demo_machine){.desc = desc};
    int r = open_all(m, &why);
    if (r == 0)
        return 0;
    demo_machine_close(m);
    return error_set(e, -r, "%s:%u: the machine '%s': %.300s", script_path, desc->line, desc->name, why.text);
}

void demo_machine_close(struct demo_machine *m)
{
    repl_release(&m->repl);
    if (m->open)
        debugger_close(&m->debugger);
    console_destroy(m->console);
    session_close(&m->session);
    record_destroy(m->record);
    script_destroy(m->script);
    run_options_free(&m->options);
    for (unsigned i = 0; i < m->words; i++)
        free(m->word[i]);
    *m = (struct demo_machine){0};
}

/* --- commands */

/* What a command prints first is $1, whatever was printed before; what was given a name keeps it. */
static void number_anew(struct demo_machine *m)
{
    struct variables *old = m->debugger.variables, *fresh;
    struct value v;
    const char *name;
    if (variables_create(&fresh) != 0)
        return;
    for (unsigned i = 0; (name = variables_name(old, i, &v)); i++)
        (void)!variables_set(fresh, name, &v); /* for want of memory it has none */
    variables_destroy(old);
    m->debugger.variables = fresh;
}

/* Looks at a level for a while; the one before goes into *before. */
static int look_at(struct demo_machine *m, int level, unsigned *before, struct error *e)
{
    *before = m->debugger.level;
    return level == DEMO_GUEST ? 0 : debugger_set_level(&m->debugger, (unsigned)level, e);
}

static void look_back(struct demo_machine *m, int level, unsigned before)
{
    struct error ignored;
    if (level != DEMO_GUEST)
        (void)!debugger_set_level(&m->debugger, before, &ignored); /* it was there */
}

/* A command that goes back prints nothing of the guest's: on the way there it executes again what was printed long before. Output of a
 * command that fails is kept, it explains the failure. */
int demo_machine_command(struct demo_machine *m, int level, const char *line, unsigned width, char **text, char **console)
{
    size_t text_size, console_size;
    *text = *console = NULL;
    FILE *out = open_memstream(text, &text_size);
    m->printed = open_memstream(console, &console_size);
    m->debugger.width = width;
    struct error e;
    unsigned before;
    const uint64_t retired = debugger_retired(&m->debugger);
    number_anew(m);
    int r = look_at(m, level, &before, &e);
    if (r && out)
        fprintf(out, "%s\n", e.text);
    else
        r = out && m->printed ? repl_execute(&m->debugger, line, out) : -ENOMEM;
    look_back(m, level, before);
    console_flush(m->console);
    if (m->printed)
        fclose(m->printed);
    m->printed = NULL;
    if (*console && debugger_retired(&m->debugger) < retired) /* it printed that before, on the way to here */
        **console = '\0';
    if (out)
        fclose(out);
    *text = demo_untab(*text);
    return r;
}

int demo_machine_holds(struct demo_machine *m, int level, const char *expression, bool *holds, struct error *e)
{
    struct value v;
    unsigned before;
    int r = look_at(m, level, &before, e);
    if (r == 0)
        r = debugger_value(&m->debugger, expression, &v, e);
    look_back(m, level, before);
    *holds = r == 0 && v.bits != 0;
    return r;
}

bool demo_machine_interrupted(const struct demo_machine *m) { return m->debugger.stop.reason == STOP_INTERRUPT; }

/* --- places */

/* The count of instructions alone does not tell places apart: a trap retires nothing, and the guest may stand before or behind it. */
struct demo_mark demo_machine_mark(const struct demo_machine *m)
{
    const struct traplog_exit *latest = traplog_exit(m->debugger.traplog, 1);
    return (struct demo_mark){.retired = debugger_retired(&m->debugger),
                              .traps = debugger_traps_here(&m->debugger),
                              .exits = traplog_exits(m->debugger.traplog),
                              .exit_level = latest ? latest->level : 0,
                              .edits = checkpoints_edits(m->debugger.past)};
}

int demo_machine_return(struct demo_machine *m, struct demo_mark mark, struct error *e)
{
    struct demo_mark now = demo_machine_mark(m);
    if (now.retired == mark.retired && now.traps == mark.traps && now.exits == mark.exits && now.edits == mark.edits)
        return 0;
    int r = now.edits > mark.edits ? checkpoints_unedit(m->debugger.past, mark.edits, e) : 0;
    if (r == 0)
        r = debugger_return(&m->debugger, mark.retired, mark.traps, e);
    while (r == 0 && traplog_exits(m->debugger.traplog) < mark.exits && debugger_retired(&m->debugger) == mark.retired) {
        debugger_run(&m->debugger, &(struct plan){.until_exit = true, .exit = {.level = mark.exit_level}, .quiet = true});
        if (m->debugger.stop.reason != STOP_REACHED)
            break;
    }
    return r;
}

void demo_machine_tidy(struct demo_machine *m)
{
    struct error ignored;
    debugger_break_clear(&m->debugger);
    m->debugger.last_number = 0;
    (void)!debugger_set_level(&m->debugger, m->debugger.stack->depth, &ignored); /* there always is */
}

/* --- a person's turn */

void demo_machine_monitor(struct demo_machine *m)
{
    struct screen screen;
    const struct console_monitor monitor = repl_console(&m->repl);
    if (screen_open(&screen, stdout) != 0)
        return;
    console_set_monitor(m->console, &monitor);
    m->repl.quit = false;
    screen.at_terminal = m->repl.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    m->repl.screen = &screen;
    m->debugger.out = screen.out;
    m->debugger.width = screen.width;
    run_tell(&m->debugger, NULL, false);
    repl_loop(&m->repl);
    screen_close(&screen);
}
