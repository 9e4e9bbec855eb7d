/* debugger_back_search.c - the latest stop before a place, window by window.
 *
 * It is looked for in a window that ends there, then in those before it: two short ones first, for where stops are many, then from
 * checkpoint to checkpoint. What stands at a window's beginning belongs to the window.
 *
 * While a window is run through, every stop counts whatever is to be ignored; then they are gone through backwards, and ignored.
 */
#include "monitor/debug/debugger_back_private.h"

enum { MET_MAX = 64, SHORT_WINDOWS = 2 };

/* --- what stops it while the past is run through */

/* Before a stretch of the search: of `hits` only what it adds is asked for. */
static void hits_clear(struct debugger *d)
{
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        b->hits = 0;
}

static uint64_t hits_met(const struct debugger *d)
{
    uint64_t met = 0;
    unsigned i = 0;
    for (const struct breakpoint *b = d->breakpoints; b && i < MET_MAX; b = b->next, i++)
        met |= (uint64_t)(b->hits != 0) << i;
    return met;
}

/* These three stop the guest behind what they are about, so going back they stop it one step before that; the others
 * stop it before the instruction in either direction. */
static bool happens(const struct debugger *d, unsigned number)
{
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->number == number)
            return breakpoint_is_watch(b) || b->kind == BREAK_TRAP || b->kind == BREAK_MODE;
    return false;
}

static void push(struct back *s)
{
    struct hit *h = &s->hit[s->hits++ % BACK_HITS];
    *h = (struct hit){back_here(s->d), happens(s->d, s->d->stop.number), hits_met(s->d), s->d->stop};
    if (s->d->stop.exit_level) /* D may have done much there without an instruction or a trap */
        h->at = (struct place){s->d->stop.exit.retired, s->d->stop.exit_traps};
}

/* --- a window */

/* Internal breakpoints are gone after each stop, so they are set anew for each stretch. Their guard is that of where it
 * began, not of now. */
static int set_calls(struct back *s, struct error *e)
{
    int r = 0;
    for (unsigned i = 0; i < s->calls && r == 0; i++) {
        r = debugger_break_internal(s->d, s->call[i], true, e);
        if (r == 0) {
            s->d->internal->mode = s->mode;
            s->d->internal->guard_sp = s->sp;
        }
    }
    return r;
}

/* A breakpoint where the guest stands, which running from there passes. */
static void look_here(struct back *s)
{
    struct debugger *d = s->d;
    d->stop = (struct stop){0};
    struct breakpoint *b = breakpoints_at(d, about_pc(debugger_guest(d)));
    if (!b)
        b = breakpoints_of_instruction(d);
    if (!b)
        return;
    d->stop.reason = b->number ? STOP_BREAKPOINT : STOP_REACHED;
    d->stop.number = b->number;
    push(s);
}

/* From where the guest is: breakpoints before `end`, and what has happened until there. */
static int search_on(struct back *s, struct place end, struct error *e)
{
    struct debugger *d = s->d;
    const struct plan plan = {.has_target = true, .target = end.retired, .target_traps = end.traps, .again = true};
    int r = set_calls(s, e);
    hits_clear(d);
    if (r == 0 && back_is_before(back_here(d), end))
        look_here(s);
    breakpoints_forget_internal(d);
    for (; r == 0; push(s)) {
        hits_clear(d);
        r = set_calls(s, e);
        if (r == 0)
            debugger_run(d, &plan);
        bool reached = d->stop.reason == STOP_REACHED && back_is_before(back_here(d), end);
        if (r || (d->stop.reason != STOP_BREAKPOINT && d->stop.reason != STOP_WATCHPOINT && !reached))
            break;
    }
    breakpoints_forget_internal(d);
    return r;
}

/* Does it stop there, going backwards? Who does is noted in its stop. */
static bool stops(struct back *s, struct hit *h)
{
    const struct breakpoint *b = s->d->breakpoints;
    unsigned number = 0;
    for (unsigned i = 0; b && i < MET_MAX; b = b->next, i++) {
        if (!(h->met >> i & 1))
            continue;
        s->kept[i].hits++;
        if (s->kept[i].ignore)
            s->kept[i].ignore--;
        else if (!number || b->number == h->stop.number)
            number = b->number;
    }
    if (h->stop.number && number)
        h->stop.number = number;
    return number || !h->stop.number;
}

/* The latest hit of the window that is not ignored; NULL: none. */
/* The ring has the latest BACK_HITS of the window, number n at n % BACK_HITS. From the latest to the oldest:
 *
 *     hits = 67     [64][65][66][ 3][ 4] ... [63]
 *                             ^ first asked, then 65, 64, 63 ... 3 */
static struct hit *choose(struct back *s)
{
    uint64_t oldest = s->hits > BACK_HITS ? s->hits - BACK_HITS : 0;
    for (uint64_t n = s->hits; n-- > oldest;)
        if (stops(s, &s->hit[n % BACK_HITS]))
            return &s->hit[n % BACK_HITS];
    return NULL;
}

/* Most people look for something that was just before. 10000 instructions are run in no time, a million hardly longer;
 * only then is it worth going from checkpoint to checkpoint. A window does not reach beyond the checkpoint before `end`,
 * so going to its start costs a restore. */
uint64_t back_window_start(const struct back *s, struct place end, unsigned number)
{
    static const uint64_t size[SHORT_WINDOWS] = {10000, 1000000};
    const struct checkpoint *c = checkpoints_before(s->d->past, end.retired ? end.retired - 1 : 0);
    uint64_t first = c ? checkpoint_retired(c) : 0;
    return number < SHORT_WINDOWS && end.retired - first > size[number] ? end.retired - size[number] : first;
}

/*     first                                               end
 *       |....|------------|-------------------|-------|-----|
 *        ...   checkpoint      checkpoint        10^6   10^4     windows, searched from right to left
 *
 * Each is run through forwards, for there is no other way to run, and the latest stop in it is taken. */
int back_search(struct back *s, struct place end, struct place first, struct hit **out, struct error *e)
{
    *out = NULL;
    for (unsigned n = 0; back_is_before(first, end); n++) {
        struct place start = {back_window_start(s, end, n), 0};
        if (back_is_before(start, first))
            start = first;
        int r = back_go_to(s->d, start, e);
        s->hits = 0;
        if (r == 0)
            r = search_on(s, end, e);
        if (r || (*out = choose(s)))
            return r;
        end = s->hits > BACK_HITS ? s->hit[s->hits % BACK_HITS].at : start; /* more were ignored than are kept: on from the oldest */
    }
    return 0;
}
