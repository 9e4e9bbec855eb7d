/* theory_third.c - the classifier's inputs for the tests' instruction set: a laboratory of four rings, in which two places of memory are seen
 * by two values of `base`, and a few encodings of each row, in the form that the state has.
 */
#include "core/theory/classify.h"
#include "core/theory/derive.h"
#include "tests/isa/third/third.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

enum { RAM = 1 << 18, DISTANCE = 0x10000, CODE = 0x2000, VECTORS = 0x100, STACK = 0x1000, BOUND = DISTANCE, ENCODINGS = 6 };

static const struct k_pin pins[] = {
    {"entry-kept", "vectors and stack are in memory; taken out: a trap may be lost", true},
    {NULL, NULL, false},
};

/* --- the laboratory */

static int create(struct machine **out, struct phys *phys, const void *config, unsigned index)
{
    (void)index;
    return third_create(out, phys, config);
}

static int open_third(struct lab *l)
{
    int error = ram_create(&l->ram, RAM);
    if (!error)
        error = phys_create(&l->phys);
    if (!error)
        error = phys_add_ram(l->phys, "ram", 0, RAM, l->ram, 0);
    l->code_va = CODE + 0x400;
    l->data_va = CODE + PAGE_SIZE;
    l->probe_va = l->data_va + LAB_DATA;
    for (unsigned f = 0; f < LAB_FRAMES && !error; f++) {
        l->code_pa[f] = l->code_va + f * (uint64_t)DISTANCE;
        l->data_pa[f] = l->data_va + f * (uint64_t)DISTANCE;
        l->data[f] = phys_host(l->phys, l->data_pa[f], LAB_DATA);
    }
    return error;
}

static unsigned machine_of(const struct lab *l, const struct lab_state *s)
{
    (void)l, (void)s;
    return 0;
}

static uint64_t plain(reg_t r)
{
    switch (r) {
    case THIRD_BOUND: return BOUND;
    case THIRD_VECTORS: return VECTORS;
    case THIRD_STACK: return STACK;
    default: return 0;
    }
}

static uint64_t generate(reg_t r, uint64_t *seed)
{
    const uint64_t v = lab_next(seed);
    switch (r) {
    case MACHINE_MODE: return v % THIRD_RINGS;
    case MACHINE_PC: return CODE + v % PAGE_SIZE;
    case THIRD_VECTORS: return v % 2 ? VECTORS : RAM;
    case THIRD_STACK: return v % 2 ? STACK : STACK + 8 * (v >> 8 & 31);
    case MACHINE_CLOCK: return v >> 24;
    default: return v % 3 ? v : CODE + PAGE_SIZE + (v >> 8) % 0x1000;
    }
}

static uint64_t extreme(reg_t r, bool ones)
{
    return r == THIRD_VECTORS || r == THIRD_STACK ? plain(r)
           : r == MACHINE_CLOCK                   ? (ones ? UINT64_MAX >> 24 : 0)
           : ones                                 ? UINT64_MAX
                                                  : 0;
}

static void arrange(const struct lab *l, struct lab_state *s, unsigned number, uint64_t *seed)
{
    (void)number, (void)seed;
    s->reg[lab_find(l, THIRD_FORM)] = number % 2;
}

static void put(const struct lab *l, struct lab_state *s, enum lab_place place)
{
    s->reg[lab_find(l, THIRD_BASE)] = place == PLACE_THERE ? DISTANCE : 0;
    s->reg[lab_find(l, THIRD_BOUND)] = BOUND;
}

static bool is_put(reg_t r) { return r == THIRD_BASE || r == THIRD_BOUND || r == MACHINE_MODE || r == MACHINE_PC; }
static bool is_gate(reg_t r)
{
    (void)r;
    return false;
}
static void remap(struct lab *l, unsigned mode, bool elsewhere) { (void)l, (void)mode, (void)elsewhere; /* nothing is cached */ }
static bool memory_trap(const struct trap *t) { return t->cause == THIRD_MEMORY; }

static const struct reg_desc extra[] = {{"clock", NULL, MACHINE_CLOCK, 64, PART_NONDET, "clock units"}};

/* ld a0, data: of either form, for the probe runs in plain ones only. */
static const struct lab_isa lab_third = {
    .isa = &isa_third,
    .mode_count = THIRD_RINGS,
    .modes = {3, 2, 1, 0},
    .mode_name = {"ring3", "ring2", "ring1", "ring0"},
    .extra = extra,
    .extra_count = 1,
    .nop = THIRD_nop + 1,
    .nop_length = 1,
    .open = open_third,
    .machine_of = machine_of,
    .generate = generate,
    .plain = plain,
    .extreme = extreme,
    .arrange = arrange,
    .put = put,
    .is_put = is_put,
    .is_gate = is_gate,
    .probe = {THIRD_nop + 1, 1, THIRD_A + 1, THIRD_A},
    .remap = remap,
    .memory_trap = memory_trap,
};

/* --- subjects */

/* Operands that lead to data, or to code; sixteen bytes, of which an instruction takes as many as it has. */
static void encodings_make(unsigned row, struct encoding out[ENCODINGS])
{
    static const uint64_t seed[ENCODINGS] = {0x3000, 0x3008, 0x30ff, 0x3800, 0x2400, 0x3ff0};
    for (unsigned n = 0; n < ENCODINGS; n++) {
        const char format = isa_third.rows[row].format[0];
        const uint64_t number = UINT64_C(0x0123456789abcdef) * (n + 1);
        insn_t bits = row + 1;
        if (format == 'A' || format == 'I')
            bits |= (insn_t)(n & 3) << 8 | (insn_t)(format == 'A' ? seed[n] : number) << 16;
        else if (format == 'S')
            bits |= (insn_t)seed[n] << 8 | (insn_t)number << 64;
        else
            bits |= (insn_t)(n & 3) << 8 | (insn_t)((n + 1) & 3) << 16 | (insn_t)(format == 'P' ? 0x10 : 0) << 16;
        out[n] = (struct encoding){.bits = bits, .length = 16};
    }
}

/* --- a classification */

static int measure(struct classifier *k, unsigned row, bool leaks, bool witnesses, struct arena *a, struct finding *out)
{
    struct encoding encodings[ENCODINGS];
    struct claim claim = claim_of_row(&isa_third.rows[row]);
    encodings_make(row, encodings);
    if (leaks && row == THIRD_ring)
        claim = (struct claim){.traps = MEASURED_NEVER, .sensitive = SENSITIVE_MODE};
    const struct subject s = {
        .name = isa_third.rows[row].name, .row = (uint16_t)row, .csr = -1, .encodings = encodings, .count = ENCODINGS, .claim = claim};
    int error = classifier_run(k, &s, witnesses, a, out);
    if (!error)
        error = finding_compare(out, &claim, a);
    return error;
}

static int measure_all(struct lab *l, const struct classify_options *o, const struct third_config *config, struct arena *a,
                       struct classification *c)
{
    static const struct k_setting k[] = {
        {THIRD_ENABLE, 1, 0, false}, {THIRD_VECTORS, UINT64_MAX, VECTORS, false}, {THIRD_STACK, UINT64_MAX, STACK, false}};
    struct classifier *classifier;
    int error = classifier_create(&classifier, l, k, o->without ? 1 : 3, o->seed, o->states);
    if (error)
        return error;
    c->findings = arena_array(a, THIRD_ROWS, sizeof *c->findings);
    error = c->findings ? 0 : -ENOMEM;
    for (unsigned row = 0; row < THIRD_ROWS && !error; row++)
        if (!o->subject || strcmp(o->subject, isa_third.rows[row].name) == 0)
            error = measure(classifier, row, config->leaks, !o->brief, a, &c->findings[c->count++]);
    if (!error && !o->subject)
        error = classifier_audit(classifier, a, &c->unsound);
    classifier_destroy(classifier);
    return error;
}

static int classify(const struct classify_options *o, struct classification **out, struct error *e)
{
    static const struct lab_tables none;
    const struct third_config config = {.bytes = RAM, .leaks = o->variant && strcasecmp(o->variant, "leaks") == 0};
    const struct lab_tables tables = {isa_third.regs, isa_third.reg_count, none.fields, 0, NULL};
    struct arena *a = arena_create();
    struct lab *l = a ? arena_alloc(a, sizeof *l) : NULL;
    struct classification *c = l ? arena_alloc(a, sizeof *c) : NULL;
    int error = c ? 0 : -ENOMEM;
    if (c) {
        *l = (struct lab){.isa = &lab_third, .tables = &tables, .config = &config, .create = create};
        *c = (struct classification){.isa = "third",
                                     .variant = config.leaks ? "leaks" : "",
                                     .k = o->without ? "interrupts off" : "interrupts off, entry-kept",
                                     .seed = o->seed,
                                     .states = o->states,
                                     .without = o->without ? pins[0].name : NULL,
                                     .arena = a};
        error = lab_open(l);
        if (!error)
            error = measure_all(l, o, &config, a, c);
        c->states_examined = l->runs;
        lab_close(l);
    }
    if (error) {
        arena_destroy(a);
        return error_set(e, -error, "the laboratory cannot be set up: %s", strerror(-error));
    }
    *out = c;
    return 0;
}

static bool subject(unsigned n, char *name, size_t size)
{
    if (n < THIRD_ROWS)
        snprintf(name, size, "%s", isa_third.rows[n].name);
    return n < THIRD_ROWS;
}

static const char *mode_name(unsigned mode) { return lab_third.mode_name[3 - (mode & 3)]; }

static const char *const variants[] = {
#define VARIANT(name, about) name,
#include "tests/isa/third/variants.def"
#undef VARIANT
    NULL,
};

const struct theory theory_third = {
    .isa = "third",
    .variants = variants,
    .pins = pins,
    .classify = classify,
    .set = &isa_third,
    .mode_name = mode_name,
    .subject = subject,
};
