/* The vectors of tests/isa/vectors in virtual machines: what the manual says holds there line by line, under both shadow policies, and
 * in a virtual machine on a virtual machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/vmm/vmm.h"
#include "tests/vectors_run.h"
#include "tests/ways.h"

enum { DEPTH_MAX = 2, FRAMES = 256 };

struct tower {
    struct ram *ram;
    struct phys *phys;
    struct machine *level[DEPTH_MAX + 1]; /* [0] is the hart */
    unsigned depth;
};

static struct vm_config level_config(unsigned levels_above, enum shadow_policy policy)
{
    struct vm_config c = {.ram_base = VECTOR_RAM, .ram_size = VECTOR_RAM_SIZE, .shadow = policy, .shadow_frames = FRAMES};
    for (; levels_above > 0; levels_above--)
        c.ram_size = align_up(vmm_host_bytes(&isa_riscv, &c), PAGE_SIZE);
    return c;
}

static void tower_open(struct tower *t, unsigned depth, enum shadow_policy policy)
{
    struct vm_config host = level_config(depth, policy);
    struct riscv_config config = vector_config();
    struct error error;
    *t = (struct tower){.depth = depth};
    assert_int_equal(ram_create(&t->ram, host.ram_size), 0);
    assert_int_equal(phys_create(&t->phys), 0);
    assert_int_equal(phys_add_ram(t->phys, "ram", VECTOR_RAM, host.ram_size, t->ram, 0), 0);
    assert_int_equal(create_in_this_way(&t->level[0], t->phys, &config), 0);
    for (unsigned i = 1; i <= depth; i++) {
        struct vm_config c = level_config(depth - i, policy);
        if (vmm_create_vm(t->level[i - 1], &c, &t->level[i], &error))
            fail_msg("%s", error.text);
    }
    assert_int_equal(phys_add_io(t->level[depth]->phys, "io", VECTOR_IO, PAGE_SIZE, &vector_io, NULL), 0);
    vector_fill_code(t->level[depth]);
}

static void tower_close(struct tower *t)
{
    for (unsigned i = t->depth + 1; i-- > 0;)
        machine_destroy(t->level[i]);
    phys_destroy(t->phys);
    ram_destroy(t->ram);
}

static void run_line(void *ctx, const struct vector *v, const char *where)
{
    struct tower *t = ctx;
    vector_run(t->level[t->depth], v, where);
    assert_int_equal(machine_get(t->level[0], MACHINE_MODE), RV_U); /* whatever mode the line is about */
}

static void run_all(unsigned depth, enum shadow_policy policy)
{
    struct tower t;
    struct vm_stats stats;
    tower_open(&t, depth, policy);
    vectors_each(run_line, &t);
    vm_stats(t.level[depth], &stats);
    assert_true(stats.direct > 5000 && stats.emulated > 100); /* they ran there */
    tower_close(&t);
}

static void hold_under_flush(void **state)
{
    (void)state;
    run_all(1, SHADOW_FLUSH);
}

static void hold_under_trace(void **state)
{
    (void)state;
    run_all(1, SHADOW_TRACE);
}

static void hold_at_depth_two(void **state)
{
    (void)state;
    run_all(2, SHADOW_TRACE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hold_under_flush),
        cmocka_unit_test(hold_under_trace),
        cmocka_unit_test(hold_at_depth_two),
    };
    return run_in_every_way(tests);
}
