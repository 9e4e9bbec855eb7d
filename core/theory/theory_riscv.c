/* theory_riscv.c - the theory of RISC-V: laboratory, K, subjects and quantifiers put together. Real modes are U, S and M; the
 * VMM is in M; a virtual machine's U, S and M all run in real U.
 */
#include "core/theory/theory_riscv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/crew.h"
#include "core/theory/lab_riscv.h"
#include "core/theory/proofs_riscv.h"

enum {
    NONE = SENSITIVE_NONE,
    CONTROL = SENSITIVE_CONTROL,
    LOCATION = SENSITIVE_LOCATION,
    MODE = SENSITIVE_MODE,
    STATE = SENSITIVE_STATE
};

static const struct riscv_csr_row csrs[] = {
#define CSR(name_, address_, ext_, part, reads_, writes_, about)                                                                      \
    {.name = #name_, .ext = #ext_, .address = (address_), .reads = (reads_), .writes = (writes_)},
#include "isa/riscv/csr.def"
#undef CSR
};

/* --- the laboratory with all that belongs to it */

int riscv_theory_open(struct riscv_theory *t, const struct riscv_inputs *in, unsigned without, const struct classify_options *o)
{
    *t = (struct riscv_theory){.in = *in, .arena = arena_create(), .lab = calloc(1, sizeof *t->lab)};
    int error = t->arena && t->lab ? riscv_k_make(&t->k, without, &t->in.tables, t->arena) : -ENOMEM;
    if (!error)
        error = riscv_hart_make(o->hart, &t->k.config);
    if (error)
        return error;
    t->tables = t->in.tables;
    t->tables.fields = t->k.field;
    t->tables.field_count = t->k.field_count;
    *t->lab = (struct lab){.isa = &lab_riscv,
                           .tables = &t->tables,
                           .config = &t->k.config,
                           .create = t->in.create,
                           .disowned = t->k.disowned,
                           .one_way = without != RISCV_PINS || o->hart};
    error = lab_open(t->lab);
    if (!error)
        error = classifier_create(&t->classifier, t->lab, t->k.setting, t->k.setting_count, o->seed, o->states);
    t->subjects = (struct riscv_subjects){.lab = t->lab, .inputs = &t->in, .arena = t->arena, .seed = o->seed};
    t->subjects.envcfg_shut = without != PIN_CBO_OFF;
    t->subjects.few = o->states && o->states < LAB_CYCLE;
    t->subjects.by_bits = o->subject && strncmp(o->subject, "0x", 2) == 0;
    return error ? error : riscv_subjects_make(&t->subjects);
}

void riscv_theory_close(struct riscv_theory *t)
{
    classifier_destroy(t->classifier);
    if (t->lab)
        lab_close(t->lab);
    free(t->lab);
    arena_destroy(t->arena);
}

int riscv_theory_measure(struct riscv_theory *t, const struct subject *s, bool witnesses, struct finding *out)
{
    int error = classifier_run(t->classifier, s, witnesses, t->arena, out);
    out->constant = s->csr >= 0 && lab_is_constant(t->lab, RV_CSR + (reg_t)s->csr);
    return error ? error : finding_compare(out, &s->claim, t->arena);
}

const struct subject *riscv_subject_named(const struct riscv_subjects *s, const char *name)
{
    for (unsigned n = 0; n < s->count; n++)
        if (strcmp(s->list[n].name, name) == 0)
            return &s->list[n];
    return NULL;
}

/* What is being put together. */
struct building {
    struct classification *c; /* in the theory's arena */
    struct riscv_theory t;
    bool witnesses, all_of_k, usual_hart;
};

static bool is_aggregate(const struct building *b, const struct subject *s)
{
    return s->row < b->t.in.row_count && s->csr < 0 && s->count == 0 && riscv_is_zicsr(&b->t.in.rows[s->row]);
}

/* --- rows of Zicsr: what their accesses are, taken together. Critical are the accesses, not the row: it is one of them each
 * time. */

static void aggregate_add(struct finding *f, const struct finding *member, bool first)
{
    if (first)
        f->traps = member->traps;
    if (f->traps != member->traps) {
        f->traps = MEASURED_CONDITION;
        f->condition = "the CSR";
    }
    f->sensitive |= member->sensitive;
    f->user_sensitive |= member->user_sensitive;
    f->supervisor_sensitive |= member->supervisor_sensitive;
    f->hidden_sensitive |= member->hidden_sensitive;
    f->runs += member->runs;
    f->touches |= member->touches;
    for (unsigned m = 0; m < sizeof f->outcomes / sizeof *f->outcomes; m++)
        f->outcomes[m] |= member->outcomes[m];
    for (unsigned e = 0; e < EVIDENCE_COUNT; e++)
        if (!f->witness[e].present)
            f->witness[e] = member->witness[e];
    if (first || member->confidence == WITNESSED || (member->confidence == TOUCHED && f->confidence == CLEAN))
        f->confidence = member->confidence;
}

static int aggregate(const struct building *b, const struct subject *s, const struct finding *all, unsigned count, struct finding *out)
{
    bool first = true;
    *out = (struct finding){.subject = s->name, .row = s->row, .csr = -1, .sum = true};
    for (unsigned n = 0; n < count; n++)
        if (all[n].csr >= 0 && riscv_row_has(s->name, all[n].subject)) {
            aggregate_add(out, &all[n], first);
            first = false;
        }
    out->privileged = out->traps == MEASURED_ALWAYS;
    out->innocuous = out->sensitive == SENSITIVE_NONE;
    return finding_compare(out, &s->claim, b->t.arena);
}

/* --- measuring */

/* Proofs are of the tables and the hart as they are: of others (tests change them) none is noted. */
static bool is_own(const struct riscv_inputs *in)
{
    return in->rows == isa_riscv.rows && in->create == lab_riscv_create && in->tables.regs == isa_riscv.regs &&
           in->tables.fields == isa_riscv.fields;
}

static int measure(const struct building *b, struct riscv_theory *t, const struct subject *s, struct finding *out)
{
    int error = riscv_theory_measure(t, s, b->witnesses, out);
    if (!error && is_own(&b->t.in) && !b->t.subjects.by_bits && b->usual_hart)
        proofs_note_riscv(out, b->all_of_k, out->row < isa_riscv.row_count && riscv_is_floating(&isa_riscv.rows[out->row]));
    return error;
}

/* Subjects do not depend on each other: each begins with a laboratory as new. Every member of the crew has a laboratory of its own. */
struct measuring {
    struct building *building;
    struct riscv_theory *other; /* [members - 1]; member 0 has the building's */
    unsigned others;
    int error[CREW_MAX];
    struct finding *findings;
};

static void measure_job(void *context, unsigned member, unsigned job)
{
    struct measuring *w = context;
    struct building *b = w->building;
    struct riscv_theory *t = member ? &w->other[member - 1] : &b->t;
    if (w->error[member])
        return;
    if (is_aggregate(b, &t->subjects.list[job]))
        w->findings[job].csr = -1;
    else
        w->error[member] = measure(b, t, &t->subjects.list[job], &w->findings[job]);
}

/* A laboratory that cannot be had is one less. */
static void others_open(struct measuring *w, unsigned pin, const struct classify_options *o)
{
    const struct riscv_inputs *in = &w->building->t.in;
    const unsigned wanted = crew_size(o->jobs, w->building->t.subjects.count) - 1;
    w->other = calloc(wanted + 1, sizeof *w->other);
    for (; w->other && w->others < wanted; w->others++)
        if (riscv_theory_open(&w->other[w->others], in, pin, o) != 0) {
            riscv_theory_close(&w->other[w->others]);
            break;
        }
}

static int others_join(struct measuring *w)
{
    int error = w->error[0];
    for (unsigned n = 0; n < w->others; n++) {
        struct riscv_theory *t = &w->other[n];
        error = error ? error : w->error[n + 1];
        classifier_join(w->building->t.classifier, t->classifier);
        arena_join(w->building->t.arena, t->arena);
        t->arena = NULL;
        riscv_theory_close(t);
    }
    free(w->other);
    return error;
}

static int measure_all(struct building *b, unsigned pin, const struct classify_options *o)
{
    const struct riscv_subjects *s = &b->t.subjects;
    struct measuring w = {.building = b, .findings = arena_array(b->t.arena, s->count, sizeof *w.findings)};
    if (!w.findings)
        return -ENOMEM;
    others_open(&w, pin, o);
    crew_run(1 + w.others, s->count, measure_job, &w, o);
    int error = others_join(&w);
    for (unsigned n = 0; n < s->count && !error; n++)
        if (is_aggregate(b, &s->list[n]))
            error = aggregate(b, &s->list[n], w.findings, s->count, &w.findings[n]);
    b->c->findings = w.findings;
    b->c->count = error ? 0 : s->count;
    return error ? error : classifier_audit(b->t.classifier, b->t.arena, &b->c->unsound);
}

/* A row of Zicsr by itself: its accesses, and of them the sum. */
static int measure_aggregate(struct building *b, const struct subject *s)
{
    const struct riscv_subjects *all = &b->t.subjects;
    struct finding *f = calloc(all->count, sizeof *f);
    unsigned count = 0;
    int error = f ? 0 : -ENOMEM;
    for (unsigned n = 0; n < all->count && !error; n++)
        if (all->list[n].csr >= 0 && riscv_row_has(s->name, all->list[n].name))
            error = measure(b, &b->t, &all->list[n], &f[count++]);
    if (!error)
        error = aggregate(b, s, f, count, b->c->findings);
    free(f);
    return error;
}

static bool is_number(const char *name) { return name[0] == '0' && (name[1] | 0x20) == 'x'; }

static int number_subject(struct building *b, const char *name, struct subject *out, struct error *e)
{
    char *end;
    errno = 0;
    unsigned long long bits = strtoull(name, &end, 16);
    bool wide = (bits & 3) == 3;
    if (errno || *end || end == name + 2 || bits > (wide ? UINT32_MAX : UINT16_MAX))
        return error_set(e, EINVAL, "%s is no RISC-V encoding: 16 bits, or 32 of which the lowest two are set", name);
    int error = riscv_subject_of(&b->t.subjects, (uint32_t)bits, out);
    out->claim.at_most = true;
    return error ? error_set(e, -error, "out of memory") : 0;
}

static int measure_one(struct building *b, const char *name, struct error *e)
{
    struct subject by_number;
    const struct subject *s = &by_number;
    if (is_number(name)) {
        int error = number_subject(b, name, &by_number, e);
        if (error)
            return error;
    } else {
        s = riscv_subject_named(&b->t.subjects, name);
    }
    if (!s)
        return error_set(e, ENOENT, "there is no instruction or CSR access '%s' of riscv", name);
    b->c->findings = arena_array(b->t.arena, 1, sizeof *b->c->findings);
    b->c->count = 1;
    b->c->asked = arena_text(b->t.arena, "%s", name);
    int error = !b->c->findings || !b->c->asked ? -ENOMEM
                : is_aggregate(b, s)            ? measure_aggregate(b, s)
                                                : measure(b, &b->t, s, b->c->findings);
    return error ? error_set(e, -error, "out of memory") : 0;
}

/* --- putting together */

static int pin_find(const char *name, unsigned *pin, struct error *e)
{
    *pin = RISCV_PINS;
    for (unsigned n = 0; n < RISCV_PINS && name; n++)
        if (strcmp(riscv_pins[n].name, name) == 0)
            *pin = n;
    return name && *pin == RISCV_PINS ? error_set(e, EINVAL, "K of riscv has no pin '%s'", name) : 0;
}

static int open_for(struct building *b, const struct riscv_inputs *in, unsigned pin, const struct classify_options *o)
{
    int error = riscv_theory_open(&b->t, in, pin, o);
    b->c = error ? NULL : arena_alloc(b->t.arena, sizeof *b->c);
    return error ? error : b->c ? 0 : -ENOMEM;
}

static void finish(struct building *b, unsigned pin, const struct classify_options *o)
{
    struct classification *c = b->c;
    c->isa = "riscv";
    c->variant = "";
    c->k = b->t.k.text;
    c->states_examined = b->t.lab->runs;
    c->seed = o->seed;
    c->states = o->states;
    c->without = o->without ? riscv_pins[pin].name : NULL;
    c->hart = riscv_hart_named(o->hart);
    c->arena = b->t.arena; /* from now on the classification's */
    b->t.arena = NULL;
}

int riscv_classify(const struct riscv_inputs *in, const struct classify_options *o, struct classification **out, struct error *e)
{
    struct building b = {.witnesses = !o->brief, .all_of_k = !o->without, .usual_hart = !o->hart};
    unsigned pin;
    if (o->variant && *o->variant)
        return error_set(e, EINVAL, "riscv has no variant '%s'", o->variant);
    int error = pin_find(o->without, &pin, e);
    if (error)
        return error;
    error = open_for(&b, in, pin, o);
    if (error == -EINVAL)
        error_set(e, EINVAL, "riscv has no hart '%s'", o->hart);
    else if (error)
        error_set(e, -error, "the laboratory cannot be set up: %s", strerror(-error));
    else if (o->subject)
        error = measure_one(&b, o->subject, e);
    else if ((error = measure_all(&b, pin, o)) != 0)
        error_set(e, -error, "out of memory");
    if (!error) {
        finish(&b, pin, o);
        *out = b.c;
    }
    riscv_theory_close(&b.t);
    return error;
}

struct riscv_inputs riscv_inputs(void)
{
    return (struct riscv_inputs){
        .rows = isa_riscv.rows,
        .row_count = isa_riscv.row_count,
        .csrs = csrs,
        .csr_count = sizeof csrs / sizeof *csrs,
        .tables = {isa_riscv.regs, isa_riscv.reg_count, isa_riscv.fields, isa_riscv.field_count, NULL},
        .create = lab_riscv_create,
    };
}

static int classify(const struct classify_options *o, struct classification **out, struct error *e)
{
    struct riscv_inputs in = riscv_inputs();
    return riscv_classify(&in, o, out, e);
}

static bool subject(unsigned n, char *name, size_t size)
{
    struct riscv_inputs in = riscv_inputs();
    return riscv_subject_name(&in, n, name, size);
}

static const char *mode_name(unsigned mode)
{
    static const char *const name[] = {[RV_U] = "U", [RV_S] = "S", [2] = "?", [RV_M] = "M"};
    return name[mode & 3];
}

/* Every row there is, to print it. */
static const struct riscv_config everything = {.sv48 = true,
                                               .svadu = true,
                                               .sstc = true,
                                               .pmp_entries = 16,
                                               .units_per_tick = 1,
                                               .zicbom = true,
                                               .zicboz = true,
                                               .custom_csr = true};

static const char aside[] =
    "Not covered: translation, permissions and memory traps. That guests reach no more than their own memory, while satp and PMP are "
    "the monitor's, is F-TRANSLATE, checked by the tests mmu_shadow and core_v_memory and by fuzz_shadow.";

const struct theory theory_riscv = {
    .isa = "riscv",
    .pins = riscv_pins,
    .harts = riscv_harts,
    .classify = classify,
    .set = &isa_riscv,
    .set_config = &everything,
    .mode_name = mode_name,
    .aside = aside,
    .subject = subject,
    .replay = riscv_replay,
    .sweep = &sweep_riscv,
};
