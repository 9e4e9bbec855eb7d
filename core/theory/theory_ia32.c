/* theory_ia32.c - the theory of IA-32: laboratory, K, subjects and quantifiers put together. Real modes are rings 3, 1 and 0 of protected mode;
 * the VMM is outside of the machine, and a virtual machine's rings are all in real ring 3, or in ring compression its ring 0 in real ring 1.
 */
#include "core/theory/theory_ia32.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/crew.h"
#include "core/theory/lab_ia32.h"

/* --- a laboratory with all that belongs to it */

struct bench {
    struct ia32_k k;
    struct lab_tables tables; /* with K's promises */
    struct lab_isa isa;       /* rings are modes, or one ring is as the other */
    struct arena *arena;      /* owned; so are the next two */
    struct lab *lab;
    struct classifier *classifier;
    struct ia32_subjects subjects;
};

/* Where K withholds no tables more has to come together for a load of SS to go through. */
static unsigned states_of(uint32_t variants, const struct classify_options *o)
{
    return variants & IA32_VT && !o->states ? 4 * LAB_CYCLE : o->states;
}

static struct lab_isa lab_for(uint32_t variants, const struct classify_options *o)
{
    if (variants & (IA32_VT | IA32_V86))
        return variants & IA32_VT ? lab_ia32_guest() : lab_ia32_v86();
    return o->ring ? lab_ia32_ring1() : o->hybrid ? lab_ia32_hybrid() : lab_ia32;
}

static int bench_open(struct bench *b, const struct ia32_inputs *in, unsigned without, uint32_t variants,
                      const struct classify_options *o)
{
    *b = (struct bench){.arena = arena_create(), .lab = calloc(1, sizeof *b->lab)};
    int error = b->arena && b->lab ? ia32_k_make(&b->k, without, variants, &in->tables, b->arena) : -ENOMEM;
    if (error)
        return error;
    if (o->hybrid)
        ia32_k_hybrid(&b->k);
    if (o->ring && (error = ia32_k_ring1(&b->k, b->arena)) != 0)
        return error;
    b->tables = in->tables;
    b->tables.fields = b->k.field;
    b->tables.field_count = b->k.field_count;
    b->tables.regs = b->k.reg;
    b->tables.reg_count = b->k.reg_count;
    b->isa = lab_for(variants, o);
    b->tables.promised = o->hybrid ? ia32_hybrid_promises : ia32_k_promises;
    *b->lab = (struct lab){.isa = &b->isa,
                           .tables = &b->tables,
                           .config = &b->k.config,
                           .create = in->create,
                           .disowned = b->k.disowned,
                           .one_way = without != IA32_PINS};
    error = lab_open(b->lab);
    if (!error)
        error = classifier_create(&b->classifier, b->lab, b->k.setting, b->k.setting_count, o->seed, states_of(variants, o));
    b->subjects = (struct ia32_subjects){.lab = b->lab, .inputs = in, .arena = b->arena, .seed = o->seed, .variants = variants};
    return error ? error : ia32_subjects_make(&b->subjects);
}

static void bench_close(struct bench *b)
{
    classifier_destroy(b->classifier);
    if (b->lab)
        lab_close(b->lab);
    free(b->lab);
    arena_destroy(b->arena);
}

static int measure(struct bench *b, const struct subject *s, bool witnesses, struct finding *out)
{
    struct claim claim = s->claim;
    claim.user = b->isa.user;
    int error = classifier_run(b->classifier, s, witnesses, b->arena, out);
    out->note = ia32_reason(out);
    return error ? error : finding_compare(out, &claim, b->arena);
}

/* --- rows in parts: what their parts are, taken together. Critical are the parts, not the row. */

static bool is_sum(const struct subject *s) { return s->count == 0; }

static void sum_add(struct finding *f, const struct finding *part, bool first)
{
    if (first)
        f->traps = part->traps;
    if (f->traps != part->traps) {
        f->traps = MEASURED_CONDITION;
        f->condition = "the operand";
    }
    f->sensitive |= part->sensitive;
    f->user_sensitive |= part->user_sensitive;
    f->supervisor_sensitive |= part->supervisor_sensitive;
    f->hidden_sensitive |= part->hidden_sensitive;
    f->runs += part->runs;
    for (unsigned m = 0; m < THEORY_MODES; m++)
        f->outcomes[m] |= part->outcomes[m];
    for (unsigned e = 0; e < EVIDENCE_COUNT; e++)
        if (!f->witness[e].present)
            f->witness[e] = part->witness[e];
    if (first || part->confidence == WITNESSED)
        f->confidence = part->confidence;
}

static int sum(const struct subject *s, const struct finding *all, unsigned count, struct arena *a, struct finding *out)
{
    bool first = true;
    *out = (struct finding){.subject = s->name, .row = s->row, .csr = -1, .sum = true};
    for (unsigned n = 0; n < count; n++)
        if (ia32_row_has(s->name, all[n].subject)) {
            sum_add(out, &all[n], first);
            first = false;
        }
    out->privileged = out->traps == MEASURED_ALWAYS;
    out->withheld = out->traps == MEASURED_WITHHELD;
    out->innocuous = out->sensitive == SENSITIVE_NONE;
    return finding_compare(out, &s->claim, a);
}

/* --- all of them: subjects do not depend on each other, and every member of the crew has a laboratory of its own */

struct measuring {
    struct bench *own, *other; /* [others]; member 0 has its own */
    unsigned others;
    bool witnesses;
    int error[CREW_MAX];
    struct finding *findings;
};

static void measure_job(void *context, unsigned member, unsigned job)
{
    struct measuring *w = context;
    struct bench *b = member ? &w->other[member - 1] : w->own;
    const unsigned n = b->subjects.count - 1 - job; /* the last is as long as hundreds: nobody is to wait for it at the end */
    const struct subject *s = &b->subjects.list[n];
    if (!w->error[member] && is_sum(s))
        w->findings[n].subject = s->name;
    else if (!w->error[member])
        w->error[member] = measure(b, s, w->witnesses, &w->findings[n]);
}

/* A laboratory that cannot be had is one less. */
static void others_open(struct measuring *w, unsigned without, const struct classify_options *o)
{
    const unsigned wanted = crew_size(o->jobs, w->own->subjects.count) - 1;
    w->other = calloc(wanted + 1, sizeof *w->other);
    for (; w->other && w->others < wanted; w->others++)
        if (bench_open(&w->other[w->others], w->own->subjects.inputs, without, w->own->subjects.variants, o) != 0) {
            bench_close(&w->other[w->others]);
            break;
        }
}

static int others_join(struct measuring *w)
{
    int error = w->error[0];
    for (unsigned n = 0; n < w->others; n++) {
        struct bench *b = &w->other[n];
        error = error ? error : w->error[n + 1];
        classifier_join(w->own->classifier, b->classifier);
        arena_join(w->own->arena, b->arena);
        b->arena = NULL;
        bench_close(b);
    }
    free(w->other);
    return error;
}

static int measure_all(struct bench *b, unsigned without, const struct classify_options *o, struct classification *c)
{
    const struct ia32_subjects *s = &b->subjects;
    struct measuring w = {.own = b, .witnesses = !o->brief, .findings = arena_array(b->arena, s->count, sizeof *w.findings)};
    if (!w.findings)
        return -ENOMEM;
    others_open(&w, without, o);
    crew_run(1 + w.others, s->count, measure_job, &w, o);
    int error = others_join(&w);
    for (unsigned n = 0; n < s->count && !error; n++)
        if (is_sum(&s->list[n]))
            error = sum(&s->list[n], w.findings, s->count, b->arena, &w.findings[n]);
    c->findings = w.findings;
    c->count = error ? 0 : s->count;
    return error ? error : classifier_audit(b->classifier, b->arena, &c->unsound);
}

/* --- one of them */

static int measure_sum(struct bench *b, const struct subject *s, bool witnesses, struct finding *out)
{
    const struct ia32_subjects *all = &b->subjects;
    struct finding *f = calloc(all->count, sizeof *f);
    unsigned count = 0;
    int error = f ? 0 : -ENOMEM;
    for (unsigned n = 0; n < all->count && !error; n++)
        if (ia32_row_has(s->name, all->list[n].name))
            error = measure(b, &all->list[n], witnesses, &f[count++]);
    if (!error)
        error = sum(s, f, count, b->arena, out);
    free(f);
    return error;
}

static const struct subject *named(const struct ia32_subjects *s, const char *name)
{
    for (unsigned n = 0; n < s->count; n++)
        if (strcmp(s->list[n].name, name) == 0)
            return &s->list[n];
    return NULL;
}

static int measure_one(struct bench *b, const struct classify_options *o, struct classification *c, struct error *e)
{
    const char *name = o->subject;
    const bool number = name[0] == '0' && (name[1] | 0x20) == 'x';
    struct subject by_number;
    const struct subject *s = &by_number;
    insn_t bits;
    if (!number)
        s = named(&b->subjects, name);
    else if (!insn_parse(name + 2, &bits) || bits >> 120)
        return error_set(e, EINVAL, "%s is no encoding of IA-32: 1 to 15 bytes in hexadecimal, the last byte first", name);
    else if (ia32_subject_of(&b->subjects, bits, &by_number) != 0)
        return error_set(e, ENOMEM, "out of memory");
    if (!s)
        return error_set(e, ENOENT, "there is no instruction '%s' of ia32", name);
    c->findings = arena_array(b->arena, 1, sizeof *c->findings);
    c->count = 1;
    c->asked = arena_text(b->arena, "%s", name);
    int error = !c->findings || !c->asked ? -ENOMEM
                : is_sum(s)               ? measure_sum(b, s, !o->brief, c->findings)
                                          : measure(b, s, !o->brief, c->findings);
    return error ? error_set(e, -error, "out of memory") : 0;
}

/* --- putting together */

static int pin_find(const char *name, unsigned *pin, struct error *e)
{
    *pin = IA32_PINS;
    if (name && strcmp(name, THEORY_SETTINGS) == 0)
        *pin = IA32_PIN_SETTINGS;
    for (unsigned n = 0; n < IA32_PINS && name; n++)
        if (strcmp(ia32_pins[n].name, name) == 0)
            *pin = n;
    return name && *pin == IA32_PINS ? error_set(e, EINVAL, "K of ia32 has no pin '%s'", name) : 0;
}

/* All others combine. */
static const char *apart_of(uint32_t set)
{
    const bool both = set & IA32_VT && set & IA32_V86;
    return both ? "the variants vt and v86 do not go together: user mode is guest mode in the one, virtual-8086 mode in the other"
                : NULL;
}

static int variants_find(const char *text, bool unaided, uint32_t *set, struct error *e)
{
    const char *name;
    size_t length;
    if (ia32_variants_parse(text, set, &name, &length) != 0)
        return error_set(e, EINVAL, "ia32 has no variant '%.*s'", (int)length, name);
    if (unaided)
        *set &= ~(uint32_t)IA32_VT;
    const char *apart = apart_of(*set);
    return apart ? error_set(e, EINVAL, "%s", apart) : 0;
}

static const char *variants_apart(const char *text)
{
    uint32_t set;
    const char *name;
    size_t length;
    return ia32_variants_parse(text, &set, &name, &length) == 0 ? apart_of(set) : NULL;
}

static int classify_on(struct bench *b, unsigned without, const struct classify_options *o, struct classification **out,
                       struct error *e)
{
    struct classification *c = arena_alloc(b->arena, sizeof *c);
    int error = c ? 0 : error_set(e, ENOMEM, "out of memory");
    if (!error && o->subject)
        error = measure_one(b, o, c, e);
    else if (!error && (error = measure_all(b, without, o, c)) != 0)
        error_set(e, -error, "out of memory");
    if (error)
        return error;
    c->isa = isa_ia32.name;
    c->variant = o->variant ? arena_text(b->arena, "%s", o->variant) : "";
    if (!c->variant)
        return error_set(e, ENOMEM, "out of memory");
    c->k = b->k.text;
    c->states_examined = b->lab->runs;
    c->seed = o->seed;
    c->states = o->states;
    c->ring = o->ring;
    c->without = without == IA32_PIN_SETTINGS ? THEORY_SETTINGS : without < IA32_PINS ? ia32_pins[without].name : NULL;
    c->arena = b->arena; /* from now on the classification's */
    b->arena = NULL;
    *out = c;
    return 0;
}

int ia32_classify(const struct ia32_inputs *in, const struct classify_options *o, struct classification **out, struct error *e)
{
    struct bench b;
    unsigned without;
    uint32_t variants;
    int error = variants_find(o->variant ? o->variant : "", o->unaided, &variants, e);
    if (!error)
        error = pin_find(o->without, &without, e);
    if (!error && o->ring && variants & (IA32_VT | IA32_V86))
        error = error_set(e, EINVAL, "no guest's ring 0 is in real ring 1: %s", ia32_without_ring1(o->variant));
    if (error)
        return error;
    error = bench_open(&b, in, without, variants, o);
    if (error)
        error_set(e, -error, "the laboratory cannot be set up: %s", strerror(-error));
    else
        error = classify_on(&b, without, o, out, e);
    bench_close(&b);
    return error;
}

struct ia32_inputs ia32_inputs(void)
{
    return (struct ia32_inputs){
        .rows = isa_ia32.rows,
        .row_count = isa_ia32.row_count,
        .tables = {isa_ia32.regs, isa_ia32.reg_count, isa_ia32.fields, isa_ia32.field_count, NULL},
        .create = lab_ia32_create,
    };
}

static int classify(const struct classify_options *o, struct classification **out, struct error *e)
{
    const struct ia32_inputs in = ia32_inputs();
    return ia32_classify(&in, o, out, e);
}

static bool has_pin(const char *variant, const char *pin)
{
    const char *name;
    size_t length;
    uint32_t set = 0;
    if (ia32_variants_parse(variant, &set, &name, &length) != 0)
        return false;
    for (unsigned n = 0; n < IA32_PINS; n++)
        if (strcmp(ia32_pins[n].name, pin) == 0)
            return ia32_has_pin(set, n);
    for (unsigned n = 0; ia32_promises[n].name; n++)
        if (strcmp(ia32_promises[n].name, pin) == 0)
            return !(set & (IA32_VT | IA32_V86));
    return false;
}

static const char *mode_name(unsigned mode)
{
    static const char *const name[] = {"ring0", "ring1", "ring2", "ring3", "v86", "real", "root", "guest"};
    return mode < sizeof name / sizeof *name ? name[mode] : "?";
}

static unsigned context_of(unsigned mode) { return ia32_context(mode == IA_V86 || mode == IA_REAL ? IA32_V86 : 0); }

static const char aside[] =
    "Not covered: memory traps, which the definitions set aside: page faults, alignment, and what a segment's limit or rights refuse "
    "of an "
    "access; real mode, which has no protection, and virtual-8086 mode but for ia32:v86; ring 2, which nothing tells from ring 1.";

static const char *const variants[] = {"umip", "cpuidf", "pushf", "noleak", "traps", "vt", "v86", NULL};

const struct theory theory_ia32 = {
    .isa = "ia32",
    .variants = variants,
    .variants_combine = true,
    .variants_apart = variants_apart,
    .pins = ia32_pins,
    .has_pin = has_pin,
    .settings = true,
    .classify = classify,
    .set = &isa_ia32,
    .set_config = &ia32_config_default,
    .set_context = context_of,
    .mode_name = mode_name,
    .aside = aside,
    .subject = ia32_subject_name,
    .sweep = &sweep_ia32,
    .remains = ia32_remains,
    .claimed = ia32_claimed,
    .promises = ia32_promises,
    .without_ring1 = ia32_without_ring1,
    .replay = ia32_replay,
};
