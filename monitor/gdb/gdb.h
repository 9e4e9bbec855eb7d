/* gdb.h - a guest that GDB may come to: `-s`, `-gdb DEVICE` and `-S` of `trapeze run` and `trapeze monitor`.
 *
 * A debugger that connects finds the guest stopped. When it detaches or disappears its breakpoints are gone and the guest goes on;
 * when it kills the guest, the run is over.
 */
#ifndef TRAPEZE_MONITOR_GDB_GDB_H
#define TRAPEZE_MONITOR_GDB_GDB_H

#include "monitor/debug/debugger.h"

struct gdb;

/* Listens from now on. -errno with the sentence. */
MUST_CHECK int gdb_open(struct gdb **out, const char *device, struct error *);
void gdb_close(struct gdb *); /* before the debugger; also NULL */
const char *gdb_name(const struct gdb *);
int gdb_listener(const struct gdb *); /* to be polled: readable when a debugger comes */
void gdb_attach(struct gdb *, struct debugger * /* borrowed */);
/* To be called when the host's side is looked at while the guest runs: pauses it when somebody speaks. */
void gdb_look(struct gdb *);
bool gdb_waits(const struct gdb *); /* a debugger has come and wants to be served */

/* Runs the guest to its end, with debuggers coming and going. hold: it waits for one first. */
struct system_result gdb_run(struct gdb *, bool hold);
/* A debugger has come (gdb_listener() is readable): serves it until it leaves. true: it killed the guest. */
bool gdb_serve(struct gdb *);

#endif
