/* test_lockstep_hidden.c - machines in lock step differ in what registers do not show: devices, disks, memory, and from where they began. */
#include "tests/core/lockstep_rig.h"

#include <stdio.h>
#include <stdlib.h>

/* --- What registers and memory do not show */

/* The device answers, and nobody keeps the answer: only what was asked can differ. */
static void test_device(void **state)
{
    struct program p = {0};
    struct bench b = {.depth = 1, .program = &p};

    (void)state;
    emit(&p, 0x100002b7);                   /* lui t0, 0x10000: the UART */
    emit(&p, i_type(0x03, 4, ZERO, T0, 7)); /* lbu zero, 7(t0) */
    addi(&p, T1, ZERO, 65);
    emit(&p, s_type(0, T0, T1, 0)); /* sb t1, 0(t0): "A" */
    emit(&p, 0x0000006f);
    struct lockstep_report r = run(&b, 1, 100);
    assert_int_equal(r.verdict, LOCKSTEP_LIMIT);
    assert_int_equal(r.accesses, 2);
    assert_int_equal(r.output, 1);
    b.other_device = true;
    r = run(&b, 1, 100);
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.retired, 1);
    assert_int_equal(r.differences, 1);
    assert_true(names(&r, "device accesses, digest"));
}

/* What the first states differ in is no instruction's doing. */
static void test_first_state(void **state)
{
    struct bench b = {.depth = 1, .printed = true};
    struct lockstep_report r = run(&b, 1, UINT64_MAX);

    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_false(r.exact);
    assert_true(r.retired == 0 && r.seen == 0);
    assert_true(names(&r, "console output") && r.differences == 1);
    explains(&r, NULL, "before the first instruction");
}

static bool reads_time(uint32_t word) { return (word & 0xfffff07f) == (i_type(0x73, 2, 0, ZERO, CSR_time)); }

/* Both begin where a third machine stood, and count on from there. */
static void test_from_checkpoint(void **state)
{
    enum { BEGIN = 500 };
    char path[] = "/tmp/trapeze-lockstep-XXXXXX";
    int fd = mkstemp(path);
    struct bench b = {.depth = 2, .from = path}, wrong = {.depth = 1, .from = path, .plant = fault_counter};
    struct checkpoints *store;
    struct checkpoint *c;
    struct oracle o;
    struct error e;

    (void)state;
    oracle_begin(&o, NULL);
    while (oracle_retired(&o) < BEGIN)
        assert_true(oracle_step(&o));
    assert_int_equal(checkpoints_create(&store, o.bench.side[0].system, &(struct checkpoints_config){0}, &e), 0);
    assert_int_equal(checkpoint_take(store, true, &c, &e), 0);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(checkpoint_write(store, c, f, path, "test", &e), 0);
    assert_int_equal(fclose(f), 0);
    uint64_t when = 0; /* the clock is read first, by the program or by its handler */
    do
        if (when == 0 && reads_time(word_at(oracle_machine(&o), machine_get(oracle_machine(&o), MACHINE_PC))))
            when = oracle_retired(&o);
    while (oracle_step(&o));
    struct lockstep_report r = run(&b, 1, UINT64_MAX);
    assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
    assert_int_equal(r.retired, oracle_retired(&o));
    r = run(&wrong, 1000000, UINT64_MAX);
    checkpoints_destroy(store);
    oracle_end(&o);
    close(fd);
    unlink(path);
    assert_true(r.verdict == LOCKSTEP_DIVERGED && r.exact);
    assert_int_equal(r.retired, when);
}

/* Registers by the block are those one by one, for whoever asks. */
static void blocks_equal(const struct machine *m)
{
    uint64_t block[80];

    for (unsigned first = 0; first < 70; first++)
        for (unsigned count = 0; count < 10; count++) {
            machine_get_block(m, first, count, block);
            for (unsigned i = 0; i < count; i++)
                assert_int_equal(block[i], machine_get(m, first + i));
        }
    machine_get_block(m, 0, 64, block);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(block[i], i ? machine_get(m, i) : 0);
}

static void test_blocks(void **state)
{
    struct bench b = {.depth = 2};
    struct lockstep_side out;
    struct lockstep_tap *none = calloc(1, sizeof *none);
    struct error e;
    uint64_t retired = 0;

    (void)state;
    assert_int_equal(make(&b, LOCKSTEP_VIRTUAL, none, &out, &e), 0);
    for (unsigned level = 0; level <= 2; level++) {
        struct machine *m = b.side[LOCKSTEP_VIRTUAL].machine[level];
        if (level == 2) /* before the machines below are its own, and after */
            blocks_equal(m);
        for (unsigned i = 1; level < 2 && i < 64; i++)
            machine_set(m, i, 1000 * (level + 1) + i);
        blocks_equal(m);
    }
    (void)machine_run(b.side[LOCKSTEP_VIRTUAL].machine[2], 500, &retired).kind;
    for (unsigned level = 0; level <= 2; level++)
        blocks_equal(b.side[LOCKSTEP_VIRTUAL].machine[level]);
    unmake(&b, LOCKSTEP_VIRTUAL);
    free(none);
}

static void test_disk(void **state)
{
    char path[] = "/tmp/trapeze-lockstep-XXXXXX";
    int fd = mkstemp(path);
    struct program p = {0};
    struct bench same = {.depth = 1, .program = &p, .disk = path},
                 other = {.depth = 1, .program = &p, .disk = path, .scratch_disk = true};

    (void)state;
    assert_true(fd >= 0 && ftruncate(fd, 64 << 10) == 0);
    for (unsigned i = 0; i < 10; i++)
        addi(&p, T1, T1, 1);
    emit(&p, 0x100012b7);                 /* lui t0, 0x10001: the first virtio slot */
    emit(&p, i_type(0x03, 2, T2, T0, 0)); /* lw t2, 0(t0) */
    emit(&p, 0x0000006f);
    assert_int_equal(run(&same, 1, 100).verdict, LOCKSTEP_LIMIT);
    struct lockstep_report r = run(&other, 1, 100);
    close(fd);
    unlink(path);
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.retired, 11); /* when it first spoke to a device */
    assert_true(names(&r, "contents of drive 0, at byte"));
    assert_int_equal(r.difference[0].value[0], 4096);
}

/* --- Memory by pages */

static void memory_of(struct ram **ram, struct phys **phys, unsigned pages)
{
    assert_int_equal(ram_create(ram, (uint64_t)pages << PAGE_SHIFT), 0);
    assert_int_equal(phys_create(phys), 0);
    assert_int_equal(phys_add_ram(*phys, "ram", PROGRAM_BASE, (uint64_t)pages << PAGE_SHIFT, *ram, 0), 0);
}

static void write_both(struct phys *const phys[2], pa_t pa, uint64_t value)
{
    assert_true(phys_store(phys[0], pa, 8, value));
    assert_true(phys_store(phys[1], pa, 8, value));
}

static void test_memory_pair(void **state)
{
    (void)state;
    for (unsigned often = 0; often < 2; often++) {
        struct ram *ram[2];
        struct phys *phys[2];
        struct memory_pair *p;
        struct memory_difference d[2];
        for (unsigned i = 0; i < 2; i++)
            memory_of(&ram[i], &phys[i], 700);
        assert_int_equal(memory_pair_create(&p, phys, PROGRAM_BASE, 700 * PAGE_SIZE, often), 0);
        assert_true(memory_pair_look(p));
        write_both(phys, PROGRAM_PAGE(3) + 8, 1);
        write_both(phys, PROGRAM_PAGE(600), 1);
        assert_true(memory_pair_look(p));
        assert_int_equal(memory_pair_pages(p), 2);
        assert_true(memory_pair_look(p)); /* nothing was written */
        assert_int_equal(memory_pair_pages(p), 2);
        for (unsigned side = 0; side < 2; side++) { /* on one side alone */
            assert_true(phys_store(phys[side], PROGRAM_PAGE(699) + 4088, 8, 7 + side));
            assert_false(memory_pair_look(p));
            assert_false(memory_pair_look_at_all(p));
            assert_int_equal(memory_pair_differences(p, d, 2), 1);
            assert_int_equal(d[0].offset, 699 * PAGE_SIZE + 4088);
            assert_int_equal(d[0].value[side], 7 + side);
            write_both(phys, PROGRAM_PAGE(699) + 4088, 0);
            assert_true(memory_pair_look(p));
        }
        ram_host(ram[1])[1] = 1; /* and nobody says so */
        assert_true(memory_pair_look(p));
        assert_false(memory_pair_look_at_all(p));
        memory_pair_destroy(p);
        for (unsigned i = 0; i < 2; i++) {
            assert_false(ram_is_marked(ram[i], 0));
            phys_destroy(phys[i]);
            ram_destroy(ram[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memory_pair), cmocka_unit_test(test_device), cmocka_unit_test(test_disk),
        cmocka_unit_test(test_first_state), cmocka_unit_test(test_blocks), cmocka_unit_test(test_from_checkpoint),
    };
    return run_in_every_way(tests);
}
