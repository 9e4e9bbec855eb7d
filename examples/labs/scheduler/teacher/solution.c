/* solution.c - a solution of the assignment "scheduler": who has just woken up comes first; else who has had least for its weight. A VM that has
 * slept does not catch up: it begins where the others are. */
#include "core/assignment_riscv.h"

struct account {
    uint64_t credit;  /* virtual time: units that it has had, divided by its weight, and what it has slept through */
    uint64_t counted; /* of .ran: so much is in credit */
    uint64_t since;   /* .since, when it was looked at last */
    bool woken;       /* and has had no turn */
};
struct memory {
    struct account of[LAB_VMS];
    uint64_t least; /* credit of who was picked last: the others' is not much less */
};
_Static_assert(sizeof(struct memory) <= LAB_MEMORY_SIZE, "it has room");

enum { SCALE = 1024 }; /* so that dividing by a weight loses nothing */

static void look(struct memory *m, unsigned i, const struct lab_vm *vm)
{
    struct account *a = &m->of[i];

    a->credit += (vm->ran - a->counted) * SCALE / vm->weight;
    a->counted = vm->ran;
    if (vm->state == LAB_RUNNABLE && vm->since != a->since) {
        a->woken = true;
        if (a->credit < m->least)
            a->credit = m->least;
    }
    a->since = vm->since;
}

static bool before(const struct account *a, const struct account *b)
{
    return a->woken != b->woken ? a->woken : a->credit < b->credit;
}

static struct lab_choice pick(void *memory, const struct lab_vm *vms, unsigned count, uint64_t now)
{
    struct memory *m = memory;
    int best = LAB_IDLE;

    (void)now;
    for (unsigned i = 0; i < count; i++) {
        look(m, i, &vms[i]);
        if (vms[i].state == LAB_RUNNABLE && (best == LAB_IDLE || before(&m->of[i], &m->of[best])))
            best = (int)i;
    }
    if (best != LAB_IDLE) {
        m->of[best].woken = false;
        m->least = m->of[best].credit;
    }
    return (struct lab_choice){.vm = best, .slice = 1000};
}

static const struct lab_scheduler functions = {pick};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .scheduler = &functions};
