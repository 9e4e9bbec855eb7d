/* print.c - instructions as assembly, from the table's own formats. Spelling is GNU's without pseudo-instructions; targets of jumps
 * are absolute.
 *
 * Each format has a pattern. Letters stand for operands as decode.c finds them: d s t integer registers, D S T U floating-point
 * ones (U: rs3), i immediate, h the same in hexadecimal, u upper immediate, b branch target, c CSR, z rs1's number, f sets of a fence,
 * m rounding mode with its comma, unless dynamic, e likewise, unless it is 0 (exact conversions). Everything else stands for itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "isa/riscv/hart.h"

#define PATTERN_NONE ""
#define PATTERN_R "d,s,t"
#define PATTERN_I "d,s,i"
#define PATTERN_SHIFT "d,s,h"
#define PATTERN_LOAD "d,i(s)"
#define PATTERN_STORE "t,i(s)"
#define PATTERN_B "s,t,b"
#define PATTERN_U "d,u"
#define PATTERN_J "d,b"
#define PATTERN_FENCE "f"
#define PATTERN_SFENCE "s,t"
#define PATTERN_CSR "d,c,s"
#define PATTERN_CSRI "d,c,z"
#define PATTERN_CBO "(s)"
#define PATTERN_LR "d,(s)"
#define PATTERN_AMO "d,t,(s)"
#define PATTERN_FLOAD "D,i(s)"
#define PATTERN_FSTORE "T,i(s)"
#define PATTERN_R4 "D,S,T,Um"
#define PATTERN_FFFM "D,S,Tm"
#define PATTERN_FFM "D,Sm"
#define PATTERN_FFF "D,S,T"
#define PATTERN_XFM "d,Sm"
#define PATTERN_XF "d,S"
#define PATTERN_XFF "d,S,T"
#define PATTERN_FXM "D,sm"
#define PATTERN_FX "D,s"
#define PATTERN_FFE "D,Se"
#define PATTERN_FXE "D,se"
#define PATTERN_C_DSI "d,s,i"
#define PATTERN_C_LOAD "d,i(s)"
#define PATTERN_C_STORE "t,i(s)"
#define PATTERN_C_FLOAD "D,i(s)"
#define PATTERN_C_FSTORE "T,i(s)"
#define PATTERN_C_NOP ""
#define PATTERN_C_DI "d,i"
#define PATTERN_C_SPI "d,i"
#define PATTERN_C_LUI "d,u"
#define PATTERN_C_SHIFT "d,h"
#define PATTERN_C_DT "d,t"
#define PATTERN_C_J "b"
#define PATTERN_C_B "s,b"
#define PATTERN_C_S "s"

static const char *const row_pattern[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, traps, sensitive, manual) [RV_INSN_##name] = PATTERN_##format,
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

static void put_fence_set(struct text *t, unsigned set)
{
    if (set == 0)
        put(t, "0");
    put(t, "%s%s%s%s", set & 8 ? "i" : "", set & 4 ? "o" : "", set & 2 ? "r" : "", set & 1 ? "w" : "");
}

static void put_rounding(struct text *t, unsigned rm)
{
    static const char *const name[8] = {"rne", "rtz", "rdn", "rup", "rmm", "5", "6", NULL};
    if (name[rm])
        put(t, ",%s", name[rm]);
}

static void put_operand(struct text *t, char letter, const struct rv_insn *r, uint32_t bits, va_t pc)
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
    struct rv_insn r;
    rv_decode_record(bits, row, length, &r);
    put(&t, "%s", rv_rows[row].name);
    put_ordering(&t, row, bits);
    const char *pattern = row_pattern[row];
    if (*pattern)
        put(&t, " ");
    for (; *pattern; pattern++)
        put_operand(&t, *pattern, &r, bits, pc);
}
