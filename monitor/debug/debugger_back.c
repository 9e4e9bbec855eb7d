/* debugger_back.c - backwards: to a checkpoint, and forwards again to the place that is looked for (core/checkpoint.h). */
#include "monitor/debug/debugger_back_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char beginning[] = "No more reverse-execution history: this is where it begins.";

enum { CALL_LONGEST = 16 /* addresses */ };

/* --- breakpoints while the past is searched */

/* Without breakpoints the past need not be run through: the place is reached by a checkpoint and the rest of the way,
 * and that is all. */
static bool any_enabled(const struct debugger *d)
{
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->enabled)
            return true;
    return false;
}

/* While the past is searched the breakpoints are met many times, of which most are no event in a person's time. Their
 * counts are put aside and given back; of what is searched only the one stop that is chosen will count. */
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

/* --- beginning and ending */

static void close_back(struct back *s)
{
    free(s->kept);
    free(s->from);
    free(s->hit);
}

int back_open(struct back *s, struct debugger *d, struct error *e)
{
    size_t registers = debugger_isa(d)->reg_count, count = 1;
    debugger_forget_temporary(d);
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        count++;
    *s = (struct back){.d = d, .now = back_here(d), .hart = d->hart};
    s->kept = calloc(count, sizeof *s->kept);
    s->from = calloc(registers, sizeof *s->from);
    s->hit = calloc(BACK_HITS, sizeof *s->hit);
    if (!s->kept || !s->from || !s->hit) {
        close_back(s);
        return error_set(e, ENOMEM, "there is not enough memory to go back");
    }
    memcpy(s->from, d->now, registers * sizeof *s->from);
    breakpoints_keep(s);
    return 0;
}

/* d->before gets the registers of where it began: a stop shows what the way back has changed. Of another hart they say
 * nothing. */
int back_finish(struct back *s, int r, const struct stop *stop)
{
    struct debugger *d = s->d;
    struct error ignored;
    breakpoints_give_back(s);
    if (r)
        (void)!back_go_to(d, s->now, &ignored);
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

struct stop back_at_beginning(void)
{
    struct stop s = {.reason = STOP_REACHED};
    snprintf(s.note, sizeof s.note, "%s", beginning);
    return s;
}

/* To a stop that was found; the later value is the one that it had before, going this way. */
/* Where "x = 5" is executed between two places, with a watchpoint on x, which was 3:
 *
 *     place    n                  n + 1
 *              x is 3  --x = 5--> x is 5
 *     forwards stops here ------> *          Old value = 3, New value = 5
 *              * <------ backwards stops here: Old value = 5, New value = 3
 *
 * A debugger of GDB's that wants to be behind the access (`behind`) takes the last step back itself. */
static int go_to_hit(struct back *s, const struct hit *h, struct stop *stop, struct error *e)
{
    bool all;
    *stop = h->stop;
    if (h->stop.reason == STOP_WATCHPOINT && s->behind)
        return back_go_to(s->d, h->at, e);
    if (h->stop.reason == STOP_WATCHPOINT) {
        stop->old_value = h->stop.new_value;
        stop->new_value = h->stop.old_value;
    }
    return h->before ? back_go_before(s->d, h->at, 1, &all, e) : back_go_to(s->d, h->at, e);
}

/* --- steps */

/* `count` steps, unless a breakpoint stops it on the way or where they end. */
/* Two runs: the first finds where `count` steps before is, the second whether a breakpoint lies between that and here. */
static int step(struct back *s, struct place from, uint64_t count, struct stop *stop, struct error *e)
{
    struct hit *h = NULL;
    bool all;
    int r = back_go_before(s->d, from, count, &all, e);
    *stop = all ? (struct stop){.reason = STOP_STEP} : back_at_beginning();
    if (r || !any_enabled(s->d))
        return r;
    struct place first = back_here(s->d);
    r = back_search(s, from, first, &h, e);
    if (r == 0 && !h)
        r = back_go_to(s->d, first, e);
    return r || !h ? r : go_to_hit(s, h, stop, e);
}

int debugger_back_step(struct debugger *d, uint64_t count, struct error *e)
{
    struct back s;
    struct stop stop;
    int r = back_open(&s, d, e);
    if (r)
        return r;
    r = step(&s, s.now, count, &stop, e);
    return back_finish(&s, r, &stop);
}

/* --- over a call */

static bool is_return(const struct machine *m, insn_t bits)
{
    enum about_flow f = about_flow(m, bits);
    return f == FLOW_RETURN || f == FLOW_SYSTEM_RETURN;
}

/* Which calls could have led to where the guest is? */
/* What has just returned to here was called by the instruction before here. Instructions differ in length, so each
 * length is tried. Bytes may look like a call and be none, or two lengths fit: then the guards of the breakpoints there,
 * stack pointer and mode, tell them apart. */
static void find_calls(struct back *s)
{
    struct debugger *d = s->d;
    const struct machine *m = debugger_guest(d);
    insn_t bits;
    uint64_t pc = about_pc(m);
    s->calls = 0;
    s->mode = (unsigned)machine_get(m, MACHINE_MODE);
    s->sp = about_stack(m);
    const unsigned cell = about_cell(m->isa), apart = about_parcel(m->isa) / cell;
    for (unsigned back = apart; s->calls < BACK_CALLS && back <= CALL_LONGEST; back += apart)
        if (debugger_fetch_guest(d, pc - back, &bits) == back * cell && debugger_is_call(m, bits))
            s->call[s->calls++] = pc - back;
}

/* The guest has gone back into a function that returned. Without a call that led there it stays. */
static int over_call(struct back *s, struct stop *stop, struct error *e)
{
    struct hit *h = NULL;
    struct place returned = back_here(s->d);
    int r = back_search(s, returned, (struct place){back_first_place(s->d), 0}, &h, e);
    s->calls = 0;
    if (r || !h)
        return r ? r : back_go_to(s->d, returned, e);
    r = go_to_hit(s, h, stop, e);
    if (!h->stop.number)
        *stop = (struct stop){.reason = STOP_STEP};
    return r;
}

/* One step back; when that led to the end of a function that was called from just before here, on to the call. */
int debugger_back_next(struct debugger *d, struct error *e)
{
    struct back s;
    struct stop stop;
    insn_t bits;
    int r = back_open(&s, d, e);
    if (r)
        return r;
    find_calls(&s);
    unsigned calls = s.calls;
    s.calls = 0; /* they are not looked for in the one step */
    r = step(&s, s.now, 1, &stop, e);
    s.calls = calls;
    if (r == 0 && calls && stop.reason == STOP_STEP && debugger_fetch_guest(d, about_pc(debugger_guest(d)), &bits) &&
        is_return(debugger_guest(d), bits))
        r = over_call(&s, &stop, e);
    return back_finish(&s, r, &stop);
}

/* --- on and on */

int debugger_back_continue(struct debugger *d, bool behind, struct error *e)
{
    struct back s;
    struct stop stop = back_at_beginning();
    struct hit *h = NULL;
    int r = back_open(&s, d, e);
    if (r)
        return r;
    s.behind = behind;
    struct place first = {back_first_place(d), 0};
    if (any_enabled(d))
        r = back_search(&s, s.now, first, &h, e);
    if (r == 0 && h)
        r = go_to_hit(&s, h, &stop, e);
    else if (r == 0 && back_is_before(first, s.now))
        r = back_go_to(d, first, e);
    return back_finish(&s, r, &stop);
}
