/* doctor.h - what `trapeze doctor` found: one line for each thing that was looked at. */
#ifndef TRAPEZE_MONITOR_DOCTOR_H
#define TRAPEZE_MONITOR_DOCTOR_H

#include "mmu/base.h"

enum doctor_state {
    DOCTOR_OK,
    DOCTOR_NOTE,  /* something more would be possible */
    DOCTOR_FAULT, /* something that belongs to trapeze does not work */
};

enum { DOCTOR_LINES = 48 };

/*
 *    ok     lessons: 6 of them in /usr/share/trapeze/examples/lessons
 *    note   Readline: not built in: the monitor reads plain lines. Install the package ...      package: libreadline-dev
 *    |      |         |
 *    state  name      text
 */
struct doctor_line {
    enum doctor_state state;
    const char *name, *package; /* package: of Debian, to be installed; NULL: none helps */
    char text[320];             /* what it is for, or what is wrong */
};

struct doctor {
    struct doctor_line line[DOCTOR_LINES];
    unsigned lines;
};

void doctor_say(struct doctor *, enum doctor_state, const char *name, const char *package, const char *format, ...) PRINTF_LIKE(5, 6);

/* A program, as the shell looks for it. */
void doctor_look_for(struct doctor *, const char *program, const char *package, const char *does);
/* Why no full screen can be drawn on a terminal of this type; NULL: it can. */
const char *doctor_type_lacks(const char *term);

/* Parts that were there when the command was built. */
void doctor_look_at_parts(struct doctor *);
/* Programs that are used beside it. */
void doctor_look_at_programs(struct doctor *);
void doctor_look_at_terminal(struct doctor *);
/* The folders that it writes to. */
void doctor_look_at_folders(struct doctor *);
/* The packages of Linux that the scripts of examples/ fetch, and the programs that serve it. */
void doctor_look_at_linux(struct doctor *);
/* What lies beside the command: demonstrations, lessons, assignments, guests. Each guest is run. */
void doctor_look_at_examples(struct doctor *);

#endif
