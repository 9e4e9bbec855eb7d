/* debugger_back_until.c - backwards until a condition holds. It is followed from where it comes to hold to where it ceases to. */
#include "monitor/debug/debugger_back_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The condition is followed as a line that is high or low. Going backwards from now, the guest is to stop where it was
 * high last:
 *
 *     holds     ______          ____
 *     fails  __|      |________|    |____ now        stops at the step before the last fall
 *                                  ^
 *     holds     ______          _________ now        holds now: where it rose is the place
 *     fails  __|      |________|
 *                              ^ */
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

/* Each later one replaces the one before: at the end of the window the latest is left. */
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
        note(t, back_here(d), false, d);
    for (;;) {
        plan.condition = held ? t->fails : t->holds;
        debugger_run(d, &plan);
        if (d->stop.reason != STOP_CONDITION)
            break;
        held = !held;
        bool last = ends_now && !back_is_before(back_here(d), end);
        if (held && !last)
            note(t, back_here(d), false, d);
        else if (!held)
            note(t, back_here(d), true, d);
        if (last)
            break;
    }
    if (held && !ends_now && !t->now)
        note(t, back_here(d), false, d);
}

static int search_truth(struct back *s, struct truth *t, struct error *e)
{
    struct place end = s->now, first = {back_first_place(s->d), 0};
    for (unsigned n = 0; !t->found && back_is_before(first, end); n++) {
        struct place start = {back_window_start(s, end, n), 0};
        int r = back_go_to(s->d, start, e);
        if (r)
            return r;
        follow(s->d, end, n == 0, t);
        end = start;
    }
    return 0;
}

/* The guest runs until it holds, then until it ceases to, and so on; the plan knows conditions only, so its negation is
 * one, too. It is evaluated once here: a mistake is told before the guest moves. */
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
    struct stop stop = back_at_beginning();
    struct place first = {back_first_place(s->d), 0};
    bool all;
    int r = search_truth(s, &t, e);
    if (r == 0 && !t.found && back_is_before(first, s->now))
        r = back_go_to(s->d, first, e);
    else if (r == 0 && t.found)
        r = t.before ? back_go_before(s->d, t.at, 1, &all, e) : back_go_to(s->d, t.at, e);
    if (t.found) {
        stop = (struct stop){.reason = STOP_CONDITION};
        memcpy(stop.note, t.note, sizeof stop.note);
    }
    return back_finish(s, r, &stop);
}

int debugger_back_until(struct debugger *d, const char *condition, struct error *e)
{
    struct back s;
    struct expression *is, *is_not;
    int r = parse_truth(d, condition, &is, &is_not, e);
    if (r == 0)
        r = back_open(&s, d, e);
    if (r == 0)
        r = back_until(&s, is, is_not, e);
    expression_free(is);
    expression_free(is_not);
    return r;
}
