/* stub.h - what GDB asks, answered by the debugger. Packets come in, packets go out by `send`; sockets are server.c's.
 *
 * Processes are machines: 1 is the guest's, the next ones those below it, down to the bare machine; the threads of each are its
 * harts. GDB begins with process 1 and may attach to the others. They run as one: what one does, all do. Those below are
 * the VMM's, so they can be looked at and not changed. Breakpoints are triggers of the guest's machine.
 */
#ifndef TRAPEZE_MONITOR_GDB_STUB_H
#define TRAPEZE_MONITOR_GDB_STUB_H

#include "monitor/debug/debugger.h"
#include "monitor/gdb/packet.h"

/* A breakpoint or watchpoint of GDB's. */
struct gdb_place {
    char type; /* as in Z0 .. Z4 */
    bool physical;
    uint64_t at, length;
    unsigned number; /* the debugger's */
    struct gdb_place *next;
};

enum gdb_leave { GDB_STAYS, GDB_DETACHES, GDB_KILLS };

/* What GDB sees at depth 2, where the guest has two harts and each host carries them by two of its own:
 *
 *     process 1   vm2    level 2   threads p1.1  p1.2    the guest: registers and memory can be changed
 *     process 2   vm1    level 1           p2.1  p2.2    can be looked at
 *     process 3   bare   level 0           p3.1  p3.2    likewise
 *
 * Before qSupported has said "multiprocess+" there are threads only, numbered through all of them, those of hart 0
 * first: 1 2 3, 4 5 6. */
struct gdb_stub {
    struct debugger *d; /* borrowed */
    void (*send)(void *opaque, const char *body, size_t length);
    void *opaque;
    char *xml, *map;          /* owned; made when first asked for */
    struct gdb_place *places; /* owned */
    bool multiprocess, swbreak, hwbreak, extended, no_ack;
    bool physical;                      /* Qqemu.PhyMemMode */
    bool attached[STACK_DEPTH_MAX + 1]; /* by level */
    unsigned level, hart;               /* of the selected thread */
    unsigned stepped;                   /* of the thread that steps, which reports its step */
    bool runs;                          /* for GDB, which waits for the stop */
    enum gdb_leave leaves;
};

/* A debugger has come; the guest stands. */
void gdb_stub_begin(struct gdb_stub *, struct debugger *, void (*send)(void *, const char *, size_t), void *opaque);
void gdb_stub_packet(struct gdb_stub *, const char *body, size_t length); /* body[length] is NUL */
void gdb_stub_stopped(struct gdb_stub *);                                 /* the debugger has stopped: d->stop */
void gdb_stub_end(struct gdb_stub *);                                     /* it has gone: its breakpoints go, too */

/* --- private to stub*.c */
void gdb_say(struct gdb_stub *, const char *format, ...) PRINTF_LIKE(2, 3); /* a packet */
void gdb_fail(struct gdb_stub *, const struct error *);                     /* E.<sentence>, as newer GDBs show it */
void gdb_tell(struct gdb_stub *, const char *text);                         /* for the person: O packets, where one may stand */
unsigned gdb_pid(const struct gdb_stub *, unsigned level);
void gdb_thread(const struct gdb_stub *, unsigned level, unsigned hart, char *text, size_t size); /* its name in packets */
void gdb_stop_reply(struct gdb_stub *, const char *more);
void gdb_changed(struct gdb_stub *); /* somebody has changed the guest by hand */

/* Handlers: `text` is what follows the packet's word. */
typedef void gdb_handler(struct gdb_stub *, const char *text, size_t length);
gdb_handler gdb_insert, gdb_remove;                                               /* stub_place.c: Z z */
gdb_handler gdb_step_back, gdb_continue_back;                                     /* stub_back.c: bs bc */
gdb_handler gdb_registers, gdb_set_registers, gdb_register_get, gdb_register_set; /* stub_look.c: g G p P */
gdb_handler gdb_memory, gdb_set_memory, gdb_set_memory_binary;                    /* m M X */
gdb_handler gdb_features, gdb_memory_map_part, gdb_command;                       /* qXfer, qRcmd */

#endif
