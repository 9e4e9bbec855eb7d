/* sweep_ia32.c - which encodings of IA-32 are swept, and what is to be put back behind one.
 *
 * An instruction has up to 15 bytes, too many to have all. Its first three say which it is, unless there are many prefixes: those are
 * swept, 2^24 of them, in a segment of 16 bits and in one of 32. What follows is always the same: 0x80011800, over and over, an address of
 * data. An encoding's number has the first byte lowest, and in bit 24 the segment.
 */
#include "core/theory/sweep_isa.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/theory/lab_ia32.h"
#include "core/theory/samples.h"
#include "core/theory/theory_ia32.h"
#include "isa/ia32_operands.h"

enum { SLOT = 16, PAGE_OF = PAGE_SIZE / SLOT, SIZES = 2, BYTES = 256, FEW = 16, WIDE = 1 << 24, STACK_32 = 2 };
#define BIT(outcome) (1u << (outcome))

struct sweep_ia32 {
    struct ia32_k k;
    struct lab_tables tables; /* with K's promises */
    struct arena *arena;      /* owned; so are the next two */
    struct lab *lab;
    struct classifier *classifier;
    uint8_t claim[IA_INSN_COUNT]; /* a bit per enum outcome */
    unsigned first_x87, last_x87; /* among the registers of a state */
};

/* --- which encodings there are */

static unsigned chunks(const struct sweep_config *c)
{
    (void)c;
    return SIZES * BYTES;
}

static unsigned chunk_pages(const struct sweep_config *c, unsigned chunk)
{
    (void)chunk;
    return BYTES * (c->quick ? FEW : BYTES) / PAGE_OF;
}

/* Where there is a ModRM byte in the third place: each value of its reg field, with memory and with a register. */
static uint32_t third_of_few(unsigned n) { return (n & 7) << 3 | 3 | (n & 8 ? 0xc0u : 0); }

static uint32_t encoding(const struct sweep_config *c, unsigned chunk, unsigned n)
{
    const uint32_t first = chunk % BYTES, wide = chunk / BYTES ? WIDE : 0;
    return c->quick ? first | n / FEW << 8 | third_of_few(n % FEW) << 16 | wide : first | n / BYTES << 8 | n % BYTES << 16 | wide;
}

static insn_t bits_of(uint32_t e)
{
    const uint32_t tail = (uint32_t)(BENCH_DATA + DATA_FREE);
    insn_t bits = e & 0xffffff;
    for (unsigned n = 0; n < 13; n++)
        bits |= (insn_t)(tail >> 8 * (n % 4) & 0xff) << 8 * (3 + n);
    return bits;
}

static unsigned context_of(uint32_t e) { return STACK_32 | (e & WIDE ? 1 : 0); }

static unsigned row_of(const struct sweep *s, uint32_t e)
{
    unsigned length;
    const unsigned row = isa_ia32.decode(s->lab->config, context_of(e), bits_of(e), &length);
    return row == INSN_NONE ? IA_INSN_COUNT : row;
}

static uint64_t tables(void)
{
    const struct ia32_inputs in = ia32_inputs();
    uint64_t h = SWEEP_SUM;
    for (unsigned n = 0; n < in.row_count; n++)
        h = (sweep_sum(h, in.rows[n].encoding) ^ in.rows[n].traps) * SWEEP_PRIME;
    return h;
}

/* --- in words */

static const char *extent(const struct sweep_config *c)
{
    return c->quick ? " of three bytes, of which the third has each value of a reg field" : " of three bytes";
}

static void sizes(uint64_t encodings, char *text, size_t size)
{
    snprintf(text, size, "%" PRIu64 " in code of 16 bits and of 32", encodings);
}

static void print(uint32_t e, FILE *f)
{
    char text[96];
    isa_ia32.print(theory_ia32.set_config, context_of(e), bits_of(e), 0, text, sizeof text);
    fprintf(f, "%02x %02x %02x, %u bits: %-28s ", e & 0xff, e >> 8 & 0xff, e >> 16 & 0xff, e & WIDE ? 32 : 16, text);
}

static int k_text(char *text, size_t size)
{
    const struct ia32_inputs in = ia32_inputs();
    struct ia32_k k;
    struct arena *a = arena_create();
    int error = a ? ia32_k_make(&k, IA32_PINS, 0, &in.tables, a) : -ENOMEM;
    if (!error)
        snprintf(text, size, "%s", k.text);
    arena_destroy(a);
    return error;
}

/* --- executing */

static uint64_t *reg_of(const struct sweep *s, struct lab_state *from, reg_t reg) { return &from->reg[lab_find(s->lab, reg)]; }

/* The page behind the data: a repeated string may run into it. */
static void probe_clear(struct lab *l)
{
    memset(phys_host(l->phys, l->probe_va, PAGE_SIZE), 0, PAGE_SIZE);
    phys_written(l->phys, l->probe_va, PAGE_SIZE);
}

/* In code of 16 bits addresses have 16, so segments begin at the code and at the data; pointers keep what is behind that. */
static void enter(struct sweep *s, struct lab_state *from, uint32_t e)
{
    static const reg_t pointers[] = {IA_ESP, IA_EBX, IA_EBP, IA_ESI, IA_EDI};
    probe_clear(s->lab);
    if (e & WIDE)
        return;
    for (unsigned seg = IA_ES; seg < IA_SEGS; seg++) {
        const reg_t first = IA_SEG + 4 * seg;
        *reg_of(s, from, first + IA_BASE) = seg == IA_CS ? BENCH_CODE_PAGE : BENCH_DATA;
        *reg_of(s, from, first + IA_LIMIT) = 0xffff;
    }
    *reg_of(s, from, IA_SEG + 4 * IA_CS + IA_RIGHTS) &= ~(uint64_t)(IA_RIGHTS_DB | IA_RIGHTS_G);
    for (unsigned n = 0; n < sizeof pointers / sizeof *pointers; n++) {
        uint64_t *at = reg_of(s, from, pointers[n]);
        if (*at - BENCH_DATA < LAB_DATA)
            *at -= BENCH_DATA;
    }
}

static uint64_t pc_of(const struct sweep *s, uint64_t address)
{
    return address - s->from->reg[lab_find(s->lab, IA_SEG + 4 * IA_CS + IA_BASE)];
}

static void put_back(const struct sweep *s, struct machine *m, unsigned at)
{
    if (machine_get(m, s->lab->reg[at]) != s->from->reg[at])
        machine_set(m, s->lab->reg[at], s->from->reg[at]);
}

/* What a program may change: general registers, flags, data segments by a null selector, and the floating-point unit. */
static void restore(const struct sweep *s, struct machine *m, uint32_t e)
{
    const struct sweep_ia32 *own = s->own;
    bool x87 = false;
    for (unsigned n = 0; n < 24; n += 8)
        x87 |= (e >> n & 0xf8) == 0xd8 || (e >> n & 0xff) == 0x9b;
    for (reg_t r = IA_EAX; r <= IA_EFLAGS; r++)
        put_back(s, m, lab_find(s->lab, r));
    for (unsigned seg = IA_ES; seg < IA_SEGS; seg++)
        for (unsigned part = 0; part < 4 && seg != IA_CS && seg != IA_SS; part++)
            put_back(s, m, lab_find(s->lab, IA_SEG + 4 * seg + part));
    for (unsigned at = own->first_x87; at <= own->last_x87 && x87; at++)
        put_back(s, m, at);
}

/* --- claims */

static unsigned outcomes_of(enum measured_traps traps)
{
    switch (traps) {
    case MEASURED_NEVER: return BIT(OUTCOME_OK) | BIT(OUTCOME_RESOURCE);
    case MEASURED_ALWAYS: return BIT(OUTCOME_PRIVILEGE);
    case MEASURED_WITHHELD: return BIT(OUTCOME_RESOURCE);
    case MEASURED_REQUESTED: return BIT(OUTCOME_REQUESTED);
    case MEASURED_UNDEFINED: return BIT(OUTCOME_UNDEFINED);
    case MEASURED_CONDITION: break;
    }
    return BIT(OUTCOME_OK) | BIT(OUTCOME_RESOURCE) | BIT(OUTCOME_PRIVILEGE) | BIT(OUTCOME_REQUESTED);
}

/* Of a row in parts, what any of them may do. */
static void claims_make(struct sweep_ia32 *own, const struct ia32_inputs *in)
{
    for (unsigned row = 0; row < in->row_count; row++) {
        const struct insn_desc *r = &in->rows[row];
        const struct ia32_kind *k;
        for (unsigned n = 0; (k = ia32_kind_of(0, row, n)); n++)
            own->claim[row] |= (uint8_t)outcomes_of(ia32_claim(r, row, k->part, 0).traps);
        if (!own->claim[row])
            own->claim[row] = (uint8_t)outcomes_of(ia32_claim(r, row, NULL, 0).traps);
    }
}

/* Is there no such register [SDM 2B MOV, MOV to control registers]? */
static bool has_no_register(unsigned row, unsigned reg)
{
    switch (row) {
    case IA_INSN_mov_rm_seg: return reg >= IA_SEGS;
    case IA_INSN_mov_seg_rm: return reg >= IA_SEGS || reg == IA_CS;
    case IA_INSN_mov_r_cr:
    case IA_INSN_mov_cr_r: return reg == 1 || reg > 4;
    default: return false;
    }
}

static unsigned claimed(const struct sweep *s, unsigned row, uint32_t e)
{
    const struct sweep_ia32 *own = s->own;
    struct ia32_decoded d;
    if (row == IA_INSN_COUNT || !ia32_decode(s->lab->config, context_of(e), bits_of(e), &d))
        return BIT(OUTCOME_UNDEFINED);
    return has_no_register(row, d.reg) ? BIT(OUTCOME_UNDEFINED) : own->claim[row];
}

/* --- opening */

static void close_theory(struct sweep *s)
{
    struct sweep_ia32 *own = s->own;
    if (own) {
        classifier_destroy(own->classifier);
        if (own->lab)
            lab_close(own->lab);
        free(own->lab);
        arena_destroy(own->arena);
    }
    free(own);
}

static int theory_open(struct sweep_ia32 *own, const struct ia32_inputs *in, uint64_t seed, sweep_create_fn *create)
{
    own->arena = arena_create();
    own->lab = calloc(1, sizeof *own->lab);
    int error = own->arena && own->lab ? ia32_k_make(&own->k, IA32_PINS, 0, &in->tables, own->arena) : -ENOMEM;
    if (error)
        return error;
    own->tables = in->tables;
    own->tables.fields = own->k.field;
    own->tables.field_count = own->k.field_count;
    own->tables.promised = ia32_k_promises;
    *own->lab =
        (struct lab){.isa = &lab_ia32, .tables = &own->tables, .config = &own->k.config, .create = create ? create : in->create};
    error = lab_open(own->lab);
    return error ? error : classifier_create(&own->classifier, own->lab, own->k.setting, own->k.setting_count, seed, SWEEP_STATES_MAX);
}

static int open_theory(struct sweep *s, sweep_create_fn *create)
{
    const struct ia32_inputs in = ia32_inputs();
    struct sweep_ia32 *own = s->own = calloc(1, sizeof *own);
    const int error = own ? theory_open(own, &in, s->config.seed, create) : -ENOMEM;
    if (error) {
        close_theory(s);
        return error;
    }
    s->lab = own->lab;
    for (unsigned n = 0; n < SWEEP_STATES_MAX; n++) {
        s->start[n] = own->classifier->sample[n].guarded;
        lab_put(s->lab, &s->start[n], USER, PLACE_BARE);
        lab_settle(s->lab, &s->start[n]);
    }
    own->first_x87 = lab_find(s->lab, IA_X87);
    own->last_x87 = lab_find(s->lab, IA_X87_FDS);
    claims_make(own, &in);
    return 0;
}

_Static_assert((int)IA_INSN_COUNT < (int)SWEEP_ROWS, "a row more than there is room for");

const struct sweep_isa sweep_ia32 = {
    .theory = &theory_ia32,
    .rows = IA_INSN_COUNT,
    .page = PAGE_OF,
    .chunks = chunks,
    .chunk_pages = chunk_pages,
    .encoding = encoding,
    .bits = bits_of,
    .pc = pc_of,
    .row = row_of,
    .extent = extent,
    .sizes = sizes,
    .print = print,
    .tables = tables,
    .k = k_text,
    .open = open_theory,
    .close = close_theory,
    .enter = enter,
    .restore = restore,
    .claimed = claimed,
};
