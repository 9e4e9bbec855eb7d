/* data.c - the comparison as one JSON object.
 *
 *     {"schema": 1, "guest": "getmode.pg", "depth": 1, "ways": [
 *      {"machine": "pg:GETMODE", "monitor": "bare", "survives": true, "end": "power-off", "guest_status": 0, "retired": 187,
 * "printed": 36},
 *      {"machine": "pg:GETMODE", "monitor": "trap", "survives": false, ..., "direct": 173, "interpreted": 0, "emulated": 43,
 * "exits": 43,
 *       "shadow_fills": 0, "v_i": {"out": 42, "halt": 1}, "verdict": "diverged", "equal": 0, "difference": {"seen": 1, "pc": "0x2",
 * ...}},
 *      ...]}
 *
 * on one line; a way that cannot run has "refused" in place of all that.
 */
#include "monitor/compare/compare.h"

#include "monitor/json.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/stats.h"

static const char *verdict_name(enum lockstep_verdict v)
{
    return v == LOCKSTEP_DIVERGED      ? "diverged"
           : v == LOCKSTEP_LIMIT       ? "limit"
           : v == LOCKSTEP_INTERRUPTED ? "interrupted"
                                       : "equivalent";
}

/* "equal" is how many instructions were the same, whatever the verdict; without a divergence there is no "difference". */
static void difference_json(struct json *j, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    json_string(j, "verdict", verdict_name(r->verdict));
    json_uint(j, "equal", r->retired);
    if (r->verdict != LOCKSTEP_DIVERGED)
        return;
    json_object(j, "difference");
    json_uint(j, "seen", r->seen);
    if (r->exact) {
        json_hex(j, "pc", r->pc);
        json_string(j, "text", v->insn.known ? v->insn.text : NULL);
        json_string(j, "row", v->insn.has_row ? v->insn.row.name : NULL);
    }
    json_string(j, "explanation", v->explanation);
    json_end(j);
}

static void counts_json(struct json *j, const struct compare_result *r)
{
    const struct compare_counts *k = &r->counts;
    json_uint(j, "direct", k->direct);
    if (r->way.monitor == VMM_TRANSLATE) {
        json_uint(j, "translated", k->translated);
        json_uint(j, "lookups", k->lookups);
    }
    json_uint(j, "interpreted", k->interpreted);
    json_uint(j, "emulated", k->emulated);
    if (r->way.monitor == VMM_PATCH)
        json_uint(j, "inspected", k->inspected);
    json_uint(j, "exits", k->exits);
    json_uint(j, "shadow_fills", k->fills);
    json_object(j, "v_i");
    for (unsigned n = 0; n < k->tops; n++)
        json_uint(j, k->top[n].row, k->top[n].runs);
    json_end(j);
}

/* Times differ from run to run: with --no-time they are left out, and two runs give the same bytes. */
static void way_json(struct json *j, const struct compare *c, const struct compare_result *r)
{
    json_object(j, NULL);
    json_string(j, "machine", r->way.machine);
    json_string(j, "monitor", r->way.bare ? "bare" : vmm_monitor_name(r->way.monitor));
    if (!r->way.bare && c->options->kind->has_pages)
        json_string(j, "shadow", vmm_shadow_name(r->way.shadow));
    if (r->way.ring)
        json_uint(j, "ring", r->way.ring);
    if (*r->refused) {
        json_string(j, "refused", r->refused);
    } else {
        json_bool(j, "survives", r->survives || r->way.bare);
        json_string(j, "end", account_end_name(r->end.end));
        json_int(j, "guest_status", r->end.status);
        json_uint(j, "retired", r->retired);
        json_uint(j, "printed", r->printed);
        if (c->time)
            json_double(j, "seconds", r->seconds, 6);
        if (!r->way.bare) {
            counts_json(j, r);
            difference_json(j, &r->verify);
        }
    }
    json_end(j);
}

void compare_json(FILE *f, const struct compare *c)
{
    struct json j;
    json_open(&j, f);
    json_object(&j, NULL);
    json_uint(&j, "schema", COMPARE_SCHEMA);
    json_string(&j, "guest", pipes_typed(c->options, c->options->kind->guest_name(c->options)));
    json_uint(&j, "depth", c->options->depth);
    json_array(&j, "ways");
    for (unsigned n = 0; n < c->count; n++)
        way_json(&j, c, &c->result[n]);
    json_end(&j);
    json_end(&j);
}
