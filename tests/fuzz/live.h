/* live.h - a small guest under the debugger, for those who send it what nobody should. What is printed goes nowhere; files of the host
 * are named as by a remote debugger, and lie in a temporary folder; a guest that runs without end is stopped soon.
 */
#ifndef TRAPEZE_TESTS_FUZZ_LIVE_H
#define TRAPEZE_TESTS_FUZZ_LIVE_H

#include "core/record.h"
#include "monitor/console.h"
#include "monitor/debug/open.h"
#include "monitor/repl/repl.h"
#include "monitor/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIVE_POLLS = 20, LIVE_POLL_EVERY = 20000 }; /* clock units */

struct live {
    struct run_options options;
    struct console *console;
    struct record *record;
    struct session session;
    struct debugger d;
    struct repl repl;
    struct screen screen;
    struct system_host inner;
    unsigned polls;
    FILE *nowhere;
};

static void live_check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stdout, "broken promise: %s\n", what);
    fflush(stdout);
    abort();
}

static void live_poll(void *opaque)
{
    struct live *l = opaque;
    if (++l->polls > LIVE_POLLS)
        debugger_interrupt(&l->d);
    l->inner.poll(l->inner.opaque);
}

static uint64_t live_idle(void *opaque, uint64_t now, uint64_t until)
{
    struct live *l = opaque;
    return l->inner.idle(l->inner.opaque, now, until);
}

/* The folder that is all of the host's files. */
static const char *live_folder(void)
{
    static char folder[] = "/tmp/trapeze-fuzz-XXXXXX";
    static bool made;
    if (!made)
        live_check(mkdtemp(folder) != NULL, "a temporary folder");
    made = true;
    return folder;
}

/* In `depth` virtual machines; 0: bare. */
static inline void live_open(struct live *l, unsigned depth)
{
    char size[] = "16M", flag[] = "-m", bare[] = "--bare", *argv[] = {flag, size, bare, NULL};
    struct error e;
    memset(l, 0, sizeof *l);
    live_check(run_options_parse(&l->options, depth ? 2 : 3, argv, &e) == 0, "options");
    l->options.gdb_files = live_folder();
    l->nowhere = fopen("/dev/null", "w");
    live_check(l->nowhere && screen_open(&l->screen, l->nowhere) == 0, "a stream to nowhere");
    live_check(console_create(&l->console, NULL, &e) == 0, "a console");
    console_silence(l->console);
    live_check(record_create(&l->record, console_chardev(l->console)) == 0, "a record");
    live_check(session_open(&l->session, &l->options, depth, record_chardev(l->record), &e) == 0, "machines");
    console_attach(l->console, l->session.system);
    record_attach(l->record, l->session.system);
    l->inner = l->session.system->host;
    l->session.system->host = (struct system_host){.poll = live_poll, .idle = live_idle, .opaque = l, .poll_every = LIVE_POLL_EVERY};
    live_check(debugger_open(&l->d, &l->options, &l->session, l->console, &e) == 0, "a debugger");
    l->d.out = l->screen.out;
    l->d.remote = true;
    l->d.repl = &l->repl;
    l->repl.d = &l->d;
    l->repl.screen = &l->screen;
}

static inline void live_close(struct live *l)
{
    repl_release(&l->repl);
    debugger_close(&l->d);
    console_destroy(l->console);
    session_close(&l->session);
    record_destroy(l->record);
    screen_close(&l->screen);
    fclose(l->nowhere);
    run_options_free(&l->options);
}

/* The guest, while it runs. */
static inline void live_run(struct live *l)
{
    while (l->d.running)
        (void)debugger_slice(&l->d, 100000);
    l->polls = 0;
}

#endif
