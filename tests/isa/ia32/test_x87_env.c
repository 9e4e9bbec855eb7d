/* The images of the floating-point unit's state in memory, byte by byte as the manual's figures 8-9 to 8-12 have them, and back. */
#include "isa/ia32/x87.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Top is 5: ST(0) is R5, zero; R6 is 1.0, R7 infinite, R0 a denormal; the others are empty. */
static struct ia_x87 sample(void)
{
    struct ia_x87 f = {.control = 0x137b,
                       .status = 0x2a41,
                       .tag = 0xe1,
                       .fop = 0x5a3,
                       .fcs = 0x1234,
                       .fds = 0xabcd,
                       .fip = 0x87654321,
                       .fdp = 0x0fedcba9};
    f.r[6] = (struct x87_ext){UINT64_C(1) << 63, 0x3fff};
    f.r[7] = (struct x87_ext){UINT64_C(1) << 63, 0xffff};
    f.r[0] = (struct x87_ext){0x1122334455667788, 0};
    f.r[3] = (struct x87_ext){0x99aabbccddeeff00, 0x4321};
    return f;
}

struct layout {
    bool wide, paragraphs;
    unsigned size;
    uint8_t image[X87_ENV_32];
};
static const struct layout layouts[] = {
    {true, false, 28, {0x7b, 0x13, 0xff, 0xff, 0x41, 0x2a, 0xff, 0xff, 0xfe, 0x87, 0xff, 0xff, 0x21, 0x43,
                       0x65, 0x87, 0x34, 0x12, 0xa3, 0x05, 0xa9, 0xcb, 0xed, 0x0f, 0xcd, 0xab, 0xff, 0xff}},
    {false, false, 14, {0x7b, 0x13, 0x41, 0x2a, 0xfe, 0x87, 0x21, 0x43, 0x34, 0x12, 0xa9, 0xcb, 0xcd, 0xab}},
    /* linear 0x12340 + 0x87654321 = 0x87666661, 0xabcd0 + 0xfedcba9 = 0xff88879 */
    {true, true, 28, {0x7b, 0x13, 0xff, 0xff, 0x41, 0x2a, 0xff, 0xff, 0xfe, 0x87, 0xff, 0xff, 0x61, 0x66,
                      0xff, 0xff, 0xa3, 0x65, 0x76, 0x08, 0x79, 0x88, 0xff, 0xff, 0x00, 0x80, 0xff, 0x00}},
    {false, true, 14, {0x7b, 0x13, 0x41, 0x2a, 0xfe, 0x87, 0x61, 0x66, 0xa3, 0x65, 0x79, 0x88, 0x00, 0x80}},
};

static void test_store(void **unused)
{
    (void)unused;
    const struct ia_x87 f = sample();
    for (size_t n = 0; n < sizeof layouts / sizeof *layouts; n++) {
        uint8_t image[X87_ENV_32 + 1];
        memset(image, 0x5a, sizeof image);
        x87_env_store(&f, image, layouts[n].wide, layouts[n].paragraphs);
        assert_memory_equal(image, layouts[n].image, layouts[n].size);
        assert_int_equal(image[layouts[n].size], 0x5a);
    }
}

/* What a layout has room for comes back, and stored again it is the same. */
static void test_load(void **unused)
{
    (void)unused;
    for (size_t n = 0; n < sizeof layouts / sizeof *layouts; n++) {
        const struct layout *l = &layouts[n];
        struct ia_x87 f = sample();
        f.control = f.status = f.tag = f.fop = f.fcs = f.fds = 0;
        f.fip = f.fdp = 0;
        x87_env_load(&f, l->image, l->wide, l->paragraphs);
        assert_int_equal(f.control, 0x137b);
        assert_int_equal(f.status & ~(X87_ES | X87_B), 0x2a41);
        assert_int_equal(f.status & (X87_ES | X87_B), 0); /* IE, which stands, is masked */
        assert_int_equal(f.tag, 0xe1);
        assert_int_equal(f.fop, l->wide || l->paragraphs ? 0x5a3 : 0);
        uint8_t image[X87_ENV_32];
        x87_env_store(&f, image, l->wide, l->paragraphs);
        assert_memory_equal(image, l->image, l->size);
    }
}

/* Whatever B and ES are in an image, they follow from the flags and the masks. */
static void test_summary(void **unused)
{
    (void)unused;
    uint8_t image[X87_ENV_32];
    struct ia_x87 f = sample();
    memcpy(image, layouts[0].image, sizeof image);
    image[0] &= (uint8_t)~X87_IE; /* unmasks it; the flag stands */
    x87_env_load(&f, image, true, false);
    assert_int_equal(f.status & (X87_ES | X87_B), X87_ES | X87_B);
    x87_clear(&f);
    assert_int_equal(f.status, 0x2a00);
}

static void test_registers(void **unused)
{
    (void)unused;
    const struct ia_x87 f = sample();
    uint8_t image[X87_REGISTERS];
    x87_registers_store(&f, image);
    const uint8_t st1[10] = {0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f},
                  st6[10] = {0, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x21, 0x43};
    assert_memory_equal(image + 10, st1, 10);
    assert_memory_equal(image + 60, st6, 10); /* ST(6) is R3; that it is empty is no matter */
    struct ia_x87 back = {.status = f.status};
    x87_registers_load(&back, image);
    for (unsigned n = 0; n < 8; n++) {
        assert_int_equal(back.r[n].sig, f.r[n].sig);
        assert_int_equal(back.r[n].se, f.r[n].se);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_store), cmocka_unit_test(test_load), cmocka_unit_test(test_summary),
                                       cmocka_unit_test(test_registers)};
    return cmocka_run_group_tests(tests, 0, 0);
}
