/* The seeds of assignments: SipHash-2-4 as published, and what seeds depend on. */
#include "monitor/lab/seed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* The appendix of the paper: key 00 01 .. 0f, message 00 01 .. 0e. And the empty message of the authors' vectors. */
static void test_published(void **state)
{
    const struct lab_key key = {{UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    uint8_t message[15];
    (void)state;
    for (unsigned i = 0; i < sizeof message; i++)
        message[i] = (uint8_t)i;
    assert_int_equal(lab_hash(&key, message, sizeof message), UINT64_C(0xa129ca6149be45e5));
    assert_int_equal(lab_hash(&key, message, 0), UINT64_C(0x726fdb47dd0e0e31));
    assert_int_equal(lab_hash(&key, message, 8), UINT64_C(0x93f5f5799a932462));
}

/* The first guest is everybody's; the others are of student, assignment, stage and number. */
static void test_depends(void **state)
{
    (void)state;
    assert_int_equal(lab_guest_seed(1, "dispatch", "csr", 0), lab_guest_seed(2, "dispatch", "csr", 0));
    const uint64_t one = lab_guest_seed(1, "dispatch", "csr", 1);
    assert_int_equal(one, lab_guest_seed(1, "dispatch", "csr", 1));
    assert_int_not_equal(one, lab_guest_seed(2, "dispatch", "csr", 1));
    assert_int_not_equal(one, lab_guest_seed(1, "dispatch", "csr", 2));
    assert_int_not_equal(one, lab_guest_seed(1, "dispatch", "enter", 1));
    assert_int_not_equal(one, lab_guest_seed(1, "shadow", "csr", 1));
}

static void test_key(void **state)
{
    struct lab_key a, b;
    struct error e;
    (void)state;
    assert_int_equal(lab_key_read(&a, "LICENSE", &e), 0);
    assert_int_equal(lab_key_read(&b, "README.md", &e), 0);
    assert_int_not_equal(a.word[0], b.word[0]);
    assert_int_not_equal(a.word[0], a.word[1]);
    assert_int_not_equal(lab_hash(&a, "max", 3), lab_hash(&b, "max", 3));
    assert_true(lab_key_read(&b, "nowhere", &e) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published), cmocka_unit_test(test_depends), cmocka_unit_test(test_key)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
