/* debugged.c - see debugged.h. */
#include "monitor/gdb/debugged.h"

#include "core/record.h"
#include "monitor/debug/open.h"
#include "monitor/gdb/gdb.h"
#include "monitor/repl/repl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What `trapeze run -s` has in place of a prompt, and who knows whom:
 *
 *     console of the host --> record --> console of the guest          what was typed is kept, for going back
 *                                           |
 *     gdb (socket, stub) --> debugger --> session: system, machines    `repl` executes "monitor ..." commands */
struct debugged {
    const struct run_options *options; /* borrowed */
    struct gdb *gdb;
    struct record *record; /* of what the console gave: going back needs it */
    struct debugger debugger;
    struct repl repl; /* for `monitor ...` commands; nobody types */
    bool open;
};

/* Port 0 is the system's to choose: then somebody must be told. */
static bool is_port_zero(const char *device)
{
    const char *colon = strrchr(device, ':');
    return strncmp(device, "tcp:", 4) == 0 && colon && strtoul(colon + 1, NULL, 10) == 0;
}

/* The port is opened before the guest is made: a port that is taken ends the command at once, not after a long start. On
 * failure *out may be set, too: debugged_destroy() cleans up. */
int debugged_create(struct debugged **out, const struct run_options *o, struct chardev *console, struct error *e)
{
    struct debugged *d = calloc(1, sizeof *d);
    if (!d)
        return error_set(e, ENOMEM, "there is not enough memory for the debugger");
    *out = d;
    d->options = o;
    int r = gdb_open(&d->gdb, o->gdb, e);
    if (r)
        return r;
    if (record_create(&d->record, *console) != 0)
        return error_set(e, ENOMEM, "there is not enough memory for the debugger");
    *console = record_chardev(d->record);
    if (is_port_zero(o->gdb))
        fprintf(stderr, "trapeze: waiting for GDB: target remote %s\n", gdb_name(d->gdb));
    return 0;
}

static void look(void *opaque) { gdb_look(opaque); }

/* The socket is looked at when the console is, from within the run: a guest that runs at full speed otherwise has no
 * moment at which a debugger could break in. */
int debugged_attach(struct debugged *d, struct session *session, struct console *console, struct error *e)
{
    const struct console_monitor monitor = {.look = look, .opaque = d->gdb};
    record_attach(d->record, session->system);
    console_set_monitor(console, &monitor);
    int r = debugger_open(&d->debugger, d->options, session, console, e);
    if (r)
        return r;
    d->open = true;
    d->repl.d = &d->debugger;
    d->debugger.repl = &d->repl;
    gdb_attach(d->gdb, &d->debugger);
    return 0;
}

struct system_result debugged_run(struct debugged *d) { return gdb_run(d->gdb, d->options->hold); }

/* The debugger goes before the machines that it observes, and the connection before the debugger. What was recorded
 * stays: the session may still read from the console while it is closed down. */
void debugged_release(struct debugged *d)
{
    if (!d)
        return;
    gdb_close(d->gdb);
    d->gdb = NULL;
    if (d->open)
        debugger_close(&d->debugger);
    d->open = false;
    repl_release(&d->repl);
}

void debugged_destroy(struct debugged *d)
{
    if (!d)
        return;
    debugged_release(d);
    record_destroy(d->record);
    free(d);
}
