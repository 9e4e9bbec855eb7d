/* theorem.c - what the theorems of the paper say of a classification.
 *
 *   1  sensitive ⊆ privileged: a virtual machine monitor may be constructed                              [PG74 p.417]
 *   2  recursively: 1, and a monitor without timing dependencies can be constructed                      [PG74 p.418]
 *   3  user-sensitive ⊆ privileged: a hybrid monitor may be constructed, which interprets all that runs
 *      in virtual supervisor mode                                                                        [PG74 p.419]
 *
 * What K withholds counts as privileged: no execution of it completes without the monitor, which is all that the proof of 1 asks of a
 * sensitive instruction (its lemma 1 is of those that complete).
 *
 * The conditions are sufficient, not necessary. Time on these machines is the count of retired instructions, which all levels of
 * nesting share, so a monitor depends on no timing unless the guest reaches a clock past it; then 1 fails already.
 */
#include "core/theory/theory.h"

#include <errno.h>
#include <stdlib.h>

#include "core/theory/derive.h"

void finding_derive(struct finding *f)
{
    f->privileged = f->traps == MEASURED_ALWAYS;
    f->innocuous = f->sensitive == SENSITIVE_NONE;
    f->withheld = f->traps == MEASURED_WITHHELD;
    f->critical = !f->innocuous && !f->privileged && !f->withheld;
}

bool finding_user_critical(const struct finding *f) { return f->critical && f->user_sensitive; }

/*T:520 Theorem 1, decided: is every sensitive instruction privileged? Theorems 2 and 3 ask the same with other sets. :*/
int theorem_decide(const struct classification *c, struct verdict *out)
{
    *out = (struct verdict){0};
    unsigned count = 0;
    for (unsigned i = 0; i < c->count; i++)
        count += c->findings[i].critical;
    out->critical = calloc(count + 1, sizeof *out->critical);
    if (!out->critical)
        return -ENOMEM;
    for (unsigned i = 0; i < c->count; i++) {
        const struct finding *f = &c->findings[i];
        if (f->critical)
            out->critical[out->critical_count++] = f;
        out->user_critical_count += finding_user_critical(f);
    }
    out->theorem1 = out->critical_count == 0;
    out->theorem3 = out->user_critical_count == 0;
    out->theorem2 = out->theorem1;
    out->why2 = out->theorem1 ? "virtualizable, and its monitor depends on no timing: time is instructions retired, for all levels"
                              : "not virtualizable, so not recursively either";
    return 0;
}

void verdict_free(struct verdict *v)
{
    free(v->critical);
    v->critical = NULL;
}
