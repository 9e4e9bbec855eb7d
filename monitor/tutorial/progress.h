/* progress.h - how far a student has come: for each lesson, the most tasks that were solved in one go. */
#ifndef TRAPEZE_MONITOR_TUTORIAL_PROGRESS_H
#define TRAPEZE_MONITOR_TUTORIAL_PROGRESS_H

#include "mmu/base.h"

enum { PROGRESS_LESSONS = 64, PROGRESS_NAME = 48, PROGRESS_PATH = 4096 };

struct progress {
    char path[PROGRESS_PATH]; /* of the file; "": there is no place for it */
    struct {
        char name[PROGRESS_NAME];
        unsigned solved;
    } lesson[PROGRESS_LESSONS];
    unsigned lessons;
};

/* What is no line of such a file is passed over: people may have edited it. */
void progress_load(struct progress *);
unsigned progress_of(const struct progress *, const char *lesson);
/* Notes it if it is more than before. -errno with the sentence: the file is as it was. */
MUST_CHECK int progress_note(struct progress *, const char *lesson, unsigned solved, struct error *);

#endif
