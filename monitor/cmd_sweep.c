/* cmd_sweep.c - `trapeze sweep`: every encoding there is, executed in user mode; in one go, or in shards that are merged.
 *
 * A sweep in one go, and the same in parts on several machines; the summaries are equal, byte for byte:
 *
 *     trapeze sweep ISA
 *     trapeze sweep ISA --shard 1/2 --out a     trapeze sweep ISA --shard 2/2 --out b     trapeze sweep ISA --merge a b
 *
 * With --out the file is where it is gone on from: after a kill the same command does what is left.
 */
#include "monitor/command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "monitor/options.h"
#include "monitor/outfile.h"
#include "monitor/screen.h"
#include "monitor/sweep_text.h"
#include "monitor/sweep_work.h"
#include "monitor/theory_text.h"

enum { STATES_DEFAULT = 4 };

/* Options that describe a sweep leave their name in `apart`: with --merge the files say all that. */
struct sweep_command {
    const char *isa, *out;
    const char **file; /* [files], owned; what is in it is argv's */
    unsigned files;
    struct sweep_config config;
    unsigned shard, shards, jobs;
    bool merge, force, json, help;
    const char *apart; /* the last option given that means nothing to --merge */
};

/* --- options */

static int set_quick(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    (void)value, (void)e;
    c->config.quick = true;
    c->apart = "--quick";
    return 0;
}

/* A count of 1 to `most`; 0 threads or 0 states would sweep nothing and report no fault. */
static int count_set(const char *what, const char *value, uint64_t most, unsigned *out, struct error *e)
{
    uint64_t n;
    int r = option_number(what, value, false, &n, e);
    if (r == 0 && (n < 1 || n > most))
        r = error_set(e, EINVAL, "the option %s wants 1 to %llu, not %s", what, (unsigned long long)most, value);
    if (r == 0)
        *out = (unsigned)n;
    return r;
}

static int set_jobs(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    c->apart = "--jobs";
    return count_set("--jobs", value, SWEEP_JOBS_MAX, &c->jobs, e);
}

static int set_states(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    c->apart = "--states";
    return count_set("--states", value, SWEEP_STATES_MAX, &c->config.states, e);
}

static int set_seed(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    c->apart = "--seed";
    return option_number("--seed", value, false, &c->config.seed, e);
}

/* "2/8": the second of eight. The length is limited first, so that no number is larger than sscanf() can read. */
static int set_shard(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    int used = 0;
    c->apart = "--shard";
    const bool plain = value[0] >= '0' && value[0] <= '9' && strspn(value, "0123456789/") == strlen(value) && strlen(value) < 12;
    // NOLINTNEXTLINE(cert-err34-c): no more digits than fit
    if (!plain || sscanf(value, "%u/%u%n", &c->shard, &c->shards, &used) != 2 || value[used])
        return error_set(e, EINVAL, "the option --shard wants I/N, as in 2/8, not %s", value);
    if (c->shards < 1 || c->shards > SWEEP_SHARDS_MAX)
        return error_set(e, EINVAL, "a sweep has 1 to %d shards, not %u", SWEEP_SHARDS_MAX, c->shards);
    if (c->shard < 1 || c->shard > c->shards)
        return error_set(e, EINVAL, "shards are numbered from 1 to %u; there is no %u", c->shards, c->shard);
    return 0;
}

static int set_out(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    c->apart = "--out";
    if (!*value || strcmp(value, "-") == 0)
        return error_set(e, EINVAL, "the option --out wants a file: the sweep is gone on with from it");
    c->out = value;
    return 0;
}

static int set_force(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    (void)value, (void)e;
    c->force = true;
    c->apart = "--force";
    return 0;
}

static int set_merge(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct sweep_command *)into)->merge = true;
    return 0;
}

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct sweep_command *)into)->json = true;
    return 0;
}

static int set_help(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct sweep_command *)into)->help = true;
    return 0;
}

const struct option_desc cmd_sweep_options[] = {
    {"quick", VALUE_NONE, NULL, set_quick, "a part: of riscv 16-bit encodings and the opcode SYSTEM"},
    {"jobs", VALUE_NEEDED, "N", set_jobs, "so many threads; default: one to a processor"},
    {"shard", VALUE_NEEDED, "I/N", set_shard, "do the I-th of N parts; wants --out"},
    {"out", VALUE_NEEDED, "FILE", set_out, "keep counts and progress in FILE; if it is there, go on from it"},
    {"force", VALUE_NONE, NULL, set_force, "begin anew, whatever FILE holds"},
    {"merge", VALUE_NONE, NULL, set_merge, "sum up the shards in these files"},
    {"states", VALUE_NEEDED, "N", set_states, "execute each encoding from so many states, 1 to 16; default 4"},
    {"seed", VALUE_NEEDED, "N", set_seed, "which random states; default 1"},
    {"json", VALUE_NONE, NULL, set_json, "the summary as one JSON object"},
    {"help", VALUE_NONE, NULL, set_help, NULL},
    {"h", VALUE_NONE, NULL, set_help, NULL},
    {NULL, VALUE_NONE, NULL, NULL, NULL},
};

void cmd_sweep_help(void)
{
    options_prose(
        "usage: trapeze sweep ISA [OPTION...]\n       trapeze sweep ISA --merge FILE...\n\n"
        "Executes every encoding there is, in user mode under the configuration K, and counts what becomes of\n"
        "them. What is no instruction must trap as undefined, what completes must leave control state alone,\n"
        "and what the tables claim of a row or a control register must be so of every encoding; one that does\n"
        "not is named, and the status is 1. The summary is the same byte for byte, however the sweep is cut up.\n\noptions\n");
    options_help(cmd_sweep_options);
}

static int word_set(void *into, const char *value, struct error *e)
{
    struct sweep_command *c = into;
    const char **grown;
    if (!c->isa) {
        c->isa = value;
        return 0;
    }
    grown = realloc(c->file, (c->files + 1) * sizeof *grown);
    if (!grown)
        return error_set(e, ENOMEM, "out of memory");
    c->file = grown;
    c->file[c->files++] = value;
    return 0;
}

/* Two reasons why an instruction set is not swept have sentences of their own: its encodings are too many, or prove examines all
 * of it. */
static int isa_check(struct sweep_command *c, struct error *e)
{
    struct theory_choice choice;
    int r = c->isa ? theory_choose(c->isa, &choice, e)
                   : error_set(e, EINVAL, "sweep wants an instruction set, as in: trapeze sweep %s", theory_at(0)->isa);
    if (r)
        return r;
    if (choice.variant)
        return error_set(e, EINVAL, "sweep has no variants: what differs of %s are a few rows, which `trapeze classify` measures",
                         c->isa);
    c->config.isa = choice.theory->sweep;
    if (!c->config.isa)
        r = error_set(e, EINVAL, "sweep does not have the encodings of %s%s", choice.theory->isa,
                      choice.theory->exhaustive ? ", of which `trapeze prove` examines every state" : "");
    return r;
}

/* What goes together, and which option is missing for it. */
static int check(struct sweep_command *c, struct error *e)
{
    int r = isa_check(c, e);
    if (r)
        return r;
    if (c->merge && c->apart)
        return error_set(e, EINVAL, "--merge goes by what its files say; %s has no meaning with it", c->apart);
    if (c->merge && !c->files)
        return error_set(e, EINVAL, "--merge wants the files of all shards");
    if (!c->merge && c->files)
        return error_set(e, EINVAL, "sweep takes one instruction set, not also %s; to sum up shards there is --merge", c->file[0]);
    if (c->shards > 1 && !c->out)
        return error_set(e, EINVAL, "--shard wants --out FILE, or what it counts would be lost");
    if (c->force && !c->out)
        return error_set(e, EINVAL, "--force has no meaning without --out FILE");
    return 0;
}

/* --- sweeping */

static void summary_print(const struct sweep_shard *s, const struct sweep_counts *counts)
{
    struct screen screen;
    bool folded = screen_open(&screen, stdout) == 0;
    sweep_print(folded ? screen.out : stdout, s, counts);
    screen_close(&screen);
}

/* The summary is all there is to show for hours: that it could not be written is a failure. */
static int summary(const struct sweep_command *c, const struct sweep_shard *s, const struct sweep_counts *counts)
{
    if (c->json)
        sweep_json(stdout, s, counts);
    else
        summary_print(s, counts);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain(STATUS_FAILURE, "the summary cannot be written: %s", strerror(errno));
    return counts->faults ? STATUS_FAILURE : STATUS_OK;
}

/* What is there already is gone on with, if it is part of this sweep; else it is not touched. */
static int resume(const struct sweep_command *c, struct sweep_shard *s, struct error *e)
{
    char text[160];
    struct sweep_shard *old;
    if (!c->out || c->force || access(c->out, F_OK) != 0)
        return c->out ? outfile_check(c->out, e) : 0;
    old = malloc(sizeof *old);
    int r = old ? sweep_shard_read(old, c->out, e) : error_set(e, ENOMEM, "out of memory");
    const char *differs = r ? NULL : sweep_shard_differs(old, s, text, sizeof text);
    if (r == -EINVAL)
        snprintf(e->text + strlen(e->text), sizeof e->text - strlen(e->text), "; --force writes over it");
    else if (r == 0 && !differs && old->shard != s->shard)
        differs = "it is another shard";
    if (differs)
        r = error_set(e, EINVAL, "%s is not of this sweep: %s; --force writes over it", c->out, differs);
    if (r == 0)
        *s = *old;
    free(old);
    return r;
}

/* A shard alone has no verdict: only the sum has. */
static int sweep(const struct sweep_command *c)
{
    struct sweep_shard *s = malloc(sizeof *s);
    struct error e;
    char k[sizeof s->k];
    int r = s ? sweep_k(&c->config, k, sizeof k) : -ENOMEM;
    if (r)
        error_set(&e, -r, "out of memory");
    else {
        sweep_shard_init(s, &c->config, c->shard, c->shards, TRAPEZE_VERSION, k);
        r = resume(c, s, &e);
    }
    if (r == 0)
        r = sweep_work(s, c->jobs, c->out, &e);
    int status = r ? complain(STATUS_FAILURE, "%s", e.text) : STATUS_OK;
    if (r == 0 && c->shards == 1)
        status = summary(c, s, &s->counts);
    else if (r == 0)
        printf("shard %u/%u is done: %llu encodings, in %s\n", s->shard, s->shards, (unsigned long long)s->counts.encodings, c->out);
    free(s);
    return status;
}

/* --- merging */

static int unfinished(const char *name, const struct sweep_shard *s, struct error *e)
{
    const unsigned done = sweep_shard_done(s), all = sweep_shard_chunks(s);
    return done == all
               ? 0
               : error_set(e, EINVAL, "%s is not done: it has %u of its %u chunks; the same sweep again goes on", name, done, all);
}

/* One file into the sum. which[]: by whom each shard was brought. */
static int merge_one(const char *name, const struct sweep_shard *first, struct sweep_shard *s, const char **which,
                     struct sweep_counts *sum, struct error *e)
{
    char text[160];
    int r = sweep_shard_read(s, name, e);
    const char *differs = r ? NULL : sweep_shard_differs(s, first->shards ? first : s, text, sizeof text);
    if (r == 0)
        r = unfinished(name, s, e);
    if (r == 0 && differs)
        r = error_set(e, EINVAL, "%s is of another sweep than %s: %s", name, which[0], differs);
    if (r == 0 && which[s->shard])
        r = error_set(e, EINVAL, "%s and %s are the same shard, %u/%u", which[s->shard], name, s->shard, s->shards);
    if (r == 0) {
        which[s->shard] = name;
        sweep_add(sum, &s->counts);
    }
    return r;
}

/* All are compared with the first; that one is compared with what was asked for and with this program, since a sum of what two
 * versions did would be of neither. */
static int merge_all(const struct sweep_command *c, struct sweep_shard part[2], const char **which, struct sweep_counts *sum,
                     struct error *e)
{
    char k[sizeof part->k];
    struct sweep_shard *first = &part[0];
    which[0] = c->file[0];
    for (unsigned n = 0; n < c->files; n++) {
        int r = merge_one(c->file[n], first, &part[1], which, sum, e);
        if (r)
            return r;
        if (n == 0)
            *first = part[1];
    }
    for (unsigned n = 1; n <= first->shards; n++)
        if (!which[n])
            return error_set(e, EINVAL, "shard %u/%u is missing", n, first->shards);
    if (first->config.isa != c->config.isa)
        return error_set(e, EINVAL, "%s is a sweep of %s", c->file[0], sweep_theory(&first->config)->isa);
    if (sweep_k(&first->config, k, sizeof k))
        return error_set(e, ENOMEM, "out of memory");
    if (strcmp(first->version, TRAPEZE_VERSION) != 0 || first->tables != sweep_tables(&first->config) || strcmp(first->k, k) != 0)
        return error_set(e, EINVAL, "%s was swept by another trapeze, of version %s", c->file[0], first->version);
    return 0;
}

/* part[0] is the first file's, part[1] the one at hand: a shard's counts are large, and there may be a thousand files. */
static int merge(const struct sweep_command *c)
{
    struct sweep_shard *part = calloc(2, sizeof *part);
    struct sweep_counts *sum = calloc(1, sizeof *sum);
    const char **which = calloc(SWEEP_SHARDS_MAX + 1, sizeof *which);
    struct error e;
    int r = part && sum && which ? merge_all(c, part, which, sum, &e) : error_set(&e, ENOMEM, "out of memory");
    const int status = r ? complain(STATUS_FAILURE, "%s", e.text) : summary(c, &part[0], sum);
    free(part);
    free(sum);
    free(which);
    return status;
}

int cmd_sweep(int argc, char **argv)
{
    const long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct sweep_command c = {.config = {.seed = THEORY_SEED, .states = STATES_DEFAULT}, .shard = 1, .shards = 1};
    struct error e;
    c.jobs = processors < 1 ? 1 : processors > SWEEP_JOBS_MAX ? SWEEP_JOBS_MAX : (unsigned)processors;
    int r = options_parse(cmd_sweep_options, argc, argv, word_set, &c, &e), status = STATUS_OK;
    if (r == 0 && c.help)
        cmd_sweep_help();
    else if (r || check(&c, &e))
        status = complain_of_options(r, &e);
    else
        status = c.merge ? merge(&c) : sweep(&c);
    free(c.file);
    return status;
}
