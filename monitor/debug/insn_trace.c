/* insn_trace.c - see insn_trace.h.
 *
 * Which registers and bytes an instruction is going to write its body says, run over a machine that keeps nothing (effects.h); their values
 * are read when it is done. What system instructions change is found by comparing. Of several harts each is looked at before, for which of
 * them executes the next instruction is known when it has: a turn may be over, or a wait.
 */
#include "monitor/debug/insn_trace.h"

#include "monitor/debug/effects.h"
#include "monitor/debug/host_file.h"
#include "monitor/debug/trap_name.h"
#include "monitor/disasm.h"
#include "monitor/outfile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a hart would execute next. */
struct at_hand {
    uint64_t pc, mode;
    struct effects effects;
    bool compare;     /* it is a system instruction */
    uint64_t *before; /* [isa->reg_count]; compare */
};

/* A line, and from where its parts come:
 *
 *         retired m pc                 bits     | instruction    | what it wrote
 *            2055 S 0x000000008020001c 0002b023 | sd zero, 0(t0) | [0x80203000]8=0x0
 *                 `------- looked up before the instruction -------' `- read behind it
 *
 * A trap has its name in place of what was written, and where it led; an interrupt has no instruction. */
struct insn_trace {
    struct debugger *d; /* borrowed */
    bool on;
    bool in_file;        /* else where commands print */
    struct outfile file; /* in_file */
    char *name;          /* owned: of the file, as it was given */
    struct error failed; /* text empty: nothing has */
    uint64_t told;       /* instructions that had retired after the latest line */
    bool pending;        /* there is an instruction at hand */
    uint64_t retired;
    struct at_hand hand[BOARD_CPUS]; /* by hart */
    uint64_t *registers;             /* owned: before[] of each */
};

static FILE *out_of(const struct insn_trace *t) { return t->in_file ? t->file.f : t->d->out; }

bool insn_trace_wants(const struct insn_trace *t)
{
    const struct plan *p = &t->d->plan;
    return t->on && t->d->running && (!(p->quiet || p->again) || debugger_retired(t->d) >= t->told);
}

/* Going back runs through the past again, of which lines were written already: at full speed up to where the trace
 * ended, and only from there on instruction by instruction. */
uint64_t insn_trace_stretch(const struct insn_trace *t, uint64_t limit)
{
    uint64_t now = debugger_retired(t->d), known = t->on && now < t->told ? t->told - now : limit;
    if (insn_trace_wants(t))
        known = 1;
    return known < limit ? known : limit;
}

/* --- before the instruction */

/* A system instruction may change what no body says, as a return from a trap changes the mode and several fields: all
 * registers are kept before it and compared behind it, which costs more and is needed for few. */
static bool is_compared(const struct machine *m, const struct effects *f)
{
    unsigned length, row = f->fetched ? machine_decode(m, f->bits, &length) : INSN_NONE;
    return row != INSN_NONE && (!about_of(m->isa)->predict || m->isa->rows[row].traps != TRAPS_NEVER);
}

static void look_at_hand(const struct debugger *d, struct at_hand *h)
{
    const struct machine *m = debugger_guest(d);
    h->pc = about_pc(m);
    h->mode = machine_get(m, MACHINE_MODE);
    effects_predict_writes(d, &h->effects);
    h->compare = is_compared(m, &h->effects);
    for (unsigned i = 0; h->compare && i < m->isa->reg_count; i++)
        h->before[i] = machine_get(m, m->isa->regs[i].reg);
}

void insn_trace_before(struct insn_trace *t)
{
    struct debugger *d = t->d;
    const unsigned level = d->level, hart = d->hart;
    t->pending = true;
    t->retired = debugger_retired(d);
    d->level = d->stack->depth;
    for (d->hart = 0; d->hart < d->system->harts; d->hart++)
        look_at_hand(d, &t->hand[d->hart]);
    d->level = level;
    d->hart = hart;
}

/* --- behind it */

static const char *register_name(const struct isa *isa, reg_t r)
{
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (isa->regs[i].reg == r)
            return isa->regs[i].name;
    return "?";
}

static void put_register(const struct insn_trace *t, const char *name, reg_t r)
{
    const struct machine *m = debugger_guest(t->d);
    if (r == MACHINE_MODE)
        fprintf(out_of(t), " mode=%s", debugger_mode_name(t->d, machine_get(m, r)));
    else
        fprintf(out_of(t), " %s=0x%llx", name, (unsigned long long)machine_get(m, r));
}

/* Views of other registers are left out, and what changes by itself. */
static bool is_told(const struct insn_trace *t, const struct reg_desc *r)
{
    bool view = about_register(debugger_isa(t->d), r) & ABOUT_VIEW;
    return r->part != PART_NONDET && r->reg != MACHINE_PC && !view;
}

/* The destination is written even where it did not change, as it is for other instructions: a reader looks for it. */
static void put_compared(const struct insn_trace *t, const struct at_hand *h)
{
    const struct machine *m = debugger_guest(t->d);
    const struct isa *isa = m->isa;
    struct about_named named;
    bool has_to = about_named(m, h->effects.bits, &named) && named.has_to;
    reg_t rd = has_to ? named.to : MACHINE_PC;
    if (has_to)
        put_register(t, register_name(isa, rd), rd);
    for (unsigned i = 0; i < isa->reg_count; i++) {
        const struct reg_desc *r = &isa->regs[i];
        if (r->reg != rd && is_told(t, r) && machine_get(m, r->reg) != h->before[i])
            put_register(t, r->name, r->reg);
    }
}

static void put_stores(const struct insn_trace *t, const struct effects *f)
{
    struct error ignored;
    for (unsigned i = 0; i < f->accesses; i++) {
        const struct effect_access *a = &f->access[i];
        uint64_t now = 0;
        if (!a->is_store)
            continue;
        if (debugger_read(t->d, SPACE_VIRTUAL, a->at, &now, a->size, &ignored) == 0)
            fprintf(out_of(t), " [0x%llx]%u=0x%llx", (unsigned long long)a->at, a->size, (unsigned long long)now);
        else /* a device, whose registers are not read for that */
            fprintf(out_of(t), " [0x%llx]%u", (unsigned long long)a->at, a->size);
    }
}

static void put_trap(const struct insn_trace *t, const struct trap *taken)
{
    const struct machine *m = debugger_guest(t->d);
    char name[48];
    fprintf(out_of(t), " %s: %s", taken->kind == TRAP_INTERRUPT ? "interrupt" : "trap", trap_name(m->isa, taken, name, sizeof name));
    if (taken->kind == TRAP_EXCEPTION && taken->tval)
        fprintf(out_of(t), ", value 0x%llx", (unsigned long long)taken->tval);
    fprintf(out_of(t), "; to %s 0x%llx", debugger_mode_name(t->d, machine_get(m, MACHINE_MODE)), (unsigned long long)about_pc(m));
}

static void put_instruction(const struct insn_trace *t, const struct at_hand *h, bool executed)
{
    char text[DISASM_TEXT] = "", hex[INSN_HEX];
    const struct effects *f = &h->effects;
    fprintf(out_of(t), "%10llu ", (unsigned long long)t->retired);
    if (t->d->system->harts > 1)
        fprintf(out_of(t), "%u ", t->d->hart);
    fprintf(out_of(t), "%s 0x%016llx ", debugger_mode_name(t->d, h->mode), (unsigned long long)h->pc);
    if (!executed || !f->fetched) {
        fprintf(out_of(t), "%-8s |  |", "-");
        return;
    }
    disasm(debugger_guest(t->d), f->bits, h->pc, text, sizeof text);
    fprintf(out_of(t), "%-8s | %s |", insn_hex(f->bits, f->length, hex), text);
}

/* A disk that is full must not end the run: the trace ends, the file that was there before is kept, and the next stop
 * tells why. */
static void finish_line(struct insn_trace *t)
{
    fputc('\n', out_of(t));
    t->told = debugger_retired(t->d);
    if (!t->in_file || !ferror(t->file.f))
        return;
    (void)error_set(&t->failed, EIO, "%s: cannot be written: %s; the trace has ended, and the file is as it was", t->name,
                    strerror(errno));
    outfile_abandon(&t->file);
    t->on = t->in_file = false;
    snprintf(t->d->stop.note, sizeof t->d->stop.note, "%s", t->failed.text);
}

/* An exception was met by an instruction, which is shown; before an interrupt the next one has not been executed at all. */
void insn_trace_after(struct insn_trace *t, const struct trap *taken)
{
    struct debugger *d = t->d;
    const struct at_hand *h = &t->hand[d->hart]; /* whose turn it was */
    const unsigned level = d->level;
    bool pending = t->pending;
    t->pending = false;
    if (!pending || (!taken && debugger_retired(d) == t->retired)) /* nothing was executed: a trigger, a pause */
        return;
    d->level = d->stack->depth;
    put_instruction(t, h, !taken || taken->kind != TRAP_INTERRUPT);
    if (taken) {
        put_trap(t, taken);
    } else {
        for (unsigned i = 0; !h->compare && i < h->effects.writes; i++)
            put_register(t, register_name(debugger_isa(d), h->effects.written[i]), h->effects.written[i]);
        if (h->compare)
            put_compared(t, h);
        put_stores(t, &h->effects);
    }
    d->level = level;
    finish_line(t);
}

/* --- life */

int insn_trace_create(struct insn_trace **out, struct debugger *d)
{
    struct insn_trace *t = calloc(1, sizeof *t);
    *out = t;
    if (!t)
        return -ENOMEM;
    t->d = d;
    const unsigned count = debugger_isa(d)->reg_count;
    t->registers = calloc((size_t)d->system->harts * count, sizeof *t->registers);
    for (unsigned n = 0; t->registers && n < d->system->harts; n++)
        t->hand[n].before = t->registers + (size_t)n * count;
    return t->registers ? 0 : -ENOMEM;
}

int insn_trace_off(struct insn_trace *t, struct error *e)
{
    bool in_file = t->in_file;
    t->on = t->in_file = false;
    int r = in_file ? outfile_finish(&t->file, e) : 0;
    free(t->name);
    t->name = NULL;
    return r;
}

void insn_trace_destroy(struct insn_trace *t)
{
    struct error e;
    if (!t)
        return;
    if (insn_trace_off(t, &e) != 0)
        fprintf(stderr, "trapeze: %s\n", e.text);
    free(t->registers);
    free(t);
}

int insn_trace_on(struct insn_trace *t, const char *file, struct error *e)
{
    char *path = NULL;
    int r = insn_trace_off(t, e);
    if (r == 0 && *file)
        r = host_file(t->d, file, &path, e);
    if (r == 0 && *file)
        r = outfile_open(&t->file, path, e);
    t->name = r == 0 && *file ? path : NULL;
    if (r) {
        free(path);
        return r;
    }
    t->in_file = *file;
    t->on = true;
    t->told = debugger_retired(t->d);
    t->failed.text[0] = '\0';
    fprintf(out_of(t), "# insn-cnt %sm pc                 bits     | instruction | what it wrote\n",
            t->d->system->harts > 1 ? "h " : "");
    return 0;
}

bool insn_trace_is_on(const struct insn_trace *t) { return t->on; }
const char *insn_trace_failed(const struct insn_trace *t) { return t->failed.text; }
