/* cmd_run.c - `trapeze run`: builds the machines, the board on the topmost, loads the guest and runs it to its end.
 *
 * In the order in which things are made, each by run_prepare(), and why that order:
 *
 *     names of output files are checked     before anything is done that would be for nothing
 *     script, console                       the console is the board's
 *     debugged (with -gdb)                  stands between console and board, to record input
 *     session                               machines, board, guest
 *     display, debugger, instruments        look at the session
 *
 * run_release() takes apart whatever of it there is: all of struct run is zeros at first.
 */
#include "monitor/command.h"

#include "isa/about.h"
#include "monitor/console.h"
#include "monitor/disasm.h"
#include "monitor/display.h"
#include "monitor/gdb/debugged.h"
#include "monitor/instruments.h"
#include "monitor/kind.h"
#include "monitor/outfile.h"
#include "monitor/pipes.h"
#include "monitor/run_options.h"
#include "monitor/session.h"
#include "monitor/stats.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything a run owns. */
struct run {
    struct run_options options;
    struct script *script;
    struct console *console;
    struct session session;
    struct instruments instruments;
    struct display *display;   /* NULL: the serial port is shown */
    struct debugged *debugged; /* NULL: no debugger may come */
};

void cmd_run_help(void) { kind_at(0)->help(); }

/* Whatever is asked for that this guest cannot give (a signature without symbols) fails here, and not after an hour. */
static int run_prepare(struct run *run, struct error *e)
{
    const struct run_options *o = &run->options;
    int r = o->stats_file ? outfile_check(o->stats_file, e) : 0;
    if (r == 0 && o->signature)
        r = outfile_check(o->signature, e);
    if (r == 0 && o->script)
        r = script_load(&run->script, o->script, e);
    if (r == 0)
        r = console_create(&run->console, run->script, e);
    struct chardev console = r == 0 ? console_chardev(run->console) : (struct chardev){0};
    if (r == 0 && o->gdb)
        r = debugged_create(&run->debugged, o, &console, e);
    if (r == 0)
        r = session_open(&run->session, o, o->bare ? 0 : o->depth, console, e);
    if (r == 0)
        console_attach(run->console, run->session.system);
    if (r == 0 && o->display)
        r = display_create(&run->display, run->session.system, run->console, e);
    if (r == 0 && o->gdb)
        r = debugged_attach(run->debugged, &run->session, run->console, e);
    if (r == 0)
        r = instruments_open(&run->instruments, o, &run->session.stack, e);
    const struct loaded *kernel = &run->session.booted.kernel;
    if (r == 0 && o->signature && kernel->end_signature <= kernel->begin_signature)
        r = error_set(e, EINVAL, "%s: it has no symbols begin_signature and end_signature to write --signature from",
                      session_kernel_name(&run->session));
    return r;
}

/* Observers go before the stack that they look at, and the console before the display: its last bytes go there. */
static void run_release(struct run *run)
{
    debugged_release(run->debugged);
    console_destroy(run->console);
    instruments_release(&run->instruments);
    session_close(&run->session);
    display_destroy(run->display);
    debugged_destroy(run->debugged);
    script_destroy(run->script);
    run_options_free(&run->options);
}

enum { BOOT_INSNS = 10000, BOOTS = 1000 };

/* It has done nothing but reset the machine, each time within a few instructions, and would for ever. */
static void end_in_boots(struct system_result *result)
{
    result->end = END_STUCK;
    snprintf(result->why, sizeof result->why, "the guest has reset the machine %d times in a row, each within %d instructions", BOOTS,
             BOOT_INSNS);
}

/* Until the guest has ended; a reboot resets the machine and loads everything anew. */
static int run_guest(struct run *run, struct system_result *result, struct error *e)
{
    uint64_t begun = 0;
    unsigned boots = 0;
    if (run->debugged) {
        *result = debugged_run(run->debugged);
        return 0;
    }
    for (;;) {
        *result = system_run(run->session.system, run->options.max_insns - run->session.system->retired);
        if (result->end != END_REBOOT || run->options.no_reboot)
            return 0;
        boots = run->session.system->retired - begun < BOOT_INSNS ? boots + 1 : 0;
        begun = run->session.system->retired;
        if (boots == BOOTS) {
            end_in_boots(result);
            return 0;
        }
        int r = session_reboot(&run->session, e);
        if (r)
            return r;
    }
}

/* --- what is left behind */

/* Memory as the architecture tests print it: lines of `granularity` bytes, the most significant first. */
static int write_signature(FILE *f, const void *what, struct error *e)
{
    const struct run *run = what;
    const unsigned granularity = run->options.signature_granularity;
    const struct loaded *l = &run->session.booted.kernel;
    for (pa_t at = l->begin_signature; at < l->end_signature; at += granularity) {
        uint8_t line[64] = {0};
        uint64_t left = l->end_signature - at;
        if (machine_load(run->session.system->machine, at, line, left < granularity ? (size_t)left : granularity) != 0)
            return error_set(e, EFAULT, "%s: the signature at 0x%llx is not in RAM", session_kernel_name(&run->session),
                             (unsigned long long)at);
        for (unsigned i = granularity; i-- > 0;)
            fprintf(f, "%02x", line[i]);
        fputc('\n', f);
    }
    return 0;
}

/* The guest's code in the eight bits there are: failure stays failure. */
static int guest_status(int code)
{
    int low = code & 0xff;
    return low == 0 && code != 0 ? 255 : low;
}

/* The instruction at the pc between two words, or nothing where none can be fetched. */
static const char *instruction_there(const struct machine *m, const char *before, const char *after, char *text, size_t size)
{
    char insn[DISASM_TEXT];
    *text = '\0';
    if (disasm_at(m, about_pc(m), insn, sizeof insn))
        snprintf(text, size, "%s%s%s", before, insn, after);
    return text;
}

/* What the instruction there wants that the machine has not, bare or virtual; or nothing. */
static const char *lacks_there(const struct machine *m, char *text, size_t size)
{
    char what[64];
    insn_t bits;
    *text = '\0';
    if (!about_of(m->isa)->lacks || !about_fetch(m, about_pc(m), &bits))
        return text;
    if (about_of(m->isa)->lacks(m, machine_decode(m, bits, &(unsigned){0}), bits, what, sizeof what))
        snprintf(text, size, ", for %s, which this CPU has not", what);
    return text;
}

/* A guest that waits for ever under plain trap and emulate may have been told what is true of the host alone. */
static const char *unseen(const struct run *run)
{
    const struct run_options *o = &run->options;
    const bool trap = !o->bare && o->depth && o->each.monitor == VMM_TRAP && o->kind->unseen && o->kind->unseen(o);
    return trap ? "; a critical instruction may have passed unseen: 'trapeze verify' names the first that mattered" : "";
}

static int result_status(const struct run *run, const struct system_result *r)
{
    const char *text;
    char there[DISASM_TEXT + 32], lacks[96];
    unsigned line = run->script ? script_unmet(run->script, &text) : 0;
    switch (r->end) {
    case END_RUNNING:
        return complain(STATUS_LIMIT, "the limit of %llu instruction%s is reached, at pc 0x%llx%s",
                        (unsigned long long)run->options.max_insns, run->options.max_insns == 1 ? "" : "s",
                        (unsigned long long)about_pc(run->session.system->machine),
                        instruction_there(run->session.system->machine, " (", ")", there, sizeof there));
    case END_STOPPED: return complain(STATUS_STOPPED, "the VMM stopped the guest: %s", r->why);
    case END_STUCK:
        return complain(STATUS_STUCK, "%s%s%s%s", r->why,
                        instruction_there(run->session.system->machine, "; there stands: ", "", there, sizeof there),
                        lacks_there(run->session.system->machine, lacks, sizeof lacks), unseen(run));
    case END_POWEROFF:
        if (*r->why)
            complain(STATUS_OK, "%s", r->why);
        break;
    case END_REBOOT:
    case END_PAUSED: /* nobody looks on */
    case END_TRIGGER:
    case END_WAITING:
    case END_QUIT: break;
    }
    if (line && r->end != END_QUIT)
        return complain(STATUS_UNMET, "%s:%u: the guest ended before it printed '%s'", pipes_typed(&run->options, run->options.script),
                        line, text);
    return r->end == END_POWEROFF ? guest_status(r->status) : STATUS_OK;
}

/* A guest of the person's own says nothing of itself unless it is asked to: its output may be somebody's input. */
static int print_account(const struct run *run, const struct account *a, struct error *e)
{
    const struct run_options *o = &run->options;
    enum stats_form form = o->stats;
    if (form == STATS_DEFAULT)
        form = session_carries_guest(o) ? STATS_TEXT : STATS_OFF;
    return account_write(a, form, o->stats_file, e);
}

/* A ROM that tests the CPU halts at its end and where it fails; only the code tells which of them it was. */
static void say_post(const struct run *run)
{
    const struct board *b = run->session.system->board;
    uint8_t last = 0;
    const uint64_t posts = run->options.boot.bios && b->ops->posts ? b->ops->posts(b, &last) : 0;
    if (posts)
        complain(STATUS_OK, "the last POST code is 0x%02x, of %llu", last, (unsigned long long)posts);
}

/* The terminal first, since what follows is for people and has lines; then the sentence about the end, the files, and the
 * account. */
static int run_report(struct run *run, const struct system_result *result, struct error *e)
{
    struct account a = account_of(run->session.system, &run->session.stack, result);
    a.reboots = run->session.reboots;
    a.cost = run->instruments.cost;
    terminal_leave();
    a.status = result_status(run, result);
    say_post(run);
    int r = 0;
    if (run->options.signature && result->end == END_POWEROFF)
        r = outfile_write(run->options.signature, write_signature, run, e);
    if (r == 0)
        r = print_account(run, &a, e);
    return r ? complain(STATUS_FAILURE, "%s", e->text) : a.status;
}

static int run_all(struct run *run, int *signal_number)
{
    struct error e;
    struct system_result result;
    if (run_prepare(run, &e) != 0 || run_guest(run, &result, &e) != 0) {
        terminal_leave();
        pipes_tell(&run->options, &e);
        return complain(STATUS_FAILURE, "%s", e.text);
    }
    console_flush(run->console);
    display_finish(run->display);
    if (instruments_finish(&run->instruments, run->session.system->retired, &e) != 0) {
        terminal_leave();
        return complain(STATUS_FAILURE, "%s", e.text);
    }
    *signal_number = console_signal(run->console) ? console_signal(run->console) : terminal_signal();
    if (*signal_number) {
        terminal_leave();
        say_post(run);
        return STATUS_FAILURE;
    }
    if (console_broken(run->console)) {
        terminal_leave();
        return complain(STATUS_FAILURE, "the guest's console output cannot be written: %s", strerror(console_broken(run->console)));
    }
    return run_report(run, &result, &e);
}

int cmd_run(int argc, char **argv)
{
    struct run run = {0};
    struct error e;
    int status = STATUS_OK, signal_number = 0, r = run_options_parse(&run.options, argc, argv, &e);
    if (r) {
        status = complain_of_options(r, &e);
    } else if (run.options.help) {
        run.options.kind->help();
    } else if (run.options.version) {
        print_version();
    } else if (pipes_read(&run.options, &e) != 0) {
        status = complain(STATUS_FAILURE, "%s", e.text);
    } else {
        status = run_all(&run, &signal_number);
    }
    run_release(&run);
    if (signal_number)
        terminal_die(signal_number);
    return status;
}
