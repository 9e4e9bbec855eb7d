/* rows.c - the tables as the rest of the house reads them: instructions, registers, and the instruction set itself. */
#include "isa/ia32/about.h"
#include "isa/ia32/cpu.h"
#include "isa/ia32/decode.h"
#include "isa/ia32/print.h"

#include "ia32_decode.h"

enum {
    NONE = SENSITIVE_NONE,
    CONTROL = SENSITIVE_CONTROL,
    LOCATION = SENSITIVE_LOCATION,
    MODE = SENSITIVE_MODE,
    STATE = SENSITIVE_STATE
};

#define MATCH(match, mask, length) match
#define MASK(match, mask, length) mask
#define LENGTH(match, mask, length) length
#define OF_CODE(what, ...) what(__VA_ARGS__)

/* A row's match and mask come out of the same reading of its encoding as the decoder's tables (mkdecode.c): they
 * cannot differ. */
static const struct insn_desc rows[IA_INSN_COUNT] = {
#define INSN(row, ext_, encoding_, operands_, body_, traps_, sensitive_, manual_)                                                     \
    [IA_INSN_##row] = {.name = #row,                                                                                                  \
                       .ext = #ext_,                                                                                                  \
                       .encoding = encoding_,                                                                                         \
                       .format = operands_,                                                                                           \
                       .manual = manual_,                                                                                             \
                       .traps = TRAPS_##traps_,                                                                                       \
                       .sensitive = sensitive_,                                                                                       \
                       .match = OF_CODE(MATCH, IA_CODE_##row),                                                                        \
                       .mask = OF_CODE(MASK, IA_CODE_##row),                                                                          \
                       .length = OF_CODE(LENGTH, IA_CODE_##row)},
#include "isa/ia32/insn.def"
#undef INSN
};

static const struct reg_desc registers[] = {
#define REG(number, name, bits, part, about) {name, NULL, number, bits, PART_##part, about},
#define SEGMENT(n, name, part, about)                                                                                                 \
    {name, NULL, IA_SEG + 4 * (n) + IA_SELECTOR, 16, PART_##part, about ": selector"},                                                \
        {name "_base", NULL, IA_SEG + 4 * (n) + IA_BASE, 32, PART_##part, "... its linear address"},                                  \
        {name "_limit", NULL, IA_SEG + 4 * (n) + IA_LIMIT, 32, PART_##part, "... its limit, in bytes"},                               \
        {name "_rights", NULL, IA_SEG + 4 * (n) + IA_RIGHTS, 17, PART_##part, "... its rights, as its descriptor has them"},
#include "isa/ia32/reg.def"
#undef REG
#undef SEGMENT
};

static const struct reg_field fields[] = {
#define FIELD(name, reg, low, width, part) {name, reg, low, width, PART_##part},
#include "isa/ia32/field.def"
#undef FIELD
};

/* Over the contract, for any machine that has these registers: what ia_cpu.context has of decoding, made anew. */
static unsigned context(const struct machine *m)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE);
    return (machine_get(m, IA_SEG + 4 * IA_CS + IA_RIGHTS) & IA_RIGHTS_DB ? IA_CTX_D : 0u) |
           (machine_get(m, IA_SEG + 4 * IA_SS + IA_RIGHTS) & IA_RIGHTS_DB ? IA_CTX_SSB : 0u) |
           (mode == IA_REAL || mode == IA_V86 ? IA_CTX_REAL : 0u) | (mode == IA_V86 ? IA_CTX_V86 : 0u);
}

static unsigned decode(const void *config, unsigned ctx, insn_t bits, unsigned *length)
{
    uint8_t bytes[16];
    ia_insn i;
    memcpy(bytes, &bits, sizeof bytes);
    (void)ia_decode(config, ctx, bytes, sizeof bytes, &i);
    *length = i.length;
    return i.row;
}

/* --- interrupts */

static bool interruptible(const struct machine *m) { return machine_get(m, IA_EFLAGS) & EFLAGS_IF; }

/* HLT ends with what would be taken: an INTR while IF is clear does not wake, and an NMI that was seen does unless
 * one is being handled. */
static bool wakes(const struct machine *m)
{
    return (machine_get(m, IA_LINES) & 1u << IA_LINE_INTR && interruptible(m)) || machine_get(m, IA_NMI_MASKED) == 2;
}

/* If these lines went up, would HLT end? */
static bool listens(const struct machine *m, uint64_t lines)
{
    return (lines & 1u << IA_LINE_INTR && interruptible(m)) || (lines & 1u << IA_LINE_NMI && !(machine_get(m, IA_NMI_MASKED) & 1));
}

/* What people are told of a machine that waits: with "IF 0" only an NMI can wake it. */
static void waiting(const struct machine *m, char *out, size_t size)
{
    snprintf(out, size, "IF %d, NMI %s", interruptible(m), machine_get(m, IA_NMI_MASKED) & 1 ? "masked" : "open");
}

static bool fact(const void *config, unsigned n, const char **name, char *value, size_t size)
{
    const struct ia32_config *c = config;
    if (n == 0) {
        *name = "processor";
        snprintf(value, size, "%s", c->model == IA_MODEL_386 ? "386" : "686");
    } else if (n == 1) {
        *name = "variant";
        (void)ia32_variants_name(c->variants, value, size);
    }
    return n < 2;
}

const struct isa isa_ia32 = {
    .name = "ia32",
    .rows = rows,
    .row_count = IA_INSN_COUNT,
    .regs = registers,
    .reg_count = sizeof registers / sizeof registers[0],
    .fields = fields,
    .field_count = sizeof fields / sizeof fields[0],
    .deliver = ia_deliver,
    .context = context,
    .decode = decode,
    .print = ia_print,
    .lines = 1u << IA_LINE_INTR | 1u << IA_LINE_NMI | 1u << IA_LINE_A20M | 1u << IA_LINE_IGNNE,
    .wakes = wakes,
    .listens = listens,
    .waiting = waiting,
    .fact = fact,
    .about = &ia32_about,
};
