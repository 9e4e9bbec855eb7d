/* text.c - the comparison for people: a line to a way, and below what the monitors did and where the first difference is.
 *
 * The table, without times, and what stands below it for one way:
 *
 *                                  ends         first     exits to    shadow
 *     machine and monitor          alike   difference  the monitor    leaves
 *     pg:GETMODE bare              yes              -            -         -
 *     pg:GETMODE trap              no               1           43         0
 *     pg:GETMODE hybrid            yes           none            0         0
 *
 *     pg:GETMODE trap
 *       directly 173, interpreted 0, emulated 43; v_i: out 42, halt 1
 *       did not survive: power-off with status 0 after 216 instructions, 42 bytes printed; the bare machine had printed 36
 *       parts at instruction 1, pc 0x2: 10000000c0000000 getmode 12. getmode is ...
 */
#include "monitor/compare/compare.h"

#include "isa/insn.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/stats.h"
#include "monitor/theory_text.h"

#include <inttypes.h>
#include <string.h>

const char *compare_way_name(const struct compare *c, const struct compare_way *w, char *out, size_t size)
{
    const bool pages =
        !w->bare && !w->ring && c->options->kind->has_pages; /* of another ring there is one line, and 28 columns for it */
    snprintf(out, size, "%s %s%s%s%s", w->machine, w->bare ? "bare" : vmm_monitor_name(w->monitor), w->ring ? " ring 1" : "",
             pages ? ", " : "", pages ? vmm_shadow_name(w->shadow) : "");
    return out;
}

const char *compare_end_text(const struct compare_result *r, char *out, size_t size)
{
    if (r->end.end == END_POWEROFF)
        snprintf(out, size, "power-off with status %d", r->end.status);
    else if (r->end.end == END_RUNNING)
        snprintf(out, size, "still running");
    else if (r->end.end == END_WAITING)
        snprintf(out, size, "waiting");
    else
        snprintf(out, size, "%s", account_end_name(r->end.end));
    return out;
}

const char *compare_word(const struct compare_result *r)
{
    const bool bounded = r->verify.report.verdict != LOCKSTEP_DIVERGED && (r->end.end == END_WAITING || r->end.end == END_RUNNING);
    if (r->survives || r->way.bare)
        return "yes";
    return !bounded ? "no" : r->end.end == END_WAITING ? "waits" : "runs";
}

/* --- the table */

/* Where they part; a comparison that came to the end, or so far, has none. */
static const char *difference_word(const struct compare_result *r, char *out, size_t size)
{
    if (r->way.bare)
        snprintf(out, size, "-");
    else if (r->verify.report.verdict == LOCKSTEP_DIVERGED)
        snprintf(out, size, "%" PRIu64, r->verify.report.seen);
    else
        snprintf(out, size, "none");
    return out;
}

/* 80 columns with the time. A row of a way that cannot run has no figures: zeros would look measured. */
static void table_row(FILE *f, const struct compare *c, const struct compare_result *r)
{
    char name[80], at[24], time[16] = "";
    const double bare = c->result[0].seconds;
    compare_way_name(c, &r->way, name, sizeof name);
    if (*r->refused) {
        fprintf(f, "%-28s cannot run\n", name);
        return;
    }
    if (c->time && bare > 0)
        snprintf(time, sizeof time, "%.2f", r->seconds / bare);
    if (strlen(name) > 28) { /* a machine of many variants: a line of its own */
        fprintf(f, "%s\n", name);
        *name = '\0';
    }
    fprintf(f, "%-28s %-5s %12s", name, compare_word(r), difference_word(r, at, sizeof at));
    if (r->way.bare)
        fprintf(f, " %12s %9s", "-", "-");
    else
        fprintf(f, " %12" PRIu64 " %9" PRIu64, r->counts.exits, r->counts.fills);
    fprintf(f, c->time ? " %9s\n" : "\n", time);
}

static void table_text(FILE *f, const struct compare *c)
{
    fprintf(f, "%-28s %-5s %12s %12s %9s", "", "ends", "first", "exits to", "shadow");
    fprintf(f, c->time ? " %9s\n" : "\n", "time,");
    fprintf(f, "%-28s %-5s %12s %12s %9s", "machine and monitor", "alike", "difference", "the monitor", "leaves");
    fprintf(f, c->time ? " %9s\n" : "\n", "bare = 1");
    for (unsigned n = 0; n < c->count; n++)
        table_row(f, c, &c->result[n]);
}

/* --- what is behind it */

static void sentence(FILE *f, unsigned indent, const char *text)
{
    struct lines l = {.out = f, .indent = indent};
    lines_text(&l, text);
    lines_end(&l);
}

/* Who executed how many instructions: the sum is what retired, what was inspected aside. */
static void counts_text(FILE *f, const struct compare_result *r)
{
    const struct compare_counts *k = &r->counts;
    char text[480];
    size_t at = (size_t)snprintf(text, sizeof text, "directly %" PRIu64 ", interpreted %" PRIu64 ", emulated %" PRIu64, k->direct,
                                 k->interpreted, k->emulated);
    if (r->way.monitor == VMM_TRANSLATE)
        at += (size_t)snprintf(text + at, sizeof text - at, ", translated %" PRIu64, k->translated);
    if (r->way.monitor == VMM_PATCH)
        at += (size_t)snprintf(text + at, sizeof text - at, ", inspected %" PRIu64, k->inspected);
    for (unsigned n = 0; n < k->tops && at < sizeof text; n++)
        at += (size_t)snprintf(text + at, sizeof text - at, "%s %s %" PRIu64, n ? "," : "; v_i:", k->top[n].row, k->top[n].runs);
    sentence(f, 2, text);
}

/* An earlier way that parts at the same instruction for the same reason. NULL: none does. */
static const struct compare_result *as_before(const struct compare *c, const struct compare_result *r)
{
    for (const struct compare_result *b = c->result; b < r; b++)
        if (b->verify.report.verdict == LOCKSTEP_DIVERGED && b->verify.report.seen == r->verify.report.seen &&
            strcmp(b->verify.explanation, r->verify.explanation) == 0)
            return b;
    return NULL;
}

/* Several monitors stumble over the same instruction; the reason is told once. */
static void divergence_text(FILE *f, const struct compare *c, const struct compare_result *of)
{
    const struct verify_outcome *v = &of->verify;
    const struct compare_result *before = as_before(c, of);
    char name[80];
    if (before) {
        fprintf(f, "  parts at instruction %" PRIu64 ", as with %s\n", v->report.seen,
                compare_way_name(c, &before->way, name, sizeof name));
        return;
    }
    const struct lockstep_report *r = &v->report;
    char text[800], hex[INSN_HEX];
    if (r->exact && v->insn.known)
        snprintf(text, sizeof text, "parts at instruction %" PRIu64 ", pc 0x%" PRIx64 ": %s  %s. %s", r->seen, r->pc,
                 insn_hex(v->insn.bits, v->insn.length, hex), v->insn.text, v->explanation);
    else
        snprintf(text, sizeof text, "parts between instruction %" PRIu64 " and %" PRIu64 ". %s", r->retired, r->seen, v->explanation);
    sentence(f, 2, text);
}

/* What became of it, and what of that is not as on the bare machine: the same end may have other words before it. */
static void fate_text(FILE *f, const struct compare *c, const struct compare_result *r)
{
    const struct compare_result *bare = &c->result[0];
    const bool alike = r->end.end == bare->end.end && r->end.status == bare->end.status;
    char end[160], text[640], more[80] = "";
    if (alike && r->printed != bare->printed)
        snprintf(more, sizeof more, "; the bare machine had printed %" PRIu64, bare->printed);
    else if (alike)
        snprintf(more, sizeof more, ", and not those of the bare machine");
    else if (r->end.end == END_WAITING)
        snprintf(more, sizeof more, ", none for a minute of its time");
    snprintf(text, sizeof text, "%s: %s after %" PRIu64 " instruction%s, %" PRIu64 " byte%s printed%s%s%s",
             r->survives                          ? "as on that machine, bare"
             : strcmp(compare_word(r), "no") == 0 ? "did not survive"
                                                  : "did not end",
             compare_end_text(r, end, sizeof end), r->retired, r->retired == 1 ? "" : "s", r->printed, r->printed == 1 ? "" : "s",
             more, *r->end.why ? "; " : "", r->end.why);
    sentence(f, 2, text);
}

static void way_text(FILE *f, const struct compare *c, const struct compare_result *r)
{
    char name[80];
    fprintf(f, "\n%s\n", compare_way_name(c, &r->way, name, sizeof name));
    if (*r->refused) {
        sentence(f, 2, r->refused);
        return;
    }
    counts_text(f, r);
    if (!r->survives || r->end.end != c->result[0].end.end || r->end.status != c->result[0].end.status)
        fate_text(f, c, r);
    if (r->verify.report.verdict == LOCKSTEP_DIVERGED)
        divergence_text(f, c, r);
}

/* What the bare machine came to is the measure of all, and stands above the table. */
void compare_text(FILE *f, const struct compare *c)
{
    const struct run_options *o = c->options;
    const struct compare_result *bare = &c->result[0];
    char end[160], text[600];
    snprintf(text, sizeof text, "%.300s: bare %s, after %" PRIu64 " instruction%s and %" PRIu64 " byte%s printed",
             pipes_typed(o, o->kind->guest_name(o)), compare_end_text(bare, end, sizeof end), bare->retired,
             bare->retired == 1 ? "" : "s", bare->printed, bare->printed == 1 ? "" : "s");
    sentence(f, 0, text);
    if (o->depth > 1)
        fprintf(f, "each monitor %u times in itself; the counts are of the innermost\n", o->depth);
    fputc('\n', f);
    table_text(f, c);
    for (unsigned n = 1; n < c->count; n++)
        way_text(f, c, &c->result[n]);
}
