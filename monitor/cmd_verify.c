/* cmd_verify.c - `trapeze verify`: the guest of the options on the bare machine and in virtual machines, in lock step. */
#include "isa/insn.h"
#include "monitor/command.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/run_options.h"
#include "monitor/terminal.h"
#include "monitor/verify_run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct verify_options {
    struct run_options run; /* first */
    struct verify_setup setup;
    bool json;
};

struct verify {
    struct verify_options options;
    struct verify_outcome outcome;
    bool guest_said; /* by the person */
};

/* --- options */

static int set_every(void *into, const char *value, struct error *e)
{
    struct verify_options *o = into;
    int r = option_number("--every", value, false, &o->setup.every, e);
    if (r == 0 && o->setup.every == 0)
        r = error_set(e, EINVAL, "the option --every wants 1 or more instructions, not %s: nothing would be compared", value);
    return r;
}

static int set_json(void *into, const char *value, struct error *e)
{
    (void)value, (void)e;
    ((struct verify_options *)into)->json = true;
    return 0;
}

static int set_from(void *into, const char *value, struct error *e)
{
    struct verify_options *o = into;
    (void)e;
    o->setup.from = value;
    return 0;
}

/* "A", or "A,B": the virtual machine's side has another. */
static int set_engines(void *into, const char *value, struct error *e)
{
    struct verify_options *o = into;
    const char *comma = strchr(value, ',');
    char first[32];
    snprintf(first, sizeof first, "%.*s", (int)strcspn(value, ","), value);
    o->run.engine.kind = engine_find(first);
    o->setup.virtual_engine = comma ? engine_find(comma + 1) : o->run.engine.kind;
    o->setup.engines_said = comma;
    o->run.engine_said = true;
    if (o->run.engine.kind == ENGINES || o->setup.virtual_engine == ENGINES)
        return error_set(e, EINVAL, "the option --engine of verify is one or two of %s, not '%s'", ENGINE_SYNTAX, value);
    return 0;
}

/* Two engines may be compared on bare machines. */
static int check_sides(const struct verify_options *o, struct error *e)
{
    if (o->run.bare && !o->setup.engines_said)
        return error_set(e, EINVAL, "verify compares the bare machine with a virtual one; --bare leaves nothing to compare");
    return 0;
}

static int refuse(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL,
                     "verify writes no account, no trace and no signature; trapeze run has --stats, --trace-out and --signature");
}

static int refuse_gdb(void *into, const char *value, struct error *e)
{
    (void)into, (void)value;
    return error_set(e, EINVAL, "verify takes no debugger; trapeze run and trapeze monitor have -gdb, -s and -S");
}

const struct option_desc cmd_verify_options[] = {
    {"every", VALUE_NEEDED, "N", set_every, "compare after every N (1 for carried guests and pg, else 1M)"},
    {"from", VALUE_NEEDED, "FILE", set_from, "begin at this checkpoint of the same machine, in place of its reset"},
    {"json", VALUE_NONE, NULL, set_json, "the result as one line of JSON"},
    {"engine", VALUE_NEEDED, "A[,B]", set_engines,
     "what executes on the bare machine, and below the virtual one; A,B --bare: two bare ones"},
    {"stats", VALUE_OPTIONAL, "FORM", refuse, NULL},
    {"trace-out", VALUE_NEEDED, "FILE", refuse, NULL},
    {"trace-limit", VALUE_NEEDED, "SIZE", refuse, NULL},
    {"signature", VALUE_NEEDED, "FILE", refuse, NULL},
    {"gdb", VALUE_NEEDED, "DEVICE", refuse_gdb, NULL},
    {"gdb-files", VALUE_NEEDED, "FOLDER", refuse_gdb, NULL},
    {"s", VALUE_NONE, NULL, refuse_gdb, NULL},
    {"S", VALUE_NONE, NULL, refuse_gdb, NULL},
    {"signature-granularity", VALUE_NEEDED, "N", refuse, NULL},
    {0},
};

void cmd_verify_help(void)
{
    options_prose("usage: trapeze verify [OPTION...] [KERNEL]\n"
                  "       trapeze verify -M pg[:VARIANT] [OPTION...] [FILE[@CELL]...]\n\n"
                  "Runs the guest on the bare machine and in a virtual machine, in lock step, and compares everything:\n"
                  "registers, control registers, privilege, time, memory, traps, consoles, device accesses, disks. On a\n"
                  "difference it finds the instruction. The guest has no input but that of --script, and its drives are\n"
                  "not written to. If nothing says which guest, it is each that the command carries: hello, which is\n"
                  "like an ordinary kernel, and busy, which is busy with privileged instructions.\n\n");
    options_help(cmd_verify_options);
    options_prose("\nThe other options are those of `trapeze run` (and of `trapeze run -M pg`); --stats and --signature\n"
                  "have no use here, and --bare none but with two engines.\n"
                  "Exit status: 0 equivalent, 123 diverged, 118 diverged for the guest did not fence; 1 failure, 2 bad\n"
                  "usage; equal so far: 119 script not met, 121 --max-insns reached (20G if not said), 122 both stuck,\n"
                  "128+N ended by signal N. The last line says which, and after how many instructions.\n");
}

/* --- afterwards */

/* An operand that the laboratory does not have, an address, a selector, leaves nothing to be seen: the row says more then. */
static void classify_row(const struct theory *t, struct classify_options c, unsigned row, struct classification **class)
{
    struct classification *of_row = NULL;
    struct error e;
    c.subject = t->set && row < t->set->row_count ? t->set->rows[row].name : NULL;
    if (!c.subject || !(*class)->count || (*class)->findings[0].sensitive || t->classify(&c, &of_row, &e) != 0)
        return;
    const bool more = of_row->count && of_row->findings[0].sensitive;
    classification_destroy(more ? *class : of_row);
    if (more)
        *class = of_row;
}

/* The class of the instruction, by experiment, under K of the monitor that ran. Without one the report says less. */
static void classify(struct verify *v)
{
    struct verify_insn *i = &v->outcome.insn;
    const struct run_options *o = &v->options.run;
    const struct theory *t = theory_find(o->kind->isa->name);
    char subject[2 + INSN_HEX], hex[INSN_HEX];
    struct error e;
    if (!i->known || !i->has_row || !t)
        return;
    snprintf(subject, sizeof subject, "0x%s", insn_hex(i->bits, i->length, hex));
    const enum vmm_monitor monitor = o->each.monitor;
    struct classify_options c = {.seed = 1,
                                 .variant = o->kind->variant ? o->kind->variant(o) : NULL,
                                 .subject = subject,
                                 .unaided = monitor != VMM_TRAP,
                                 .hybrid = t->promises && (monitor == VMM_HYBRID || monitor == VMM_TRANSLATE),
                                 .ring = o->each.ring,
                                 .brief = true};
    if (t->classify(&c, &i->class, &e) != 0)
        i->class = NULL;
    else
        classify_row(t, c, i->class->count ? i->class->findings[0].row : INSN_NONE, &i->class);
}

static int status_of(const struct verify *v)
{
    const struct lockstep_report *r = &v->outcome.report;
    if (r->verdict == LOCKSTEP_DIVERGED)
        return r->unfenced ? STATUS_UNFENCED : STATUS_DIVERGED;
    if (r->verdict == LOCKSTEP_INTERRUPTED)
        return 128 + terminal_signal();
    if (r->verdict == LOCKSTEP_LIMIT && r->waits)
        return complain(STATUS_LIMIT, "the guest has waited for ten minutes of its time, and has not ended");
    if (r->verdict == LOCKSTEP_LIMIT)
        return complain(STATUS_LIMIT, "the limit of %" PRIu64 " instruction%s is reached, and the guest has not ended", r->retired,
                        r->retired == 1 ? "" : "s");
    if (r->verdict == LOCKSTEP_EQUAL && r->result[LOCKSTEP_BARE].end == END_STUCK)
        return STATUS_STUCK; /* as `run` of that guest */
    if (r->verdict == LOCKSTEP_EQUAL && v->outcome.unmet && r->result[LOCKSTEP_BARE].end != END_QUIT)
        return complain(STATUS_UNMET, "%s:%u: the guest ended before it printed '%s'",
                        pipes_typed(&v->options.run, v->options.run.script), v->outcome.unmet, v->outcome.unmet_text);
    return STATUS_OK;
}

static int report(struct verify *v, int argc, char **argv)
{
    struct verify_outcome *out = &v->outcome;
    if (out->report.verdict == LOCKSTEP_DIVERGED) {
        classify(v);
        verify_reopen(out, v->guest_said ? NULL : v->options.run.guest, argc, argv);
    }
    out->status = status_of(v);
    (v->options.json ? verify_json : verify_text)(stdout, out);
    classification_destroy(out->insn.class);
    if (fflush(stdout) != 0 || ferror(stdout))
        return complain(STATUS_FAILURE, "the result cannot be written: %s", strerror(errno));
    if (out->report.verdict == LOCKSTEP_INTERRUPTED)
        terminal_die(terminal_signal());
    return out->status;
}

static int verify_one(struct verify *v, int argc, char **argv)
{
    struct error e;
    v->options.setup.run = &v->options.run;
    if (verify_guest(&v->options.setup, &v->outcome, &e) == 0)
        return report(v, argc, argv);
    pipes_tell(&v->options.run, &e);
    return complain(STATUS_FAILURE, "%s", e.text);
}

/* All guests that the command carries for such a machine, if nothing says which: the usual one does little that is privileged, the next
 * little else. The first that is not equivalent is the last. */
static int verify_carried(struct verify *v, int argc, char **argv)
{
    struct run_options *o = &v->options.run;
    int status = STATUS_OK;
    for (o->guest = o->kind->guests; status == STATUS_OK && o->guest->name; o->guest++) {
        if (o->guest != o->kind->guests && !v->options.json)
            putchar('\n');
        status = verify_one(v, argc, argv);
    }
    return status;
}

static int verify_run(struct verify *v, int argc, char **argv)
{
    struct run_options *o = &v->options.run;
    struct error e;
    if (pipes_read(o, &e) != 0 || pipe_read(o, &v->options.setup.from, &e) != 0)
        return complain(STATUS_FAILURE, "%s", e.text);
    for (unsigned i = 0; i < o->drives; i++) /* two machines on one file */
        o->drive[i].snapshot |= !o->drive[i].readonly;
    v->guest_said = o->guest;
    bool all = run_options_guest(o) && !o->guest && !o->script && !v->options.setup.from;
    return (all ? verify_carried : verify_one)(v, argc, argv);
}

int cmd_verify(int argc, char **argv)
{
    struct verify *v = calloc(1, sizeof *v);
    struct error e;
    int status = STATUS_OK, r;
    if (!v)
        return complain(STATUS_FAILURE, "there is not enough memory");
    if ((r = run_options_parse_with(&v->options.run, cmd_verify_options, argc, argv, &e)) != 0 ||
        (r = check_sides(&v->options, &e)) != 0)
        status = complain_of_options(r, &e);
    else if (v->options.run.help)
        cmd_verify_help();
    else if (v->options.run.version)
        print_version();
    else
        status = verify_run(v, argc, argv);
    run_options_free(&v->options.run);
    free(v);
    return status;
}
