/* check.h - `trapeze lab check`: a student's folder, built, its stages carried out in the order of what they need, and what came of it. */
#ifndef TRAPEZE_MONITOR_LAB_CHECK_H
#define TRAPEZE_MONITOR_LAB_CHECK_H

#include "monitor/lab/folder.h"
#include "monitor/lab/job.h"

enum stage_state { STAGE_PASSED, STAGE_FAILED, STAGE_SKIPPED };

enum { STAGES_MAX = 16, COMMAND = 700 };
struct stage_result {
    enum stage_state state;
    unsigned lacks; /* SKIPPED: the stage that it needs, from 0 */
    struct child_result child;
    struct lab_progress progress;
    struct lab_finding finding;
    char message[WHY + 120];  /* FAILED: a sentence or several */
    char recording[COMMAND];  /* FAILED: the path of the guest; "": the one that the command carries, or none could be written ... */
    char unrecorded[COMMAND]; /* ... and then the sentence why; "" else */
    char command[COMMAND];    /* FAILED: opens the monitor at the instruction; "" when no instruction is known */
};

struct lab_check_run {
    const struct lab *lab;
    const struct lab_folder *folder;
    const char *catalog; /* the folder of what comes with the assignment */
    uint64_t seed;
    unsigned seconds;
    struct stage_result result[STAGES_MAX];
    unsigned passed;
};

enum check_verdict { VERDICT_CHECKED, VERDICT_UNFIT /* with the sentence: nothing was checked */, VERDICT_TROUBLE };
enum check_verdict check_stages(struct lab_check_run *, struct error *);

/* Writers (write_*.c). */
void write_check_text(FILE *, const struct lab_check_run *);
void write_check_tap(FILE *, const struct lab_check_run *);
void write_check_json(FILE *, const struct lab_check_run *);
/* For outfile_write(); `run` is a struct lab_check_run. */
int write_check_junit(FILE *, const void *run, struct error *);

#endif
