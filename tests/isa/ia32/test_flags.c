/* test_flags.c - IA-32's arithmetic flags in two words against a definition bit by bit: all operands of a byte, and samples of words and
 * doublewords. */
#include "isa/ia32/flags.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* What an adder of so many bits does with a, b and c, bit by bit; a subtracter is one that is given b and c inverted. */
struct serial {
    uint32_t sum;
    bool carry[33]; /* into each bit */
};

static struct serial serial_add(unsigned bits, uint32_t a, uint32_t b, bool c)
{
    struct serial s = {.carry = {c}};
    for (unsigned n = 0; n < bits; n++) {
        const bool x = a >> n & 1, y = b >> n & 1, z = s.carry[n];
        s.sum |= (uint32_t)(x ^ y ^ z) << n;
        s.carry[n + 1] = (x && y) || (x && z) || (y && z);
    }
    return s;
}

static uint32_t of_result(unsigned bits, uint32_t r)
{
    unsigned ones = 0;
    for (unsigned n = 0; n < 8; n++)
        ones += r >> n & 1;
    return (r == 0 ? EFLAGS_ZF : 0u) | (r >> (bits - 1) & 1 ? EFLAGS_SF : 0u) | (ones % 2 == 0 ? EFLAGS_PF : 0u);
}

static uint32_t expected(unsigned bits, uint32_t a, uint32_t b, bool c, bool subtract)
{
    const struct serial s = serial_add(bits, a, subtract ? ~b : b, subtract ? !c : c);
    return of_result(bits, s.sum) | (s.carry[bits] != subtract ? EFLAGS_CF : 0u) | (s.carry[4] != subtract ? EFLAGS_AF : 0u) |
           (s.carry[bits] != s.carry[bits - 1] ? EFLAGS_OF : 0u);
}

static uint32_t by_flag(const struct ia_flags *f)
{
    return (ia_cf(f) ? EFLAGS_CF : 0u) | (ia_pf(f) ? EFLAGS_PF : 0u) | (ia_af(f) ? EFLAGS_AF : 0u) | (ia_zf(f) ? EFLAGS_ZF : 0u) |
           (ia_sf(f) ? EFLAGS_SF : 0u) | (ia_of(f) ? EFLAGS_OF : 0u);
}

/* Setting CF, OF and AF moves nothing else. */
static void try_setting(const struct ia_flags *from, uint32_t status)
{
    enum { SET = EFLAGS_CF | EFLAGS_OF | EFLAGS_AF };
    for (unsigned n = 0; n < 8; n++) {
        struct ia_flags f = *from;
        ia_cf_set(&f, n & 1);
        ia_of_set(&f, n & 2);
        ia_af_set(&f, n & 4);
        const uint32_t set = (n & 1 ? EFLAGS_CF : 0u) | (n & 2 ? EFLAGS_OF : 0u) | (n & 4 ? EFLAGS_AF : 0u);
        const uint32_t want = (status & ~(uint32_t)SET) | set;
        if (by_flag(&f) != want)
            fail_msg("set to %u: %x, not %x", n, by_flag(&f), want);
    }
}

static void try_one(unsigned size, uint32_t a, uint32_t b, bool c)
{
    struct ia_flags f = {0};
    ia_flags_add(&f, size, a, b, c);
    if (by_flag(&f) != expected(8 * size, a, b, c, false) || ia_flags_status(&f) != by_flag(&f))
        fail_msg("%x + %x + %d of %u bytes: %x, not %x", a, b, c, size, by_flag(&f), expected(8 * size, a, b, c, false));
    try_setting(&f, by_flag(&f));
    ia_flags_sub(&f, size, a, b, c);
    if (by_flag(&f) != expected(8 * size, a, b, c, true) || ia_flags_status(&f) != by_flag(&f))
        fail_msg("%x - %x - %d of %u bytes: %x, not %x", a, b, c, size, by_flag(&f), expected(8 * size, a, b, c, true));
    try_setting(&f, by_flag(&f));
    ia_flags_result(&f, size, a);
    assert_int_equal(by_flag(&f), of_result(8 * size, a));
    try_setting(&f, by_flag(&f));
}

static void test_bytes(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++)
        for (unsigned b = 0; b < 256; b++)
            for (unsigned c = 0; c < 2; c++)
                try_one(1, a, b, c);
}

static void test_wide(void **state)
{
    static const uint32_t edge[] = {0,    1,      7,      8,      0xf,        0x10,       0x7f,      0x80,
                                    0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff};
    uint64_t random = 1;
    (void)state;
    for (unsigned n = 0; n < 15 * 15; n++)
        for (unsigned c = 0; c < 2; c++) {
            try_one(2, edge[n / 15] & 0xffff, edge[n % 15] & 0xffff, c);
            try_one(4, edge[n / 15], edge[n % 15], c);
        }
    for (unsigned n = 0; n < 200000; n++) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint32_t a = (uint32_t)(random >> 32), b = (uint32_t)random ^ a << 7;
        try_one(2, a & 0xffff, b & 0xffff, n & 1);
        try_one(4, a, b, n & 1);
    }
}

static void test_explicit(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x1000; bits++) {
        struct ia_flags f = {0};
        ia_flags_status_set(&f, bits);
        assert_int_equal(by_flag(&f), bits & EFLAGS_STATUS);
        try_setting(&f, bits & EFLAGS_STATUS);
    }
}

/* Each condition by its formula in the manual [SDM 1 table B-1]. */
static void test_conditions(void **state)
{
    (void)state;
    for (uint32_t bits = 0; bits < 0x1000; bits++) {
        const bool cf = bits & EFLAGS_CF, zf = bits & EFLAGS_ZF, sf = bits & EFLAGS_SF, of = bits & EFLAGS_OF, pf = bits & EFLAGS_PF;
        const bool want[16] = {of, !of, cf, !cf, zf,       !zf,      cf || zf,       !cf && !zf,
                               sf, !sf, pf, !pf, sf != of, sf == of, zf || sf != of, !zf && sf == of};
        struct ia_flags f = {0};
        ia_flags_status_set(&f, bits);
        for (unsigned cc = 0; cc < 16; cc++)
            assert_int_equal(ia_condition(&f, cc), want[cc]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_bytes), cmocka_unit_test(test_wide), cmocka_unit_test(test_explicit),
                                       cmocka_unit_test(test_conditions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
