/* cmd_verify.c - `trapeze verify`: the guest of the options on the bare machine and in virtual machines, in lock step. */
#include "core/checkpoint.h"
#include "core/lockstep.h"
#include "isa/about.h"
#include "isa/insn.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "monitor/disasm.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/run_options.h"
#include "monitor/session.h"
#include "monitor/terminal.h"
#include "monitor/verify_report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { EVERY_KERNEL = 1000000 };
#define LIMIT UINT64_C(20000000000) /* instructions; a guest may never stop */

struct verify_options {
    struct run_options run; /* first */
    uint64_t every;         /* 0: not said */
    const char *from;       /* a checkpoint file, or NULL */
    bool json;
    bool engines_said; /* two: run.engine.kind for the one side, and for the other */
    enum engine_kind virtual_engine;
};

struct verify_side {
    struct run_options options; /* as this side has them; owns nothing */
    struct script *script;
    struct console *console;
    struct session session;
    struct checkpoints *store; /* of the checkpoint it began at */
};

struct verify {
    struct verify_options options;
    struct verify_side side[LOCKSTEP_SIDES];
    struct verify_outcome outcome;
    unsigned unmet; /* line of the script that the guest ended before, or 0 */
    char unmet_text[128];
    bool progress_shown;
    bool guest_said; /* by the person */
};

/* --- options */

static int set_every(void *into, const char *value, struct error *e)
{
    struct verify_options *o = into;
    int r = option_number("--every", value, false, &o->every, e);
    if (r == 0 && o->every == 0)
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
    o->from = value;
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
    o->virtual_engine = comma ? engine_find(comma + 1) : o->run.engine.kind;
    o->engines_said = comma;
    if (o->run.engine.kind == ENGINES || o->virtual_engine == ENGINES)
        return error_set(e, EINVAL, "the option --engine of verify is one or two of %s, not '%s'", ENGINE_SYNTAX, value);
    return 0;
}

/* Two engines may be compared on bare machines. */
static int check_sides(const struct verify_options *o, struct error *e)
{
    if (o->run.bare && !o->engines_said)
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

/* --- the two sides */

static struct verify_side *side_of(void *opaque, unsigned side) { return &((struct verify *)opaque)->side[side]; }

/* A checkpoint knows nothing of what the machine stands on: both sides begin at the same. */
static int begin_at(struct verify_side *s, const char *path, struct error *e)
{
    int r = checkpoints_create(&s->store, s->session.system, &(struct checkpoints_config){0}, e);
    return r ? r : checkpoint_read(s->store, path, program_name(), NULL, e);
}

static int make_side(struct verify *v, struct verify_side *s, unsigned depth, struct lockstep_tap *tap, struct lockstep_side *out,
                     struct error *e)
{
    const struct run_options *o = &s->options;
    int r = o->script ? script_load(&s->script, o->script, e) : 0;
    if (r == 0)
        r = console_create(&s->console, s->script, e);
    if (r)
        return r;
    console_silence(s->console);
    r = session_open(&s->session, o, depth, lockstep_console(tap, console_chardev(s->console)), e);
    if (r)
        return r;
    console_attach(s->console, s->session.system);
    *out = (struct lockstep_side){.system = s->session.system, .ram_base = o->kind->ram_base, .ram_size = o->kind->guest_ram(o)};
    return v->options.from ? begin_at(s, v->options.from, e) : 0;
}

static void unmake(void *opaque, unsigned side)
{
    struct verify *v = opaque;
    struct verify_side *s = side_of(v, side);
    const char *text;
    v->unmet = s->script ? script_unmet(s->script, &text) : 0;
    if (v->unmet)
        snprintf(v->unmet_text, sizeof v->unmet_text, "%s", text);
    console_destroy(s->console);
    checkpoints_destroy(s->store);
    session_close(&s->session);
    script_destroy(s->script);
    *s = (struct verify_side){0};
}

static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct verify *v = opaque;
    const struct run_options *o = &v->options.run;
    unsigned depth = side == LOCKSTEP_BARE ? 0 : o->depth;
    struct verify_side *s = side_of(v, side);
    s->options = *o;
    if (side != LOCKSTEP_BARE && v->options.engines_said)
        s->options.engine.kind = v->options.virtual_engine;
    int r = make_side(v, side_of(v, side), depth, tap, out, e);
    if (r)
        unmake(v, side);
    return r;
}

static int reboot(void *opaque, unsigned side, struct error *e) { return session_reboot(&side_of(opaque, side)->session, e); }

/* --- while it runs */

/* At a terminal, how far it is. The first signal ends the run with what is known; the second kills, as everywhere. */
static bool progress(void *opaque, uint64_t retired)
{
    struct verify *v = opaque;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%" PRIu64 " instructions ", retired);
        v->progress_shown = true;
    }
    return terminal_signal() == 0;
}

/* The consoles end the sides at a signal, wherever they are. */
static bool is_ended(void *opaque)
{
    (void)opaque;
    return terminal_signal() != 0;
}

static void progress_clear(struct verify *v)
{
    if (v->progress_shown)
        fprintf(stderr, "\r%40s\r", "");
    v->progress_shown = false;
}

static void before(void *opaque, const struct machine *bare)
{
    struct verify *v = opaque;
    struct verify_insn *i = &v->outcome.insn;
    const struct kind *kind = v->options.run.kind;
    va_t pc = about_pc(bare);
    i->known = disasm_fetch(bare, pc, &i->bits);
    if (!i->known)
        return;
    unsigned row = machine_decode(bare, i->bits, &i->length);
    i->bits = insn_cut(i->bits, i->length);
    disasm(bare, i->bits, pc, i->text, sizeof i->text);
    i->has_row = row != INSN_NONE;
    if (i->has_row)
        i->row = kind->row ? kind->row(&v->options.run, row) : bare->isa->rows[row];
}

/* --- afterwards */

/* The class of the instruction, by experiment. Without one the report says less. */
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
    struct classify_options c = {
        .seed = 1, .variant = o->kind->variant ? o->kind->variant(o) : NULL, .subject = subject, .brief = true};
    if (t->classify(&c, &i->class, &e) != 0)
        i->class = NULL;
}

static int status_of(const struct verify *v)
{
    const struct lockstep_report *r = &v->outcome.report;
    if (r->verdict == LOCKSTEP_DIVERGED)
        return r->unfenced ? STATUS_UNFENCED : STATUS_DIVERGED;
    if (r->verdict == LOCKSTEP_INTERRUPTED)
        return 128 + terminal_signal();
    if (r->verdict == LOCKSTEP_LIMIT)
        return complain(STATUS_LIMIT, "the limit of %" PRIu64 " instruction%s is reached, and the guest has not ended", r->retired,
                        r->retired == 1 ? "" : "s");
    if (r->verdict == LOCKSTEP_EQUAL && r->result[LOCKSTEP_BARE].end == END_STUCK)
        return STATUS_STUCK; /* as `run` of that guest */
    if (r->verdict == LOCKSTEP_EQUAL && v->unmet && r->result[LOCKSTEP_BARE].end != END_QUIT)
        return complain(STATUS_UNMET, "%s:%u: the guest ended before it printed '%s'",
                        pipes_typed(&v->options.run, v->options.run.script), v->unmet, v->unmet_text);
    return STATUS_OK;
}

static int report(struct verify *v, int argc, char **argv)
{
    struct verify_outcome *out = &v->outcome;
    if (out->report.verdict == LOCKSTEP_DIVERGED) {
        classify(v);
        lockstep_explain(&out->report, out->insn.has_row ? &out->insn.row : NULL, out->explanation, sizeof out->explanation);
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

static int verify_guest(struct verify *v, int argc, char **argv)
{
    struct run_options *o = &v->options.run;
    struct error e;
    v->outcome = (struct verify_outcome){.options = o};
    v->outcome.every = v->options.every ? v->options.every : o->kind->is_short || session_carries_guest(o) ? 1 : EVERY_KERNEL;
    struct lockstep_config c = {
        .maker = {.make = make, .reboot = o->no_reboot ? NULL : reboot, .unmake = unmake, .opaque = v},
        .every = v->outcome.every,
        .max_insns = o->max_insns == UINT64_MAX ? LIMIT : o->max_insns,
        .progress = progress,
        .ends = is_ended,
        .before = before,
        .opaque = v,
    };
    int r = lockstep_run(&c, &v->outcome.report, &e);
    progress_clear(v);
    if (r)
        pipes_tell(o, &e);
    return r ? complain(STATUS_FAILURE, "%s", e.text) : report(v, argc, argv);
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
        status = verify_guest(v, argc, argv);
    }
    return status;
}

static int verify_run(struct verify *v, int argc, char **argv)
{
    struct run_options *o = &v->options.run;
    struct error e;
    if (pipes_read(o, &e) != 0 || pipe_read(o, &v->options.from, &e) != 0)
        return complain(STATUS_FAILURE, "%s", e.text);
    for (unsigned i = 0; i < o->drives; i++) /* two machines on one file */
        o->drive[i].snapshot |= !o->drive[i].readonly;
    v->guest_said = o->guest;
    bool all = run_options_guest(o) && !o->guest && !o->script && !v->options.from;
    return (all ? verify_carried : verify_guest)(v, argc, argv);
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
