/* verify_run.c - one guest on the bare machine and in virtual ones, in lock step, as the options of a run say: the two sides are made, the
 * core compares them, and what it found is looked at.
 *
 * The sides are made anew whenever the lock step (core/lockstep.h) looks closer, which is why files must be readable again (pipes.h):
 *
 *     lockstep_run() --> make(bare), make(virtual) --> both run --> a difference? --no--> ... --> the end: equal
 *                                                                   |yes
 *                        unmake, make, run to the last equal moment, keep(); then in smaller steps, back() to there before each, and at last
 *                        instruction by instruction --> before(), the difference
 */
#include "monitor/verify_run.h"

#include "core/checkpoint.h"
#include "isa/about.h"
#include "isa/insn.h"
#include "monitor/command.h"
#include "monitor/console.h"
#include "monitor/kind.h"
#include "monitor/session.h"
#include "monitor/terminal.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

enum { EVERY_KERNEL = 1000000 };

/* One side. Both have the same options, but for the depth, and the engine if two were named. */
struct verify_side {
    struct run_options options; /* as this side has them; owns nothing */
    struct script *script;
    struct console *console;
    struct session session;
    struct checkpoints *store; /* of the checkpoint it began at */
    struct script_place place; /* noted last */
    unsigned reboots;          /* likewise */
};

struct verify {
    const struct verify_setup *setup;
    struct verify_side side[LOCKSTEP_SIDES];
    struct verify_outcome *outcome;
    bool progress_shown;
};

/* --- the two sides */

static struct verify_side *side_of(void *opaque, unsigned side) { return &((struct verify *)opaque)->side[side]; }

/* A checkpoint knows nothing of what the machine stands on: both sides begin at the same. */
static int begin_at(struct verify_side *s, const char *path, struct error *e)
{
    int r = checkpoints_create(&s->store, s->session.system, &(struct checkpoints_config){0}, e);
    return r ? r : checkpoint_read(s->store, path, program_name(), NULL, e);
}

/* Consoles are silent: what both print is compared, and is nobody's to read. Input is the script's, which each side reads for
 * itself. */
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
    return v->setup->from ? begin_at(s, v->setup->from, e) : 0;
}

/* What the script still waited for is noted now: the script goes with its side. */
static void unmake(void *opaque, unsigned side)
{
    struct verify *v = opaque;
    struct verify_side *s = side_of(v, side);
    const char *text;
    v->outcome->unmet = s->script ? script_unmet(s->script, &text) : 0;
    if (v->outcome->unmet)
        snprintf(v->outcome->unmet_text, sizeof v->outcome->unmet_text, "%s", text);
    console_destroy(s->console);
    checkpoints_destroy(s->store);
    session_close(&s->session);
    script_destroy(s->script);
    *s = (struct verify_side){0};
}

/* What was made of a side that could not be made whole is taken apart here; the core knows nothing of it then. */
static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct verify *v = opaque;
    const struct run_options *o = v->setup->run;
    unsigned depth = side == LOCKSTEP_BARE ? 0 : o->depth;
    struct verify_side *s = side_of(v, side);
    s->options = *o;
    if (side != LOCKSTEP_BARE && v->setup->engines_said)
        s->options.engine.kind = v->setup->virtual_engine;
    int r = make_side(v, side_of(v, side), depth, tap, out, e);
    if (r)
        unmake(v, side);
    return r;
}

static int reboot(void *opaque, unsigned side, struct error *e)
{
    const struct verify *v = opaque;
    struct session *s = &side_of(opaque, side)->session;
    return v->setup->reboots && s->reboots == v->setup->reboots ? 1 : session_reboot(s, e);
}

/* What no checkpoint has. */
static int keep(void *opaque, unsigned side)
{
    struct verify_side *s = side_of(opaque, side);
    if (s->script)
        s->place = script_place(s->script);
    s->reboots = s->session.reboots;
    return 0;
}

static void back(void *opaque, unsigned side)
{
    struct verify_side *s = side_of(opaque, side);
    if (s->script)
        script_back(s->script, &s->place);
    s->session.reboots = s->reboots;
}

/* --- while it runs */

/* At a terminal, how far it is. The first signal ends the run with what is known; the second kills, as everywhere. */
static bool progress(void *opaque, uint64_t retired)
{
    struct verify *v = opaque;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r%s%" PRIu64 " instructions ", v->setup->told ? v->setup->told : "", retired);
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
        fprintf(stderr, "\r%79s\r", "");
    v->progress_shown = false;
}

/* Called on the bare machine when the instruction is found, and before it is executed: afterwards it may have written over
 * itself. */
static void before(void *opaque, const struct machine *bare)
{
    struct verify *v = opaque;
    struct verify_insn *i = &v->outcome->insn;
    const struct kind *kind = v->setup->run->kind;
    va_t pc = about_pc(bare);
    i->known = disasm_fetch(bare, pc, &i->bits);
    if (!i->known)
        return;
    unsigned row = machine_decode(bare, i->bits, &i->length);
    i->bits = insn_cut(i->bits, i->length);
    disasm(bare, i->bits, pc, i->text, sizeof i->text);
    i->has_row = row != INSN_NONE;
    if (i->has_row)
        i->row = kind->row ? kind->row(v->setup->run, row) : bare->isa->rows[row];
}

/* A guest that is short, or that the command carries, is compared after each instruction; another one after a million, which
 * costs little, and on a difference is looked at more closely. */
int verify_guest(const struct verify_setup *setup, struct verify_outcome *out, struct error *e)
{
    const struct run_options *o = setup->run;
    struct verify v = {.setup = setup, .outcome = out};
    *out = (struct verify_outcome){.options = o};
    out->every = setup->every ? setup->every : o->kind->is_short || session_carries_guest(o) ? 1 : EVERY_KERNEL;
    struct lockstep_config c = {
        .maker = {.make = make, .reboot = o->no_reboot ? NULL : reboot, .unmake = unmake, .keep = keep, .back = back, .opaque = &v},
        .every = out->every,
        .max_insns = o->max_insns == UINT64_MAX ? VERIFY_LIMIT : o->max_insns,
        .progress = progress,
        .ends = is_ended,
        .before = before,
        .opaque = &v,
    };
    int r = lockstep_run(&c, &out->report, e);
    progress_clear(&v);
    if (r == 0 && out->report.verdict == LOCKSTEP_DIVERGED)
        lockstep_explain(&out->report, out->insn.has_row ? &out->insn.row : NULL, out->explanation, sizeof out->explanation);
    return r;
}
