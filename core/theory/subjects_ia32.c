/* subjects_ia32.c - what there is to classify: the rows of insn.def, with operands drawn from their encoding or, where they need special ones,
 * by kinds_ia32; and all opcodes that are reserved.
 */
#include "core/theory/theory_ia32.h"

#include "core/theory/lab_ia32.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENCODINGS = 6, MAX_BYTES = 15, ADDRESS_SIZE = 0x67 };

/* The same numbers for a subject whether or not others are classified with it. */
static uint64_t seed_of(const struct ia32_subjects *s, const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325) ^ s->seed;
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
    return h;
}

/* CS.D and SS.B; or code of 16 bits in virtual-8086 mode (isa/ia32/cpu.h, IA_CTX_*). */
unsigned ia32_context(uint32_t variants) { return variants & IA32_V86 ? 12 : 3; }

static unsigned decoded(const struct ia32_subjects *s, insn_t bits, unsigned *length)
{
    return isa_ia32.decode(s->lab->config, ia32_context(s->variants), bits, length);
}

/* --- encodings of a row, by the words of its encoding (insn.def) */

struct form {
    unsigned opcode; /* bytes */
    bool modrm, memory, reg, offset, word;
};

static bool is_byte(const char *w) { return strchr("0123456789ABCDEF", w[0]) && strchr("0123456789ABCDEF", w[1]); }

static struct form form_of(const char *encoding)
{
    struct form f = {0};
    bool opcode = true;
    for (const char *w = encoding; *w; w += strcspn(w, " "), w += strspn(w, " ")) {
        const size_t n = strcspn(w, " ");
        opcode = opcode && n >= 2 && is_byte(w);
        f.opcode += opcode;
        f.modrm |= w[0] == '/';
        f.memory |= n == 1 && *w == 'm';
        f.reg |= n == 1 && *w == 'r';
        f.offset |= n == 2 && strncmp(w, "mo", 2) == 0;
        f.word |= n == 2 && strncmp(w, "iw", 2) == 0;
    }
    return f;
}

/* A register, or memory at EBX, ESI, EDI, EBX + 8 bits and EBP + 8 bits. */
static uint8_t modrm(const struct form *f, unsigned n, uint8_t random)
{
    static const uint8_t memory[] = {0x03, 0x06, 0x07, 0x43, 0x45};
    const bool is_register = f->reg || (!f->memory && n % 2 == 0);
    return is_register ? random | 0xc0 : (uint8_t)((random & 0x38) | memory[(n / 2 + n) % sizeof memory]);
}

static insn_t encoding_make(const struct insn_desc *r, const struct form *f, unsigned n, uint64_t *seed)
{
    uint8_t byte[16];
    insn_t bits, fixed;
    for (unsigned i = 0; i < sizeof byte; i++)
        byte[i] = (uint8_t)lab_next(seed);
    if (f->modrm)
        byte[f->opcode] = modrm(f, n, byte[f->opcode]);
    const unsigned behind = f->opcode + f->modrm;
    if (f->modrm && byte[f->opcode] >> 6 == 1) /* the distance stays in the data */
        byte[behind] &= 0x3f;
    if (f->offset)
        for (unsigned i = 0; i < 4; i++)
            byte[behind + i] = (uint8_t)((BENCH_DATA + DATA_FREE + 16 * n) >> 8 * i);
    if (f->word) /* a stack has only so much room */
        byte[behind] &= 0x1f, byte[behind + 1] = 0, byte[behind + 2] &= 3;
    memcpy(&bits, byte, sizeof bits);
    fixed = r->mask;
    return (bits & ~fixed) | r->match;
}

static int row_encodings(struct ia32_subjects *s, unsigned row, struct subject *out)
{
    const struct insn_desc *r = &s->inputs->rows[row];
    const struct form f = form_of(r->encoding);
    struct encoding *e = arena_array(s->arena, ENCODINGS, sizeof *e);
    uint64_t seed = seed_of(s, r->name);
    if (!e)
        return -ENOMEM;
    for (unsigned attempt = 0; attempt < 200 && out->count < ENCODINGS; attempt++) {
        unsigned length;
        insn_t bits = encoding_make(r, &f, attempt, &seed);
        if (attempt % 4 == 2) /* operands of 16 bits */
            bits = bits << 8 | 0x66;
        if (s->variants & IA32_V86) /* addresses are as elsewhere */
            bits = bits << 8 | ADDRESS_SIZE;
        if (decoded(s, bits, &length) == row && length <= MAX_BYTES)
            e[out->count++] = (struct encoding){insn_cut(bits, length), length};
    }
    out->encodings = e;
    return 0;
}

static int kind_encodings(struct ia32_subjects *s, const struct ia32_kind *k, struct subject *out)
{
    struct encoding *e = arena_array(s->arena, ENCODINGS, sizeof *e);
    if (!e)
        return -ENOMEM;
    for (const char *at = k->example; *at && out->count < ENCODINGS;)
        at = ia32_kind_example(at, &e[out->count++]);
    for (unsigned n = 0; n < out->count && s->variants & IA32_V86; n++)
        e[n] = (struct encoding){e[n].bits << 8 | ADDRESS_SIZE, e[n].length + 1};
    out->encodings = e;
    if (k->scheme == OPERANDS_ANY)
        return 0;
    out->operands = s->variants & IA32_V86 ? lab_ia32_v86_operands : lab_ia32_operands;
    out->scheme = k->scheme;
    return 0;
}

/* --- subjects of a row */

static int part_subject(struct ia32_subjects *s, unsigned row, const struct ia32_kind *k, struct subject *out)
{
    const struct insn_desc *r = &s->inputs->rows[row];
    const char *name = k && k->part ? arena_text(s->arena, "%s.%s", r->name, k->part) : r->name;
    *out =
        (struct subject){.name = name, .row = (uint16_t)row, .csr = -1, .claim = ia32_claim(r, row, k ? k->part : NULL, s->variants)};
    if (!name)
        return -ENOMEM;
    return k ? kind_encodings(s, k, out) : row_encodings(s, row, out);
}

static int row_subjects(struct ia32_subjects *s, unsigned row)
{
    const struct ia32_kind *k = ia32_kind_of(s->variants, row, 0);
    int error = 0;
    if (!k || !k->part) {
        error = part_subject(s, row, k, &s->list[s->count]);
        s->count += s->list[s->count].count != 0; /* rows of protected mode do not exist in virtual-8086 mode */
        return error;
    }
    s->list[s->count++] = (struct subject){.name = s->inputs->rows[row].name,
                                           .row = (uint16_t)row,
                                           .csr = -1,
                                           .claim = ia32_claim(&s->inputs->rows[row], row, NULL, s->variants)};
    for (unsigned n = 0; (k = ia32_kind_of(s->variants, row, n)) && !error; n++)
        error = part_subject(s, row, k, &s->list[s->count++]);
    return error;
}

bool ia32_row_has(const char *row, const char *member)
{
    const size_t n = strlen(row);
    return strncmp(row, member, n) == 0 && member[n] == '.';
}

/* --- what is reserved: both maps of opcodes, each with every ModRM byte, bare and behind the prefixes that may change a row */

enum { MAPS = 2, OPCODES = 256, FORMS = 256 };

static void reserved_add(const struct ia32_subjects *s, struct encoding *list, unsigned *count, insn_t bits)
{
    unsigned length;
    if (decoded(s, bits, &length) != INSN_NONE || length > MAX_BYTES)
        return;
    if (list)
        list[*count] = (struct encoding){bits, MAX_BYTES};
    ++*count;
}

static unsigned reserved_enumerate(const struct ia32_subjects *s, struct encoding *list)
{
    static const uint8_t prefix[] = {0, 0x66, 0xf0, 0xf2, 0xf3};
    unsigned count = 0;
    for (unsigned p = 0; p < sizeof prefix; p++)
        for (unsigned map = 0; map < MAPS; map++)
            for (unsigned n = 0; n < OPCODES * FORMS; n++) {
                insn_t bits = (insn_t)(n >> 8) | (insn_t)(n & 0xff) << 8;
                unsigned length;
                if (map)
                    bits = bits << 8 | 0x0f;
                if (prefix[p] == 0xf0 && decoded(s, bits, &length) == INSN_NONE) /* it is there without LOCK */
                    continue;
                reserved_add(s, list, &count, prefix[p] ? bits << 8 | prefix[p] : bits);
            }
    return count;
}

static int reserved_subject(struct ia32_subjects *s, struct subject *out)
{
    const unsigned count = reserved_enumerate(s, NULL);
    struct encoding *e = arena_array(s->arena, count + 1, sizeof *e);
    if (!e)
        return -ENOMEM;
    reserved_enumerate(s, e);
    *out = (struct subject){.name = "reserved",
                            .row = INSN_NONE,
                            .csr = -1,
                            .encodings = e,
                            .count = count,
                            .many = true,
                            .claim = {.traps = MEASURED_UNDEFINED}};
    return 0;
}

/* --- all of it */

int ia32_subjects_make(struct ia32_subjects *s)
{
    int error = 0;
    s->count = 0;
    s->list = arena_array(s->arena, s->inputs->row_count + ia32_kind_count + 1, sizeof *s->list);
    if (!s->list)
        return -ENOMEM;
    for (unsigned row = 0; row < s->inputs->row_count && !error; row++)
        error = row_subjects(s, row);
    return error ? error : reserved_subject(s, &s->list[s->count++]);
}

bool ia32_subject_name(unsigned n, char *name, size_t size)
{
    for (unsigned row = 0; row < isa_ia32.row_count; row++) {
        const struct ia32_kind *k = ia32_kind_of(0, row, 0);
        const uint32_t variants = k && !k->part ? IA32_VT : 0; /* some are in parts only there */
        const char *of = isa_ia32.rows[row].name;
        if (n-- == 0) {
            snprintf(name, size, "%s", of);
            return true;
        }
        for (unsigned part = 0; (k = ia32_kind_of(variants, row, part)) && k->part; part++)
            if (n-- == 0) {
                snprintf(name, size, "%s.%s", of, k->part);
                return true;
            }
    }
    if (n == 0)
        snprintf(name, size, "reserved");
    return n == 0;
}

/* --- one instruction by its bits */

/* The first part of its row that it can be of. */
static const struct ia32_kind *kind_like(const struct ia32_subjects *s, unsigned row, insn_t bits)
{
    const struct ia32_kind *k;
    struct ia32_decoded i;
    const bool known = ia32_decode(s->lab->config, ia32_context(s->variants), bits, &i);
    for (unsigned n = 0; known && (k = ia32_kind_of(s->variants, row, n)); n++)
        if (ia32_kind_fits(k, &i))
            return k;
    return ia32_kind_of(s->variants, row, 0);
}

int ia32_subject_of(struct ia32_subjects *s, insn_t bits, struct subject *out)
{
    char hex[INSN_HEX];
    unsigned length;
    const unsigned row = decoded(s, bits, &length);
    struct encoding *e = arena_array(s->arena, 1, sizeof *e);
    int error = 0;
    if (row == INSN_NONE)
        *out = (struct subject){.row = INSN_NONE,
                                .csr = -1,
                                .name = arena_text(s->arena, "0x%s", insn_hex(bits, length, hex)),
                                .claim = {.traps = MEASURED_UNDEFINED}};
    else
        error = part_subject(s, row, kind_like(s, row, bits), out);
    if (error || !e || !out->name)
        return -ENOMEM;
    *e = (struct encoding){insn_cut(bits, length), length};
    out->encodings = e;
    out->count = 1;
    out->claim.at_most = true;
    return 0;
}
