/* cmd_witness.c - `trapeze witness`: the witnesses of an instruction, what a program on the machine would see of them, and that program,
 * for any machine of the kind: so that nobody needs to believe the laboratory.
 *
 * What it prints of one instruction, and what the program in the file prints on a machine:
 *
 *     State-sensitive
 *       only control state differs: it does different things [PG74 p.415, generalised]
 *                             S1                  S2
 *       mode                  S                   S
 *       a0                    0                   0
 *       outcome               completes           completes
 *       a0                    0x200082000         0x200002000           <        '<' where the two differ
 *
 *     What a program on the machine sees of it:                                  and from here on the program
 *     S1 in S: completes
 *         a0 = 0x200082000
 */
#include "monitor/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "monitor/kind.h"
#include "monitor/options.h"
#include "monitor/outfile.h"
#include "monitor/screen.h"
#include "monitor/theory_text.h"
#include "monitor/witness_elf.h"

struct witness_command {
    const char *word[2]; /* ISA, subject */
    unsigned words;
    const char *without, *elf;
    uint64_t seed, states;
    bool help;
};

static int set_seed(void *into, const char *value, struct error *e)
{
    return option_number("--seed", value, false, &((struct witness_command *)into)->seed, e);
}

static int set_states(void *into, const char *value, struct error *e)
{
    uint64_t *states = &((struct witness_command *)into)->states;
    int r = option_number("--states", value, false, states, e);
    if (r == 0 && (*states < 1 || *states > THEORY_STATES_MAX))
        r = error_set(e, EINVAL, "the option --states wants 1 to %d, not %s", THEORY_STATES_MAX, value);
    return r;
}

static int set_without(void *into, const char *value, struct error *e)
{
    (void)e;
    ((struct witness_command *)into)->without = value;
    return 0;
}

/* One file for all witnesses that are asked for. */
static int set_elf(void *into, const char *value, struct error *e)
{
    struct witness_command *c = into;
    if (c->elf)
        return error_set(e, EINVAL, "the option --elf is given twice: %s and %s", c->elf, value);
    c->elf = value;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct witness_command *)into)->help = true;
    return 0;
}

const struct option_desc cmd_witness_options[] = {
    {"elf", VALUE_NEEDED, "FILE", set_elf, "the program that replays them; - is stdout, and nothing else is printed"},
    {"seed", VALUE_NEEDED, "N", set_seed, "which random states are searched; default 1"},
    {"states", VALUE_NEEDED, "N", set_states, "states each encoding is run from, where sampled; default 8"},
    {"without", VALUE_NEEDED, "PIN", set_without, "take a pin of the configuration K out"},
    {"help", VALUE_NONE, NULL, set_help, NULL},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {NULL, VALUE_NONE, NULL, NULL, NULL},
};

void cmd_witness_help(void)
{
    options_prose("usage: trapeze witness ISA[:VARIANT] [SUBJECT] [OPTION...]\n\n"
                  "Shows the states that make an instruction sensitive, or privileged, and the outcome in each. With\n"
                  "--elf they become a program for a bare machine, which sets each state up, executes the instruction\n"
                  "there, and prints the outcomes: what is printed here last is what it prints anywhere. Of ia32 it is\n"
                  "one for Linux, in ring 3 (on another processor by qemu-i386): it executes the instruction and\n"
                  "prints what that shows. SUBJECT is as for classify (sret, csrrw.sstatus, 0x10200073); without one, all "
                  "instructions.\n\noptions\n");
    options_help(cmd_witness_options);
    options_prose("\n  trapeze witness riscv csrrw.sstatus --elf FILE && trapeze run --bare -bios none -kernel FILE\n"
                  "\nThe manual page trapeze-classify(1) explains what a witness says.\n");
}

static int word_add(void *into, const char *value, struct error *e)
{
    struct witness_command *c = into;
    if (c->words == sizeof c->word / sizeof *c->word)
        return error_set(e, EINVAL, "witness takes an instruction set and one instruction of it; '%s' is too much", value);
    c->word[c->words++] = value;
    return 0;
}

/* --- on the screen */

static unsigned witnesses_of(const struct finding *f)
{
    unsigned count = 0;
    for (enum evidence kind = 0; kind < EVIDENCE_COUNT; kind++)
        count += f->witness[kind].present;
    return count;
}

/* Of one that was asked for by name, that it has none is an answer, and says what it is. */
static void witnesses_print(FILE *out, const struct classification *c, const struct finding *f, bool one)
{
    for (enum evidence kind = 0; kind < EVIDENCE_COUNT; kind++)
        if (f->witness[kind].present) {
            witness_print(out, c, f, kind);
            fputc('\n', out);
        }
    if (one && !witnesses_of(f))
        fprintf(out, "%s has no witness: it is %s.\n", f->subject, finding_class(f));
}

/* What the program prints is printed here, too, so that the two can be compared with diff. */
static void replay_print(FILE *out, const struct replay *r, bool one)
{
    if (!r->states)
        return;
    if (one)
        fputs("What a program on the machine sees of it:\n\n", out);
    fputs(r->text, out);
}

/* --- as a file */

/* The machine whose program replays witnesses of this instruction set. NULL: no machine is of it. */
static const struct kind *kind_of(const struct theory *t)
{
    const struct kind *k;
    for (unsigned n = 0; (k = kind_at(n)); n++)
        if (strcmp(k->isa->name, t->isa) == 0)
            return k;
    return NULL;
}

/* A file that shows nothing is not written: a script would take it for a replay that went well. */
static int elf_write(const struct witness_command *cmd, const struct theory *t, const struct replay *r)
{
    const struct kind *k = kind_of(t);
    struct error e;
    if (!r->states)
        return complain(STATUS_LEFT_OUT, "there is no witness to be replayed, and %s is not written", cmd->elf);
    if (witness_elf_write(cmd->elf, k->player, r, &e))
        return complain(STATUS_FAILURE, "%s", e.text);
    return STATUS_OK;
}

/* Witnesses that no program can do, a sentence each, and a status of its own: the file is there, and does not hold them. */
static int left_out(const struct replay *r)
{
    for (const char *line = r->left_out; *line; line += strcspn(line, "\n") + 1)
        complain(STATUS_LEFT_OUT, "left out: %.*s", (int)strcspn(line, "\n"), line);
    return *r->left_out ? STATUS_LEFT_OUT : STATUS_OK;
}

/* Three outcomes beside failure: all is in the file (0), a part of it (3), nothing can be (3, with the reason). */
static int show(const struct witness_command *cmd, const struct theory *t, const struct classification *c)
{
    struct replay r = {.states = 0};
    struct error e;
    int error = t->replay ? t->replay(c, &r, &e) : 0, status = STATUS_OK;
    if (error == -ENOMEM)
        return complain(STATUS_FAILURE, "%s", e.text);
    if (!(cmd->elf && strcmp(cmd->elf, "-") == 0)) {
        struct screen s;
        FILE *out = screen_open(&s, stdout) == 0 ? s.out : stdout;
        for (unsigned n = 0; n < c->count && (cmd->word[1] || !t->replay); n++)
            witnesses_print(out, c, &c->findings[n], cmd->word[1] != NULL);
        replay_print(out, &r, cmd->word[1] != NULL);
        screen_close(&s);
    }
    if (error && cmd->elf)
        status = complain(STATUS_LEFT_OUT, "%s", e.text);
    else if (cmd->elf && !t->replay)
        status = complain(STATUS_LEFT_OUT, "there is no program that replays witnesses of %s", t->isa);
    else if (cmd->elf && (status = elf_write(cmd, t, &r)) == STATUS_OK)
        status = left_out(&r);
    replay_free(&r);
    return status;
}

/* --- */

/* As in classify: each word is looked up before anything is run. */
static int choose(const struct witness_command *cmd, struct theory_choice *choice, struct classify_options *o, struct error *e)
{
    int r = cmd->words ? theory_choose(cmd->word[0], choice, e)
                       : error_set(e, EINVAL,
                                   "witness wants an instruction set, and takes one instruction of it; see trapeze witness --help");
    *o = (struct classify_options){.seed = cmd->seed, .states = (unsigned)cmd->states, .subject = cmd->word[1]};
    if (r == 0 && cmd->without)
        r = theory_choose_pin(choice->theory, cmd->without, &o->without, e);
    if (r == 0 && cmd->word[1])
        r = theory_check_subject(choice->theory, cmd->word[1], e);
    o->variant = choice->variant;
    return r;
}

int cmd_witness(int argc, char **argv)
{
    struct witness_command cmd = {.seed = THEORY_SEED};
    struct theory_choice choice = {0};
    struct classify_options o;
    struct classification *c;
    struct error e;
    int r = options_parse(cmd_witness_options, argc, argv, word_add, &cmd, &e);
    if (r == 0 && cmd.help) {
        cmd_witness_help();
        return STATUS_OK;
    }
    if (r || choose(&cmd, &choice, &o, &e))
        return complain_of_options(r, &e);
    if (cmd.elf && outfile_check(cmd.elf, &e))
        return complain(STATUS_FAILURE, "%s", e.text);
    r = choice.theory->classify(&o, &c, &e);
    if (r)
        return complain(r == -ENOMEM ? STATUS_FAILURE : STATUS_USAGE, "%s", e.text);
    int status = show(&cmd, choice.theory, c);
    classification_destroy(c);
    return status;
}
