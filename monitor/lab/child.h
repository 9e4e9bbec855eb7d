/* child.h - foreign code in a process of its own: what it does there ends there. */
#ifndef TRAPEZE_MONITOR_LAB_CHILD_H
#define TRAPEZE_MONITOR_LAB_CHILD_H

#include "core/assignment.h"

enum child_end {
    CHILD_DONE,     /* the work came to its end */
    CHILD_SIGNALED, /* killed by a signal: .number */
    CHILD_EXITED,   /* it ended the process: .number is the status */
    CHILD_HUNG,     /* it was stopped: no call came or returned for so long */
};

enum { CHILD_SAID = 4096 };
struct child_result {
    enum child_end end;
    int number;
    char said[CHILD_SAID]; /* the beginning of what it printed */
};

/*
 *    parent                                     child
 *    child_run()  -- fork() -----------------> run(opaque): opens the plug-in, runs guests
 *        |                                        |   |
 *        | looks each 5 ms <--- *progress --------+   |   calls, inside
 *        |                                            |
 *        | waitpid() <--- its end: _exit(0), a crash, exit() by the plug-in, or killed when it stands still
 *        v                                            |
 *    child_result <--- said, *done, and what run() wrote to shared memory
 *
 * run() may leave its memory as it is: the process ends behind it. */
struct child_work {
    void (*run)(void *opaque); /* in the child. What it has to tell it writes to memory that both see */
    void *opaque;
    volatile struct lab_progress *progress; /* in such memory */
    volatile bool *done;                    /* likewise: run() has returned */
    unsigned seconds;                       /* without a call that comes or returns; ten times as much processor time in all */
};

/* Memory that parent and children see, zeros at first. NULL: there is none. */
void *child_memory(size_t size);
void child_memory_free(void *, size_t size);
/* 0, or -errno with the sentence when there can be no child. */
MUST_CHECK int child_run(const struct child_work *, struct child_result *, struct error *);

#endif
