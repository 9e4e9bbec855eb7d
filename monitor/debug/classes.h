/* classes.h - the class of an instruction after Popek and Goldberg, as the classifier measures it; what it has no theory of, as the
 * instruction table claims. Each kind of instruction is measured once, when it is first asked for.
 */
#ifndef TRAPEZE_MONITOR_DEBUG_CLASSES_H
#define TRAPEZE_MONITOR_DEBUG_CLASSES_H

#include "isa/machine.h"

/* The four combinations that occur, and their marks in listings:
 *
 *                   privileged            not privileged
 *     sensitive     S  privileged, sens.  !  critical: Theorem 1 does not hold
 *                   (or withheld by K, or so as far as it is sensitive)
 *     innocuous     P  privileged         (blank) innocuous */
struct insn_class {
    bool known;         /* false: no instruction of the machine */
    bool measured;      /* else claimed */
    bool privileged;    /* traps in user mode, and not in the most privileged one */
    unsigned sensitive; /* SENSITIVE_* */
    bool critical;      /* sensitive and not privileged: what Theorem 1 forbids */
};

struct classes;

/* variant: of the machine's instruction set, kept by the caller; NULL: its base. */
MUST_CHECK int classes_create(struct classes **, const char *variant);
void classes_destroy(struct classes *);
/* Of an instruction as this machine decodes it. */
struct insn_class classes_of(struct classes *, const struct machine *, insn_t bits);
/* "privileged, sensitive", "critical", "sensitive", "privileged", "innocuous" */
const char *class_name(const struct insn_class *);
char class_mark(const struct insn_class *); /* P, S, !, or a blank for what is innocuous */

#endif
