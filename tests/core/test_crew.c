/* test_crew.c - a crew does each job once, and who does which depends on the number of its members alone, not on who is faster. */
#include "core/theory/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <unistd.h>
#include <cmocka.h>

enum { JOBS = 200 };

static void note(void *context, unsigned member, unsigned job)
{
    unsigned char *by = context;
    assert_int_equal(by[job], 0);
    by[job] = (unsigned char)(member + 1);
    if (member == 0 && job < 20)
        usleep(1000); /* the others overtake it */
}

static void each_job_has_its_member(void **state)
{
    (void)state;
    for (unsigned members = 1; members <= CREW_MAX; members++) {
        unsigned char by[JOBS] = {0};
        crew_run(members, JOBS, note, by);
        for (unsigned job = 0; job < JOBS; job++)
            assert_int_equal(by[job], job % members + 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_job_has_its_member)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
