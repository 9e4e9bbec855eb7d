/* vectors.h - instruction vectors, one case a line, read from tests/isa/vectors/ (the language is described there, in README).
 *
 *   assembly | encoding | before -> after    # remark
 *
 * A line says what the manual says: what is named in `after` is so, and nothing else of the machine has changed, but the pc, which
 * has moved by the length of the instruction unless it trapped. This is the reader; vectors_run.h runs a line on a machine.
 */
#ifndef TRAPEZE_TESTS_VECTORS_H
#define TRAPEZE_TESTS_VECTORS_H

#include "isa/riscv.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VECTOR_RAM UINT64_C(0x80000000)
#define VECTOR_CODE (VECTOR_RAM + 0x8000)   /* `code`: where the instruction lies */
#define VECTOR_DATA (VECTOR_RAM + 0x10000)  /* `data` */
#define VECTOR_IO UINT64_C(0x10000000)      /* `io`: a register that reads VECTOR_IO_READS */
#define VECTOR_NOWHERE UINT64_C(0x20000000) /* `nowhere`: nothing answers there */
enum { VECTOR_RAM_SIZE = 0x20000, VECTOR_DATA_SIZE = 2 * PAGE_SIZE, VECTOR_IO_READS = 0x91, VECTOR_LINE = 512, VECTOR_ITEMS = 12 };

/* The machine of the vectors: all that a hart can have. */
static inline struct riscv_config vector_config(void)
{
    struct riscv_config c = riscv_config_default;
    c.zicbom = c.zicboz = true;
    return c;
}

/* A register (index into isa_riscv.regs, or VECTOR_CLOCK), or some bytes of data, and what is in it. */
enum { VECTOR_MEMORY = -1, VECTOR_CLOCK = -2 };
struct vector_item {
    int reg;
    unsigned lo, width; /* bits of the register */
    unsigned at, size;  /* VECTOR_MEMORY: bytes of data */
    uint64_t value;
};

struct vector {
    char assembly[64];
    unsigned row; /* INSN_NONE: the line claims that the encoding is undefined */
    uint32_t bits;
    unsigned length;
    struct vector_item before[VECTOR_ITEMS], after[VECTOR_ITEMS];
    unsigned before_count, after_count;
    enum trap_kind kind; /* TRAP_NONE: it retires; WAIT and YIELD as well */
    enum trap_reason reason;
    uint64_t cause, tval;
};

/* Parsing: each function returns NULL, or what is wrong with the text. */

struct vector_field {
    const char *name;
    unsigned csr, lo, width;
};

/* Names for bits, so that lines can be read. fflags and frm are parts of fcsr also where they are CSRs. */
static const struct vector_field vector_fields[] = {
    {"fflags", CSR_fcsr, 0, 5},
    {"frm", CSR_fcsr, 5, 3},
#define STATUS(field, width)                                                                                                          \
    {                                                                                                                                 \
        "mstatus." #field, CSR_mstatus, MSTATUS_##field, width                                                                        \
    }
    STATUS(SIE, 1),
    STATUS(MIE, 1),
    STATUS(SPIE, 1),
    STATUS(MPIE, 1),
    STATUS(SPP, 1),
    STATUS(MPP, 2),
    STATUS(FS, 2),
    STATUS(MPRV, 1),
    STATUS(SUM, 1),
    STATUS(MXR, 1),
    STATUS(TVM, 1),
    STATUS(TW, 1),
    STATUS(TSR, 1),
#undef STATUS
    {"mcounteren.CY", CSR_mcounteren, 0, 1},
    {"mcounteren.TM", CSR_mcounteren, 1, 1},
    {"mcounteren.IR", CSR_mcounteren, 2, 1},
    {"menvcfg.STCE", CSR_menvcfg, 63, 1},
#define ENVIRONMENT(csr, field, lo, width)                                                                                            \
    {                                                                                                                                 \
#csr "." #field, CSR_##csr, lo, width                                                                                         \
    }
    ENVIRONMENT(menvcfg, CBIE, 4, 2),
    ENVIRONMENT(menvcfg, CBCFE, 6, 1),
    ENVIRONMENT(menvcfg, CBZE, 7, 1),
    ENVIRONMENT(senvcfg, CBIE, 4, 2),
    ENVIRONMENT(senvcfg, CBCFE, 6, 1),
    ENVIRONMENT(senvcfg, CBZE, 7, 1),
#undef ENVIRONMENT
};

static inline int vector_register(const char *name)
{
    for (unsigned i = 0; i < isa_riscv.reg_count; i++) {
        const struct reg_desc *r = &isa_riscv.regs[i];
        if (!strcmp(r->alt ? r->alt : r->name, name))
            return (int)i;
    }
    return VECTOR_MEMORY;
}

static inline unsigned vector_row(const char *name)
{
    for (unsigned row = 0; row < isa_riscv.row_count; row++)
        if (!strcmp(isa_riscv.rows[row].name, name))
            return row;
    return INSN_NONE;
}

/* s:1.5 is a boxed single, d:1.5 a double; inf, nan (the canonical one) and snan besides numbers as C writes them. */
static inline const char *vector_float(const char *text, uint64_t *value)
{
    bool single = text[0] == 's';
    const char *number = text + 2, *magnitude = number + (*number == '-');
    char *end;
    float f = strtof(number, &end);
    double d = strtod(number, &end);
    uint32_t low;
    memcpy(&low, &f, sizeof low);
    memcpy(value, &d, sizeof *value);
    if (!strcmp(magnitude, "nan") || !strcmp(magnitude, "snan")) {
        bool quiet = *magnitude == 'n';
        low = (quiet ? UINT32_C(0x7fc00000) : UINT32_C(0x7f800001)) | (uint32_t)(*number == '-') << 31;
        *value = (quiet ? UINT64_C(0x7ff8000000000000) : UINT64_C(0x7ff0000000000001)) | (uint64_t)(*number == '-') << 63;
    } else if (*end || end == number || (single && (double)f != d)) {
        return "not a number of this format";
    }
    if (single)
        *value = UINT64_C(0xffffffff00000000) | low;
    return NULL;
}

static inline const char *vector_flags(const char *text, uint64_t *value)
{
    static const struct {
        const char *name;
        uint64_t bit;
    } flags[] = {{"NX", 1}, {"UF", 2}, {"OF", 4}, {"DZ", 8}, {"NV", 16}};
    for (*value = 0; *text; text += 2 + (text[2] == '+')) {
        unsigned i = 0;
        while (i < 5 && strncmp(flags[i].name, text, 2) != 0)
            i++;
        if (i == 5)
            return "not flags";
        *value |= flags[i].bit;
    }
    return NULL;
}

static inline const char *vector_integer(const char *text, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = *text == '-' ? (uint64_t)strtoll(text, &end, 0) : strtoull(text, &end, 0);
    return *end || end == text || errno ? "not a number" : NULL;
}

/* A number, or a place and perhaps an offset: data+8. */
static inline const char *vector_value(const char *text, uint64_t *value)
{
    static const struct {
        const char *name;
        uint64_t value;
    } words[] = {{"code", VECTOR_CODE}, {"data", VECTOR_DATA}, {"io", VECTOR_IO}, {"nowhere", VECTOR_NOWHERE},
                 {"none", UINT64_MAX},  {"U", RV_U},           {"S", RV_S},       {"M", RV_M}};
    if ((text[0] == 's' || text[0] == 'd') && text[1] == ':')
        return vector_float(text, value);
    if (isupper((unsigned char)text[0]) && isupper((unsigned char)text[1]))
        return vector_flags(text, value);
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t n = strlen(words[i].name);
        uint64_t offset = 0;
        if (strncmp(text, words[i].name, n) != 0 || isalnum((unsigned char)text[n]))
            continue;
        const char *wrong = text[n] ? vector_integer(text + n + (text[n] == '+'), &offset) : NULL;
        *value = words[i].value + offset;
        return wrong;
    }
    return vector_integer(text, value);
}

/* b[data+3], h[..], w[..], d[..] */
static inline const char *vector_place(char *name, struct vector_item *item)
{
    static const char sizes[] = "bh w   d";
    char *close = strchr(name, ']');
    uint64_t at;
    if (!strchr(sizes, name[0]) || name[0] == ' ' || !close || close[1])
        return "not a place in memory";
    *close = '\0';
    const char *wrong = vector_value(name + 2, &at);
    item->reg = VECTOR_MEMORY;
    item->size = (unsigned)(strchr(sizes, name[0]) - sizes) + 1;
    item->at = (unsigned)(at - VECTOR_DATA);
    if (!wrong && (at < VECTOR_DATA || at + item->size > VECTOR_DATA + VECTOR_DATA_SIZE))
        wrong = "not in data";
    return wrong;
}

static inline const char *vector_name(char *name, struct vector_item *item)
{
    *item = (struct vector_item){.width = 64};
    if (name[0] && name[1] == '[')
        return vector_place(name, item);
    if (!strcmp(name, "clock")) {
        item->reg = VECTOR_CLOCK;
        return NULL;
    }
    for (unsigned i = 0; i < sizeof vector_fields / sizeof vector_fields[0]; i++)
        if (!strcmp(vector_fields[i].name, name))
            for (unsigned n = 0; n < isa_riscv.reg_count; n++)
                if (isa_riscv.regs[n].reg == RV_CSR + vector_fields[i].csr) {
                    *item = (struct vector_item){.reg = (int)n, .lo = vector_fields[i].lo, .width = vector_fields[i].width};
                    return NULL;
                }
    item->reg = vector_register(name);
    return item->reg < 0 ? "no such register" : NULL;
}

static inline const char *vector_item(char *name, const char *text, struct vector_item *list, unsigned *count)
{
    if (*count == VECTOR_ITEMS)
        return "too many items";
    struct vector_item *item = &list[(*count)++];
    const char *wrong = vector_name(name, item);
    if (!wrong)
        wrong = vector_value(text, &item->value);
    unsigned width = item->reg == VECTOR_MEMORY ? 8 * item->size : item->width;
    if (!wrong && width == 32 && text[0] == 's')
        item->value = (uint32_t)item->value; /* a single in memory has no box */
    if (!wrong && width < 64 && item->value >> width != 0 && sign_extend(item->value, width) != (int64_t)item->value)
        wrong = "the value does not fit";
    return wrong;
}

/* What an exception says when the line does not: illegal instructions their bits, breakpoints their address, calls nothing. */
static inline const char *vector_trap(const char *text, struct vector *v)
{
    static const struct {
        const char *name;
        uint64_t cause;
        enum trap_reason reason;
    } traps[] = {
        {"illegal/privilege", RV_CAUSE_ILLEGAL, REASON_PRIVILEGE}, {"illegal/undefined", RV_CAUSE_ILLEGAL, REASON_UNDEFINED},
        {"illegal/resource", RV_CAUSE_ILLEGAL, REASON_RESOURCE},   {"breakpoint", RV_CAUSE_BREAKPOINT, REASON_REQUESTED},
        {"ecall-U", RV_CAUSE_ECALL_U, REASON_REQUESTED},           {"ecall-S", RV_CAUSE_ECALL_U + 1, REASON_REQUESTED},
        {"ecall-M", RV_CAUSE_ECALL_U + 3, REASON_REQUESTED},       {"load-misaligned", RV_CAUSE_LOAD_MISALIGNED, REASON_RESOURCE},
        {"load-access", RV_CAUSE_LOAD_ACCESS, REASON_RESOURCE},    {"store-misaligned", RV_CAUSE_STORE_MISALIGNED, REASON_RESOURCE},
        {"store-access", RV_CAUSE_STORE_ACCESS, REASON_RESOURCE},
    };
    for (unsigned i = 0; i < sizeof traps / sizeof traps[0]; i++)
        if (!strcmp(traps[i].name, text)) {
            v->kind = TRAP_EXCEPTION;
            v->cause = traps[i].cause;
            v->reason = traps[i].reason;
            v->tval = v->cause == RV_CAUSE_ILLEGAL ? v->bits : v->cause == RV_CAUSE_BREAKPOINT ? VECTOR_CODE : 0;
            return NULL;
        }
    return "no such trap";
}

static inline const char *vector_before(char *item, struct vector *v)
{
    char *text = strchr(item, '=');
    if (!text)
        return "an item without '='";
    *text++ = '\0';
    if (strcmp(item, "row") != 0)
        return vector_item(item, text, v->before, &v->before_count);
    v->row = vector_row(text);
    return v->row == INSN_NONE ? "no such row" : NULL;
}

static inline const char *vector_after(char *item, struct vector *v)
{
    char *text = strchr(item, '=');
    if (!strcmp(item, "same"))
        return NULL;
    if (!strcmp(item, "wait") || !strcmp(item, "yield")) {
        v->kind = *item == 'w' ? TRAP_WAIT : TRAP_YIELD;
        return NULL;
    }
    if (!text)
        return "an item without '='";
    *text++ = '\0';
    if (!strcmp(item, "trap"))
        return vector_trap(text, v);
    if (!strcmp(item, "tval"))
        return v->kind == TRAP_EXCEPTION ? vector_value(text, &v->tval) : "tval before trap";
    return vector_item(item, text, v->after, &v->after_count);
}

static inline const char *vector_items(char *text, struct vector *v, const char *(*one)(char *, struct vector *))
{
    char *rest = NULL;
    for (char *item = strtok_r(text, " \t", &rest); item; item = strtok_r(NULL, " \t", &rest)) {
        const char *wrong = one(item, v);
        if (wrong)
            return wrong;
    }
    return NULL;
}

/* The first word is the row's name, with .aq and .rl behind it for some; .2byte and .4byte are of no row, unless row= says so. */
static inline const char *vector_assembly(const char *text, struct vector *v)
{
    char name[32];
    snprintf(v->assembly, sizeof v->assembly, "%.*s", (int)sizeof v->assembly - 1, text);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(text, " \t"), text);
    for (char *suffix = name; (suffix = strstr(suffix, ".")) != NULL; suffix++)
        if (!strcmp(suffix, ".aq") || !strcmp(suffix, ".rl") || !strcmp(suffix, ".aqrl"))
            *suffix-- = '\0';
    v->row = vector_row(name);
    bool raw = !strcmp(name, ".2byte") || !strcmp(name, ".4byte");
    return v->row == INSN_NONE && !raw ? "no such row" : NULL;
}

static inline char *vector_trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    for (size_t n = strlen(text); n > 0 && isspace((unsigned char)text[n - 1]); n--)
        text[n - 1] = '\0';
    return text;
}

/* Reads a line, which it takes apart. NULL: *v is filled in, or (*v).assembly is empty: nothing but a remark. */
static inline const char *vector_parse(char *line, struct vector *v)
{
    uint64_t bits;
    *v = (struct vector){.kind = TRAP_NONE};
    line[strcspn(line, "#\n")] = '\0';
    line = vector_trim(line);
    if (!*line)
        return NULL;
    char *encoding = strchr(line, '|'), *before = encoding ? strchr(encoding + 1, '|') : NULL;
    char *after = before ? strstr(before + 1, "->") : NULL;
    if (!after)
        return "not of the form: assembly | encoding | before -> after";
    *encoding++ = *before++ = *after = '\0';
    after += 2;
    const char *wrong = vector_assembly(vector_trim(line), v);
    encoding = vector_trim(encoding);
    char *end;
    bits = strtoul(encoding, &end, 16);
    v->length = (unsigned)strlen(encoding) / 2;
    v->bits = (uint32_t)bits;
    if (!wrong && (*end || (v->length != 2 && v->length != 4) || strlen(encoding) % 2))
        wrong = "the encoding is four or eight hexadecimal digits";
    if (!wrong && !*vector_trim(after))
        wrong = "nothing after '->'; if nothing changes, say: same";
    if (!wrong)
        wrong = vector_items(before, v, vector_before);
    return wrong ? wrong : vector_items(after, v, vector_after);
}

#endif
