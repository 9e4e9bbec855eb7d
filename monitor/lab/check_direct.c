/* check_direct.c - which accesses of a guest are done one by one: with the student's leaves no more than with our own. Devices aside: no leaf
 * expresses those.
 *
 *    ours      retired   10      31           57       accesses that our own VMM had to interpret
 *    theirs    retired   10      31    44     57       with the student's leaves
 *                                      ^ told: his leaf grants less than it could
 *
 * Both lists are in the order of the instructions, so one walk through both finds the first that is in theirs alone. The other way round
 * is no fault here: a leaf that grants too much is what the stages before it are for.
 */
#include "isa/about.h"
#include "monitor/kind.h"
#include "monitor/lab/job.h"

#include <errno.h>
#include <stdlib.h>

enum { ACCESSES = 4096 };
#define LIMIT UINT64_C(5000000)

struct access {
    uint64_t retired, tval;
    va_t pc;
};
struct accesses {
    unsigned count;
    struct access at[ACCESSES];
};

/* Accesses to devices have another owner, and are interpreted whatever the leaf says. Beyond ACCESSES the list is cut off. */
static void told(void *opaque, const struct vm_event *event)
{
    struct accesses *a = opaque;
    if (event->action == VM_INTERPRETED && event->owner == VM_OWNER_SHADOW && a->count < ACCESSES)
        a->at[a->count++] = (struct access){event->retired, event->trap.tval, event->pc};
}

/* vm_observe() is told each decision of D after it was carried out; the guest runs in one go, as nobody compares states here.
 * By the functions in `uses`, or, when there are none, by our own. */
static int run(struct lab_job *j, const struct run_options *o, unsigned uses, struct accesses *out, struct error *e)
{
    struct session s;
    struct lab_seam *seam = NULL;
    struct vm_observer observer = {.trap = told, .opaque = out};
    int r = session_open(&s, o, 1, (struct chardev){0}, e);
    if (r)
        return r;
    struct machine *vm = stack_top(&s.stack);
    r = uses ? lab_seam_create(&seam, vm, j->opened, uses, &j->shared->progress) : 0;
    if (r == 0) {
        vm_observe(vm, &observer);
        (void)system_run(s.system, LIMIT);
        vm_unobserve(vm, &observer);
        j->shared->finding.instructions += uses ? s.system->retired : 0;
    } else {
        r = error_set(e, -r, "there is not enough memory");
    }
    lab_seam_destroy(seam);
    session_close(&s);
    return r;
}

static void compare(struct lab_finding *f, const struct accesses *ours, const struct accesses *theirs)
{
    unsigned i = 0;
    for (unsigned n = 0; n < theirs->count; n++) {
        while (i < ours->count && ours->at[i].retired < theirs->at[n].retired)
            i++;
        if (i < ours->count && ours->at[i].retired == theirs->at[n].retired)
            continue;
        lab_fault(f,
                  "the access at 0x%llx was done by hand, for your leaf does not grant what it could: with a leaf that does, the "
                  "instruction runs directly. %u accesses are done by hand; %u need be",
                  (unsigned long long)theirs->at[n].tval, theirs->count, ours->count);
        lab_place(f, theirs->at[n].retired, theirs->at[n].pc);
        return;
    }
}

int lab_check_direct(struct lab_job *j, const struct lab_code *code, struct error *e)
{
    struct run_options o = {0};
    struct accesses *both = calloc(2, sizeof *both);
    int r = both ? lab_options(&o, j->lab, code, e) : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0)
        r = run(j, &o, 0, &both[0], e);
    if (r == 0)
        r = run(j, &o, j->stage->uses, &both[1], e);
    if (r == 0)
        compare(&j->shared->finding, &both[0], &both[1]);
    run_options_free(&o);
    free(both);
    return r;
}
