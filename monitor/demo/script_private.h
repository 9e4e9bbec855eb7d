/* script_private.h - what script*.c share. */
#ifndef TRAPEZE_MONITOR_DEMO_SCRIPT_PRIVATE_H
#define TRAPEZE_MONITOR_DEMO_SCRIPT_PRIVATE_H

#include "monitor/demo/script.h"

/* Where the parser stands. A step whose text may go on in the next line is `grows`; `end` and `ends` point into the file itself, whose
 * text is moved together in place (script.c), as joined lines are no longer than the lines were. */
struct demo_parser {
    struct demo_script *s;
    unsigned room, line;
    unsigned machine[2], machines; /* of the latest command */
    int level[2];
    int command;             /* the latest, which expectations are about; NO_COMMAND: none on this page */
    struct demo_step *grows; /* the step that the next line may go on with */
    char **end;              /* of its text or answer */
    char *ends;
    struct error *error;
};

/* -EINVAL with "PATH:LINE: " before the sentence. */
#define FAIL(p, ...) demo_fail_at(p, (p)->line, __VA_ARGS__)
int demo_fail_at(struct demo_parser *, unsigned line, const char *format, ...) PRINTF_LIKE(3, 4);

/* script_head.c: a line before the first page. */
MUST_CHECK int demo_head_line(struct demo_parser *, char *line);
int demo_find_machine(const struct demo_script *, const char *name, size_t size); /* its number, or -1 */
char *demo_blanks(char *at);                                                      /* past them */

#endif
