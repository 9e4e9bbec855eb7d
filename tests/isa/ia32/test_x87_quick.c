/* test_x87_quick.c - the short ways of floating-point operations against the long ones: where a short way has an answer, result, exceptions and
 * C1 are the same; and it has one for all plain numbers.
 */
#include "isa/ia32/x87_quick.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CASES = 400000 };

static uint64_t seed = 11;
static uint64_t draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Significands with long runs of zeros or ones, where carries and halves are; exponents close to each other, and at the ends. */
static struct x87_ext draw_number(void)
{
    uint64_t sig = draw();
    if (draw() % 2)
        sig &= ~UINT64_C(0) << draw() % 64;
    if (draw() % 3 == 0)
        sig |= ~UINT64_C(0) >> draw() % 64;
    if (draw() % 3 == 0)
        sig = draw() % 5 << draw() % 64;
    const unsigned at = (unsigned)(draw() % 40), ends[] = {0, 1, 2, 0x7ffd, 0x7ffe, 0x7fff};
    const unsigned exponent = at < 6 ? ends[at] : X87_BIAS - 40 + (unsigned)(draw() % 80);
    if (draw() % 64)
        sig |= exponent ? X87_INTEGER_BIT : 0;
    if (draw() % 24 == 0)
        return x87_zero(draw() & 1);
    return (struct x87_ext){sig, (uint16_t)((draw() & 1) << 15 | exponent)};
}

static bool is_plain(struct x87_ext a) { return x87_is_normal(a) && (a.se & 0x7fff) > 1000 && (a.se & 0x7fff) < 30000; }

static void expect(const char *what, struct x87_ext a, struct x87_ext b, struct x87_ext quick, unsigned raised, struct x87_ext slow,
                   const struct x87_op *op)
{
    if (quick.sig != slow.sig || quick.se != slow.se || raised != op->raised)
        fail_msg("%s of %04x %016llx and %04x %016llx: %04x %016llx with %x, not %04x %016llx with %x", what, a.se,
                 (unsigned long long)a.sig, b.se, (unsigned long long)b.sig, quick.se, (unsigned long long)quick.sig, raised, slow.se,
                 (unsigned long long)slow.sig, op->raised);
}

typedef struct x87_ext slow_fn(struct x87_op *, struct x87_ext, struct x87_ext);
static bool quick_add(unsigned c, struct x87_ext a, struct x87_ext b, struct x87_ext *v, unsigned *r)
{
    return x87_quick_add(c, a, b, 0, v, r);
}
static bool quick_sub(unsigned c, struct x87_ext a, struct x87_ext b, struct x87_ext *v, unsigned *r)
{
    return x87_quick_add(c, a, b, 0x8000, v, r);
}
static bool quick_mul(unsigned c, struct x87_ext a, struct x87_ext b, struct x87_ext *v, unsigned *r)
{
    return x87_quick_mul(c, a, b, v, r);
}
static bool quick_div(unsigned c, struct x87_ext a, struct x87_ext b, struct x87_ext *v, unsigned *r)
{
    return x87_quick_div(c, a, b, v, r);
}
static bool quick_sqrt(unsigned c, struct x87_ext a, struct x87_ext b, struct x87_ext *v, unsigned *r)
{
    return (void)b, x87_quick_sqrt(c, a, v, r);
}
static struct x87_ext slow_sqrt(struct x87_op *op, struct x87_ext a, struct x87_ext b) { return (void)b, x87_sqrt(op, a); }

static void test_arithmetic(void **state)
{
    static const struct {
        const char *name;
        bool (*quick)(unsigned, struct x87_ext, struct x87_ext, struct x87_ext *, unsigned *);
        slow_fn *slow;
    } table[] = {{"sum", quick_add, x87_add},
                 {"difference", quick_sub, x87_sub},
                 {"product", quick_mul, x87_mul},
                 {"quotient", quick_div, x87_div},
                 {"root", quick_sqrt, slow_sqrt}};
    uint64_t answers[5] = {0};
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        const unsigned k = n % 5;
        struct x87_ext a = draw_number(), b = draw_number();
        if (k == 3 && draw() % 2) /* a quotient with few digits, or nearly so */
            x87_quick_mul(X87_QUICK_CONTROL | X87_QUICK_64, a, b, &a, &(unsigned){0});
        if (k == 4) { /* a square, or its neighbour */
            b = (struct x87_ext){draw() | X87_INTEGER_BIT, X87_BIAS + (uint16_t)(draw() % 100)};
            if (draw() % 2)
                x87_quick_mul(X87_QUICK_CONTROL | X87_QUICK_64, b, b, &a, &(unsigned){0});
            a.se &= 0x7fff;
        }
        struct x87_op op = {.control = X87_QUICK_CONTROL | (draw() % 2 ? X87_QUICK_64 : 0)};
        struct x87_ext quick;
        unsigned raised;
        const struct x87_ext slow = table[k].slow(&op, a, b);
        if (table[k].quick(op.control, a, b, &quick, &raised))
            answers[k]++, expect(table[k].name, a, b, quick, raised, slow, &op);
        else
            assert_false(is_plain(a) && is_plain(b));
    }
    for (unsigned k = 0; k < 5; k++)
        assert_true(answers[k] > CASES / 10);
}

/* Roots of what lies close to a square, and of the least and the largest there are. */
static void test_roots(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        const uint64_t root = n < 4 ? UINT64_MAX - n : n < 8 ? X87_INTEGER_BIT + n - 4 : draw() | X87_INTEGER_BIT;
        const uint128_t square = (uint128_t)root * root, next = square + 2 * (uint128_t)root;
        assert_true(x87_quick_integer_sqrt(square) == root);
        assert_true(x87_quick_integer_sqrt(next) == root);
        assert_true(root == X87_INTEGER_BIT || x87_quick_integer_sqrt(square - 1) == root - 1);
    }
}

static void test_comparison(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        struct x87_ext a = draw_number(), b = draw() % 4 ? draw_number() : a;
        struct x87_op op = {.control = X87_QUICK_CONTROL};
        unsigned codes;
        b.se ^= draw() % 4 ? 0 : 0x8000;
        x87_compare(&op, a, b, false);
        if (x87_quick_compare(a, b, &codes))
            assert_int_equal(codes, op.raised);
        else
            assert_false(is_plain(a) && is_plain(b));
    }
}

static void test_memory(void **state)
{
    (void)state;
    for (unsigned n = 0; n < CASES; n++) {
        const struct x87_ext a = draw_number();
        struct x87_ext v;
        struct x87_op op = {.control = X87_QUICK_CONTROL};
        unsigned raised;
        uint64_t bits;
        const uint64_t wide = x87_to_m64(&op, a);
        if (x87_quick_narrow(a, 52, 11, &bits, &raised))
            expect("64 bits", a, a, (struct x87_ext){bits, 0}, raised, (struct x87_ext){wide, 0}, &op);
        else
            assert_false(x87_is_normal(a) && (a.se & 0x7fff) > X87_BIAS - 1000 && (a.se & 0x7fff) < X87_BIAS + 1000);
        op.raised = 0;
        const uint32_t narrow = x87_to_m32(&op, a);
        if (x87_quick_narrow(a, 23, 8, &bits, &raised))
            expect("32 bits", a, a, (struct x87_ext){bits, 0}, raised, (struct x87_ext){narrow, 0}, &op);
        op.raised = 0;
        if (x87_quick_from_m64(wide, &v))
            expect("from 64 bits", a, a, v, 0, x87_load(&op, x87_from_m64(&op, wide)), &op);
        op = (struct x87_op){.control = X87_QUICK_CONTROL};
        if (x87_quick_from_m32(narrow, &v))
            expect("from 32 bits", a, a, v, 0, x87_load(&op, x87_from_m32(&op, narrow)), &op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_arithmetic), cmocka_unit_test(test_roots),
                                       cmocka_unit_test(test_comparison), cmocka_unit_test(test_memory)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
