/* verify_report.h - what `trapeze verify` found, for people and as JSON.
 */
#ifndef TRAPEZE_MONITOR_VERIFY_REPORT_H
#define TRAPEZE_MONITOR_VERIFY_REPORT_H

#include "core/lockstep.h"
#include "core/theory/theory.h"
#include "monitor/disasm.h"
#include "monitor/run_options.h"

#include <stdio.h>

enum { VERIFY_SCHEMA = 1 };

/* The instruction at which the machines part. */
struct verify_insn {
    bool known;
    insn_t bits;
    unsigned length; /* bytes */
    struct insn_desc row;
    bool has_row;
    char text[DISASM_TEXT];
    struct classification *class; /* owned; NULL: the theory has nothing to say */
};

/* All that is said about one guest. `report` is always filled in; insn, explanation and reopen only where the machines part. */
struct verify_outcome {
    const struct run_options *options;
    uint64_t every;
    int status; /* the command's */
    struct lockstep_report report;
    unsigned unmet; /* line of the script that the guest ended before, or 0 */
    char unmet_text[128];
    struct verify_insn insn;
    char explanation[512];
    char reopen[1024]; /* a line that opens the monitor there */
};

/* Fills in `reopen`: the words of the command line, less what is verify's own, and the guest that it chose (NULL: the words say it). */
void verify_reopen(struct verify_outcome *, const struct carried_guest *, int argc, char **argv);
/* Lines of at most the screen's width, but for `reopen`, which is to be pasted and therefore one line. */
void verify_text(FILE *, const struct verify_outcome *);
void verify_json(FILE *, const struct verify_outcome *); /* one line */

#endif
