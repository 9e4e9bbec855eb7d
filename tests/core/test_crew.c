/* test_crew.c - a crew does each job once, whoever is faster; nobody waits while there are jobs; and it has as many members as there is
 * work for. */
#include "core/theory/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <unistd.h>
#include <cmocka.h>

enum { JOBS = 200 };

struct notes {
    unsigned char by[JOBS];
    atomic_uint done, twice;
};

static void note(void *context, unsigned member, unsigned job)
{
    struct notes *n = context;
    n->twice += n->by[job] != 0;
    n->by[job] = (unsigned char)(member + 1);
    if (member == 0 && job < 20)
        usleep(1000); /* the others overtake it */
    n->done++;
}

static void each_job_is_done_once(void **state)
{
    (void)state;
    for (unsigned members = 1; members <= CREW_MAX; members++) {
        struct notes n = {.done = 0};
        crew_run(members, JOBS, note, &n, NULL);
        assert_int_equal(n.done, JOBS);
        assert_int_equal(n.twice, 0);
        for (unsigned job = 0; job < JOBS; job++)
            assert_true(n.by[job] >= 1 && n.by[job] <= members);
    }
}

/* The first job ends when all others are done: with shares that are dealt out beforehand it would be waited for in vain. */
static void wait_for_others(void *context, unsigned member, unsigned job)
{
    struct notes *n = context;
    (void)member;
    while (job == 0 && n->done < JOBS - 1)
        usleep(100);
    n->done++;
}

static void who_is_free_takes_the_next(void **state)
{
    struct notes n = {.done = 0};
    (void)state;
    crew_run(2, JOBS, wait_for_others, &n, NULL);
    assert_int_equal(n.done, JOBS);
}

static void a_crew_is_no_larger_than_its_work(void **state)
{
    (void)state;
    assert_int_equal(crew_size(7, 100), 7);
    assert_int_equal(crew_size(7, 3), 3);
    assert_int_equal(crew_size(7, 0), 1);
    assert_int_equal(crew_size(100, 100), CREW_MAX);
    assert_true(crew_size(0, 100) >= 1 && crew_size(0, 100) <= CREW_MAX);
    assert_int_equal(crew_size(0, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_is_done_once),
        cmocka_unit_test(who_is_free_takes_the_next),
        cmocka_unit_test(a_crew_is_no_larger_than_its_work),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
