/* job.h - a stage, carried out with a student's plug-in: what runs in the child, and what it finds.
 */
#ifndef TRAPEZE_MONITOR_LAB_JOB_H
#define TRAPEZE_MONITOR_LAB_JOB_H

#include "monitor/disasm.h"
#include "monitor/lab/child.h"
#include "monitor/lab/labs.h"
#include "monitor/run_options.h"
#include "monitor/session.h"

enum finding_kind {
    FOUND_NOTHING, /* the stage is passed */
    FOUND_FAULT,   /* the student's VMM is wrong, and .why says how */
    FOUND_UNFIT,   /* the plug-in cannot be loaded */
    FOUND_TROUBLE, /* ours: no memory, a file */
};

enum { WHY = 700, DETAIL = 1600 };
/* What is told of a stage. It is filled in bit by bit while the student's code runs, as that code may end the process at any moment: then
 * the parent finds here what was known until then, and in struct lab_progress which function did not return. */
struct lab_finding {
    enum finding_kind kind;
    unsigned guest, vm;    /* which of the stage's, the one at work at first; which of several VMs */
    uint64_t instructions; /* of all guests so far */
    bool placed;           /* these: where */
    uint64_t retired, pc;
    char instruction[DISASM_TEXT];
    char why[WHY];       /* a sentence or several */
    char detail[DETAIL]; /* lines, or "" */
};

/* In memory that parent and child see.
 * Foreign code runs with this mapped, and may write to it. Nothing here is trusted further than to be printed: the parent ends each text
 * itself and looks at the numbers that it indexes with (check.c). */
struct lab_shared {
    struct lab_progress progress;
    bool done;
    struct lab_finding finding;
};

struct lab_job {
    const struct lab *lab;
    const struct lab_stage *stage;
    const char *plugin; /* a path */
    const char *golden; /* the golden log: a path */
    uint64_t seed;      /* the student's */
    struct lab_shared *shared;
    const struct lab_plugin *opened; /* in the child */
};

void lab_job_run(void *job); /* child_work.run */
/* The guest in question: false when it is the one that the command carries. */
bool lab_job_guest(const struct lab_job *, unsigned guest, unsigned vm, struct lab_code *out);
/* For outfile_write(); `guest` is a struct lab_code. */
int lab_write_guest(FILE *, const void *guest, struct error *);

/* --- for the checks */

/* What `trapeze monitor -M MACHINE -m 16 [-bios none] [GUEST]` would take; code NULL: the guest that the command carries. */
MUST_CHECK int lab_options(struct run_options *, const struct lab *, const struct lab_code *, struct error *);
/* Of a wrong VMM: first wins. */
void lab_fault(struct lab_finding *, const char *format, ...) PRINTF_LIKE(2, 3);
void lab_place(struct lab_finding *, uint64_t retired, uint64_t pc);
void lab_detail(struct lab_finding *, const char *format, ...) PRINTF_LIKE(2, 3);
/* Each: 0 or -errno with the sentence, of what is ours. */
MUST_CHECK int lab_check_guest(struct lab_job *, const struct lab_code *, struct error *);  /* check_guests.c */
MUST_CHECK int lab_check_log(struct lab_job *, const struct lab_code *, struct error *);    /* check_log.c */
MUST_CHECK int lab_check_direct(struct lab_job *, const struct lab_code *, struct error *); /* check_direct.c */
MUST_CHECK int lab_check_turns(struct lab_job *, unsigned guest, struct error *);           /* check_turns.c */

#endif
