/* traplog.h - the traps, as they happen: the last one at each level with the state before and after, for `why`; counts, for
 * `info traps`; and a log of all of them, for `log traps`.
 *
 * It observes every virtual machine (vm_observe) and is told of what is delivered to the guest. Nothing is allocated meanwhile.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_TRAPLOG_H
#define TRAPEZE_MONITOR_DEBUG_TRAPLOG_H

#include "devices/state.h"
#include "monitor/debug/debugger.h"

struct traplog;

/* Observes the machines of the stack until it is destroyed. -ENOMEM. */
MUST_CHECK int traplog_create(struct traplog **, struct debugger * /* borrowed */);
void traplog_destroy(struct traplog *);
/* Ends the log: its file takes its place, or it is said why it cannot, which counts as a command that failed. */
void traplog_end(struct traplog *);
/* All of it but the log, for checkpoints: struct checkpoints_watcher. */
void traplog_state(void *opaque, struct state *);
/* A trap of the guest was delivered, or served by firmware; at pc. */
void traplog_delivered(struct traplog *, const struct trap *, va_t pc);

/* The last trap that a machine of the stack took; of level 0 only when nothing is on it. NULL: none. */
struct traplog_entry {
    struct vm_event event; /* of level 0: what was delivered; owner and action then say nothing */
    bool delivered;        /* the guest got it: by its trap vector, or by firmware */
    bool by_firmware;
    unsigned exits[17];     /* by level: traps of the machines below for the same instruction, this one too */
    const uint64_t *before; /* registers of traplog_register(), or NULL: not known */
    const uint64_t *after;
};
const struct traplog_entry *traplog_last(const struct traplog *, unsigned level);
/* The registers that are kept, by index; NULL at the end. */
const struct reg_desc *traplog_register(const struct traplog *, unsigned index);

/* The exits: what D of each machine took. So many are kept of the course up to now, fewer after going back. */
enum { TRAPLOG_EXITS = 1024 };
struct traplog_exit {
    uint64_t number;
    unsigned level;
    struct vm_event event;
};
uint64_t traplog_exits(const struct traplog *);                                 /* how many there were, of all machines */
const struct traplog_exit *traplog_exit(const struct traplog *, uint64_t back); /* 1: the latest. NULL: it is not kept */
/* As `log traps` has it, behind the prefix; in two rows and with shorter addresses where the terminal has no room for it. */
void traplog_line(const struct traplog *, FILE *, const char *prefix, unsigned level, const struct vm_event *);

struct traplog_counts {
    uint64_t exception[16], interrupt[16]; /* delivered, by cause */
    uint64_t served;                       /* of those, by firmware */
};
const struct traplog_counts *traplog_counts(const struct traplog *);

#endif
