/* trap_name.h - traps in words: for people, and as people write them ("b trap load-page"). */
#ifndef TRAPEZE_MONITOR_DEBUG_TRAP_NAME_H
#define TRAPEZE_MONITOR_DEBUG_TRAP_NAME_H

#include "isa/machine.h"

/* "load page fault", "supervisor timer interrupt"; a cause that has no name: "exception 24". `room` of 48 suffices. */
const char *trap_name(const struct isa *, const struct trap *, char *out, size_t room);
/* The cause of a word; false: there is none. Exceptions are also found by number. */
bool trap_cause(const struct isa *, const char *word, bool *is_interrupt, uint64_t *cause);
const char *trap_word(const struct isa *, unsigned index); /* every word; NULL at the end */

#endif
