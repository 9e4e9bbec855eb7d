/* The arithmetic of the extended format against the FPU of the host, where that is an x86: results, exceptions and condition codes of
 * random and special operands in all rounding and precision modes, masked and unmasked. */
#include "tests/isa/ia32/x87_host.h"
#include "tests/isa/ia32/x87_sample.h"
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#ifdef X87_HOST
/* A case, and what the unit makes of it. */
struct outcome {
    struct x87_op op;
    struct x87_ext a, b, st[2]; /* st: what ST(0) and ST(1) hold afterwards */
    union host_memory memory;
    bool popped; /* there is no ST(1) any more */
};
struct subject {
    const char *name;
    host_fn *host;
    void (*soft)(struct outcome *);
    unsigned compared; /* bits of the status word that the manual defines */
};

#define FLAGS (X87_EXCEPTIONS | X87_C1)
#define CODES (X87_C0 | X87_C1 | X87_C2 | X87_C3)

static void result(struct outcome *o, struct x87_ext r)
{
    if (!x87_stopped(&o->op))
        o->st[0] = r;
}
#define BINARY(name, text, function)                                                                                                  \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o) { result(o, function(&o->op, o->a, o->b)); }
#define UNARY(name, text, function)                                                                                                   \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o) { result(o, function(&o->op, o->a)); }
#define MEMORY(name, text, function, from, type)                                                                                      \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o)                                                                                        \
    {                                                                                                                                 \
        type value;                                                                                                                   \
        memcpy(&value, o->memory.bytes, sizeof value);                                                                                \
        result(o, function(&o->op, o->a, from(&o->op, value)));                                                                       \
    }
#define STORE(name, text, type, convert)                                                                                              \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o)                                                                                        \
    {                                                                                                                                 \
        type value = (type)convert;                                                                                                   \
        if (!x87_kept(&o->op))                                                                                                        \
            memcpy(o->memory.bytes, &value, sizeof value);                                                                            \
    }
#define COMPARE(name, text, other, quiet)                                                                                             \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o) { x87_compare(&o->op, o->a, other, quiet); }

BINARY(fadd, "fadd %%st(1), %%st", x87_add)
BINARY(fsub, "fsub %%st(1), %%st", x87_sub)
BINARY(fsubr, "fsubr %%st(1), %%st", x87_subr)
BINARY(fmul, "fmul %%st(1), %%st", x87_mul)
BINARY(fdiv, "fdiv %%st(1), %%st", x87_div)
BINARY(fdivr, "fdivr %%st(1), %%st", x87_divr)
UNARY(fsqrt, "fsqrt", x87_sqrt)
UNARY(frndint, "frndint", x87_round_integer)
BINARY(fscale, "fscale", x87_scale)
BINARY(fprem, "fprem", x87_prem)
BINARY(fprem1, "fprem1", x87_prem1)
MEMORY(fadd_m32, "fadds (%[memory])", x87_add, x87_from_m32, uint32_t)
MEMORY(fmul_m64, "fmull (%[memory])", x87_mul, x87_from_m64, uint64_t)
MEMORY(fdiv_m64, "fdivl (%[memory])", x87_div, x87_from_m64, uint64_t)
MEMORY(fsubr_m32, "fsubrs (%[memory])", x87_subr, x87_from_m32, uint32_t)
static struct x87_ext from_m16i(struct x87_op *op, int16_t v) { return (void)op, x87_from_integer(v); }
static struct x87_ext from_m32i(struct x87_op *op, int32_t v) { return (void)op, x87_from_integer(v); }
MEMORY(fiadd_m16, "fiadds (%[memory])", x87_add, from_m16i, int16_t)
MEMORY(fidiv_m32, "fidivl (%[memory])", x87_div, from_m32i, int32_t)
STORE(fst_m32, "fsts (%[memory])", uint32_t, x87_to_m32(&o->op, o->a))
STORE(fst_m64, "fstl (%[memory])", uint64_t, x87_to_m64(&o->op, o->a))
STORE(fist_m16, "fists (%[memory])", int16_t, x87_to_integer(&o->op, o->a, 16))
STORE(fist_m32, "fistl (%[memory])", int32_t, x87_to_integer(&o->op, o->a, 32))
COMPARE(fcom, "fcom %%st(1)", o->b, false)
COMPARE(fucom, "fucom %%st(1)", o->b, true)
COMPARE(ftst, "ftst", ((struct x87_ext){0, 0}), false)

/* With a pop or a push, the operand that is left moves. */
HOST_FN(fistp_m64, "fistpll (%[memory])")
static void soft_fistp_m64(struct outcome *o)
{
    int64_t value = x87_to_integer(&o->op, o->a, 64);
    if (x87_kept(&o->op))
        return;
    o->memory.u64 = (uint64_t)value;
    o->st[0] = o->b;
    o->popped = true;
}
HOST_FN(fbstp, "fbstp (%[memory])")
static void soft_fbstp(struct outcome *o)
{
    uint8_t bytes[10];
    x87_to_bcd(&o->op, o->a, bytes);
    if (x87_kept(&o->op))
        return;
    memcpy(o->memory.bytes, bytes, sizeof bytes);
    o->st[0] = o->b;
    o->popped = true;
}
static void pushed(struct outcome *o, struct x87_ext value)
{
    if (o->op.raised & ~o->op.control & X87_IE)
        return;
    o->st[1] = o->a;
    o->st[0] = value;
}
/* A denormal is loaded whatever its mask says. */
#define LOAD(name, text, type, from)                                                                                                  \
    HOST_FN(name, text)                                                                                                               \
    static void soft_##name(struct outcome *o)                                                                                        \
    {                                                                                                                                 \
        type value;                                                                                                                   \
        memcpy(&value, o->memory.bytes, sizeof value);                                                                                \
        pushed(o, from);                                                                                                              \
    }
LOAD(fld_m32, "flds (%[memory])", uint32_t, x87_load(&o->op, x87_from_m32(&o->op, value)))
LOAD(fld_m64, "fldl (%[memory])", uint64_t, x87_load(&o->op, x87_from_m64(&o->op, value)))
LOAD(fild_m16, "filds (%[memory])", int16_t, x87_from_integer(value))
LOAD(fild_m32, "fildl (%[memory])", int32_t, x87_from_integer(value))
LOAD(fild_m64, "fildll (%[memory])", int64_t, x87_from_integer(value))
LOAD(fbld, "fbld (%[memory])", uint8_t, (value = 0, x87_from_bcd(o->memory.bytes)))
HOST_FN(fxtract, "fxtract")
static void soft_fxtract(struct outcome *o)
{
    struct x87_ext significand, exponent = x87_extract(&o->op, o->a, &significand);
    if (x87_stopped(&o->op))
        return;
    o->st[1] = exponent;
    o->st[0] = significand;
}
HOST_FN(fxam, "fxam")
static void soft_fxam(struct outcome *o) { o->op.raised |= x87_examine(o->a); }

#define SUBJECT(name, compared)                                                                                                       \
    {                                                                                                                                 \
#name, host_##name, soft_##name, compared                                                                                     \
    }
static const struct subject subjects[] = {
    SUBJECT(fadd, FLAGS),          SUBJECT(fsub, FLAGS),           SUBJECT(fsubr, FLAGS),         SUBJECT(fmul, FLAGS),
    SUBJECT(fdiv, FLAGS),          SUBJECT(fdivr, FLAGS),          SUBJECT(fsqrt, FLAGS),         SUBJECT(frndint, FLAGS),
    SUBJECT(fscale, FLAGS),        SUBJECT(fadd_m32, FLAGS),       SUBJECT(fmul_m64, FLAGS),      SUBJECT(fdiv_m64, FLAGS),
    SUBJECT(fsubr_m32, FLAGS),     SUBJECT(fiadd_m16, FLAGS),      SUBJECT(fidiv_m32, FLAGS),     SUBJECT(fst_m32, FLAGS),
    SUBJECT(fst_m64, FLAGS),       SUBJECT(fist_m16, FLAGS),       SUBJECT(fist_m32, FLAGS),      SUBJECT(fistp_m64, FLAGS),
    SUBJECT(fbstp, FLAGS),         SUBJECT(fld_m32, FLAGS),        SUBJECT(fld_m64, FLAGS),       SUBJECT(fild_m16, FLAGS),
    SUBJECT(fild_m32, FLAGS),      SUBJECT(fild_m64, FLAGS),       SUBJECT(fbld, FLAGS),          SUBJECT(fxtract, FLAGS),
    SUBJECT(fxam, FLAGS | CODES),  SUBJECT(fcom, FLAGS | CODES),   SUBJECT(fucom, FLAGS | CODES), SUBJECT(ftst, FLAGS | CODES),
    SUBJECT(fprem, FLAGS | CODES), SUBJECT(fprem1, FLAGS | CODES),
};

static bool same(struct x87_ext a, uint64_t sig, uint16_t se) { return a.sig == sig && a.se == se; }

static void show(const struct subject *s, const struct outcome *o, const union host_memory *before, const struct host_image *host,
                 const union host_memory *host_memory)
{
    print_error("%s cw %04x  st0 %04x:%016" PRIx64 " st1 %04x:%016" PRIx64 " mem %02x%02x:%016" PRIx64 "\n", s->name, o->op.control,
                o->a.se, o->a.sig, o->b.se, o->b.sig, before->bytes[9], before->bytes[8], before->u64);
    print_error("  here sw %04x  st0 %04x:%016" PRIx64 " st1 %04x:%016" PRIx64 " mem %02x%02x:%016" PRIx64 "\n", o->op.raised,
                o->st[0].se, o->st[0].sig, o->st[1].se, o->st[1].sig, o->memory.bytes[9], o->memory.bytes[8], o->memory.u64);
    print_error("  host sw %04x  st0 %04x:%016" PRIx64 " st1 %04x:%016" PRIx64 " mem %02x%02x:%016" PRIx64 "\n", host->status & 0x477f,
                host->st[0].se, host->st[0].sig, host->st[1].se, host->st[1].sig, host_memory->bytes[9], host_memory->bytes[8],
                host_memory->u64);
}

/* Whether the unit and the host agree on one case. */
static bool agrees(const struct subject *s, uint64_t *state, bool verbose)
{
    struct outcome o = {.op = {.control = sample_control(state)}, .a = sample_ext(state), .b = sample_ext(state)};
    if (sample_next(state) % 4 == 0) { /* close to one another */
        o.b.se = (uint16_t)(o.a.se ^ (sample_next(state) & 0x8003));
        if (sample_next(state) % 4 == 0)
            o.b.sig = o.a.sig ^ (sample_next(state) & 7);
    }
    union host_memory memory = {.bytes = {0}}, before; /* all ten: the last two are compared, too */
    memory.u64 = sample_digits(state);
    uint64_t r = sample_next(state);
    if (s->soft == soft_fbld) { /* digits: what others mean is not defined */
        for (int i = 0; i < 9; i++, r /= 7)
            memory.bytes[i] = (uint8_t)(sample_next(state) % 10 << 4 | sample_next(state) % 10);
        memory.bytes[9] = (uint8_t)sample_next(state);
    } else if (r & 1) {
        struct x87_op quiet = {.control = 0x37f};
        uint32_t m32 = x87_to_m32(&quiet, o.b);
        if (strstr(s->name, "m32") && !strstr(s->name, "fi"))
            memory.u64 = r & 2 ? m32 : (uint32_t)memory.u64 & 0x807fffff;
        else
            memory.u64 = r & 2 ? x87_to_m64(&quiet, o.b) : memory.u64 & UINT64_C(0x800fffffffffffff);
    }
    o.memory = before = memory;
    o.st[0] = o.a;
    o.st[1] = o.b;
    struct host_m80 a = {o.a.sig, o.a.se}, b = {o.b.sig, o.b.se};
    struct host_image image;
    s->host(&a, &b, (uint16_t)o.op.control, &memory, &image);
    s->soft(&o);

    bool agree = !((image.status ^ o.op.raised) & s->compared) && same(o.st[0], image.st[0].sig, image.st[0].se) &&
                 (o.popped || same(o.st[1], image.st[1].sig, image.st[1].se)) && !memcmp(&o.memory, &memory, 10);
    if (!agree && verbose)
        show(s, &o, &before, &image, &memory);
    return agree;
}

static void test_against_host(void **unused)
{
    (void)unused;
    const char *only = getenv("X87_ONLY"), *cases = getenv("X87_CASES");
    unsigned wrong = 0, n = cases ? (unsigned)atoi(cases) : 40000;
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        if (only && strcmp(only, subjects[i].name))
            continue;
        uint64_t state = i;
        unsigned before = wrong;
        for (unsigned k = 0; k < n; k++)
            wrong += !agrees(&subjects[i], &state, wrong - before < 4);
        if (wrong != before)
            print_error("%s: %u of %u differ\n", subjects[i].name, wrong - before, n);
    }
    assert_int_equal(wrong, 0);
}
#else
static void test_against_host(void **unused)
{
    (void)unused;
    skip(); /* no FPU of this kind here */
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_host)};
    return cmocka_run_group_tests(tests, 0, 0);
}
