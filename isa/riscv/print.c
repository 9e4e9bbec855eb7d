/* print.c - instructions as assembly, from the table's own formats. Spelling is GNU's without pseudo-instructions; targets of jumps
 * are absolute.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "isa/riscv/decode.h"
#include "isa/riscv/print.h"
#include "isa/riscv/table.h"

/* format.def: "d,i(s)" is printed letter by letter, as "a0,8(sp)"; what is no letter of an operand stands for
 * itself. */
enum { /* an index for each format */
#define FORM(name, pattern, decoded, needs) FORMAT_##name,
#include "isa/riscv/format.def"
#undef FORM
       FORMATS
};
static const char *const format_pattern[FORMATS] = {
#define FORM(name, pattern, decoded, needs) pattern,
#include "isa/riscv/format.def"
#undef FORM
};
static const uint8_t row_format[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) [RV_INSN_##name] = FORMAT_##format,
#include "isa/riscv/insn.def"
#undef INSN
};

struct text {
    char *at;
    size_t room; /* the terminating zero included */
};

static void put(struct text *t, const char *format, ...) PRINTF_LIKE(2, 3);
static void put(struct text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->at, t->room, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : (size_t)n < t->room ? (size_t)n : t->room ? t->room - 1 : 0;
    t->at += used;
    t->room -= used;
}

static const char *integer_name(unsigned r)
{
    static const char *const name[] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                       "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                       "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
    return name[r & 31]; /* the sink is x0 */
}

static const char *floating_name(unsigned r)
{
    static const char *const name[] = {"ft0", "ft1", "ft2", "ft3", "ft4",  "ft5",  "ft6", "ft7", "fs0",  "fs1", "fa0",
                                       "fa1", "fa2", "fa3", "fa4", "fa5",  "fa6",  "fa7", "fs2", "fs3",  "fs4", "fs5",
                                       "fs6", "fs7", "fs8", "fs9", "fs10", "fs11", "ft8", "ft9", "ft10", "ft11"};
    return name[r & 31];
}

/* A switch, which the compiler makes a table of: 4,096 numbers, most of them without a name. */
static const char *csr_name(unsigned csr)
{
    switch (csr) {
#define CSR(name, address, ext, part, reads, writes, about)                                                                           \
    case address:                                                                                                                     \
        return #name;
#include "isa/riscv/csr.def"
#undef CSR
    default: return NULL;
    }
}

static void put_csr(struct text *t, unsigned csr)
{
    if (csr_name(csr))
        put(t, "%s", csr_name(csr));
    else
        put(t, "0x%x", csr);
}

/* fence iorw, ow: what comes before, and what comes after, of device input and output, reads and writes. */
static void put_fence_set(struct text *t, unsigned set)
{
    if (set == 0)
        put(t, "0");
    put(t, "%s%s%s%s", set & 8 ? "i" : "", set & 4 ? "o" : "", set & 2 ? "r" : "", set & 1 ? "w" : "");
}

/* 7 is as frm says, and is left out as GNU does; 5 and 6 are reserved and not decoded. */
static void put_rounding(struct text *t, unsigned rm)
{
    static const char *const name[8] = {"rne", "rtz", "rdn", "rup", "rmm", "5", "6", NULL};
    if (name[rm])
        put(t, ",%s", name[rm]);
}

/* imm is sign-extended already. Of lui people see the upper twenty bits, of jumps where they lead. */
static void put_operand(struct text *t, char letter, const struct rv_operands *r, uint32_t bits, va_t pc)
{
    switch (letter) {
    case 'd': put(t, "%s", integer_name(r->rd)); break;
    case 's': put(t, "%s", integer_name(r->rs1)); break;
    case 't': put(t, "%s", integer_name(r->rs2)); break;
    case 'D': put(t, "%s", floating_name(r->rd)); break;
    case 'S': put(t, "%s", floating_name(r->rs1)); break;
    case 'T': put(t, "%s", floating_name(r->rs2)); break;
    case 'U': put(t, "%s", floating_name(r->aux >> 3)); break;
    case 'i': put(t, "%d", r->imm); break;
    case 'h': put(t, "0x%x", (unsigned)r->imm); break;
    case 'u': put(t, "0x%x", (unsigned)r->imm >> 12); break;
    case 'b': put(t, "0x%llx", (unsigned long long)(pc + (uint64_t)(int64_t)r->imm)); break;
    case 'c': put_csr(t, (unsigned)r->imm); break;
    case 'z': put(t, "%u", (unsigned)r->rs1); break;
    case 'f':
        put_fence_set(t, (unsigned)bits_get(bits, 24, 4));
        put(t, ",");
        put_fence_set(t, (unsigned)bits_get(bits, 20, 4));
        break;
    case 'e':
        if (r->aux & 7)
            put_rounding(t, r->aux & 7);
        break;
    case 'm': put_rounding(t, r->aux & 7); break;
    default: put(t, "%c", letter);
    }
}

/* Atomics carry their ordering in the name. */
static void put_ordering(struct text *t, unsigned row, uint32_t bits)
{
    static const char *const name[4] = {"", ".rl", ".aq", ".aqrl"};
    if (!strcmp(rv_rows[row].ext, "A"))
        put(t, "%s", name[bits_get(bits, 25, 2)]);
}

void rv_print(const struct riscv_config *config, uint32_t bits, va_t pc, char *out, size_t size)
{
    struct text t = {out, size};
    unsigned length, row = rv_decode_row(config, bits, &length);
    if (row == INSN_NONE) {
        put(&t, length == 2 ? ".2byte 0x%x" : ".4byte 0x%x", length == 2 ? bits & 0xffff : bits);
        return;
    }
    struct rv_operands r;
    rv_decode_operands(bits, row, length, &r);
    put(&t, "%s", rv_rows[row].name);
    put_ordering(&t, row, bits);
    const char *pattern = format_pattern[row_format[row]];
    if (*pattern)
        put(&t, " ");
    for (; *pattern; pattern++)
        put_operand(&t, *pattern, &r, bits, pc);
}
