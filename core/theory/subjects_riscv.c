/* subjects_riscv.c - what there is to classify: rows of insn.def, with operands drawn from their own encoding; accesses to
 * every row of csr.def, by what they do to it; and all that is reserved among 16-bit and SYSTEM encodings. And what the tables
 * claim of each.
 */
#include "core/theory/theory_riscv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { ROW_ENCODINGS = 6, ACCESS_ENCODINGS = 4, OPERANDS = 11 /* rd = a0, rs1 = a1, rs2 = a2 ... */ };

static const char *const access_name[RISCV_ACCESSES] = {"csrr", "csrw", "csrrw", "csrrs", "csrrc"};

bool riscv_is_zicsr(const struct insn_desc *r) { return strcmp(r->ext, "Zicsr") == 0; }

/* Each subject has a seed of its own, made of its name, so that it meets the same numbers whether it is classified alone
 * or with others. */
static uint64_t seed_of(const struct riscv_subjects *s, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ s->seed;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return h;
}

/* --- encodings of a row */

/* The row's own letters for a field (insn.def): their bits of the instruction. */
static uint32_t field_of(const struct insn_desc *r, char letter)
{
    uint32_t field = 0;
    unsigned bit = r->length * 8u;
    for (const char *p = r->encoding; *p; p++) {
        if (*p == ' ')
            continue;
        bit--;
        field |= (*p | 0x20) == letter ? UINT32_C(1) << bit : 0;
    }
    return field;
}

/* Fields of three bits name x8..x15. */
static uint32_t put_register(uint32_t field, unsigned n)
{
    if (!field)
        return 0;
    unsigned width = (unsigned)__builtin_popcount(field);
    return (width == 3 ? n - 8 : n) << __builtin_ctz(field) & field;
}

/* Every operand another register. */
static uint32_t typical(const struct insn_desc *r)
{
    return (uint32_t)r->match | put_register(field_of(r, 'd'), OPERANDS - 1) | put_register(field_of(r, 's'), OPERANDS) |
           put_register(field_of(r, 't'), OPERANDS + 1) | put_register(field_of(r, 'u'), OPERANDS + 2);
}

static unsigned row_decoded(const struct riscv_subjects *s, uint32_t bits)
{
    unsigned length;
    return s->lab->isa->isa->decode(s->lab->config, 0, bits, &length);
}

/* A row that this machine lacks has one encoding, to see that it traps. */
static int row_encodings(struct riscv_subjects *s, unsigned row, struct subject *out, bool *absent)
{
    const struct insn_desc *r = &s->inputs->rows[row];
    struct encoding *e = arena_array(s->arena, ROW_ENCODINGS, sizeof *e);
    uint64_t seed = seed_of(s, r->name);
    uint32_t bits;
    unsigned count = 0;
    if (!e)
        return -ENOMEM;
    for (unsigned attempt = 0; attempt < 1000 && count < ROW_ENCODINGS; attempt++) {
        bits = (uint32_t)(r->match | (lab_next(&seed) & ~r->mask)) & (r->length == 2 ? 0xffff : UINT32_MAX);
        if (attempt < 2) /* first the typical, then the one without operands */
            bits = attempt == 0 ? typical(r) : (uint32_t)r->match;
        if (row_decoded(s, bits) == row)
            e[count++] = (struct encoding){bits, r->length};
    }
    *absent = count == 0;
    if (*absent)
        e[count++] = (struct encoding){typical(r), r->length};
    out->encodings = e;
    out->count = count;
    return 0;
}

static int row_subject(struct riscv_subjects *s, unsigned row, struct subject *out)
{
    const struct insn_desc *r = &s->inputs->rows[row];
    bool absent = false;
    *out = (struct subject){.name = r->name, .row = (uint16_t)row, .csr = -1};
    int error = riscv_is_zicsr(r) ? 0 : row_encodings(s, row, out, &absent);
    out->claim = absent ? (struct claim){.traps = MEASURED_UNDEFINED} : claim_of_row(r);
    if (s->envcfg_shut && out->claim.traps == MEASURED_CONDITION && riscv_is_cache_block(r)) /* the condition is one that K decides */
        out->claim.traps = MEASURED_ALWAYS;
    riscv_claim_row_modes(&out->claim, r, out->row);
    out->claim.every = !s->few;
    out->from = out->count ? riscv_claim_row_from : NULL;
    return error;
}

/* --- accesses to CSRs. csrr writes nothing: rs1 = x0, or the immediate 0; csrw reads nothing: rd = x0 [unpriv 7.1] */

static const struct access_form {
    const char *row;
    bool rd, operand;
} access_forms[RISCV_ACCESSES][ACCESS_ENCODINGS] = {
    [ACCESS_READ] = {{"csrrs", true, false}, {"csrrc", true, false}, {"csrrsi", true, false}, {"csrrci", true, false}},
    [ACCESS_WRITE] = {{"csrrw", false, true}, {"csrrwi", false, true}, {"csrrw", false, true}, {"csrrwi", false, true}},
    [ACCESS_SWAP] = {{"csrrw", true, true}, {"csrrwi", true, true}, {"csrrw", true, true}, {"csrrwi", true, true}},
    [ACCESS_SET] = {{"csrrs", true, true}, {"csrrsi", true, true}, {"csrrs", true, true}, {"csrrsi", true, true}},
    [ACCESS_CLEAR] = {{"csrrc", true, true}, {"csrrci", true, true}, {"csrrc", true, true}, {"csrrci", true, true}},
};

bool riscv_row_has(const char *row, const char *member)
{
    for (unsigned a = 0; a < RISCV_ACCESSES; a++) {
        size_t n = strlen(access_name[a]);
        if (strncmp(member, access_name[a], n) != 0 || member[n] != '.')
            continue;
        for (unsigned e = 0; e < ACCESS_ENCODINGS; e++)
            if (strcmp(access_forms[a][e].row, row) == 0)
                return true;
    }
    return false;
}

static unsigned row_named(const struct riscv_subjects *s, const char *name)
{
    for (unsigned n = 0; n < s->inputs->row_count; n++)
        if (strcmp(s->inputs->rows[n].name, name) == 0)
            return n;
    return INSN_NONE;
}

static struct encoding access_encoding(const struct riscv_subjects *s, const struct access_form *f, unsigned csr, unsigned rd,
                                       unsigned rs1)
{
    unsigned row = row_named(s, f->row);
    uint32_t match = row == INSN_NONE ? 0 : (uint32_t)s->inputs->rows[row].match;
    return (struct encoding){match | csr << 20 | (f->operand ? rs1 : 0) << 15 | (f->rd ? rd : 0) << 7, 4};
}

/* The address says the lowest mode, and whether it may be written [priv 2.1]; counters are shut to U under K. */
static struct claim access_claim(const struct riscv_subjects *s, const struct riscv_csr_row *c, enum riscv_access access)
{
    bool read_only = bits_get(c->address, 10, 2) == 3, counter = strcmp(c->ext, "Zicntr") == 0 || strcmp(c->ext, "Zihpm") == 0;
    bool absent = !machine_has(s->lab->machine[0], RV_CSR + c->address);
    struct claim claim = {.traps = bits_get(c->address, 8, 2) > RV_U || counter ? MEASURED_ALWAYS : MEASURED_NEVER};
    if (absent || (access != ACCESS_READ && read_only))
        return (struct claim){.traps = MEASURED_UNDEFINED, .sensitive = absent ? SENSITIVE_NONE : c->writes}; /* which is none */
    if (strcmp(c->ext, "Sdtrig") == 0 && !((const struct riscv_config *)s->lab->config)->sdtrig)
        return claim; /* they are there all the same, and say that there are no triggers [debug 5.1] */
    claim.sensitive = (access != ACCESS_WRITE ? c->reads : 0) | (access != ACCESS_READ ? c->writes : 0);
    return claim;
}

static int access_subject(struct riscv_subjects *s, const struct riscv_csr_row *c, enum riscv_access access, struct subject *out)
{
    const struct access_form *form = access_forms[access];
    struct encoding *e = arena_array(s->arena, ACCESS_ENCODINGS, sizeof *e);
    const char *name = arena_text(s->arena, "%s.%s", access_name[access], c->name);
    if (!e || !name)
        return -ENOMEM;
    uint64_t seed = seed_of(s, name);
    for (unsigned n = 0; n < ACCESS_ENCODINGS; n++) {
        unsigned rd = n < 2 ? OPERANDS - 1 : 1 + (unsigned)(lab_next(&seed) % 31);
        unsigned rs1 = n < 2 ? OPERANDS : 1 + (unsigned)(lab_next(&seed) % 31);
        e[n] = access_encoding(s, &form[n], c->address, rd, n == 1 ? 31 : rs1); /* of an immediate form: all ones */
    }
    *out = (struct subject){.name = name,
                            .row = (uint16_t)row_named(s, form[0].row),
                            .csr = (int)c->address,
                            .encodings = e,
                            .count = ACCESS_ENCODINGS,
                            .claim = access_claim(s, c, access)};
    riscv_claim_access_modes(&out->claim, c);
    out->claim.every = !s->few;
    out->from = riscv_claim_access_from;
    return 0;
}

/* --- what is reserved */

static bool is_reserved(const struct riscv_subjects *s, uint32_t bits)
{
    bool csr = (bits & 0x7f) == 0x73 && (bits >> 12 & 3) != 0;
    return csr ? (bits >> 12 & 7) != 4 && !machine_has(s->lab->machine[0], RV_CSR + (bits >> 20)) : row_decoded(s, bits) == INSN_NONE;
}

static void reserved_add(const struct riscv_subjects *s, struct encoding *list, unsigned *count, uint32_t bits, unsigned length)
{
    if (!is_reserved(s, bits))
        return;
    if (list)
        list[*count] = (struct encoding){bits, length};
    ++*count;
}

/* All 2^16 encodings whose low bits are not 11. */
static unsigned reserved_compressed(const struct riscv_subjects *s, struct encoding *list)
{
    unsigned count = 0;
    for (uint32_t bits = 0; bits < 0x10000; bits++)
        if ((bits & 3) != 3)
            reserved_add(s, list, &count, bits, 2);
    return count;
}

/* SYSTEM: every CSR by all six instructions; and the other two minor opcodes with every 12-bit function, without operands and
 * with. */
static unsigned reserved_system(const struct riscv_subjects *s, struct encoding *list)
{
    unsigned count = 0;
    for (uint32_t funct3 = 0; funct3 < 8; funct3++)
        for (uint32_t function = 0; function < 4096; function++) {
            uint32_t bits = 0x73 | funct3 << 12 | function << 20;
            if (funct3 % 4 == 0) {
                reserved_add(s, list, &count, bits, 4);
                reserved_add(s, list, &count, bits | 10 << 7, 4);
            }
            reserved_add(s, list, &count, bits | 11 << 15, 4);
            reserved_add(s, list, &count, bits | 10 << 7 | 11 << 15, 4);
        }
    return count;
}

static int reserved_subject(struct riscv_subjects *s, const char *name,
                            unsigned (*enumerate)(const struct riscv_subjects *, struct encoding *), struct subject *out)
{
    unsigned count = enumerate(s, NULL);
    struct encoding *e = arena_array(s->arena, count + 1, sizeof *e);
    if (!e)
        return -ENOMEM;
    enumerate(s, e);
    *out = (struct subject){.name = name,
                            .row = INSN_NONE,
                            .csr = -1,
                            .encodings = e,
                            .count = count,
                            .many = true,
                            .claim = {.traps = MEASURED_UNDEFINED}};
    return 0;
}

/* --- all of it */

static const char *const reserved_name[] = {"reserved.compressed", "reserved.system"};
enum { RESERVED = sizeof reserved_name / sizeof *reserved_name };

bool riscv_subject_name(const struct riscv_inputs *in, unsigned n, char *name, size_t size)
{
    if (n < in->row_count) {
        snprintf(name, size, "%s", in->rows[n].name);
        return true;
    }
    n -= in->row_count;
    if (n < in->csr_count * RISCV_ACCESSES) {
        snprintf(name, size, "%s.%s", access_name[n % RISCV_ACCESSES], in->csrs[n / RISCV_ACCESSES].name);
        return true;
    }
    n -= in->csr_count * RISCV_ACCESSES;
    if (n < RESERVED)
        snprintf(name, size, "%s", reserved_name[n]);
    return n < RESERVED;
}

int riscv_subjects_make(struct riscv_subjects *s)
{
    const struct riscv_inputs *in = s->inputs;
    int error = 0;
    s->count = 0;
    if (s->by_bits)
        return 0;
    s->list = arena_array(s->arena, in->row_count + in->csr_count * RISCV_ACCESSES + RESERVED, sizeof *s->list);
    if (!s->list)
        return -ENOMEM;
    for (unsigned n = 0; n < in->row_count && !error; n++)
        error = row_subject(s, n, &s->list[s->count++]);
    for (unsigned n = 0; n < in->csr_count * RISCV_ACCESSES && !error; n++)
        error = access_subject(s, &in->csrs[n / RISCV_ACCESSES], n % RISCV_ACCESSES, &s->list[s->count++]);
    if (!error)
        error = reserved_subject(s, reserved_name[0], reserved_compressed, &s->list[s->count++]);
    if (!error)
        error = reserved_subject(s, reserved_name[1], reserved_system, &s->list[s->count++]);
    return error;
}

/* --- one instruction by its bits */

static enum riscv_access access_of(const char *row, uint32_t bits)
{
    bool operand = bits_get(bits, 15, 5) != 0, rd = bits_get(bits, 7, 5) != 0;
    if (row[4] == 'w')
        return rd ? ACCESS_SWAP : ACCESS_WRITE;
    return !operand ? ACCESS_READ : row[4] == 's' ? ACCESS_SET : ACCESS_CLEAR;
}

static int csr_subject_of(struct riscv_subjects *s, uint32_t bits, const char *row, struct subject *out)
{
    struct riscv_csr_row unknown = {.ext = "", .address = bits >> 20};
    const struct riscv_csr_row *c = NULL;
    for (unsigned n = 0; n < s->inputs->csr_count; n++)
        if (s->inputs->csrs[n].address == bits >> 20)
            c = &s->inputs->csrs[n];
    if (!c) {
        unknown.name = arena_text(s->arena, "0x%x", bits >> 20);
        c = &unknown;
    }
    return c->name ? access_subject(s, c, access_of(row, bits), out) : -ENOMEM;
}

int riscv_subject_of(struct riscv_subjects *s, uint32_t bits, struct subject *out)
{
    unsigned length = (bits & 3) == 3 ? 4 : 2, row = row_decoded(s, bits);
    struct encoding *e = arena_array(s->arena, 1, sizeof *e);
    int error = 0;
    if (row == INSN_NONE)
        *out = (struct subject){.row = INSN_NONE,
                                .csr = -1,
                                .name = arena_text(s->arena, "0x%0*x", (int)length * 2, bits),
                                .claim = {.traps = MEASURED_UNDEFINED}};
    else if (riscv_is_zicsr(&s->inputs->rows[row]))
        error = csr_subject_of(s, bits, s->inputs->rows[row].name, out);
    else
        error = row_subject(s, row, out);
    if (error || !e || !out->name)
        return -ENOMEM;
    *e = (struct encoding){bits, length};
    out->encodings = e;
    out->count = 1;
    return 0;
}
