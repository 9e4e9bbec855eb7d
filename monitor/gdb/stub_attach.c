/* stub_attach.c - a debugger comes and goes: what it and the stub can do, attaching, detaching, killing. */
#include "monitor/gdb/stub_private.h"

#include <string.h>

/* The first packet: each side says what it knows, and only what both know is used later. An older GDB that has not said
 * "swbreak+" must not get it in a stop reply [gdb "Stop Reply Packets"]. */
void stub_supported(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    s->multiprocess = strstr(text, "multiprocess+");
    s->swbreak = strstr(text, "swbreak+");
    s->hwbreak = strstr(text, "hwbreak+");
    gdb_say(s,
            "PacketSize=%x;QStartNoAckMode+;qXfer:features:read+;qXfer:memory-map:read+;vContSupported+;multiprocess+%s%s"
            ";ReverseStep+;ReverseContinue+",
            GDB_BODY_MAX, s->swbreak ? ";swbreak+" : "", s->hwbreak ? ";hwbreak+" : "");
}

/* This packet itself is acknowledged still, and so is the answer: the mode begins behind them. */
void stub_no_ack(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    gdb_say(s, "OK");
    s->no_ack = true;
}

void stub_extended(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    s->extended = true;
    gdb_say(s, "OK");
}

void stub_attach(struct gdb_stub *s, const char *text, size_t length)
{
    uint64_t pid;
    unsigned level;
    (void)length;
    if (!gdb_number(&text, &pid) || !stub_level_of(s, pid, false, &level)) {
        gdb_fail(s, &(struct error){"there is no such machine: 1 is the guest's, and each below it has the next number"});
        return;
    }
    s->attached[level] = true;
    s->level = level;
    char thread[32];
    gdb_thread(s, level, s->d->hart, thread, sizeof thread);
    gdb_say(s, "T%02xthread:%s;", SIGNAL_TRAP, thread);
}

static bool any_attached(const struct gdb_stub *s)
{
    for (unsigned level = 0; level <= s->d->stack->depth; level++)
        if (s->attached[level])
            return true;
    return false;
}

/* "D" or "D;2". GDB leaves machine by machine; with the last one it is gone, and the guest goes on. */
void stub_detach(struct gdb_stub *s, const char *text, size_t length)
{
    uint64_t pid = 1;
    unsigned level;
    (void)length;
    if (*text == ';')
        text++, (void)gdb_number(&text, &pid);
    if (!stub_level_of(s, pid, false, &level)) {
        gdb_say(s, "E01");
        return;
    }
    s->attached[level] = false;
    if (!any_attached(s))
        s->leaves = GDB_DETACHES;
    gdb_say(s, "OK");
}

/* 'k' wants no answer [gdb "Packets"]; vKill does. */
void stub_kill_guest(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    s->leaves = GDB_KILLS;
}

void stub_kill_process(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    s->leaves = GDB_KILLS;
    gdb_say(s, "OK");
}
