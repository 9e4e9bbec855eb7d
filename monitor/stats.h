/* stats.h - the account after a run: who executed how many instructions, and why there were traps.
 *
 * The account as text, from the guest down; what each figure is of, is in core/inspect.h (struct vm_stats):
 *
 *     vm1, a virtual machine on the bare machine
 *       executed directly               1,326,498  99.9215 %  the efficiency
 *       interpreted                           766   0.0577 %  not to be run directly
 *       emulated by a v_i                     276   0.0208 %
 *       traps to the VMM                    1,245     937.8 per million instructions
 *     exits by level
 *       the guest's own traps                  36
 *       vm1                                 1,245    34.58  for each of the guest's
 *
 * As JSON it is one object: {"schema": 1, "end": ..., "status": ..., "retired": ..., "machines": [bare, vm1, ...], "own_traps": 36,
 * ...}.
 */
#ifndef TRAPEZE_MONITOR_STATS_H
#define TRAPEZE_MONITOR_STATS_H

#include "monitor/account.h"

#include <stdio.h>

enum stats_form { STATS_DEFAULT, STATS_TEXT, STATS_JSON, STATS_OFF };

enum { STATS_SCHEMA = 1 }; /* of the JSON object; grows when a key changes its meaning */

/* What a system has done so far; what only the command knows (status, reboots, cost) is zero, and for it to fill in. */
struct account account_of(const struct system *, const struct stack *, const struct system_result *);
/* On one screen of 80 columns for one virtual machine; levels and harts add theirs. Counts, then what follows from them. */
void account_text(FILE *, const struct account *);
void account_json(FILE *, const struct account *); /* one line */
/* What a bare machine keeps of the guest's code, if anything. */
void stats_decoded_text(FILE *, const struct machine *, const char *whose);
void stats_decoded_json(struct json *, const struct machine *);
const char *account_end_name(enum system_end);
/* In this form (STATS_DEFAULT: none); JSON to the file, or to stderr when file is NULL. -errno with the sentence. */
MUST_CHECK int account_write(const struct account *, enum stats_form, const char *file, struct error *);

#endif
