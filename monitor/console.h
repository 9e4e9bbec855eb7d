/* console.h - the guest's serial console on the command's stdin and stdout.
 *
 * At a terminal it is in raw mode, every key goes to the guest, Ctrl-A begins a command to us, and an idle guest sleeps in real
 * time. Elsewhere nothing sleeps, and the end of stdin is not the end of the guest. With a script stdin is not read at all.
 */
#ifndef TRAPEZE_MONITOR_CONSOLE_H
#define TRAPEZE_MONITOR_CONSOLE_H

#include "core/system.h"
#include "monitor/script.h"

struct console;

MUST_CHECK int console_create(struct console **out, struct script * /* borrowed; NULL: stdin */, struct error *);
void console_destroy(struct console *); /* flushes; the terminal is as before */
struct chardev console_chardev(struct console *);
/* Becomes the system's host side. NULL: of none. */
void console_attach(struct console *, struct system *);
void console_flush(struct console *);
/* The signal that asked for the end, or 0. After console_destroy() the command should die of it. */
int console_signal(const struct console *);
/* Why output could not be written any more (errno), or 0. */
int console_broken(const struct console *);

#endif
