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
/* From now on nothing is read from stdin nor written to stdout: input is the script's, if there is one. A signal ends the run
 * at once, wherever the guest is, and console_signal() does not tell. */
void console_silence(struct console *);
/* Somebody at the console who stops and looks at the guest. At a terminal Ctrl-C, and the key after Ctrl-A, are offered to `key` first
 * (true: it was for him), and so is the signal SIGINT, as Ctrl-C. What the guest prints goes to `write`, not to stdout. */
struct console_monitor {
    bool (*key)(void *opaque, uint8_t key, bool after_ctrl_a);
    void (*write)(void *opaque, const uint8_t *bytes, size_t count);
    void (*look)(void *opaque); /* whenever the host's side is looked at; may pause the system; NULL: nothing to do */
    void *opaque;
};
void console_set_monitor(struct console *, const struct console_monitor *);
/* Whether stdin is the guest's. When it is not it is not read, and input there pauses the system. */
void console_listen(struct console *, bool);
void console_type(struct console *, const uint8_t *bytes, size_t count); /* as if it had come on stdin; what has no room is lost */
void console_destroy(struct console *);                                  /* flushes; the terminal is as before */
struct chardev console_chardev(struct console *);
/* Becomes the system's host side. NULL: of none. */
void console_attach(struct console *, struct system *);
/* The life of one:
 *
 *   console_create() --> console_chardev() into a board --> console_attach() to its system --> the run --> console_destroy()
 *
 * It must outlive the run, and not the system, which does not call it when it is taken apart. */
void console_flush(struct console *);
/* The signal that asked for the end, or 0. After console_destroy() the command should die of it. */
int console_signal(const struct console *);
/* Why output could not be written any more (errno), or 0. */
int console_broken(const struct console *);

#endif
