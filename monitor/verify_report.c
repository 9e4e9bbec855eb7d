/* verify_report.c - the verdict of `trapeze verify`. The last line of the text says which it is, and after how many instructions.
 *
 *
 * The text of a divergence; without one there are the first two sentences and the last line:
 *
 *     getmode.pg: bare, and in 1 virtual machine (trap and emulate); compared after every instruction
 *     compared: registers and time each time, all control registers 2 times, 2 pages of memory, ...
 *
 *     instruction 1, at pc 0x2 in supervisor mode:                    instruction_text()
 *       10000000c0000000  getmode 12
 *       class, measured: critical; in user mode it never traps, ...   class_text()
 *       bare     no trap                                              doing_text()
 *       virtual  no trap; the VMM took 0 traps
 *
 *       differs                          bare                   virtual
 *       memory at 0x60                   0x1                    0x0   differences_text()
 *
 *     getmode is sensitive and did not trap: ...                      the explanation (core/lockstep.h)
 *     To look at it:
 *       trapeze monitor -M pg:GETMODE getmode.pg -ex 'goto 0'         one line, to be pasted
 *     diverged after 0 equal instructions, with instruction 1
 */
#include "monitor/verify_report.h"

#include "isa/about.h"
#include "monitor/json.h"
#include "monitor/kind.h"
#include "monitor/pipes.h"
#include "monitor/stats.h"
#include "monitor/theory_text.h"

#include <inttypes.h>
#include <string.h>

static const char *const side_name[LOCKSTEP_SIDES] = {"bare", "virtual"};
static const char *const verdict_name[] = {[LOCKSTEP_EQUAL] = "equivalent",
                                           [LOCKSTEP_LIMIT] = "limit",
                                           [LOCKSTEP_INTERRUPTED] = "interrupted",
                                           [LOCKSTEP_DIVERGED] = "diverged"};

static const char *mode_name(const struct run_options *o, uint64_t mode) { return about_long_mode(o->kind->isa, mode); }

/* NULL where nothing was measured: no theory of this instruction set, or nothing could be fetched. */
static const struct finding *finding_of(const struct verify_insn *i)
{
    return i->class && i->class->count ? &i->class->findings[0] : NULL;
}

/* --- for people */

static const char *plural(uint64_t count) { return count == 1 ? "" : "s"; }

/* In lines of the screen's width; the copy is cut to pieces by strsep(). */
static void sentence(FILE *f, unsigned indent, const char *text)
{
    struct lines l = {.out = f, .indent = indent};
    char copy[1200], *rest = copy;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *word; (word = strsep(&rest, " "));)
        if (*word)
            lines_add(&l, word);
    lines_end(&l);
}

/* What was compared with what, since "equivalent" alone would say little. */
static void head_text(FILE *f, const struct verify_outcome *v)
{
    const struct run_options *o = v->options;
    char text[600], monitor[64], how[32];
    snprintf(monitor, sizeof monitor, "%s%s%s%s", vmm_monitor_text(o->each.monitor), o->each.ring ? ", ring 1" : "",
             o->kind->has_pages ? ", shadow " : "", o->kind->has_pages ? vmm_shadow_name(o->each.shadow) : "");
    if (v->every == 1)
        snprintf(how, sizeof how, "instruction");
    else
        snprintf(how, sizeof how, "%" PRIu64 " instructions", v->every);
    snprintf(text, sizeof text, "%.400s: bare, and in %u virtual machine%s (%s); compared after every %s",
             pipes_typed(o, o->kind->guest_name(o)), o->depth, o->depth == 1 ? "" : "s in each other", monitor, how);
    sentence(f, 0, text);
}

/* How much there was to compare: a guest that touches no device says nothing about devices. */
static void account_line(FILE *f, const struct lockstep_report *r)
{
    char text[400];
    snprintf(text, sizeof text,
             "compared: registers and time each time, all control registers %" PRIu64 " time%s, %" PRIu64 " page%s of memory, %" PRIu64
             " trap%s, %" PRIu64 " device access%s, console %" PRIu64 " byte%s out and %" PRIu64 " in",
             r->comparisons, plural(r->comparisons), r->pages, plural(r->pages), r->traps, plural(r->traps), r->accesses,
             r->accesses == 1 ? "" : "es", r->output, plural(r->output), r->input);
    sentence(f, 0, text);
}

static void class_text(FILE *f, const struct verify_insn *i)
{
    const struct finding *c = finding_of(i);
    char names[64], text[400];
    if (!c)
        return;
    snprintf(text, sizeof text, "class, measured: %s; in user mode it %s; sensitive: %s", finding_class(c), traps_sentence(c->traps),
             sensitive_names(c->sensitive, names, sizeof names));
    sentence(f, 2, text);
}

static void instruction_text(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    char hex[INSN_HEX];
    fprintf(f, "\ninstruction %" PRIu64 ", at pc 0x%" PRIx64 " in %s mode:\n", r->seen, r->pc, mode_name(v->options, r->mode));
    if (v->insn.known)
        fprintf(f, "  %s  %s\n", insn_hex(v->insn.bits, v->insn.length, hex), v->insn.text);
    else
        fprintf(f, "  it cannot be fetched\n");
    class_text(f, &v->insn);
}

/* "" for kinds that no report has. */
static const char *trap_word(const struct trap *t, char *out, size_t size)
{
    static const char *const kind[] = {[TRAP_WAIT] = "waits", [TRAP_STOP] = "stopped"};
    if (t->kind == TRAP_INTERRUPT)
        snprintf(out, size, "interrupt %" PRIu64, t->cause);
    else if (t->kind == TRAP_EXCEPTION)
        snprintf(out, size, "exception %" PRIu64 " tval 0x%" PRIx64, t->cause, t->tval);
    else
        snprintf(out, size, "%s", t->kind < sizeof kind / sizeof *kind && kind[t->kind] ? kind[t->kind] : "");
    return out;
}

/* What the VMM did about it, after the traps that the virtual machine took. */
static void vmm_text(FILE *f, const struct lockstep_doing *d, const struct isa *isa)
{
    fprintf(f, "; the VMM took %" PRIu64 " trap%s", d->vmm_traps, d->vmm_traps == 1 ? "" : "s");
    if (d->v_i != INSN_NONE && d->v_i < isa->row_count)
        fprintf(f, ", ran v_i(%s)", isa->rows[d->v_i].name);
    if (d->interpreted)
        fprintf(f, ", interpreted %" PRIu64, d->interpreted);
    if (d->fills)
        fprintf(f, ", wrote %" PRIu64 " shadow lea%s", d->fills, d->fills == 1 ? "f" : "ves");
}

static void doing_text(FILE *f, const struct verify_outcome *v)
{
    char word[64];
    for (unsigned i = 0; i < LOCKSTEP_SIDES; i++) {
        const struct lockstep_doing *d = &v->report.doing[i];
        fprintf(f, "  %-8s %s", side_name[i], d->traps ? "" : "no trap");
        for (unsigned n = 0; n < d->traps && n < LOCKSTEP_TRAPS; n++)
            fprintf(f, "%s%s", n ? ", " : "", trap_word(&d->trap[n], word, sizeof word));
        if (d->traps > LOCKSTEP_TRAPS)
            fprintf(f, ", and %u more", d->traps - LOCKSTEP_TRAPS);
        if (d->vm)
            vmm_text(f, d, v->options->kind->isa);
        fputc('\n', f);
    }
}

/* A value as its kind has it: an end by its name, a count in decimal, registers and memory in hexadecimal. */
static const char *value_word(const struct lockstep_difference *d, unsigned side, char out[32])
{
    if (d->kind == DIFFERS_END)
        snprintf(out, 32, "%s", d->value[side] == END_RUNNING ? "goes on" : account_end_name((enum system_end)d->value[side]));
    else if (d->kind == DIFFERS_COUNT)
        snprintf(out, 32, "%" PRIu64, d->value[side]);
    else
        snprintf(out, 32, "0x%" PRIx64, d->value[side]);
    return out;
}

static void differences_text(FILE *f, const struct lockstep_report *r)
{
    fprintf(f, "\n  %-32s %-22s %s\n", "differs", side_name[0], side_name[1]);
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++) {
        char bare[32], virtual[32];
        const struct lockstep_difference *d = &r->difference[i];
        fprintf(f, "  %-32s %-22s %s\n", d->name, value_word(d, 0, bare), value_word(d, 1, virtual));
    }
    if (r->differences > LOCKSTEP_DIFFERENCES)
        fprintf(f, "  and %u more\n", r->differences - LOCKSTEP_DIFFERENCES);
    if (r->differences == 0)
        fprintf(f, "  nothing, when executed anew\n");
}

/* Where looking closer did not find the instruction, the two counts that it lies between are all that is known. */
static void divergence_text(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    if (r->exact) {
        instruction_text(f, v);
        doing_text(f, v);
    } else {
        fprintf(f, "\nbetween instruction %" PRIu64 " and %" PRIu64 ":\n", r->retired, r->seen);
    }
    differences_text(f, r);
    fputc('\n', f);
    sentence(f, 0, v->explanation);
    fprintf(f, "To look at it:\n  %s\n", v->reopen);
}

static void end_text(FILE *f, const struct lockstep_report *r)
{
    const struct system_result *e = &r->result[LOCKSTEP_BARE];
    if (e->end == END_POWEROFF)
        fprintf(f, ": power-off with status %d", e->status);
    else if (r->ended[LOCKSTEP_BARE])
        fprintf(f, ": %s", account_end_name(e->end));
    if (r->reboots)
        fprintf(f, ", %u reboot%s", r->reboots, r->reboots == 1 ? "" : "s");
    fputc('\n', f);
}

/* A guest that gets stuck may have been meant to do more: what it did not do was not compared. */
static void stuck_text(FILE *f, const struct lockstep_report *r)
{
    char text[400];
    snprintf(text, sizeof text, "Both got stuck, and nothing after that was compared: %s.", r->result[LOCKSTEP_BARE].why);
    sentence(f, 0, text);
}

/* Of what is compared in steps "equivalent" says no more than that. */
static void steps_text(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    if (v->every > 1 && r->verdict != LOCKSTEP_DIVERGED && r->seen <= r->retired)
        sentence(f, 0, "What differed in between and left no trace is not seen; --every N looks closer.");
}

/* The last line is for programs and for hurried people: its first word is the verdict. */
void verify_text(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    head_text(f, v);
    account_line(f, r);
    steps_text(f, v);
    switch (r->verdict) {
    case LOCKSTEP_EQUAL:
        if (r->result[LOCKSTEP_BARE].end == END_STUCK)
            stuck_text(f, r);
        fprintf(f, "equivalent after %" PRIu64 " instruction%s", r->retired, plural(r->retired));
        end_text(f, r);
        break;
    case LOCKSTEP_LIMIT:
        fprintf(f, "equivalent so far: %s after %" PRIu64 " instruction%s\n",
                r->waits ? "waiting for what does not come" : "the limit is reached", r->retired, plural(r->retired));
        break;
    case LOCKSTEP_INTERRUPTED:
        if (r->seen > r->retired)
            fprintf(f,
                    "not equivalent: a difference was seen after instruction %" PRIu64 ", and the search for its\n"
                    "first instruction was interrupted; equal after %" PRIu64 "\n",
                    r->seen, r->retired);
        else
            fprintf(f, "equivalent so far: interrupted after %" PRIu64 " instruction%s\n", r->retired, plural(r->retired));
        break;
    case LOCKSTEP_DIVERGED:
        divergence_text(f, v);
        fprintf(f, "diverged after %" PRIu64 " equal instruction%s, with instruction %" PRIu64 "%s\n", r->retired, plural(r->retired),
                r->seen, r->unfenced ? ": the guest did not fence" : "");
        break;
    }
}

/* --- JSON */

/* "vmm" is there only for a virtual machine. The traps are those that the guest's machine took, which both sides should have
 * alike. */
static void json_doing(struct json *j, const struct verify_outcome *v, unsigned side)
{
    const struct isa *isa = v->options->kind->isa;
    const struct lockstep_doing *d = &v->report.doing[side];
    json_object(j, side_name[side]);
    json_array(j, "traps");
    for (unsigned n = 0; n < d->traps && n < LOCKSTEP_TRAPS; n++) {
        const struct trap *t = &d->trap[n];
        json_object(j, NULL);
        json_string(j, "kind",
                    t->kind == TRAP_INTERRUPT   ? "interrupt"
                    : t->kind == TRAP_EXCEPTION ? "exception"
                    : t->kind == TRAP_WAIT      ? "wait"
                                                : "stop");
        json_uint(j, "cause", t->cause);
        json_hex(j, "tval", t->tval);
        json_end(j);
    }
    json_end(j);
    if (d->vm) {
        json_object(j, "vmm");
        json_uint(j, "traps", d->vmm_traps);
        json_uint(j, "direct", d->direct);
        json_uint(j, "emulated", d->emulated);
        json_uint(j, "interpreted", d->interpreted);
        json_uint(j, "shadow_fills", d->fills);
        json_string(j, "v_i", d->v_i != INSN_NONE && d->v_i < isa->row_count ? isa->rows[d->v_i].name : NULL);
        json_end(j);
    }
    json_end(j);
}

static void json_class(struct json *j, const struct finding *c)
{
    char names[64];
    json_object(j, "class");
    json_string(j, "subject", c->subject);
    json_string(j, "class", finding_class(c));
    json_string(j, "traps", traps_name(c->traps));
    json_string(j, "sensitive", sensitive_names(c->sensitive, names, sizeof names));
    json_end(j);
}

static void json_instruction(struct json *j, const struct verify_outcome *v)
{
    const struct verify_insn *i = &v->insn;
    json_object(j, "instruction");
    json_hex(j, "pc", v->report.pc);
    json_string(j, "mode", mode_name(v->options, v->report.mode));
    if (i->known) {
        json_insn(j, "bits", i->bits);
        json_uint(j, "length", i->length);
        json_string(j, "text", i->text);
        json_string(j, "row", i->has_row ? i->row.name : NULL);
    }
    if (finding_of(i))
        json_class(j, finding_of(i));
    json_end(j);
}

static void json_differences(struct json *j, const struct lockstep_report *r)
{
    static const char *const kind[] = {"register", "memory", "count", "end"};
    json_array(j, "differences");
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++) {
        const struct lockstep_difference *d = &r->difference[i];
        char bare[32], virtual[32];
        json_object(j, NULL);
        json_string(j, "kind", kind[d->kind]);
        json_string(j, "name", d->name);
        json_string(j, side_name[0], value_word(d, 0, bare));
        json_string(j, side_name[1], value_word(d, 1, virtual));
        json_end(j);
    }
    json_end(j);
    json_uint(j, "difference_count", r->differences);
}

static void json_divergence(struct json *j, const struct verify_outcome *v)
{
    json_object(j, "divergence");
    json_bool(j, "exact", v->report.exact);
    json_uint(j, "seen", v->report.seen);
    if (v->report.exact) {
        json_instruction(j, v);
        json_doing(j, v, LOCKSTEP_BARE);
        json_doing(j, v, LOCKSTEP_VIRTUAL);
    }
    json_differences(j, &v->report);
    json_bool(j, "unfenced", v->report.unfenced);
    if (v->report.unfenced) {
        json_hex(j, "unfenced_address", v->report.unfenced_va);
        json_uint(j, "unfenced_since", v->report.unfenced_by);
    }
    json_string(j, "explanation", v->explanation);
    json_string(j, "reopen", v->reopen);
    json_end(j);
}

/* One line for each guest, so that several are JSON lines. */
void verify_json(FILE *f, const struct verify_outcome *v)
{
    const struct lockstep_report *r = &v->report;
    struct json j;
    json_open(&j, f);
    json_object(&j, NULL);
    json_uint(&j, "schema", VERIFY_SCHEMA);
    json_string(&j, "verdict", verdict_name[r->verdict]);
    json_int(&j, "status", v->status);
    json_uint(&j, "retired", r->retired);
    json_string(&j, "guest", pipes_typed(v->options, v->options->kind->guest_name(v->options)));
    json_uint(&j, "depth", v->options->depth);
    json_string(&j, "monitor", vmm_monitor_name(v->options->each.monitor));
    if (v->options->each.ring)
        json_uint(&j, "ring", v->options->each.ring);
    json_uint(&j, "every", v->every);
    json_string(&j, "end", r->ended[LOCKSTEP_BARE] ? account_end_name(r->result[LOCKSTEP_BARE].end) : NULL);
    json_int(&j, "guest_status", r->result[LOCKSTEP_BARE].status);
    json_string(&j, "why", r->result[LOCKSTEP_BARE].why);
    json_uint(&j, "comparisons", r->comparisons);
    json_uint(&j, "pages", r->pages);
    json_uint(&j, "traps_delivered", r->traps);
    json_uint(&j, "device_accesses", r->accesses);
    json_uint(&j, "console_output", r->output);
    json_uint(&j, "console_input", r->input);
    json_uint(&j, "reboots", r->reboots);
    if (r->verdict == LOCKSTEP_DIVERGED)
        json_divergence(&j, v);
    json_end(&j);
}
