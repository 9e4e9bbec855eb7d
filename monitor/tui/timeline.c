/* timeline.c - see timeline.h.
 *
 * The cells of two machines, by the exit's number on the course of all; `now` is 6, so 6 and 7 lie ahead: they came last time.
 *
 *     number   0    1    2    3    4    5  | 6    7
 *     level    1    2    1    1    2    1  | 2    1
 *     of 1     F         P    P         R  |      I       here is 5, before is 3, ahead is 7
 *     of 2          F              D       | P            here is 4, before is 1, ahead is 6
 */
#include "monitor/tui/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int timeline_open(struct timeline *t)
{
    *t = (struct timeline){.cell = calloc(TIMELINE_CELLS, sizeof *t->cell)};
    return t->cell ? 0 : -ENOMEM;
}

void timeline_close(struct timeline *t)
{
    free(t->cell);
    *t = (struct timeline){0};
}

/* The first cell of at least that number. */
static unsigned place(const struct timeline *t, uint64_t number)
{
    unsigned low = 0, high = t->count;
    while (low < high) {
        unsigned middle = (low + high) / 2;
        if (t->cell[middle].number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same number does not make it the same exit: after a change by hand the guest takes another course from there on. */
static bool same(const struct traplog_exit *a, const struct traplog_exit *b)
{
    return a->level == b->level && a->event.retired == b->event.retired && a->event.pc == b->event.pc &&
           a->event.trap.cause == b->event.trap.cause && a->event.action == b->event.action;
}

/* Exits come in order, mostly behind the last one kept. Running again over what is known changes nothing; one that is another
 * than last time ends the future that was kept. When all cells are taken the oldest goes. */
static void insert(struct timeline *t, const struct traplog_exit *x)
{
    unsigned i = place(t, x->number);
    if (i < t->count && t->cell[i].number == x->number) {
        if (same(&t->cell[i], x))
            return;
        t->count = i; /* another course: what came then does not come now */
    }
    if (t->count == TIMELINE_CELLS) {
        if (!i)
            return;
        memmove(t->cell, t->cell + 1, (TIMELINE_CELLS - 1) * sizeof *t->cell);
        t->count--;
        i--;
    }
    memmove(t->cell + i + 1, t->cell + i, (t->count - i) * sizeof *t->cell);
    t->cell[i] = *x;
    t->count++;
}

/* The log keeps the latest exits, counted back from now; all that it still has are put in, oldest first, since the guest may
 * have run through many since the last look. */
void timeline_look(struct timeline *t, const struct traplog *log)
{
    unsigned back = 0;
    t->now = traplog_exits(log);
    while (traplog_exit(log, back + 1))
        back++;
    for (; back; back--)
        insert(t, traplog_exit(log, back));
}

/* The latest one below index i. */
static const struct traplog_exit *below(const struct timeline *t, unsigned i, unsigned level)
{
    while (i-- > 0)
        if (t->cell[i].level == level)
            return &t->cell[i];
    return NULL;
}

const struct traplog_exit *timeline_here(const struct timeline *t, unsigned level) { return below(t, place(t, t->now), level); }

const struct traplog_exit *timeline_before(const struct timeline *t, unsigned level)
{
    const struct traplog_exit *here = timeline_here(t, level);
    return here ? below(t, (unsigned)(here - t->cell), level) : NULL;
}

/* From now on, that is from number `now`: it is the first that the guest does not stand behind. */
const struct traplog_exit *timeline_ahead(const struct timeline *t, unsigned level)
{
    for (unsigned i = place(t, t->now); i < t->count; i++)
        if (t->cell[i].level == level)
            return &t->cell[i];
    return NULL;
}

char timeline_letter(const struct vm_event *e)
{
    switch (e->action) {
    case VM_STOPPED: return '!';
    case VM_INTERRUPTED: return 'I';
    case VM_REFLECTED: return 'R';
    case VM_FILLED: return 'F';
    case VM_INTERPRETED: return e->owner == VM_OWNER_DEVICE ? 'D' : 'X';
    default: return 'P';
    }
}

/* By the letter, so that the two cannot say different things. */
enum style timeline_style(const struct vm_event *e)
{
    switch (timeline_letter(e)) {
    case '!': return STYLE_ALARM;
    case 'I': return STYLE_INTERRUPT;
    case 'R': return STYLE_GUEST;
    case 'F':
    case 'X': return STYLE_RESOURCE;
    case 'D': return STYLE_DEVICE;
    default: return STYLE_PRIVILEGED;
    }
}

const char *timeline_word(char letter)
{
    switch (letter) {
    case '!': return "the VMM refused: the guest stands";
    case 'I': return "an interrupt of the virtual machine's own";
    case 'R': return "reflected: the guest's own trap";
    case 'F': return "a leaf of the shadow was filled";
    case 'X': return "the VMM did the access: no leaf can express it";
    case 'D': return "the VMM did the access: a device";
    default: return "privileged: its v_i emulated it";
    }
}

int timeline_go(struct debugger *d, const struct traplog_exit *to, struct error *e)
{
    const struct traplog_exit x = *to; /* it may be forgotten on the way */
    const uint64_t at = x.event.retired;
    if (traplog_exits(d->traplog) != x.number && (traplog_exits(d->traplog) > x.number || debugger_retired(d) < at)) {
        int r = debugger_return(d, at, 0, e); /* in earnest even where only exits lie between, and no instruction */
        if (r)
            return r;
    }
    while (traplog_exits(d->traplog) <= x.number) {
        const struct plan plan = {.until_exit = true, .exit = {.level = x.level}, .quiet = true};
        debugger_run(d, &plan);
        if (d->stop.reason == STOP_ENDED || d->stop.reason == STOP_INTERRUPT || d->stop.reason == STOP_LIMIT ||
            debugger_retired(d) > at)
            break;
    }
    return traplog_exits(d->traplog) == x.number + 1 ? 0 : error_set(e, ESRCH, "that exit has not come this time");
}
