/* timeline.h - the exits of the course as a row of cells: what each D took, in order, those of the future too once they were seen.
 *
 * The log of traps forgets what lies ahead when the guest goes back (traplog.h). This does not, until the course turns out to be another.
 */
#ifndef TRAPEZE_MONITOR_TUI_TIMELINE_H
#define TRAPEZE_MONITOR_TUI_TIMELINE_H

#include "monitor/debug/traplog.h"
#include "monitor/tui/canvas.h"

enum { TIMELINE_CELLS = 4096 }; /* kept, the oldest go first */

struct timeline {
    struct traplog_exit *cell; /* owned; by ascending number, perhaps with gaps */
    unsigned count;
    uint64_t now; /* exits so far on the course, of all machines: the guest stands behind number now - 1 */
};

MUST_CHECK int timeline_open(struct timeline *); /* -ENOMEM */
void timeline_close(struct timeline *);
void timeline_look(struct timeline *, const struct traplog *); /* after each move of the guest */
/* Of the exits of one machine those kept: the latest that has come (the guest stands behind it), the one before that, and the next to
 * come. NULL: none. */
const struct traplog_exit *timeline_here(const struct timeline *, unsigned level);
const struct traplog_exit *timeline_before(const struct timeline *, unsigned level);
const struct traplog_exit *timeline_ahead(const struct timeline *, unsigned level);

/* P privilege, F fill, D device, R reflected, I interrupt, X executed by the VMM, ! stopped. */
char timeline_letter(const struct vm_event *);
enum style timeline_style(const struct vm_event *);
const char *timeline_word(char letter); /* what it means */

/* Takes the guest to right behind that exit, forwards or back. -errno with the sentence. */
MUST_CHECK int timeline_go(struct debugger *, const struct traplog_exit *, struct error *);

#endif
