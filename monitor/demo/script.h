/* script.h - a demonstration as its folder's file `script` has it: a head, then pages of prose, questions, commands, and what the run
 * must show. trapeze-demo(1) has the format for people; in short:
 *
 *   title: The trap                    the head: minutes, machine (often), needs
 *   machine: vm = guest.elf            a name and the options of `trapeze run`
 *   == Heading                         a page
 *   prose, in paragraphs; lines that begin with a blank stay as they are
 *   ? a question                       = its answer, at once behind it
 *   vm> command                        of the monitor; a|b> on both, side by side; > on the one before; vm>- without showing it; vm:0>
 *                                      looks at the machine of that depth, 0 being the bare one
 *   $ prove pg:GETMODE                 another trapeze command
 *   / REGEX   // REGEX                 of the text of the command above, only these lines are shown; only these parts of them
 *   ~ REGEX   !~ REGEX                 it has such a line, it has none
 *   ~~   !~~                           both machines say the same, they do not
 *   ! a hint                           for who cannot do the task of a lesson
 *   % EXPRESSION                       true on the machine of the command above; behind $ it is the exit status, else 0
 */
#ifndef TRAPEZE_MONITOR_DEMO_SCRIPT_H
#define TRAPEZE_MONITOR_DEMO_SCRIPT_H

#include "mmu/base.h"

enum { DEMO_MACHINES = 8, DEMO_GUEST = -1 };

enum demo_kind {
    DEMO_PAGE,     /* text: its heading */
    DEMO_PROSE,    /* text: a paragraph, or a line that begins with a blank */
    DEMO_QUESTION, /* text, answer */
    DEMO_COMMAND,  /* text: of the monitor, for machine[0 .. machines) */
    DEMO_TOOL,     /* text: words of a trapeze command */
    DEMO_HINT,     /* text: for a lesson's task (tutorial/lesson.h); demonstrations show none */
    /* Expectations, of the latest DEMO_COMMAND or DEMO_TOOL: */
    DEMO_MATCH,     /* text: a regular expression */
    DEMO_MATCH_NOT, /* likewise */
    DEMO_SAME,
    DEMO_DIFFERENT,
    DEMO_HOLDS, /* text: an expression, or an exit status */
};

struct demo_step {
    enum demo_kind kind;
    unsigned line;
    char *text, *answer; /* borrowed from the script */
    const char *shown;   /* a regular expression; NULL: all lines */
    bool part;           /* of a line that matches, only what does */
    unsigned machine[2], machines;
    int level[2];     /* that is looked at; DEMO_GUEST: the guest's */
    bool quiet;       /* not shown */
    unsigned command; /* expectations: the step that they are about */
};

struct demo_machine_desc {
    const char *name;
    char *options;
    unsigned line;
};

struct demo_need {
    char *path;
    const char *sentence;
    unsigned line;
};

struct demo_script {
    char *file; /* owned: the text that all others point into */
    const char *path /* borrowed: for sentences */, *title;
    unsigned minutes;
    struct demo_machine_desc machine[DEMO_MACHINES];
    unsigned machines;
    struct demo_need need[DEMO_MACHINES];
    unsigned needs;
    struct demo_step *step; /* owned; the first is a page */
    unsigned steps, pages;
};

/* -errno with "PATH:LINE: what is wrong"; then there is nothing to free. The path stays where it is. */
MUST_CHECK int demo_script_load(struct demo_script *, const char *path, struct error *);
void demo_script_free(struct demo_script *); /* also one that is all zeros */

static inline bool demo_is_expectation(enum demo_kind k) { return k >= DEMO_MATCH; }

/* The next word of *text, in quotes or without, taken out in place; NULL at the end. For options and words of commands. */
char *demo_word(char **text);

#endif
