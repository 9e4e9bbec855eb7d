/* debugger_back.c - backwards: to a checkpoint, and forwards again to the place that is looked for (core/checkpoint.h).
 *
 * A place in the course is a count of retired instructions and of the traps since: a trap is a step, and retires nothing. The latest
 * stop before now is looked for in a window that ends now, then in those before it: two short ones first, for where stops are many,
 * then from checkpoint to checkpoint. What stands at a window's beginning belongs to the window.
 *
 * While a window is run through, every stop counts whatever is to be ignored; then they are gone through backwards, and ignored.
 */
#include "monitor/debug/debugger_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char beginning[] = "No more reverse-execution history: this is where it begins.";

enum { HITS = 64, MET_MAX = 64, SHORT_WINDOWS = 2, CALLS = 4, CALL_LONGEST = 16 /* addresses */ };

struct place {
    uint64_t retired;
    unsigned traps;
};

struct hit {
    struct place at; /* where the guest stopped, forwards */
    bool before;     /* backwards it stops one step before that */
    uint64_t met;    /* a bit for each breakpoint that counted it, in the order of the list */
    struct stop stop;
};

struct kept { /* of a breakpoint */
    uint64_t hits, ignore;
    bool temporary;
};

struct back {
    struct debugger *d;
    struct place now;
    struct kept *kept; /* owned: in the order of the list */
    uint64_t *from;    /* owned: registers of where it began ... */
    unsigned hart;     /* ... of this hart */
    struct hit *hit;   /* owned: the latest HITS of a window, at [n % HITS] */
    uint64_t hits;
    bool behind; /* a watchpoint stops it behind the access */
    /* The call of a function that is gone back over: it may lie there, in this mode, with a stack pointer of at least this. */
    va_t call[CALLS];
    unsigned calls, mode;
    uint64_t sp;
};

/* --- places */

static struct place here(const struct debugger *d) { return (struct place){debugger_retired(d), debugger_traps_here(d)}; }

static bool is_before(struct place a, struct place b)
{
    return a.retired < b.retired || (a.retired == b.retired && a.traps < b.traps);
}

static uint64_t first_place(const struct debugger *d)
{
    return checkpoints_count(d->past) ? checkpoint_retired(checkpoints_at(d->past, 0)) : debugger_retired(d);
}

static void run_quietly(struct debugger *d, struct place to)
{
    debugger_run(d, &(struct plan){.has_target = true, .target = to.retired, .target_traps = to.traps, .quiet = true});
}

static int go_to(struct debugger *d, struct place p, struct error *e)
{
    int r = debugger_seek(d, p.retired, e);
    if (r == 0 && debugger_traps_here(d) < p.traps)
        run_quietly(d, p);
    return r;
}

int debugger_return(struct debugger *d, uint64_t retired, unsigned traps, struct error *e)
{
    return go_to(d, (struct place){retired, traps}, e);
}

/* Goes to where the guest was `count` steps before `p`; *all is false when there are not so many, and it is at the beginning. */
static int go_before(struct debugger *d, struct place p, uint64_t count, bool *all, struct error *e)
{
    *all = false;
    if (checkpoints_count(d->past) == 0) /* nothing has run yet */
        return 0;
    uint64_t first = first_place(d), start = p.retired - first > count ? p.retired - count : first;
    int r = p.retired < first ? error_set(e, ENOENT, "nothing is kept from before") : debugger_seek(d, start, e);
    if (r)
        return r;
    uint64_t traps = d->traps;
    run_quietly(d, p);
    uint64_t steps = p.retired - start + (d->traps - traps);
    *all = steps >= count;
    r = debugger_seek(d, start, e);
    if (r == 0 && steps > count)
        debugger_run(d, &(struct plan){.steps = steps - count, .quiet = true});
    return r;
}

int debugger_relive(struct debugger *d, uint64_t from, struct error *e)
{
    const struct place now = here(d);
    const struct stop stop = d->stop;
    const bool has_before = d->has_before;
    size_t size = debugger_isa(d)->reg_count * sizeof *d->before;
    uint64_t *before = malloc(size);
    if (!before)
        return error_set(e, ENOMEM, "there is not enough memory to go back");
    memcpy(before, d->before, size);
    int r = debugger_seek(d, from, e);
    if (r == 0)
        run_quietly(d, now);
    memcpy(d->before, before, size);
    free(before);
    d->has_before = has_before;
    d->stop = stop;
    return r;
}

/* --- breakpoints while the past is searched */

static bool any_enabled(const struct debugger *d)
{
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->enabled)
            return true;
    return false;
}

static void breakpoints_keep(struct back *s)
{
    unsigned i = 0;
    for (struct breakpoint *b = s->d->breakpoints; b; b = b->next) {
        s->kept[i++] = (struct kept){b->hits, b->ignore, b->temporary};
        b->ignore = 0;
        b->temporary = false;
    }
}

static void breakpoints_give_back(struct back *s)
{
    unsigned i = 0;
    for (struct breakpoint *b = s->d->breakpoints; b; b = b->next, i++) {
        b->hits = s->kept[i].hits;
        b->ignore = s->kept[i].ignore;
        b->temporary = s->kept[i].temporary;
    }
}

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

static bool happens(const struct debugger *d, unsigned number)
{
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->number == number)
            return breakpoint_is_watch(b) || b->kind == BREAK_TRAP || b->kind == BREAK_MODE;
    return false;
}

static void push(struct back *s)
{
    struct hit *h = &s->hit[s->hits++ % HITS];
    *h = (struct hit){here(s->d), happens(s->d, s->d->stop.number), hits_met(s->d), s->d->stop};
    if (s->d->stop.exit_level) /* D may have done much there without an instruction or a trap */
        h->at = (struct place){s->d->stop.exit.retired, s->d->stop.exit_traps};
}

/* --- a window */

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
    struct breakpoint *b = breakpoints_at(d, machine_get(debugger_guest(d), MACHINE_PC));
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
    if (r == 0 && is_before(here(d), end))
        look_here(s);
    breakpoints_forget_internal(d);
    for (; r == 0; push(s)) {
        hits_clear(d);
        r = set_calls(s, e);
        if (r == 0)
            debugger_run(d, &plan);
        bool reached = d->stop.reason == STOP_REACHED && is_before(here(d), end);
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
static struct hit *choose(struct back *s)
{
    uint64_t oldest = s->hits > HITS ? s->hits - HITS : 0;
    for (uint64_t n = s->hits; n-- > oldest;)
        if (stops(s, &s->hit[n % HITS]))
            return &s->hit[n % HITS];
    return NULL;
}

/* The latest place where a window that ends at `end` may begin; each is larger than the one before. */
static uint64_t window_start(const struct back *s, struct place end, unsigned number)
{
    static const uint64_t size[SHORT_WINDOWS] = {10000, 1000000};
    const struct checkpoint *c = checkpoints_before(s->d->past, end.retired ? end.retired - 1 : 0);
    uint64_t first = c ? checkpoint_retired(c) : 0;
    return number < SHORT_WINDOWS && end.retired - first > size[number] ? end.retired - size[number] : first;
}

/* The latest stop before `end`, but not before `first`; *out is NULL: there is none. */
static int search(struct back *s, struct place end, struct place first, struct hit **out, struct error *e)
{
    *out = NULL;
    for (unsigned n = 0; is_before(first, end); n++) {
        struct place start = {window_start(s, end, n), 0};
        if (is_before(start, first))
            start = first;
        int r = go_to(s->d, start, e);
        s->hits = 0;
        if (r == 0)
            r = search_on(s, end, e);
        if (r || (*out = choose(s)))
            return r;
        end = s->hits > HITS ? s->hit[s->hits % HITS].at : start; /* more were ignored than are kept: on from the oldest */
    }
    return 0;
}

/* --- beginning and ending */

static void close_back(struct back *s)
{
    free(s->kept);
    free(s->from);
    free(s->hit);
}

static int open_back(struct back *s, struct debugger *d, struct error *e)
{
    size_t registers = debugger_isa(d)->reg_count, count = 1;
    debugger_forget_temporary(d);
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        count++;
    *s = (struct back){.d = d, .now = here(d), .hart = d->hart};
    s->kept = calloc(count, sizeof *s->kept);
    s->from = calloc(registers, sizeof *s->from);
    s->hit = calloc(HITS, sizeof *s->hit);
    if (!s->kept || !s->from || !s->hit) {
        close_back(s);
        return error_set(e, ENOMEM, "there is not enough memory to go back");
    }
    memcpy(s->from, d->now, registers * sizeof *s->from);
    breakpoints_keep(s);
    return 0;
}

/* The guest stands where it is to. After a failure it goes to where it was. */
static int finish_back(struct back *s, int r, const struct stop *stop)
{
    struct debugger *d = s->d;
    struct error ignored;
    breakpoints_give_back(s);
    if (r)
        (void)!go_to(d, s->now, &ignored);
    else
        d->stop = *stop;
    struct breakpoint *b = !r && d->stop.number ? debugger_break_find(d, d->stop.number) : NULL;
    if (b)
        b->gone = b->temporary;
    memcpy(d->before, s->from, debugger_isa(d)->reg_count * sizeof *d->before);
    d->has_before = s->hart == d->hart;
    close_back(s);
    return r;
}

static struct stop at_beginning(void)
{
    struct stop s = {.reason = STOP_REACHED};
    snprintf(s.note, sizeof s.note, "%s", beginning);
    return s;
}

/* To a stop that was found; the later value is the one that it had before, going this way. */
static int go_to_hit(struct back *s, const struct hit *h, struct stop *stop, struct error *e)
{
    bool all;
    *stop = h->stop;
    if (h->stop.reason == STOP_WATCHPOINT && s->behind)
        return go_to(s->d, h->at, e);
    if (h->stop.reason == STOP_WATCHPOINT) {
        stop->old_value = h->stop.new_value;
        stop->new_value = h->stop.old_value;
    }
    return h->before ? go_before(s->d, h->at, 1, &all, e) : go_to(s->d, h->at, e);
}

/* --- steps */

/* `count` steps, unless a breakpoint stops it on the way or where they end. */
static int step(struct back *s, struct place from, uint64_t count, struct stop *stop, struct error *e)
{
    struct hit *h = NULL;
    bool all;
    int r = go_before(s->d, from, count, &all, e);
    *stop = all ? (struct stop){.reason = STOP_STEP} : at_beginning();
    if (r || !any_enabled(s->d))
        return r;
    struct place first = here(s->d);
    r = search(s, from, first, &h, e);
    if (r == 0 && !h)
        r = go_to(s->d, first, e);
    return r || !h ? r : go_to_hit(s, h, stop, e);
}

int debugger_back_step(struct debugger *d, uint64_t count, struct error *e)
{
    struct back s;
    struct stop stop;
    int r = open_back(&s, d, e);
    if (r)
        return r;
    r = step(&s, s.now, count, &stop, e);
    return finish_back(&s, r, &stop);
}

/* --- over a call */

static bool is_return(const struct machine *m, uint64_t bits)
{
    enum about_flow f = about_flow(m, bits);
    return f == FLOW_RETURN || f == FLOW_SYSTEM_RETURN;
}

/* Which calls could have led to where the guest is? */
static void find_calls(struct back *s)
{
    struct debugger *d = s->d;
    const struct machine *m = debugger_guest(d);
    uint64_t bits, pc = machine_get(m, MACHINE_PC);
    s->calls = 0;
    s->mode = (unsigned)machine_get(m, MACHINE_MODE);
    s->sp = about_stack(m);
    const unsigned cell = about_cell(m->isa), apart = about_parcel(m->isa) / cell;
    for (unsigned back = apart; s->calls < CALLS && back <= CALL_LONGEST; back += apart)
        if (debugger_fetch_guest(d, pc - back, &bits) == back * cell && debugger_is_call(m, bits))
            s->call[s->calls++] = pc - back;
}

/* The guest has gone back into a function that returned. Without a call that led there it stays. */
static int over_call(struct back *s, struct stop *stop, struct error *e)
{
    struct hit *h = NULL;
    struct place returned = here(s->d);
    int r = search(s, returned, (struct place){first_place(s->d), 0}, &h, e);
    s->calls = 0;
    if (r || !h)
        return r ? r : go_to(s->d, returned, e);
    r = go_to_hit(s, h, stop, e);
    if (!h->stop.number)
        *stop = (struct stop){.reason = STOP_STEP};
    return r;
}

int debugger_back_next(struct debugger *d, struct error *e)
{
    struct back s;
    struct stop stop;
    uint64_t bits;
    int r = open_back(&s, d, e);
    if (r)
        return r;
    find_calls(&s);
    unsigned calls = s.calls;
    s.calls = 0; /* they are not looked for in the one step */
    r = step(&s, s.now, 1, &stop, e);
    s.calls = calls;
    if (r == 0 && calls && stop.reason == STOP_STEP && debugger_fetch_guest(d, machine_get(debugger_guest(d), MACHINE_PC), &bits) &&
        is_return(debugger_guest(d), bits))
        r = over_call(&s, &stop, e);
    return finish_back(&s, r, &stop);
}

/* --- on and on */

int debugger_back_continue(struct debugger *d, bool behind, struct error *e)
{
    struct back s;
    struct stop stop = at_beginning();
    struct hit *h = NULL;
    int r = open_back(&s, d, e);
    if (r)
        return r;
    s.behind = behind;
    struct place first = {first_place(d), 0};
    if (any_enabled(d))
        r = search(&s, s.now, first, &h, e);
    if (r == 0 && h)
        r = go_to_hit(&s, h, &stop, e);
    else if (r == 0 && is_before(first, s.now))
        r = go_to(d, first, e);
    return finish_back(&s, r, &stop);
}

/* --- until a condition holds. It is followed from change to change: where it comes to hold, and where it ceases to. */

struct truth {
    const struct expression *holds, *fails;
    bool now;           /* it holds now */
    bool found, before; /* the place; it is one step before that */
    struct place at;
    char note[sizeof(((struct stop *)0)->note)];
};

/* One that cannot be evaluated counts as one that holds, so that somebody is told. */
static bool holds(struct debugger *d, const struct expression *x)
{
    struct value v;
    struct error ignored;
    return debugger_evaluate(d, x, &v, &ignored) != 0 || v.bits != 0;
}

static void note(struct truth *t, struct place at, bool before, const struct debugger *d)
{
    t->found = true;
    t->at = at;
    t->before = before;
    snprintf(t->note, sizeof t->note, "%s", d->stop.note);
}

/* From where the guest is to `end`. `ends_now`: whether it holds there is known, and does not count. */
static void follow(struct debugger *d, struct place end, bool ends_now, struct truth *t)
{
    struct plan plan = {.has_target = true, .target = end.retired, .target_traps = end.traps, .quiet = true};
    bool held = holds(d, t->holds);
    if (held && !t->now)
        note(t, here(d), false, d);
    for (;;) {
        plan.condition = held ? t->fails : t->holds;
        debugger_run(d, &plan);
        if (d->stop.reason != STOP_CONDITION)
            break;
        held = !held;
        bool last = ends_now && !is_before(here(d), end);
        if (held && !last)
            note(t, here(d), false, d);
        else if (!held)
            note(t, here(d), true, d);
        if (last)
            break;
    }
    if (held && !ends_now && !t->now)
        note(t, here(d), false, d);
}

static int search_truth(struct back *s, struct truth *t, struct error *e)
{
    struct place end = s->now, first = {first_place(s->d), 0};
    for (unsigned n = 0; !t->found && is_before(first, end); n++) {
        struct place start = {window_start(s, end, n), 0};
        int r = go_to(s->d, start, e);
        if (r)
            return r;
        follow(s->d, end, n == 0, t);
        end = start;
    }
    return 0;
}

static int parse_truth(struct debugger *d, const char *text, struct expression **is, struct expression **is_not, struct error *e)
{
    struct value v;
    size_t room = strlen(text) + 4;
    char *negated = malloc(room);
    *is = *is_not = NULL;
    int r = negated ? debugger_parse(d, text, NULL, is, e) : error_set(e, ENOMEM, "there is not enough memory");
    if (r == 0 && expression_assigns(*is))
        r = error_set(e, EINVAL, "a condition compares with ==, and sets nothing");
    if (r == 0)
        r = debugger_evaluate(d, *is, &v, e);
    if (r == 0) {
        snprintf(negated, room, "!(%s)", text);
        r = debugger_parse(d, negated, NULL, is_not, e);
    }
    free(negated);
    return r;
}

static int back_until(struct back *s, const struct expression *is, const struct expression *is_not, struct error *e)
{
    struct truth t = {.holds = is, .fails = is_not, .now = holds(s->d, is)};
    struct stop stop = at_beginning();
    struct place first = {first_place(s->d), 0};
    bool all;
    int r = search_truth(s, &t, e);
    if (r == 0 && !t.found && is_before(first, s->now))
        r = go_to(s->d, first, e);
    else if (r == 0 && t.found)
        r = t.before ? go_before(s->d, t.at, 1, &all, e) : go_to(s->d, t.at, e);
    if (t.found) {
        stop = (struct stop){.reason = STOP_CONDITION};
        memcpy(stop.note, t.note, sizeof stop.note);
    }
    return finish_back(s, r, &stop);
}

int debugger_back_until(struct debugger *d, const char *condition, struct error *e)
{
    struct back s;
    struct expression *is, *is_not;
    int r = parse_truth(d, condition, &is, &is_not, e);
    if (r == 0)
        r = open_back(&s, d, e);
    if (r == 0)
        r = back_until(&s, is, is_not, e);
    expression_free(is);
    expression_free(is_not);
    return r;
}
