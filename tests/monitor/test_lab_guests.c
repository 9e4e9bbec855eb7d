/* The random guests of assignments are the same whatever compiler built trapeze: marks depend on them, and the golden log. */
#include "monitor/lab/guest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *name;
    lab_guest_fn *guest;
    uint64_t digest; /* of those of the seeds 0 to 7 */
} guests[] = {
#define GUEST(name, digest)                                                                                                           \
    {                                                                                                                                 \
#name, lab_guest_##name, UINT64_C(digest)                                                                                     \
    }
    GUEST(dispatch, 0x59760267f5f055da), GUEST(csr, 0xac2e044624205869),       GUEST(return, 0x4d509b8a56ad9e76),
    GUEST(enter, 0xb7be67661e2bed8a),    GUEST(interrupt, 0xefe2836d7934c4dc), GUEST(wait, 0xf8bd4c290519ba9e),
    GUEST(fence, 0x73ad3a5d49c3cc9c),    GUEST(mixed, 0xb6815ad6bf01dea0),     GUEST(walk, 0xf46ad46abf2858b1),
    GUEST(rights, 0x1de33bf24635ddc7),   GUEST(large, 0x2a2eb1ef0bb7eaba),     GUEST(dirty, 0x6059e5f1ed100741),
    GUEST(remap, 0xf5bd0b41e916770a),    GUEST(tables, 0x5feb7de1d6f5ca0e),    GUEST(busy, 0x9fb3fb0a42fe1f7d),
    GUEST(sleepy, 0xf6191233dec21506),   GUEST(popf, 0xc906804206282d50),      GUEST(popf_stack, 0xab6aee659d143d73),
    GUEST(iret, 0x641d57e196494c8c),     GUEST(outer, 0x374c5815378ad233),     GUEST(refused, 0xddbc6bb0a978f680),
#undef GUEST
};
enum { GUESTS = sizeof guests / sizeof *guests };

static void test_same(void **state)
{
    struct lab_code *c = malloc(sizeof *c);
    unsigned other = 0;
    (void)state;
    assert_non_null(c);
    for (unsigned i = 0; i < GUESTS; i++) {
        uint64_t digest = UINT64_C(0xcbf29ce484222325);
        for (uint64_t seed = 0; seed < 8; seed++) {
            guests[i].guest(c, seed);
            assert_in_range(c->count, 30, LAB_WORDS / 2); /* room is left */
            for (unsigned n = 0; n < c->count; n++)
                digest = (digest ^ c->word[n]) * UINT64_C(0x100000001b3);
        }
        if (digest != guests[i].digest)
            print_message("    GUEST(%s, 0x%llx),\n", guests[i].name, (unsigned long long)digest);
        other += digest != guests[i].digest;
    }
    free(c);
    assert_int_equal(other, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
