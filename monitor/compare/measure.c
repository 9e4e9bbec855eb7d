/* measure.c - runs one guest in each way: by itself, for its end, the account and the time, and in lock step with the bare machine, for the
 * first instruction at which they part.
 *
 * A way that cannot run is no failure of the comparison: it has its line, with the reason. Only without the bare machine there is
 * nothing to compare with.
 */
#include "monitor/compare/compare.h"

#include "devices/clock.h"
#include "monitor/console.h"
#include "monitor/kind.h"
#include "monitor/session.h"
#include "monitor/stats.h"
#include "monitor/stats_counts.h"
#include "monitor/terminal.h"
#include "monitor/verify_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* In instructions. What differs early must be seen early: to find the instruction takes five more runs to there. */
enum { EVERY_KERNEL = 100000, TOLD_EVERY = 20000000 /* a word on how far it is */ };

struct bound {
    uint64_t limit;   /* instructions */
    const char *told; /* which way it is */
};

/* What a guest prints goes to the script, if there is one, and is summed up. */
struct listener {
    struct chardev inner;
    uint64_t bytes, digest;
};

/* What two runs printed is the same if count and sum are; so gigabytes of output need not be kept. */
static void listen_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct listener *l = opaque;
    for (size_t i = 0; i < count; i++)
        l->digest = (l->digest ^ bytes[i]) * UINT64_C(1099511628211); /* FNV-1a */
    l->bytes += count;
    if (l->inner.write)
        l->inner.write(l->inner.opaque, bytes, count);
}

static size_t listen_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct listener *l = opaque;
    return l->inner.read ? l->inner.read(l->inner.opaque, bytes, room) : 0;
}

/* --- the account */

/* The six that ran most, by insertion: a row that ran less than all six falls out. */
static void count_row(struct compare_counts *c, const char *row, uint64_t runs)
{
    unsigned at = c->tops < COMPARE_TOP ? c->tops++ : COMPARE_TOP;
    for (; at > 0 && runs > c->top[at - 1].runs; at--)
        if (at < COMPARE_TOP)
            c->top[at] = c->top[at - 1];
    if (at < COMPARE_TOP) {
        c->top[at].row = row;
        c->top[at].runs = runs;
    }
}

/* Of a guest with several CPUs there is a machine of the level for each; sums are over all of them. */
static void count(struct compare_counts *c, const struct session *s, const struct system_result *end)
{
    const struct account a = account_of(s->system, &s->stack, end);
    const struct stats_machines l = stats_machines(&a, s->stack.depth);
    const struct isa *isa = s->options->kind->isa;
    struct vm_stats of[BOARD_CPUS];
    for (unsigned n = 0; n < l.count; n++) {
        vm_stats(l.of[n], &of[n]);
        c->direct += of[n].direct;
        c->translated += of[n].translated;
        c->lookups += of[n].lookups;
        c->emulated += of[n].emulated;
        c->interpreted += of[n].interpreted;
        c->inspected += of[n].inspected;
        c->exits += of[n].traps;
        c->fills += of[n].fills;
    }
    for (unsigned row = 0; row < isa->row_count; row++) {
        uint64_t runs = 0;
        for (unsigned n = 0; n < l.count; n++)
            runs += row < of[n].row_count ? of[n].v_i[row] : 0;
        if (runs)
            count_row(c, isa->rows[row].name, runs);
    }
}

/* --- by itself */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* At a terminal, since a way may take minutes. */
static void tell_done(const char *told, uint64_t retired)
{
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%s%" PRIu64 " instructions ", told, retired);
}

static uint64_t minute_from_now(const struct system *s)
{
    const uint64_t second = (uint64_t)s->clock.units_per_tick * CLOCK_TICK_HZ;
    return clock_now(&s->clock) + 60 * second;
}

/* Until it ends, or the limit, or it has waited for a minute of its own time and printed nothing. (A minute's instructions are more than
 * COMPARE_LIMIT: without waiting none comes so far.) */
static struct system_result run_bounded(struct system *s, const struct listener *l, uint64_t limit, const char *told)
{
    uint64_t printed = l->bytes;
    struct system_result r;
    s->waits_to = minute_from_now(s);
    do {
        const uint64_t left = limit - s->retired;
        r = system_run(s, left < TOLD_EVERY ? left : TOLD_EVERY);
        tell_done(told, s->retired);
        if (r.end == END_WAITING && l->bytes == printed)
            break;
        if (l->bytes != printed) {
            printed = l->bytes;
            s->waits_to = minute_from_now(s);
        }
    } while (r.end == END_WAITING || (r.end == END_RUNNING && s->retired < limit));
    return r;
}

/* The time is that of the run alone. A reboot belongs to it: the guest asked for it. */
static int run_on(struct session *s, const struct listener *l, struct compare_result *out, const struct bound *b, struct error *e)
{
    const double began = now();
    for (;;) {
        out->end = run_bounded(s->system, l, b->limit, b->told);
        if (out->end.end != END_REBOOT || s->options->no_reboot || s->reboots == COMPARE_REBOOTS)
            break;
        int r = session_reboot(s, e);
        if (r)
            return r;
    }
    out->seconds = now() - began;
    out->retired = s->system->retired;
    if (s->stack.depth)
        count(&out->counts, s, &out->end);
    return 0;
}

/* As `trapeze run` would, but that nobody types and nothing is shown. */
static int run_alone(const struct run_options *o, const struct bound *b, struct compare_result *out, struct error *e)
{
    struct listener l = {.digest = UINT64_C(14695981039346656037)};
    struct script *script = NULL;
    struct console *console = NULL;
    struct session s = {0};
    int r = o->script ? script_load(&script, o->script, e) : 0;
    if (r == 0)
        r = console_create(&console, script, e);
    if (r == 0) {
        console_silence(console);
        l.inner = console_chardev(console);
        r = session_open(&s, o, out->way.bare ? 0 : o->depth, (struct chardev){listen_write, listen_read, &l}, e);
    }
    if (r == 0) {
        console_attach(console, s.system);
        r = run_on(&s, &l, out, b, e);
    }
    out->printed = l.bytes;
    out->digest = l.digest;
    console_destroy(console);
    session_close(&s);
    script_destroy(script);
    return r;
}

/* --- all ways */

/* The options as they are for this way, a copy. `own` is copied, too, since a variant changes it; what else is behind pointers
 * is shared with the original. */
static int options_of(struct run_options *out, const struct compare *c, const struct compare_way *w, struct error *e)
{
    const struct run_options *o = c->options;
    *out = *o;
    out->each.monitor = w->monitor;
    out->each.shadow = w->shadow;
    out->each.ring = w->ring;
    out->own = malloc(o->kind->own_size ? o->kind->own_size : 1);
    if (!out->own)
        return error_set(e, ENOMEM, "there is not enough memory");
    memcpy(out->own, o->own, o->kind->own_size);
    if (strcmp(w->machine, c->result[0].way.machine) == 0)
        return 0;
    int r = o->kind->rest_set(out, w->machine + strlen(o->kind->machine), e);
    return r ? r : o->kind->check(out, e);
}

/* How many instructions it took is left out: "survives" is about what a person would notice, and the lock step tells of the
 * rest. */
static bool same_end(const struct compare_result *a, const struct compare_result *b)
{
    return a->end.end == b->end.end && a->end.status == b->end.status && a->printed == b->printed && a->digest == b->digest;
}

/* A variant is another processor: what a guest sees of that, and the clock it prints, may not be as on the plain one. Then it is asked whether it
 * came to the end, and printed, as on that machine itself; or to no end, as there. */
static bool as_its_own(const struct compare *c, const struct compare_result *r)
{
    const struct lockstep_report *own = &r->verify.report;
    if (strcmp(r->way.machine, c->result[0].way.machine) == 0)
        return false;
    if (own->verdict == LOCKSTEP_LIMIT)
        return r->end.end == END_WAITING || r->end.end == END_RUNNING;
    return own->verdict == LOCKSTEP_EQUAL && r->end.end == own->result[LOCKSTEP_BARE].end &&
           r->end.status == own->result[LOCKSTEP_BARE].status;
}

/* A guest that has gone astray may go on for ever: it gets more than the bare machine took, not much. */
static uint64_t patience(const struct compare *c)
{
    const struct compare_result *bare = &c->result[0];
    return bare->end.end == END_RUNNING ? bare->retired : bare->retired + bare->retired / 8 + 1000000;
}

/* In lock step there is nothing to see where the bare machine waits and waits. */
static uint64_t lockstep_limit(const struct compare *c)
{
    const struct compare_result *bare = &c->result[0];
    return bare->end.end == END_WAITING ? bare->retired : patience(c);
}

/* A signal in the first half leaves the second one out; what was measured is not shown then. */
static int measure_way(struct compare *c, struct compare_result *r, const struct compare_setup *s, struct run_options *o,
                       const char *told, struct error *e)
{
    const struct bound alone = {patience(c), told};
    const bool is_short = o->kind->is_short || session_carries_guest(o);
    struct verify_setup v = {.run = o, .every = s->every || is_short ? s->every : EVERY_KERNEL, .reboots = COMPARE_REBOOTS};
    char text[120];
    int error = run_alone(o, &alone, r, e);
    if (error == 0 && !terminal_signal()) {
        snprintf(text, sizeof text, "%sin lock step, ", told);
        v.told = text;
        o->max_insns = lockstep_limit(c);
        error = verify_guest(&v, &r->verify, e);
    }
    r->verify.options = c->options; /* what outlives it */
    r->survives = same_end(r, &c->result[0]) || as_its_own(c, r);
    return error;
}

/* The bare machine has no other to be measured by. */
static int measure(struct compare *c, struct compare_result *r, const struct compare_setup *s, unsigned n, unsigned count,
                   struct error *e)
{
    const uint64_t most = s->run->max_insns;
    const struct bound bare = {most == UINT64_MAX ? COMPARE_LIMIT : most, "bare: "};
    char name[80], told[100];
    struct run_options o = {0};
    snprintf(told, sizeof told, "%u of %u: %s: ", n + 1, count, compare_way_name(c, &r->way, name, sizeof name));
    int error = options_of(&o, c, &r->way, e);
    if (error == 0)
        error = r->way.bare ? run_alone(&o, &bare, r, e) : measure_way(c, r, s, &o, told, e);
    free(o.own);
    if (isatty(STDERR_FILENO))
        fprintf(stderr, "\r%79s\r", "");
    return error;
}

/* In order, the bare machine first. Each way has its own machines, made and taken apart, so that none leaves anything for the
 * next. */
int compare_measure(struct compare *c, const struct compare_setup *s, struct error *e)
{
    struct compare_way way[COMPARE_WAYS];
    const unsigned count = compare_ways(s, way);
    *c = (struct compare){.options = s->run, .time = s->time, .result = calloc(count, sizeof *c->result)};
    int r = c->result ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    for (unsigned n = 0; n < count && r == 0 && !terminal_signal(); n++) {
        struct compare_result *out = &c->result[n];
        struct error refused = {0};
        out->way = way[n];
        int made = measure(c, out, s, n, count, &refused);
        if (made && n == 0)
            r = error_set(e, -made, "%s", refused.text);
        else if (made)
            snprintf(out->refused, sizeof out->refused, "%s", refused.text);
        c->count += !terminal_signal();
    }
    c->interrupted = terminal_signal() != 0;
    if (r)
        compare_free(c);
    return r;
}

void compare_free(struct compare *c)
{
    free(c->result);
    *c = (struct compare){0};
}
