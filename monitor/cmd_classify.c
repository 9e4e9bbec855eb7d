/* cmd_classify.c - `trapeze classify`: what every instruction was found to be, a line each; or one of them explained, with its
 * witnesses. */
#include "monitor/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor/options.h"
#include "monitor/screen.h"
#include "monitor/theory_text.h"

struct classify_command {
    const char *word[2]; /* ISA, subject */
    unsigned words;
    const char *without, *hart;
    uint64_t seed, states;
    unsigned jobs, ring;
    bool diagram, json, help;
};

static int set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &((struct classify_command *)into)->seed, e);
}

static int set_states(void *into, const char *value, struct error *e)
{
    return theory_option_states(value, &((struct classify_command *)into)->states, e);
}

static int set_without(void *into, const char *value, struct error *e)
{
    (void)e;
    ((struct classify_command *)into)->without = value;
    return 0;
}

static int set_hart(void *into, const char *value, struct error *e)
{
    (void)e;
    ((struct classify_command *)into)->hart = value;
    return 0;
}

static int set_ring(void *into, const char *value, struct error *e)
{
    return theory_option_ring(value, &((struct classify_command *)into)->ring, e);
}

static int set_jobs(void *into, const char *value, struct error *e)
{
    return theory_option_jobs(value, &((struct classify_command *)into)->jobs, e);
}

static int set_diagram(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct classify_command *)into)->diagram = true;
    return 0;
}

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct classify_command *)into)->json = true;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct classify_command *)into)->help = true;
    return 0;
}

const struct option_desc cmd_classify_options[] = {
    {"seed", VALUE_NEEDED, "N", set_seed, "which random states; default 1. The same seed gives the same output"},
    {"states", VALUE_NEEDED, "N", set_states, "states each encoding is run from, where sampled; default 8"},
    {"without", VALUE_NEEDED, "PIN", set_without,
     "take a pin of the configuration K out; 'settings', where there are such: all pins that are settings"},
    {"hart", VALUE_NEEDED, "NAME", set_hart, "another hart than the usual one; `trapeze prove` lists them"},
    {"ring", VALUE_NEEDED, "3|1", set_ring, THEORY_RING_ABOUT},
    {"jobs", VALUE_NEEDED, "N", set_jobs, THEORY_JOBS_ABOUT},
    {"diagram", VALUE_NONE, NULL, set_diagram, "no table but the paper's diagram: what is sensitive, within what is privileged"},
    {"json", VALUE_NONE, NULL, set_json, "one JSON object, with every witness"},
    {"help", VALUE_NONE, NULL, set_help, NULL},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {NULL, VALUE_NONE, NULL, NULL, NULL},
};

/* "  counters-off    the counters that ..." with what follows below the text, as the pins' column is 18 wide. */
static void pin_print(const struct k_pin *p)
{
    struct lines l = {.out = stdout, .indent = 18};
    l.column = (unsigned)printf("  %-16s", p->name);
    lines_text(&l, p->about);
    lines_end(&l);
}

void cmd_classify_help(void)
{
    options_prose("usage: trapeze classify ISA[:VARIANT] [SUBJECT] [OPTION...]\n\n"
                  "Measures the classes of Popek and Goldberg: runs every instruction on the machine itself from pairs\n"
                  "of states, and says which trap in user mode and which are sensitive. SUBJECT is one instruction,\n"
                  "explained with its witnesses: a name (sret, fadd.s), a CSR access (csrr.cycle, csrrw.sstatus; csrr\n"
                  "reads, csrw writes, csrrw, csrrs and csrrc do both), or an encoding (0x10200073).\n\nISA[:VARIANT]\n");
    theory_list(stdout);
    const struct theory *t;
    for (unsigned i = 0; (t = theory_at(i)); i++) {
        printf("\npins of K for %s, for -without\n", t->isa);
        for (const struct k_pin *p = t->pins; p && p->name; p++)
            pin_print(p);
    }
    printf("\noptions\n");
    options_help(cmd_classify_options);
    options_prose("\nThe manual page trapeze-classify(1) explains the columns.\n");
}

static int word_add(void *into, const char *value, struct error *e)
{
    struct classify_command *c = into;
    if (c->words == sizeof c->word / sizeof *c->word)
        return error_set(e, EINVAL, "classify takes an instruction set and one instruction of it; '%s' is too much", value);
    c->word[c->words++] = value;
    return 0;
}

/* --- all of them */

/* '.' completes; T traps, t traps in some states; W waits (and is told from a trap). Memory that refuses is not counted. */
static char mode_letter(unsigned outcomes)
{
    const unsigned traps = 1u << OUTCOME_PRIVILEGE | 1u << OUTCOME_REQUESTED | 1u << OUTCOME_UNDEFINED | 1u << OUTCOME_RESOURCE;
    const unsigned runs = 1u << OUTCOME_OK | 1u << OUTCOME_WAIT;
    if (outcomes & traps)
        return outcomes & runs ? 't' : 'T';
    return outcomes & 1u << OUTCOME_WAIT ? 'W' : outcomes ? '.' : ' ';
}

/* The modes that some instruction was run in, in order: a machine without machine mode has no column for it. How many. */
static unsigned modes_of(const struct classification *c, unsigned mode[THEORY_MODES])
{
    unsigned count = 0, seen = 0;
    for (unsigned n = 0; n < c->count; n++)
        for (unsigned m = 0; m < THEORY_MODES; m++)
            seen |= c->findings[n].outcomes[m] ? 1u << m : 0;
    for (unsigned m = 0; m < THEORY_MODES; m++)
        if (seen >> m & 1)
            mode[count++] = m;
    return count;
}

/* A theory without names of modes shows that it has none. */
static const char *mode_text(const struct theory *t, unsigned mode) { return t->mode_name ? t->mode_name(mode) : "?"; }

/* A row, and below it the condition and what differs from the claim, if there are such:
 *
 *   instruction         in user    U S M  sensitive by  class      evidence  claim
 *   csrr.sstatus        always     T . .  - - - S  - s  privileged proved    agrees
 *                                  |      C L M S  u s
 *                                  mode_letter() of each mode
 */
static void table_row(FILE *out, const struct finding *f, const unsigned *mode, unsigned modes)
{
    static const char letter[] = "CLMS";
    fprintf(out, "%-19s %-9s ", f->subject, traps_name(f->traps));
    for (unsigned m = 0; m < modes; m++)
        fprintf(out, " %c", mode_letter(f->outcomes[mode[m]]));
    fprintf(out, " ");
    for (unsigned n = 0; n < 4; n++)
        fprintf(out, " %c", f->sensitive >> n & 1 ? letter[n] : '-');
    fprintf(out, "  %c %c  %-10s %-9s %s\n", f->user_sensitive ? 'u' : '-', f->supervisor_sensitive ? 's' : '-', finding_class(f),
            evidence_word(f), f->agrees ? "agrees" : "DIFFERS");
    if (f->condition)
        fprintf(out, "%19s   when: %s\n", "", f->condition);
    if (!f->agrees && f->disagreement)
        fprintf(out, "%19s   %s\n", "", f->disagreement);
}

/* A mode's column is one wide, and has the last letter of its name: ring3 is 3. */
static void heading(FILE *out, const struct classification *c, const struct theory *t, const unsigned *mode, unsigned modes)
{
    fprintf(out, "%-19s %-9s ", "instruction", c->ring ? "in ring1" : "in user");
    for (unsigned m = 0; m < modes; m++)
        fprintf(out, " %s", mode_text(t, mode[m]) + strlen(mode_text(t, mode[m])) - 1);
    fprintf(out, "  sensitive by  %-10s %-9s %s\n", "class", "evidence", "claim");
}

/* Each finding is in one of the sums of a line; `innocuous` decides first, as finding_class() has it. */
static void totals(FILE *out, const struct classification *c)
{
    unsigned traps[MEASURED_WITHHELD + 1] = {0}, innocuous = 0, critical = 0, privileged = 0, withheld = 0, agree = 0, sums = 0;
    for (unsigned n = 0; n < c->count; n++) {
        const struct finding *f = &c->findings[n];
        traps[f->traps]++;
        innocuous += f->innocuous;
        critical += f->critical;
        privileged += f->privileged && !f->innocuous;
        withheld += f->withheld && !f->innocuous && !f->sum;
        agree += f->agrees;
        sums += f->sum && !f->innocuous && !f->privileged;
    }
    fprintf(out, "\n%u findings, of which %u agree with the table's claim\n", c->count, agree);
    fprintf(out, "%u innocuous, %u sensitive and privileged, ", innocuous, privileged);
    if (withheld)
        fprintf(out, "%u sensitive and withheld, ", withheld);
    fprintf(out, "%u critical", critical);
    if (sums)
        fprintf(out, "; %u are the sum of others", sums);
    fprintf(out, "\nin %s %u always trap, %u never, %u under a condition, %u on request, %u undefined", user_mode(c),
            traps[MEASURED_ALWAYS], traps[MEASURED_NEVER], traps[MEASURED_CONDITION], traps[MEASURED_REQUESTED],
            traps[MEASURED_UNDEFINED]);
    if (traps[MEASURED_WITHHELD])
        fprintf(out, ", %u are withheld", traps[MEASURED_WITHHELD]);
    fputc('\n', out);
    census_print(out, c);
    if (c->unsound)
        fprintf(out, "UNSOUND: %s\n", c->unsound);
    if (c->exhaustive)
        extent_print(out, c);
    else
        fprintf(out, "%llu runs from sampled states, seed %llu\n", (unsigned long long)c->states_examined,
                (unsigned long long)c->seed);
}

static void table_print(FILE *out, const struct classification *c)
{
    const struct theory *t = theory_find(c->isa);
    unsigned mode[THEORY_MODES], modes = modes_of(c, mode);
    legend_print(out, c);
    heading(out, c, t, mode, modes);
    for (unsigned n = 0; n < c->count; n++)
        table_row(out, &c->findings[n], mode, modes);
    totals(out, c);
}

/* --- one of them */

static void line(FILE *out, const char *what, const char *text) { fprintf(out, "  %-22s%s\n", what, text); }

static void prose(FILE *out, const char *what, const char *text)
{
    struct lines l = {.out = out, .indent = 24};
    l.column = (unsigned)fprintf(out, "  %-21s", what);
    lines_text(&l, text);
    lines_end(&l);
}

/* "  seen in U             privilege trap": for each mode, all outcomes that there were in it. */
static void outcomes_print(FILE *out, const struct theory *t, const struct finding *f)
{
    for (unsigned m = 0; m < THEORY_MODES; m++) {
        char text[128] = "";
        size_t at = 0;
        for (enum outcome o = OUTCOME_OK; o <= OUTCOME_WAIT; o++)
            if (f->outcomes[m] >> o & 1)
                at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", at ? ", " : "", outcome_name(o));
        char what[48];
        snprintf(what, sizeof what, "seen in %s", mode_text(t, m));
        if (f->outcomes[m])
            line(out, what, text);
    }
}

/* Of "there is an x" a witness is the end of the matter; of "there is none" it is only what was tried, so the words say how much
 * that was. */
static const char *universal(const struct finding *f)
{
    switch (f->confidence) {
    case WITNESSED: return "witnessed: what is claimed has been done, below";
    case TOUCHED: return "touched: no witness, though a run that completed in user mode touched control state";
    case CLEAN: return "clean: no witness, and no run that completed in user mode touched control state";
    case EXHAUSTED: return f->sensitive ? "below" : "none, in any state";
    case UNRECORDED: return "none; what runs touch is not recorded on this machine";
    }
    return "";
}

/* Of a theory that examines each state this is how many there were. */
static void runs_print(FILE *out, const struct finding *f)
{
    char text[32];
    snprintf(text, sizeof text, "%" PRIu64, f->runs);
    line(out, "states run", text);
}

/* One subject on a screen: what was found, what it stands on, and then the witnesses, each a pair of states that anybody can
 * try. */
static void explain(FILE *out, const struct classification *c, const struct finding *f)
{
    char text[160];
    fprintf(out, "%s of %s%s%s\n", f->subject, c->isa, *c->variant ? ":" : "", c->variant);
    prose(out, "under K", c->k);
    line(out, c->ring ? "in ring 1" : "in user mode", traps_sentence(f->traps));
    if (f->condition)
        line(out, "condition", f->condition);
    outcomes_print(out, theory_find(c->isa), f);
    line(out, "sensitive", sensitive_names(f->sensitive, text, sizeof text));
    line(out, "user-sensitive", f->user_sensitive ? "yes" : "no");
    line(out, "supervisor-sensitive", f->supervisor_sensitive ? "yes" : "no");
    if (f->hidden_sensitive)
        line(out, "depends on hidden", "yes: a reservation, which is dropped when another program runs");
    line(out, "class", finding_class(f));
    line(out, "evidence", evidence_sentence(f, text, sizeof text));
    line(out, "witness", universal(f));
    if (f->extent)
        line(out, "every state of", f->extent);
    if (c->exhaustive)
        runs_print(out, f);
    line(out, "the table's claim", f->agrees ? "agrees" : f->disagreement ? f->disagreement : "differs");
    if (f->note)
        prose(out, "note", f->note);
    for (enum evidence kind = 0; kind < EVIDENCE_COUNT; kind++)
        if (f->witness[kind].present) {
            fputc('\n', out);
            witness_print(out, c, f, kind);
        }
}

static void classify_json(const struct classification *c)
{
    struct json j;
    json_open(&j, stdout);
    json_object(&j, NULL);
    classification_json(&j, c);
    json_array(&j, "findings");
    for (unsigned n = 0; n < c->count; n++)
        finding_json(&j, c, &c->findings[n]);
    json_end(&j);
    json_end(&j);
}

/* --- */

/* Each word of the person is looked up before anything is run: a misspelt pin is told of at once, with the nearest ones. */
static int choose(const struct classify_command *cmd, struct theory_choice *choice, struct classify_options *o, struct error *e)
{
    int r = cmd->words ? theory_choose(cmd->word[0], choice, e)
                       : error_set(e, EINVAL, "classify wants an instruction set, as in: trapeze classify riscv");
    *o = (struct classify_options){.seed = cmd->seed, .states = (unsigned)cmd->states, .jobs = cmd->jobs, .subject = cmd->word[1]};
    if (r == 0 && cmd->diagram && (cmd->word[1] || cmd->json))
        r = error_set(e, EINVAL, "--diagram draws a whole instruction set: without %s", cmd->json ? "--json" : cmd->word[1]);
    if (r == 0 && cmd->without)
        r = theory_choose_pin(choice->theory, cmd->without, &o->without, e);
    if (r == 0 && cmd->hart)
        r = theory_choose_hart(choice->theory, cmd->hart, &o->hart, e);
    if (r == 0 && cmd->word[1])
        r = theory_check_subject(choice->theory, cmd->word[1], e);
    o->variant = choice->variant;
    o->told = theory_progress();
    return r ? r : theory_choose_ring(choice, cmd->ring, &o->ring, e);
}

/* What the theory refuses is bad usage, as an instruction that this variant does not have; only want of memory is a failure. */
int cmd_classify(int argc, char **argv)
{
    struct classify_command cmd = {.seed = THEORY_SEED};
    struct theory_choice choice = {0};
    struct classify_options o;
    struct classification *c;
    struct error e;
    int r = options_parse(cmd_classify_options, argc, argv, word_add, &cmd, &e);
    if (r == 0 && cmd.help) {
        cmd_classify_help();
        return STATUS_OK;
    }
    if (r || choose(&cmd, &choice, &o, &e))
        return complain_of_options(r, &e);
    r = choice.theory->classify(&o, &c, &e);
    if (r)
        return complain(r == -ENOMEM ? STATUS_FAILURE : STATUS_USAGE, "%s", e.text);
    struct screen s;
    FILE *out = screen_open(&s, stdout) == 0 ? s.out : stdout;
    if (cmd.json)
        classify_json(c);
    else if (cmd.diagram)
        diagram_print(out, c);
    else if (o.subject)
        explain(out, c, &c->findings[0]);
    else
        table_print(out, c);
    screen_close(&s);
    classification_destroy(c);
    return STATUS_OK;
}
