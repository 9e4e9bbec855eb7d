/* cmd_prove.c - `trapeze prove`: the theorems' verdict on an instruction set under K, then on K itself, pin by pin. */
#include "monitor/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/options.h"
#include "monitor/screen.h"
#include "monitor/theory_hybrid.h"
#include "monitor/theory_text.h"

struct prove_command {
    const char *isa;
    const char *without;
    uint64_t seed;
    unsigned jobs, ring;
    bool json, help;
};

static int set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &((struct prove_command *)into)->seed, e);
}

static int set_without(void *into, const char *value, struct error *e)
{
    (void)e;
    ((struct prove_command *)into)->without = value;
    return 0;
}

static int set_ring(void *into, const char *value, struct error *e)
{
    return theory_option_ring(value, &((struct prove_command *)into)->ring, e);
}

static int set_jobs(void *into, const char *value, struct error *e)
{
    return theory_option_jobs(value, &((struct prove_command *)into)->jobs, e);
}

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct prove_command *)into)->json = true;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct prove_command *)into)->help = true;
    return 0;
}

const struct option_desc cmd_prove_options[] = {
    {"without", VALUE_NEEDED, "PIN", set_without,
     "take this pin of K out, or 'settings': all that are settings; then there is no sweep"},
    {"seed", VALUE_NEEDED, "N", set_seed, "which random states, where they are sampled; default 1"},
    {"ring", VALUE_NEEDED, "3|1", set_ring, THEORY_RING_ABOUT},
    {"jobs", VALUE_NEEDED, "N", set_jobs, THEORY_JOBS_ABOUT},
    {"json", VALUE_NONE, NULL, set_json, "one JSON object"},
    {"help", VALUE_NONE, NULL, set_help, NULL},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {NULL, VALUE_NONE, NULL, NULL, NULL},
};

void cmd_prove_help(void)
{
    options_prose("usage: trapeze prove ISA[:VARIANT] [OPTION...]\n\n"
                  "Decides the theorems of Popek and Goldberg by measurement: whether all that is sensitive is\n"
                  "privileged under the configuration K that the monitor chooses, and if not, which instructions are\n"
                  "critical. Then takes the pins of K out, one at a time. The status is 0 once there is a verdict,\n"
                  "whatever it is.\n\n"
                  "ISA[:VARIANT]; an ISA with variants and none named: all of them; several together where they\n"
                  "combine, as ia32:umip+noleak\n");
    theory_list(stdout);
    printf("\noptions\n");
    options_help(cmd_prove_options);
    options_prose("\n`trapeze classify --help` lists the pins.\n");
}

static int word_set(void *into, const char *value, struct error *e)
{
    struct prove_command *c = into;
    if (c->isa)
        return error_set(e, EINVAL, "prove takes one instruction set, not both %s and %s", c->isa, value);
    c->isa = value;
    return 0;
}

/* --- everything measured */

struct proof {
    struct classification *c; /* owned */
    struct verdict verdict;
    struct hybrid_proof hybrid; /* where Theorem 3 fails */
    struct pin_effect *effect;  /* owned; one to a pin */
    unsigned effects;
};

static void proof_free(struct proof *p)
{
    for (unsigned n = 0; n < p->effects; n++)
        pin_effect_free(&p->effect[n]);
    free(p->effect);
    hybrid_proof_free(&p->hybrid);
    verdict_free(&p->verdict);
    classification_destroy(p->c);
    *p = (struct proof){0};
}

static unsigned pin_count(const struct theory *t)
{
    unsigned n = 0;
    while (t->pins && t->pins[n].name)
        n++;
    return n;
}

static int proof_sweep(const struct theory *t, const struct classify_options *o, struct proof *p, struct error *e)
{
    const unsigned pins = pin_count(t);
    int r = 0;
    p->effect = calloc(pins + 1, sizeof *p->effect);
    if (!p->effect)
        return error_set(e, ENOMEM, "out of memory");
    for (unsigned n = 0; n < pins && r == 0; n++) {
        r = pin_effect_measure(t, o, p->c, &t->pins[n], &p->effect[n], e);
        p->effects += r == 0;
    }
    return r;
}

static int proof_make(const struct theory *t, const struct classify_options *o, bool sweep, struct proof *p, struct error *e)
{
    *p = (struct proof){0};
    int r = t->classify(o, &p->c, e);
    if (r == 0 && (r = theorem_decide(p->c, &p->verdict)) != 0)
        error_set(e, -r, "out of memory");
    if (r == 0)
        r = hybrid_prove(t, o, &p->verdict, &p->hybrid, e);
    if (r == 0 && sweep)
        r = proof_sweep(t, o, p, e);
    if (r)
        proof_free(p);
    return r;
}

/* --- for people */

static const char *yes(bool holds) { return holds ? "holds" : "fails"; }

static void theorem_print(FILE *f, unsigned number, bool holds, const char *text)
{
    struct lines l = {.out = f, .indent = 11};
    l.column = (unsigned)fprintf(f, "Theorem %u %s:", number, yes(holds));
    lines_text(&l, text);
    lines_end(&l);
}

static void theorems_print(FILE *f, const struct verdict *v, bool ring1)
{
    theorem_print(f, 1, v->theorem1,
                  v->theorem1 ? "every sensitive instruction is privileged; a virtual machine monitor may be constructed"
                              : "sensitive and not privileged are");
    if (!v->theorem1)
        critical_print(f, v, false);
    theorem_print(f, 2, v->theorem2, v->why2);
    theorem_print(f, 3, v->theorem3, theorem3_text(v->theorem3, ring1));
    if (!v->theorem3)
        critical_print(f, v, true);
}

/* What a verdict does not say of an instruction. */
static void notes_print(FILE *f, const struct classification *c)
{
    for (unsigned n = 0; n < c->count; n++)
        if (c->findings[n].note) {
            struct lines l = {.out = f, .indent = 11};
            l.column = (unsigned)fprintf(f, "%s:", c->findings[n].subject);
            lines_text(&l, c->findings[n].note);
            lines_end(&l);
        }
}

static void k_print(FILE *f, const struct theory *t, const struct classification *c)
{
    char head[64];
    snprintf(head, sizeof head, "%s%s%s ", c->isa, *c->variant ? ":" : "", c->variant);
    under_k_print(f, head, c->k);
    for (const struct k_pin *p = t->pins; p && p->name; p++) {
        struct lines l = {.out = f, .indent = 19};
        if (t->has_pin && !t->has_pin(c->variant, p->name))
            continue;
        const bool out = c->without && (strcmp(c->without, p->name) == 0 || (p->setting && strcmp(c->without, THEORY_SETTINGS) == 0));
        l.column = (unsigned)fprintf(f, "  %c %-14s", out ? '-' : '+', p->name);
        lines_text(&l, p->about);
        lines_end(&l);
    }
}

static void effect_print(FILE *f, const struct pin_effect *p)
{
    const struct verdict *v = &p->verdict;
    unsigned already = p->just ? v->critical_count - p->guarded_count : 0;
    char more[48] = "";
    if (already)
        snprintf(more, sizeof more, ", %u anyway", already);
    fprintf(f, "  %-16s%-7s%-7s%-7s%5u  %s%s\n", p->pin->name, yes(v->theorem1), yes(v->theorem2), yes(v->theorem3), v->critical_count,
            !p->just           ? "not just those it guards (second)"
            : p->guarded_count ? "just those it guards"
                               : "it guards none here",
            more);
    if (!p->just)
        findings_print(f, v->critical, v->critical_count, 8);
    findings_print(f, p->guarded, p->guarded_count, 8);
}

/* A pin is printed when it is measured: each takes as long as the proof. */
static int sweep_print(FILE *f, const struct theory *t, const struct classify_options *o, const struct proof *p, struct error *e)
{
    int r = 0;
    if (pin_count(t))
        fprintf(f, "\nK with one pin out; critical then are\n  %-16s%-7s%-7s%-7s%s\n", "pin", "Thm 1", "Thm 2", "Thm 3", "critical");
    for (const struct k_pin *pin = t->pins; pin && pin->name && r == 0; pin++) {
        struct pin_effect effect;
        fflush(stdout);
        r = pin_effect_measure(t, o, p->c, pin, &effect, e);
        if (r == 0)
            effect_print(f, &effect);
        pin_effect_free(&effect); /* nothing, where it failed */
    }
    return r;
}

static void proof_print(FILE *f, const struct theory *t, const struct proof *p)
{
    k_print(f, t, p->c);
    fprintf(f, "%u subjects, ", p->c->count);
    if (p->c->exhaustive)
        extent_print(f, p->c);
    else
        fprintf(f, "%llu runs from sampled states, seed %llu\n", (unsigned long long)p->c->states_examined,
                (unsigned long long)p->c->seed);
    census_print(f, p->c);
    fputc('\n', f);
    if (p->c->unsound)
        fprintf(f, "UNSOUND, so that the verdicts mean nothing: %s\n", p->c->unsound);
    theorems_print(f, &p->verdict, p->c->ring);
    hybrid_print(f, t, &p->hybrid);
    notes_print(f, p->c);
    aside_print(f, p->c);
}

/* --- JSON */

static void effect_json(struct json *j, const struct pin_effect *p)
{
    json_object(j, NULL);
    json_string(j, "without", p->pin->name);
    json_string(j, "about", p->pin->about);
    verdict_json(j, &p->verdict);
    names_json(j, "guarded", p->guarded, p->guarded_count, false);
    json_bool(j, "just_guarded", p->just);
    json_uint(j, "states_examined", p->c->states_examined);
    json_end(j);
}

/* Members of the object that is open. */
static void proof_json(struct json *j, const struct proof *p)
{
    classification_json(j, p->c);
    json_uint(j, "subjects", p->c->count);
    verdict_json(j, &p->verdict);
    hybrid_json(j, &p->hybrid);
    json_array(j, "sweep");
    for (unsigned n = 0; n < p->effects; n++)
        effect_json(j, &p->effect[n]);
    json_end(j);
}

/* --- variants: the base machine in full, the others beside it */

static int variant_proof(const struct theory *t, const char *variant, const struct classify_options *like,
                         const struct classification *base, struct proof *p, struct error *e)
{
    struct classify_options o = *like;
    o.variant = variant, o.base = base;
    return proof_make(t, &o, false, p, e);
}

/* Several critical ones do not fit into the column: it has their number then, and they follow. */
static void variant_print(FILE *f, const char *name, const struct proof *p)
{
    const unsigned count = p->verdict.critical_count;
    char number[16];
    snprintf(number, sizeof number, "%u", count);
    const char *critical = count == 0 ? "-" : count == 1 ? p->verdict.critical[0]->subject : number;
    fprintf(f, "  %-14s%-8s%-8s%-8s%-10s%16llu\n", name, yes(p->verdict.theorem1), yes(p->verdict.theorem2), yes(p->verdict.theorem3),
            critical, (unsigned long long)p->c->states_examined);
    if (count > 1)
        findings_print(f, p->verdict.critical, count, 16);
}

static int variants_all(FILE *f, const struct theory *t, const struct classify_options *o, const struct classification *base,
                        struct json *j, struct error *e)
{
    int r = 0;
    if (j)
        json_array(j, "variants");
    else
        fprintf(f, "\nits variants\n  %-14s%-8s%-8s%-8s%-10s%16s\n", "", "Thm 1", "Thm 2", "Thm 3", "critical", "states examined");
    for (const char *const *v = t->variants; *v && r == 0; v++) {
        struct proof p;
        if (o->ring && t->without_ring1(*v)) {
            if (!j)
                fprintf(f, "  %-14s%s\n", *v, t->without_ring1(*v));
            continue;
        }
        r = variant_proof(t, *v, o, base, &p, e);
        if (r)
            break;
        if (j) {
            json_object(j, NULL);
            proof_json(j, &p);
            json_end(j);
        } else {
            variant_print(f, *v, &p);
        }
        proof_free(&p);
    }
    if (j)
        json_end(j);
    return r;
}

static int prove(FILE *f, const struct prove_command *cmd, const struct theory_choice *choice, const struct classify_options *o,
                 struct error *e)
{
    const struct theory *t = choice->theory;
    const bool all = t->variants && !choice->variant;
    struct json j;
    struct proof p;
    int r = proof_make(t, o, cmd->json && !cmd->without, &p, e);
    if (r)
        return r;
    if (cmd->json) {
        json_open(&j, stdout);
        json_object(&j, NULL);
        proof_json(&j, &p);
    } else {
        proof_print(f, t, &p);
        r = cmd->without ? 0 : sweep_print(f, t, o, &p, e);
    }
    if (r == 0 && !cmd->without)
        r = harts_show(f, cmd->json ? &j : NULL, t, o, e);
    if (all && r == 0)
        r = variants_all(f, t, o, p.c, cmd->json ? &j : NULL, e);
    proof_free(&p);
    if (cmd->json)
        json_end(&j);
    return r;
}

static int choose(const struct prove_command *cmd, struct theory_choice *choice, struct classify_options *o, struct error *e)
{
    int r = cmd->isa ? theory_choose(cmd->isa, choice, e)
                     : error_set(e, EINVAL, "prove wants an instruction set, as in: trapeze prove riscv");
    *o = (struct classify_options){.seed = cmd->seed, .jobs = cmd->jobs, .brief = true, .told = theory_progress()};
    if (r == 0 && cmd->without)
        r = theory_choose_pin(choice->theory, cmd->without, &o->without, e);
    o->variant = choice->variant;
    return r ? r : theory_choose_ring(choice, cmd->ring, &o->ring, e);
}

int cmd_prove(int argc, char **argv)
{
    struct prove_command cmd = {.seed = THEORY_SEED};
    struct theory_choice choice = {0};
    struct classify_options o;
    struct error e;
    int r = options_parse(cmd_prove_options, argc, argv, word_set, &cmd, &e);
    if (r == 0 && cmd.help) {
        cmd_prove_help();
        return STATUS_OK;
    }
    if (r || choose(&cmd, &choice, &o, &e))
        return complain_of_options(r, &e);
    struct screen s;
    bool folded = screen_open(&s, stdout) == 0;
    r = prove(folded ? s.out : stdout, &cmd, &choice, &o, &e);
    screen_close(&s);
    return r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
}
