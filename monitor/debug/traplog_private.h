/* traplog_private.h - what traplog.c, which keeps, and traplog_log.c, which writes, share. */
#ifndef TRAPEZE_MONITOR_DEBUG_TRAPLOG_PRIVATE_H
#define TRAPEZE_MONITOR_DEBUG_TRAPLOG_PRIVATE_H

#include "monitor/debug/traplog.h"
#include "monitor/outfile.h"

enum { KEPT_MAX = 128 };
enum form { FORM_TABLE, FORM_JSON, FORM_ASU };

struct level {
    struct vm_observer observer; /* first */
    struct traplog *log;
    unsigned level, hart;
    bool any;
    struct traplog_entry entry;
    uint64_t before[KEPT_MAX], after[KEPT_MAX];
    uint64_t exits; /* of this machine's host for the instruction at hand */
};

struct traplog {
    struct debugger *d; /* borrowed */
    const struct reg_desc *kept[KEPT_MAX];
    unsigned kept_count, block;               /* the first `block` have consecutive numbers */
    struct level *level[STACK_DEPTH_MAX + 1]; /* owned; of each machine there, by the first hart of the guest that it carries */
    unsigned harts;                           /* of the guest */
    struct traplog_counts counts;
    uint64_t exits; /* of all machines, in the course up to now */
    struct traplog_exit exit[TRAPLOG_EXITS];
    /* The log. */
    bool on;
    enum form form;
    unsigned asu_level;  /* whose traps are meant */
    struct outfile file; /* closed: lines go where commands print */
    char *path;          /* owned: the file's name; NULL: no file */
    uint64_t told;       /* retired when a line was last written: while the past is run through again nothing is told twice */
};

/* Of what carries the hart at that level. */
struct level *traplog_level(const struct traplog *, unsigned level, unsigned hart);
void traplog_tell(struct traplog *, unsigned level, const struct vm_event *); /* writes it to the log, if there is one */

#endif
