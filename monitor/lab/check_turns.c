/* check_turns.c - a student's scheduler at work, and the rules that it is to keep. The first decision against a rule is told, with the virtual
 * machine that is wronged by it, where that stands.
 *
 *    look()  who has woken up by now?                     now
 *    ask()   the student: whose turn, how long?    -----> keeps(): against a rule? then the run ends
 *    house_turn()  the VM runs, now += what it ran
 *    after_turn()  does it wait, has it ended?  ... and again, until all have ended
 *
 * A VM:   RUNNABLE --- its guest waits for a timer ---> WAITING --- `wake` is over ---> RUNNABLE (woken)
 *             |
 *             +------- its guest switches off --------> ENDED
 *
 * Time is counted in instructions that ran, so a check gives the same result on any host, however slow.
 */
#include "monitor/lab/house.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Time in the house by which all have ended, however badly they are served. */
#define LIMIT UINT64_C(20000000)

struct turns {
    struct lab_job *job;
    struct lab_finding *finding;
    struct house house;
    struct lab_vm vm[HOUSE_VMS];
    uint64_t served[HOUSE_VMS]; /* when it last had the host, or became runnable */
    bool woken[HOUSE_VMS];      /* it woke up, and has not had a turn since */
    unsigned count, weights;
    uint64_t now;
    unsigned decisions, previous;
    void *memory; /* the student's; owned */
};

static bool runnable(const struct turns *t, unsigned i) { return t->vm[i].state == LAB_RUNNABLE; }

/* The lowest-numbered one that could run; count: none could. */
static unsigned first_runnable(const struct turns *t)
{
    unsigned i = 0;
    while (i < t->count && !runnable(t, i))
        i++;
    return i;
}

/* --- what is so */

/* It could have run since its `wake`, and not only since somebody looked: waiting for a turn is counted from there. */
static void look(struct turns *t)
{
    for (unsigned i = 0; i < t->count; i++) {
        struct lab_vm *v = &t->vm[i];
        if (v->state != LAB_WAITING || v->wake > t->now)
            continue;
        v->state = LAB_RUNNABLE;
        v->since = t->served[i] = v->wake;
        t->woken[i] = true;
    }
}

static void after_turn(struct turns *t, unsigned i)
{
    struct lab_vm *v = &t->vm[i];
    t->served[i] = t->now;
    t->woken[i] = false;
    if (house_ended(&t->house, i))
        v->state = LAB_ENDED;
    else if (t->house.at[i].waits)
        v->state = LAB_WAITING;
    if (v->state != LAB_RUNNABLE)
        v->since = t->now;
    v->wake = t->house.at[i].wake;
}

/* --- rules */

/* The table of all machines is what a student needs to see why: "vm 2  weight 3  has had  12000  runnable since 8000". */
static void wronged(struct turns *t, unsigned i)
{
    struct machine *m = house_vm(&t->house, i);
    t->finding->vm = i;
    lab_place(t->finding, house_retired(&t->house, i), machine_get(m, MACHINE_PC));
    (void)disasm_at(m, machine_get(m, MACHINE_PC), t->finding->instruction, sizeof t->finding->instruction);
    for (unsigned n = 0; n < t->count; n++) {
        static const char *const states[] = {"runnable", "waiting", "ended"};
        lab_detail(t->finding, "vm %u  weight %u  has had %7llu  %s since %llu\n", n, t->vm[n].weight,
                   (unsigned long long)t->vm[n].ran, states[t->vm[n].state], (unsigned long long)t->vm[n].since);
    }
}

/* Decision against a rule, by which vm `i` is wronged; what is wrong is the sentence. false. */
static bool against(struct turns *t, unsigned i, const char *format, ...) PRINTF_LIKE(3, 4);
static bool against(struct turns *t, unsigned i, const char *format, ...)
{
    char what[WHY / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(what, sizeof what, format, arguments);
    va_end(arguments);
    lab_fault(t->finding, "decision %u, at time %llu: %s", t->decisions, (unsigned long long)t->now, what);
    wronged(t, i);
    return false;
}

/* LAB_IDLE is right only where nobody can run. A choice out of range is told first: it would index past the table. */
static bool keeps_to_runnable(struct turns *t, const struct lab_choice *c)
{
    const unsigned first = first_runnable(t);
    if (c->vm == LAB_IDLE)
        return first == t->count || against(t, first, "nobody gets a turn, and vm %u could run", first);
    if (c->vm < 0 || (unsigned)c->vm >= t->count)
        return against(t, t->previous, "vm %d gets a turn, and there are vm 0 to vm %u", c->vm, t->count - 1);
    if (!runnable(t, (unsigned)c->vm))
        return against(t, (unsigned)c->vm, "vm %d gets a turn, and %s", c->vm,
                       t->vm[c->vm].state == LAB_ENDED ? "has ended" : "waits for an interrupt");
    if (c->slice < 1 || c->slice > LAB_SLICE)
        return against(t, (unsigned)c->vm, "vm %d gets %llu units; a turn is 1 to %d of them", c->vm, (unsigned long long)c->slice,
                       LAB_SLICE);
    return true;
}

/* So long may a VM that could run be without a turn: twice what all others together are entitled to before it. */
static bool starves_nobody(struct turns *t, const struct lab_choice *c)
{
    const uint64_t most = UINT64_C(2) * t->weights * LAB_SLICE;
    for (unsigned i = 0; i < t->count; i++)
        if (runnable(t, i) && (unsigned)c->vm != i && t->now - t->served[i] > most)
            return against(t, i, "vm %u could run, and has had no turn for %llu units; %llu are allowed", i,
                           (unsigned long long)(t->now - t->served[i]), (unsigned long long)most);
    return true;
}

/* While all can run, each has had, for its weight, as much as each other, but for two slices. */
static bool is_fair(struct turns *t)
{
    unsigned least = 0, most = 0;
    for (unsigned i = 0; i < t->count; i++) {
        if (!runnable(t, i))
            return true;
        least = t->vm[i].ran * t->vm[least].weight < t->vm[least].ran * t->vm[i].weight ? i : least;
        most = t->vm[i].ran * t->vm[most].weight > t->vm[most].ran * t->vm[i].weight ? i : most;
    }
    const uint64_t low = t->vm[least].ran / t->vm[least].weight, high = t->vm[most].ran / t->vm[most].weight;
    return high - low <= UINT64_C(2) * LAB_SLICE ||
           against(t, least, "vm %u has had %llu units for each unit of its weight, vm %u has had %llu; they may be %d apart", most,
                   (unsigned long long)high, least, (unsigned long long)low, 2 * LAB_SLICE);
}

/* Who has just woken up comes before those who have not. */
static bool serves_the_woken(struct turns *t, const struct lab_choice *c)
{
    for (unsigned i = 0; i < t->count; i++)
        if (t->woken[i] && !t->woken[c->vm])
            return against(t, i, "vm %u woke up at %llu and has had no turn since; vm %d, which has not slept, gets one", i,
                           (unsigned long long)t->vm[i].since, c->vm);
    return true;
}

static bool keeps(struct turns *t, const struct lab_choice *c)
{
    const unsigned rules = t->job->stage->rules;
    if (!keeps_to_runnable(t, c))
        return false;
    if (c->vm == LAB_IDLE)
        return true;
    return (!(rules & TURNS_STARVE) || starves_nobody(t, c)) && (!(rules & TURNS_FAIR) || is_fair(t)) &&
           (!(rules & TURNS_LATENCY) || serves_the_woken(t, c));
}

/* --- the run */

/* The student's function works on a copy, as it gets a pointer to const that it may cast away. Progress is written before the call: if it
 * does not return the parent reads there where the guest was. */
static struct lab_choice ask(struct turns *t)
{
    struct lab_progress *p = &t->job->shared->progress;
    struct lab_vm shown[HOUSE_VMS]; /* what the student does to it is lost */
    memcpy(shown, t->vm, sizeof shown);
    p->retired = house_retired(&t->house, t->previous);
    p->pc = machine_get(house_vm(&t->house, t->previous), MACHINE_PC);
    t->finding->vm = t->previous;
    t->decisions++;
    p->calls++;
    p->inside = 1 + LAB_PICK;
    const struct lab_choice c = lab_pick(t->job->opened, t->memory, shown, t->count, t->now);
    p->inside = 0;
    return c;
}

/* false: nobody will ever run again. */
static bool time_goes_on(struct turns *t)
{
    uint64_t first = UINT64_MAX;
    for (unsigned i = 0; i < t->count; i++)
        if (t->vm[i].state == LAB_WAITING && t->vm[i].wake < first)
            first = t->vm[i].wake;
    t->now = first == UINT64_MAX ? t->now : first;
    return first != UINT64_MAX;
}

/* look() twice: time may have gone on to the next wake in between. */
static void run(struct turns *t)
{
    while (t->finding->kind == FOUND_NOTHING) {
        look(t);
        if (first_runnable(t) == t->count && !time_goes_on(t))
            break;
        look(t);
        const struct lab_choice c = ask(t);
        if (!keeps(t, &c))
            break;
        if (c.vm == LAB_IDLE)
            continue;
        const uint64_t ran = house_turn(&t->house, (unsigned)c.vm, c.slice, t->now);
        t->now += ran;
        t->vm[c.vm].ran += ran;
        t->finding->instructions += ran;
        t->previous = (unsigned)c.vm;
        after_turn(t, (unsigned)c.vm);
        if (t->now > LIMIT && against(t, (unsigned)c.vm, "the guests should have ended long ago"))
            break;
    }
}

/* Weights are random, too, from where the first guest's numbers end: two bits for each machine, 1 to 4; without TURNS_WEIGHTS all have 1.
 * */
int lab_check_turns(struct lab_job *j, unsigned guest, struct error *e)
{
    struct turns t = {.job = j, .finding = &j->shared->finding, .count = j->stage->vms, .memory = calloc(1, LAB_MEMORY_SIZE)};
    struct lab_code *code = malloc(sizeof *code); /* for its random numbers */
    int r = t.memory && code ? house_open(&t.house, j, guest, e) : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0) {
        (void)lab_job_guest(j, guest, 0, code);
        for (unsigned i = 0; i < t.count; i++) {
            t.vm[i].weight = j->stage->rules & TURNS_WEIGHTS ? 1 + (unsigned)(code->random >> (4 * i) & 3) : 1;
            t.weights += t.vm[i].weight;
        }
        run(&t);
        house_close(&t.house);
    }
    free(code);
    free(t.memory);
    return r;
}
