/* lesson.h - a lesson: prose, and tasks that a student does at the monitor's prompt. Whether one is done is asked of the machine, never of
 * what was typed.
 *
 * A lesson is a script as that of a demonstration (demo/script.h) with one machine. A question is a task; what stands behind it up to the
 * next prose, question or page is its check: commands whose output is looked at and not shown, and what must hold. "! text" is a hint.
 */
#ifndef TRAPEZE_MONITOR_TUTORIAL_LESSON_H
#define TRAPEZE_MONITOR_TUTORIAL_LESSON_H

#include "monitor/demo/machine.h"
#include "monitor/demo/writer.h"

struct lesson {
    const struct demo_script *script; /* borrowed */
    struct demo_writer *writer;       /* borrowed */
    struct demo_machine machine;
    unsigned tasks, task, page;   /* how many; those at hand, from 1 */
    unsigned solved;              /* so far */
    bool over;                    /* no task is left */
    const struct demo_step *step; /* of the task at hand; NULL: none yet */
};

/* -EINVAL with "PATH: what is wrong": a lesson has one machine, and each task a check. */
MUST_CHECK int lesson_verify(const struct demo_script *, struct error *);
/* To the end, or until the student leaves. -errno with the sentence: it could not begin. */
MUST_CHECK int lesson_run(struct lesson *, struct error *);
unsigned lesson_tasks(const struct demo_script *);

#endif
