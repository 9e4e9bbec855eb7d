/* sweep_text.c - a line for each row of the instruction table, and for each encoding that did what it may not.
 *
 * The columns are outcomes in user mode, a run each: of `states` runs of an encoding, each counts.
 *
 *     instruction    completes   resource  privilege  requested  undefined      waits
 *     ecall                  -          -          -          4          -          -
 *     csrrw               9216       3072     667648          -   16097280          -
 *     c.lw                3072       5120          -          -          -          -
 *     none                   -          -          -          -       ...           -
 *
 * What is no instruction is in the last row. Nothing that depends on how the sweep was cut up is printed: neither threads nor time.
 */
#include "monitor/sweep_text.h"

#include <inttypes.h>

#include "isa/about.h"
#include "monitor/theory_text.h"

/* 0: no encoding of the row was in this sweep, and it has no line. */
static uint64_t row_runs(const struct sweep_counts *c, unsigned row)
{
    uint64_t sum = 0;
    for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
        sum += c->runs[row][o];
    return sum;
}

static const char *register_name(const struct sweep_config *c, reg_t reg)
{
    const struct reg_desc *r = about_desc(sweep_theory(c)->set, reg);
    return r ? r->name : "a register without a name";
}

/* As wide as a terminal of 80 columns; with 64 states a number may have 11 digits. */
static void row_print(FILE *f, const char *name, const uint64_t runs[SWEEP_OUTCOMES])
{
    fprintf(f, "%-13s", name);
    for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
        if (runs[o])
            fprintf(f, " %10" PRIu64, runs[o]);
        else
            fprintf(f, " %10s", "-");
    fputc('\n', f);
}

/* "  ENCODING completes, and reads or writes REGISTER": an encoding that does what the tables exclude. The lowest are told, up
 * to as many as are kept: which thread came first must not show. */
static void fault_print(FILE *f, const struct sweep_config *c, const struct sweep_fault *x)
{
    fputs("  ", f);
    sweep_print_encoding(c, x->bits, f);
    switch (x->kind) {
    case SWEEP_UNDEFINED_COMPLETES: fprintf(f, "is no instruction, but its outcome is: %s\n", sweep_outcome_name[x->outcome]); break;
    case SWEEP_TOUCHES: fprintf(f, "completes, and reads or writes %s\n", register_name(c, x->reg)); break;
    case SWEEP_CHANGES: fprintf(f, "completes, and %s is not as before\n", register_name(c, x->reg)); break;
    case SWEEP_UNCLAIMED: fprintf(f, "has an outcome that the tables do not claim: %s\n", sweep_outcome_name[x->outcome]); break;
    case SWEEP_WAYS_DIFFER: fprintf(f, "by its fast body has another outcome: %s\n", sweep_outcome_name[x->outcome]); break;
    case SWEEP_FAULT_KINDS: break;
    }
}

/* Without a fault the end says kind by kind that there was none, so that a summary tells what was looked for. */
void sweep_print(FILE *f, const struct sweep_shard *s, const struct sweep_counts *c)
{
    const unsigned rows = sweep_rows(&s->config);
    const uint64_t none = row_runs(c, rows);
    char sizes[80];
    sweep_sizes(&s->config, c->encodings, sizes, sizeof sizes);
    fprintf(f, "every encoding of %s%s, in user mode\n", sweep_theory(&s->config)->isa, sweep_extent(&s->config));
    under_k_print(f, "", s->k);
    fprintf(f, "%s, each from %u state%s drawn by seed %" PRIu64 "\n\n", sizes, s->config.states, s->config.states == 1 ? "" : "s",
            s->config.seed);
    fprintf(f, "%-13s", "instruction");
    for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
        fprintf(f, " %10s", sweep_outcome_name[o]);
    fputc('\n', f);
    for (unsigned row = 0; row < rows; row++)
        if (row_runs(c, row))
            row_print(f, sweep_row_name(&s->config, row), c->runs[row]);
    row_print(f, "none", c->runs[rows]);
    if (c->faults == 0) {
        fprintf(f, "\nwhat is no instruction traps as undefined, each of %" PRIu64 " times\n", none);
        fprintf(f, "nothing that completes touches control state\n");
        fprintf(f, "every outcome is one that the tables claim of its row or its CSR in user mode\n");
        fprintf(f, "fast bodies come to what careful ones do\n");
        return;
    }
    fprintf(f, "\n%" PRIu64 " time%s an encoding did what it must not; the lowest are\n", c->faults, c->faults == 1 ? "" : "s");
    for (unsigned n = 0; n < c->told; n++)
        fault_print(f, &s->config, &c->fault[n]);
}

/* --- JSON */

static void row_json(struct json *j, const char *name, const uint64_t runs[SWEEP_OUTCOMES])
{
    json_object(j, NULL);
    json_string(j, "name", name);
    for (unsigned o = 0; o < SWEEP_OUTCOMES; o++)
        json_uint(j, sweep_outcome_name[o], runs[o]);
    json_end(j);
}

static void fault_json(struct json *j, const struct sweep_config *c, const struct sweep_fault *x)
{
    json_object(j, NULL);
    json_hex(j, "encoding", x->bits);
    json_string(j, "fault", sweep_fault_name[x->kind]);
    json_string(j, "outcome", sweep_outcome_name[x->outcome]);
    json_string(j, "register", x->kind == SWEEP_TOUCHES || x->kind == SWEEP_CHANGES ? register_name(c, x->reg) : NULL);
    json_end(j);
}

void sweep_json(FILE *f, const struct sweep_shard *s, const struct sweep_counts *c)
{
    struct json j;
    json_open(&j, f);
    json_object(&j, NULL);
    json_uint(&j, "schema", THEORY_SCHEMA);
    json_string(&j, "isa", sweep_theory(&s->config)->isa);
    json_string(&j, "k", s->k);
    json_bool(&j, "quick", s->config.quick);
    json_uint(&j, "seed", s->config.seed);
    json_uint(&j, "states", s->config.states);
    json_uint(&j, "encodings", c->encodings);
    json_array(&j, "rows");
    for (unsigned row = 0; row <= sweep_rows(&s->config); row++)
        if (row_runs(c, row))
            row_json(&j, row < sweep_rows(&s->config) ? sweep_row_name(&s->config, row) : NULL, c->runs[row]);
    json_end(&j);
    json_uint(&j, "faults", c->faults);
    json_array(&j, "lowest");
    for (unsigned n = 0; n < c->told; n++)
        fault_json(&j, &s->config, &c->fault[n]);
    json_end(&j);
    json_end(&j);
}
