/* The transcendentals: less than 1 ulp from the true functions, which come with 113 bits from the compiler's library where it has one; and,
 * where the host is an x86, no further from its FPU than two such errors, with the same answer to operands that are special. */
#include "tests/isa/ia32/x87_host.h"
#include "tests/isa/ia32/x87_sample.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Arithmetic of 113 bits: a library's, or that of `long double`. */
#ifdef TRAPEZE_QUADMATH
#include <quadmath.h>
#define HAS_QUAD 1
typedef __float128 quad;
#elif LDBL_MANT_DIG == 113
#define HAS_QUAD 1
typedef long double quad;
#define scalbnq scalbnl
#define fabsq fabsl
#define expm1q expm1l
#define logq logl
#define log1pq log1pl
#define log2q log2l
#define atan2q atan2l
#define sinq sinl
#define cosq cosl
#define tanq tanl
#endif

#define FLAGS (X87_EXCEPTIONS | X87_C2)

#if defined(HAS_QUAD) || defined(X87_HOST)
/* What an instruction leaves in ST(0) and, if it leaves two, in ST(1). */
struct pair {
    struct x87_ext st0, st1;
};
typedef struct pair soft_fn(struct x87_op *, struct x87_ext st0, struct x87_ext st1);

static struct pair f2xm1(struct x87_op *op, struct x87_ext x, struct x87_ext y) { return (struct pair){x87_f2xm1(op, x), y}; }
static struct pair fyl2x(struct x87_op *op, struct x87_ext x, struct x87_ext y) { return (struct pair){x87_fyl2x(op, x, y), y}; }
static struct pair fyl2xp1(struct x87_op *op, struct x87_ext x, struct x87_ext y) { return (struct pair){x87_fyl2xp1(op, x, y), y}; }
static struct pair fpatan(struct x87_op *op, struct x87_ext x, struct x87_ext y) { return (struct pair){x87_fpatan(op, x, y), y}; }
static struct pair fsin(struct x87_op *op, struct x87_ext x, struct x87_ext y)
{
    struct pair p = {x, y};
    x87_trigonometry(op, x, &p.st0, 0, 0);
    return p;
}
static struct pair fcos(struct x87_op *op, struct x87_ext x, struct x87_ext y)
{
    struct pair p = {x, y};
    x87_trigonometry(op, x, 0, &p.st0, 0);
    return p;
}
static struct pair fptan(struct x87_op *op, struct x87_ext x, struct x87_ext y)
{
    struct pair p = {y, x};
    x87_trigonometry(op, x, 0, 0, &p.st1);
    return p;
}
static struct pair fsincos(struct x87_op *op, struct x87_ext x, struct x87_ext y)
{
    struct pair p = {y, x};
    x87_trigonometry(op, x, &p.st1, &p.st0, 0);
    return p;
}

#endif

#ifdef HAS_QUAD
/* Arguments in the range that the manual gives. */
static struct x87_ext scaled(uint64_t *state, int low, int high)
{
    const uint64_t r = sample_next(state);
    const int exp = low + (int)(r % (unsigned)(high - low + 1));
    return (struct x87_ext){sample_digits(state) | UINT64_C(1) << 63, (uint16_t)((r >> 63 << 15) | (unsigned)(16383 + exp))};
}
static struct x87_ext below_one(uint64_t *s) { return scaled(s, sample_next(s) & 1 ? -80 : -4, -1); }
static struct x87_ext small(uint64_t *s) { return scaled(s, sample_next(s) & 1 ? -80 : -4, -3); }
static struct x87_ext angle(uint64_t *s) { return scaled(s, sample_next(s) & 1 ? -70 : -3, sample_next(s) & 1 ? 62 : 3); }
static struct x87_ext any(uint64_t *s) { return sample_next(s) & 1 ? scaled(s, -8000, 8000) : scaled(s, -6, 6); }
static struct x87_ext positive(uint64_t *s)
{
    struct x87_ext x = any(s);
    if (sample_next(s) % 4 == 0) /* near one */
        x = (struct x87_ext){(sample_next(s) & 1 ? ~UINT64_C(0) : UINT64_C(1) << 63) ^ sample_next(s) >> (1 + sample_next(s) % 63),
                             (uint16_t)(16382 + (sample_next(s) & 1))};
    return (struct x87_ext){x.sig | UINT64_C(1) << 63, x.se & 0x7fff};
}

static quad quad_of(struct x87_ext a) { return scalbnq((quad)a.sig, (a.se & 0x7fff) - 16383 - 63) * (a.se >> 15 ? -1 : 1); }
/* How far r is from the true value, in units of r's last place. */
static double error_of(struct x87_ext r, quad is) { return (double)fabsq(scalbnq(quad_of(r) - is, -((r.se & 0x7fff) - 16383 - 63))); }
static quad true_f2xm1(quad x, quad y) { return (void)y, expm1q(x * logq(2)); }
static quad true_fyl2x(quad x, quad y) { return y * (fabsq(x - 1) < 0.25 ? log1pq(x - 1) / logq(2) : log2q(x)); }
static quad true_fyl2xp1(quad x, quad y) { return y * log1pq(x) / logq(2); }
static quad true_fpatan(quad x, quad y) { return atan2q(y, x); }
static quad true_fsin(quad x, quad y) { return (void)y, sinq(x); }
static quad true_fcos(quad x, quad y) { return (void)y, cosq(x); }
static quad true_fptan(quad x, quad y) { return (void)y, tanq(x); }
static quad true_fsincos(quad x, quad y) { return (void)y, sinq(x); }

static const struct {
    const char *name;
    soft_fn *soft;
    quad (*is)(quad, quad);
    struct x87_ext (*x)(uint64_t *), (*y)(uint64_t *);
    bool second; /* the result is in ST(1) */
} functions[] = {
    {"f2xm1", f2xm1, true_f2xm1, below_one, any, false},   {"fyl2x", fyl2x, true_fyl2x, positive, any, false},
    {"fyl2xp1", fyl2xp1, true_fyl2xp1, small, any, false}, {"fpatan", fpatan, true_fpatan, any, any, false},
    {"fsin", fsin, true_fsin, angle, any, false},          {"fcos", fcos, true_fcos, angle, any, false},
    {"fptan", fptan, true_fptan, angle, any, true},        {"fsincos", fsincos, true_fsincos, angle, any, true},
};

static void test_accuracy(void **unused)
{
    (void)unused;
    const char *cases = getenv("X87_CASES");
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        uint64_t state = i;
        double worst = 0;
        for (int n = cases ? atoi(cases) : 20000; n > 0; n--) {
            const struct x87_ext x = functions[i].x(&state), y = functions[i].y(&state);
            struct x87_op op = {.control = 0x37f};
            const struct pair p = functions[i].soft(&op, x, y);
            const struct x87_ext r = functions[i].second ? p.st1 : p.st0;
            if ((r.se & 0x7fff) == 0 || (r.se & 0x7fff) == 0x7fff || op.raised & (X87_UE | X87_OE))
                continue;
            const double error = error_of(r, functions[i].is(quad_of(x), quad_of(y)));
            if (!(error < 0.5001) && worst < 0.5001)
                print_error("%s of %04x:%016" PRIx64 " and %04x:%016" PRIx64 " is %04x:%016" PRIx64 ": %g ulp off\n",
                            functions[i].name, x.se, x.sig, y.se, y.sig, r.se, r.sig, error);
            worst = fmax(worst, error);
        }
        print_message("%s: %.6f ulp\n", functions[i].name, worst);
        assert_true(worst < 0.5001); /* rounding to the nearest alone is 0.5 */
    }
}
#else
static void test_accuracy(void **unused)
{
    (void)unused;
    skip(); /* no arithmetic of more than 64 bits here */
}
#endif

#ifdef X87_HOST
HOST_FN(f2xm1, "f2xm1")
HOST_FN(fyl2x, "fyl2x")
HOST_FN(fyl2xp1, "fyl2xp1")
HOST_FN(fpatan, "fpatan")
HOST_FN(fsin, "fsin")
HOST_FN(fcos, "fcos")
HOST_FN(fptan, "fptan")
HOST_FN(fsincos, "fsincos")

static const struct {
    const char *name;
    soft_fn *soft;
    host_fn *host;
    unsigned results;
} instructions[] = {
    {"f2xm1", f2xm1, host_f2xm1, 1},    {"fyl2x", fyl2x, host_fyl2x, 1},       {"fyl2xp1", fyl2xp1, host_fyl2xp1, 1},
    {"fpatan", fpatan, host_fpatan, 1}, {"fsin", fsin, host_fsin, 1},          {"fcos", fcos, host_fcos, 1},
    {"fptan", fptan, host_fptan, 2},    {"fsincos", fsincos, host_fsincos, 2},
};

/* Distance in units of the last place, for numbers of the same sign; other differences are far. */
static uint64_t distance(struct x87_ext a, uint64_t sig, uint16_t se)
{
    if (a.se == se)
        return a.sig > sig ? a.sig - sig : sig - a.sig;
    const bool higher = a.se > se;
    if ((a.se ^ se) >> 15 || (higher ? a.se - se : se - a.se) != 1)
        return UINT64_MAX;
    return higher ? (a.sig - (UINT64_C(1) << 63)) * 2 + (0 - sig) : (sig - (UINT64_C(1) << 63)) * 2 + (0 - a.sig);
}

static void test_special(void **unused)
{
    (void)unused;
    static const struct x87_ext special[] = {{0, 0},
                                             {1, 0},
                                             {UINT64_C(1) << 63, 0},
                                             {UINT64_C(1) << 63, 1},
                                             {UINT64_C(1) << 63, 16382},
                                             {UINT64_C(1) << 63, 16383},
                                             {UINT64_C(0xc000000000000000), 16383},
                                             {UINT64_C(1) << 63, 16384},
                                             {UINT64_C(1) << 63, 16446},
                                             {~UINT64_C(0), 0x7ffe},
                                             {UINT64_C(1) << 63, 0x7fff},
                                             {UINT64_C(0xc000000000000000), 0x7fff},
                                             {UINT64_C(0xa000000000000000), 0x7fff},
                                             {5, 16383},
                                             {UINT64_C(0xb504f333f9de6484), 16382},
                                             {UINT64_C(0x8000000000000001), 16383}};
    enum { N = sizeof special / sizeof *special };
    unsigned wrong = 0;
    for (size_t i = 0; i < sizeof instructions / sizeof *instructions; i++)
        for (unsigned k = 0; k < 4 * N * N; k++) {
            struct x87_ext a = special[k / 4 % N], b = special[k / 4 / N];
            a.se = (uint16_t)(a.se | (k & 1) << 15);
            b.se = (uint16_t)(b.se | (k & 2) << 14);
            if (instructions[i].host == host_fyl2xp1 && (a.se & 0x7fff) >= 16382 && (a.se & 0x7fff) != 0x7fff)
                continue; /* not defined */
            struct host_m80 ha = {a.sig, a.se}, hb = {b.sig, b.se};
            struct host_image image;
            union host_memory none = {.u64 = 0};
            instructions[i].host(&ha, &hb, 0x37f, &none, &image);
            struct x87_op op = {.control = 0x37f};
            struct pair p = instructions[i].soft(&op, a, b);
            if (instructions[i].results == 2 && op.raised & X87_C2)
                p = (struct pair){a, b};
            else if (instructions[i].results == 2 && instructions[i].host == host_fptan)
                p.st0 = (p.st1.se & 0x7fff) == 0x7fff ? p.st1 : (struct x87_ext){UINT64_C(1) << 63, 16383};
            if (((image.status ^ op.raised) & FLAGS) || distance(p.st0, image.st[0].sig, image.st[0].se) > 1 ||
                (instructions[i].results == 2 && distance(p.st1, image.st[1].sig, image.st[1].se) > 1)) {
                if (wrong++ < 10)
                    print_error("%s of %04x:%016" PRIx64 " and %04x:%016" PRIx64 ": here %04x %04x:%016" PRIx64 " %04x:%016" PRIx64
                                ", host %04x %04x:%016" PRIx64 " %04x:%016" PRIx64 "\n",
                                instructions[i].name, a.se, a.sig, b.se, b.sig, op.raised & FLAGS, p.st0.se, p.st0.sig, p.st1.se,
                                p.st1.sig, image.status & FLAGS, image.st[0].se, image.st[0].sig, image.st[1].se, image.st[1].sig);
            }
        }
    assert_int_equal(wrong, 0);
}
#else
static void test_special(void **unused)
{
    (void)unused;
    skip(); /* no FPU of this kind here */
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_accuracy), cmocka_unit_test(test_special)};
    return cmocka_run_group_tests(tests, 0, 0);
}
