/* sweep_riscv.c - which encodings RISC-V has, and what is to be put back behind one.
 *
 * A 32-bit word begins with a 16-bit instruction, of which there are 3 * 2^14, or is a 32-bit one, of which there are 2^30. The index of a
 * 32-bit encoding has the opcode first and rd last, so that rows come in runs.
 */
#include "core/theory/sweep_isa.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/theory/samples.h"
#include "core/theory/sweep_claims_riscv.h"
#include "core/theory/theory_riscv.h"

enum {
    CHUNK_PAGES = 1024,
    SHORT = 3 << 14, /* 16-bit encodings: one chunk */
    OPCODE_CHUNKS = (1 << 25) / (SWEEP_PAGE * CHUNK_PAGES),
    OPCODES = 32,
    OPCODE_SYSTEM = 0x1c,
};

struct sweep_riscv {
    struct riscv_theory t;
    unsigned x, f; /* where the general and the floating-point registers are in states */
    struct sweep_claims claims;
    bool fs_off; /* in the state at work */
};

/* --- which encodings there are */

static unsigned chunks(const struct sweep_config *c) { return 1 + (c->quick ? 1 : OPCODES) * OPCODE_CHUNKS; }

static unsigned chunk_pages(const struct sweep_config *c, unsigned chunk)
{
    (void)c;
    return chunk == 0 ? SHORT / SWEEP_PAGE : CHUNK_PAGES;
}

/* opcode, funct3, bits 31:15, rd */
static uint32_t wide_at(uint32_t index)
{
    return 3 | (index >> 25 & 31) << 2 | (index >> 22 & 7) << 12 | (index >> 5 & 0x1ffff) << 15 | (index & 31) << 7;
}

static uint32_t encoding(const struct sweep_config *c, unsigned chunk, unsigned n)
{
    if (chunk == 0)
        return n % (1 << 14) << 2 | n >> 14;
    return wide_at(((c->quick ? OPCODE_SYSTEM * OPCODE_CHUNKS : 0) + chunk - 1) * (uint32_t)(SWEEP_PAGE * CHUNK_PAGES) + n);
}

static insn_t bits_of(uint32_t bits) { return bits; }

static uint64_t pc_of(const struct sweep *s, uint64_t address)
{
    (void)s;
    return address;
}

static unsigned row_of(const struct sweep *s, uint32_t bits)
{
    unsigned length;
    const unsigned row = isa_riscv.decode(s->lab->config, 0, bits, &length);
    return row == INSN_NONE ? RV_INSN_COUNT : row;
}

static uint64_t tables(void)
{
    const struct riscv_inputs in = riscv_inputs();
    uint64_t h = SWEEP_SUM;
    for (unsigned n = 0; n < in.row_count; n++)
        h = sweep_sum(h, in.rows[n].encoding);
    for (unsigned n = 0; n < in.row_count; n++)
        h = (h ^ in.rows[n].traps) * SWEEP_PRIME;
    for (unsigned n = 0; n < in.csr_count; n++)
        h = (h ^ in.csrs[n].address) * SWEEP_PRIME;
    return h;
}

/* --- in words */

static bool is_wide(uint32_t bits) { return (bits & 3) == 3; }

static const char *extent(const struct sweep_config *c) { return c->quick ? " that is short or of the opcode SYSTEM" : ""; }

static void sizes(uint64_t encodings, char *text, size_t size)
{
    snprintf(text, size, "%u of 16 bits and %" PRIu64 " of 32", SHORT, encodings - SHORT);
}

static void print(uint32_t bits, FILE *f)
{
    char text[96];
    isa_riscv.print(theory_riscv.set_config, 0, bits, 0, text, sizeof text);
    fprintf(f, "%0*" PRIx32 "%-*s  %-28s", is_wide(bits) ? 8 : 4, bits, is_wide(bits) ? 0 : 4, "", text);
}

static int k_text(char *text, size_t size)
{
    const struct riscv_inputs in = riscv_inputs();
    struct riscv_k k;
    struct arena *a = arena_create();
    int error = a ? riscv_k_make(&k, RISCV_PINS, &in.tables, a) : -ENOMEM;
    if (!error)
        snprintf(text, size, "%s", k.text);
    arena_destroy(a);
    return error;
}

/* --- executing */

static void enter(struct sweep *s, struct lab_state *from, uint32_t bits)
{
    struct sweep_riscv *own = s->own;
    (void)bits;
    own->fs_off = bits_get(from->reg[lab_find(s->lab, RV_CSR + CSR_mstatus)], MSTATUS_FS, 2) == 0;
}

/* Everything that an instruction of this length can name. */
static void restore(const struct sweep *s, struct machine *m, uint32_t bits)
{
    const struct sweep_riscv *own = s->own;
    const uint64_t *reg = s->from->reg;
    const unsigned rd = bits >> 7 & 31;
    if (is_wide(bits)) {
        machine_set(m, RV_X + rd, rd ? reg[own->x + rd - 1] : 0);
        machine_set(m, RV_F + rd, reg[own->f + rd]);
        return;
    }
    for (unsigned n = 1; n < 32; n++)
        machine_set(m, RV_X + n, reg[own->x + n - 1]);
    for (unsigned n = 0; n < 32; n++)
        machine_set(m, RV_F + n, reg[own->f + n]);
}

static unsigned claimed(const struct sweep *s, unsigned row, uint32_t bits)
{
    const struct sweep_riscv *own = s->own;
    return sweep_claimed(&own->claims, row, bits, own->fs_off);
}

static void close_theory(struct sweep *s)
{
    struct sweep_riscv *own = s->own;
    if (own)
        riscv_theory_close(&own->t);
    free(own);
}

static int open_theory(struct sweep *s, sweep_create_fn *create)
{
    struct riscv_inputs in = riscv_inputs();
    const struct classify_options o = {.seed = s->config.seed, .states = SWEEP_STATES_MAX};
    struct sweep_riscv *own = s->own = calloc(1, sizeof *own);
    in.create = create ? create : in.create;
    const int error = own ? riscv_theory_open(&own->t, &in, RISCV_PINS, &o) : -ENOMEM;
    if (error) {
        close_theory(s);
        return error;
    }
    s->lab = own->t.lab;
    for (unsigned n = 0; n < SWEEP_STATES_MAX; n++) {
        s->start[n] = own->t.classifier->sample[n].guarded;
        lab_put(s->lab, &s->start[n], USER, PLACE_BARE);
        lab_settle(s->lab, &s->start[n]);
    }
    own->x = lab_find(s->lab, RV_X + 1);
    own->f = lab_find(s->lab, RV_F);
    sweep_claims_make(&own->claims, &in, s->lab->machine[0]);
    return 0;
}

_Static_assert((int)RV_INSN_COUNT < (int)SWEEP_ROWS, "a row more than there is room for");

const struct sweep_isa sweep_riscv = {
    .theory = &theory_riscv,
    .rows = RV_INSN_COUNT,
    .page = SWEEP_PAGE,
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
