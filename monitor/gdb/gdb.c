/* gdb.c - the loop between the guest and the debugger: one runs while the other waits. */
#include "monitor/gdb/gdb.h"

#include "monitor/gdb/server.h"
#include "monitor/gdb/stub.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* How one thread serves two: either the guest runs or the debugger is listened to.
 *
 *                     debugger_start(): c, s, vCont
 *       guest stands ------------------------------> guest runs
 *         attend(patiently): sleeps until              debugger_slice(), then a look at the socket
 *         somebody speaks or comes
 *                    <------------------------------
 *                     a stop (gdb_stub_stopped() tells), or 0x03
 *
 * A slice is a fraction of a second of the host's time: so long a person may wait for Ctrl-C, if gdb_look() does not
 * come first. */
enum { SLICE = 2000000 }; /* instructions between looks at the socket */

/* `frame` is kept for the '-' of a debugger that has got it damaged. It has room for a body of which each byte is
 * escaped. */
struct gdb {
    struct gdb_server server;
    struct debugger *d; /* borrowed */
    struct gdb_stub stub;
    struct gdb_reader reader;
    char frame[2 * GDB_BODY_MAX + 8]; /* the last one sent */
    size_t frame_length;
    bool here;   /* a debugger is */
    bool stop;   /* what ends the loops: it killed the guest */
    bool let_go; /* it has detached, and not just disappeared */
};

int gdb_open(struct gdb **out, const char *device, struct error *e)
{
    struct gdb_device where;
    struct gdb *g = calloc(1, sizeof *g);
    if (!g)
        return error_set(e, ENOMEM, "there is not enough memory");
    int r = gdb_device_parse(device, &where, e);
    if (r == 0)
        r = gdb_server_open(&g->server, &where, e);
    if (r) {
        free(g);
        return r;
    }
    *out = g;
    return 0;
}

void gdb_attach(struct gdb *g, struct debugger *d) { g->d = d; }
const char *gdb_name(const struct gdb *g) { return g->server.name; }
int gdb_listener(const struct gdb *g) { return g->server.listener; }

static void part(struct gdb *g)
{
    if (g->here)
        gdb_stub_end(&g->stub);
    g->here = false;
    gdb_server_hang_up(&g->server);
}

void gdb_close(struct gdb *g)
{
    if (!g)
        return;
    part(g);
    gdb_server_close(&g->server);
    free(g);
}

/* The guest is paused, not stopped: the slice ends early, and whether what is on the socket is a reason to stop attend()
 * finds out. */
void gdb_look(struct gdb *g)
{
    if (g->d && g->d->running && gdb_server_ready(&g->server))
        system_pause(g->d->system);
}

bool gdb_waits(const struct gdb *g) { return !g->here && gdb_server_ready(&g->server); }

/* --- what is said */

static void send_body(void *opaque, const char *body, size_t length)
{
    struct gdb *g = opaque;
    g->frame_length = gdb_frame(body, length, g->frame, sizeof g->frame);
    gdb_server_write(&g->server, g->frame, g->frame_length);
}

/* Until QStartNoAckMode both sides say '+' or '-' to each packet. Over a socket nothing is damaged, so GDB turns that
 * off at once. */
static void acknowledge(struct gdb *g, bool good)
{
    if (!g->stub.no_ack)
        gdb_server_write(&g->server, good ? "+" : "-", 1);
}

/* 0x03 means something only while the guest runs: one that comes late, when it has just stopped, is for nobody. */
static void hear_byte(struct gdb *g, uint8_t byte)
{
    switch (gdb_read(&g->reader, byte)) {
    case GDB_NOTHING: break;
    case GDB_PACKET:
        acknowledge(g, true);
        gdb_stub_packet(&g->stub, g->reader.body, g->reader.length);
        break;
    case GDB_DAMAGED: acknowledge(g, false); break;
    case GDB_STOP:
        if (g->d->running)
            debugger_interrupt(g->d);
        break;
    case GDB_AGAIN: gdb_server_write(&g->server, g->frame, g->frame_length); break;
    case GDB_FOREIGN: gdb_server_hang_up(&g->server); break; /* a web page may make a browser speak to any port of this host */
    }
}

/* Several packets may have come at once. After one that ends the connection the rest is not looked at. */
static void hear(struct gdb *g)
{
    uint8_t bytes[4096];
    size_t n = gdb_server_read(&g->server, bytes, sizeof bytes);
    if (n == 0)
        gdb_server_hang_up(&g->server);
    for (size_t i = 0; i < n && g->server.client >= 0 && g->stub.leaves == GDB_STAYS; i++)
        hear_byte(g, bytes[i]);
    if (g->server.client < 0 || g->stub.leaves != GDB_STAYS) {
        g->stop |= g->stub.leaves == GDB_KILLS;
        g->let_go |= g->stub.leaves != GDB_STAYS;
        part(g);
    }
}

/* A debugger takes it for granted that what it connects to stands still: its first packet asks for registers. So a
 * running guest is stopped first. */
static void welcome(struct gdb *g)
{
    if (g->d->running) { /* it finds the guest stopped */
        debugger_interrupt(g->d);
        while (!debugger_slice(g->d, SLICE))
            ;
    }
    g->reader = (struct gdb_reader){0};
    g->frame_length = 0;
    g->here = true;
    gdb_stub_begin(&g->stub, g->d, send_body, g);
}

static void attend(struct gdb *g, bool patiently)
{
    switch (gdb_server_wait(&g->server, patiently)) {
    case GDB_NOBODY: break;
    case GDB_CAME: welcome(g); break;
    case GDB_SPOKE: hear(g); break;
    }
}

/* --- loops */

static bool has_ended(const struct debugger *d) { return d->stop.reason == STOP_ENDED || d->stop.reason == STOP_LIMIT; }

/* A stretch of the guest, and a look at the socket. */
static void run_on(struct gdb *g)
{
    bool stopped = debugger_slice(g->d, SLICE);
    if (stopped && g->d->console)
        console_flush(g->d->console);
    if (stopped && g->here)
        gdb_stub_stopped(&g->stub);
    attend(g, false);
}

/* While the guest stands the terminal is as people know it, and its signals come. */
static void stand(struct gdb *g)
{
    terminal_leave();
    attend(g, true);
    if (g->d->running)
        terminal_resume();
}

/* One round decides by two facts, whether the guest runs and whether a debugger is there:
 *
 *     guest      debugger   what is done
 *     runs       any        a slice of it, and a look at the socket
 *     ended      any        the run is over
 *     stands     here       what it says is done
 *     stands     none       waits for one if it was held (-S) and nobody has started it yet; else it goes on
 *
 * A debugger that detaches before the first step lets the guest go; one whose connection just breaks does not. */
struct system_result gdb_run(struct gdb *g, bool hold)
{
    struct debugger *d = g->d;
    bool held = hold;
    if (!hold)
        debugger_start(d, &(struct plan){0});
    while (!g->stop && !terminal_signal()) {
        if (d->running)
            run_on(g);
        else if (has_ended(d) && d->stop.reason != STOP_START)
            break;
        else if (g->here || held)
            stand(g);
        else
            debugger_start(d, &(struct plan){0});           /* the debugger has left it standing */
        held &= d->stop.reason == STOP_START && !g->let_go; /* who only comes and goes has not said that it may start */
    }
    part(g);
    if (d->stop.reason == STOP_ENDED)
        return d->stop.result;
    return (struct system_result){.end = d->stop.reason == STOP_LIMIT ? END_RUNNING : END_QUIT};
}

/* The monitor's prompt calls this, and wants the guest standing when it returns: what still runs is stopped and waited
 * for. */
bool gdb_serve(struct gdb *g)
{
    struct debugger *d = g->d;
    attend(g, false);
    while (g->here && !g->stop && !terminal_signal() && !terminal_take_interrupt()) {
        if (d->running)
            run_on(g);
        else
            attend(g, true);
    }
    part(g);
    if (d->running)
        debugger_interrupt(d);
    while (d->running)
        (void)debugger_slice(d, SLICE);
    return g->stop;
}
