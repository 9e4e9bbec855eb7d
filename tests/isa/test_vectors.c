/* The vectors on a bare hart: every line by the fast bodies, twice and in every way, by the careful ones, and over the contract. The lines were written
 * from the manual and encoded by another assembler, so they hold the decoder too. A row without lines fails, by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/vectors_run.h"
#include "tests/ways.h"

enum { LINES_PER_ROW = 3 };

struct world {
    struct ram *ram;
    struct phys *phys;
    struct machine *machine;
    unsigned lines[RV_INSN_COUNT];
};

static void world_open(struct world *w)
{
    struct riscv_config config = vector_config();
    *w = (struct world){0};
    assert_int_equal(ram_create(&w->ram, VECTOR_RAM_SIZE), 0);
    assert_int_equal(phys_create(&w->phys), 0);
    assert_int_equal(phys_add_ram(w->phys, "ram", VECTOR_RAM, VECTOR_RAM_SIZE, w->ram, 0), 0);
    assert_int_equal(phys_add_io(w->phys, "io", VECTOR_IO, PAGE_SIZE, &vector_io, NULL), 0);
    assert_int_equal(create_in_this_way(&w->machine, w->phys, &config), 0);
    vector_fill_code(w->machine);
}

static void world_close(struct world *w)
{
    machine_destroy(w->machine);
    phys_destroy(w->phys);
    ram_destroy(w->ram);
}

static void decode_line(void *ctx, const struct vector *v, const char *where)
{
    struct world *w = ctx;
    unsigned length, row = isa_riscv.decode(w->machine->config, 0, v->bits, &length);
    if (row != v->row || length != v->length)
        fail_msg("%s: decodes to %s, %u bytes", where, row == INSN_NONE ? "nothing" : isa_riscv.rows[row].name, length);
    if (row != INSN_NONE)
        w->lines[row]++;
}

static void every_row_has_lines(void **state)
{
    struct world w;
    unsigned missing = 0;
    (void)state;
    world_open(&w);
    vectors_each(decode_line, &w);
    for (unsigned row = 0; row < RV_INSN_COUNT; row++)
        if (w.lines[row] < LINES_PER_ROW) {
            print_error("%s has %u lines in tests/isa/vectors; %d are asked for\n", isa_riscv.rows[row].name, w.lines[row],
                        LINES_PER_ROW);
            missing++;
        }
    assert_int_equal(missing, 0);
    world_close(&w);
}

static void run_line(void *ctx, const struct vector *v, const char *where) { vector_run(((struct world *)ctx)->machine, v, where); }

static void every_line_holds(void **state)
{
    struct world w;
    (void)state;
    world_open(&w);
    vectors_each(run_line, &w);
    world_close(&w);
}

/* The reader refuses what it does not understand: a slip in a line is not a line that says nothing. */
static void slips_are_found(void **state)
{
    static const char *const slips[] = {
        "addi x5,x6,1 | 00130293 x6=1 -> x5=2",
        "addi x5,x6,1 | 00130293 | x6=1 x5=2",
        "addj x5,x6,1 | 00130293 | x6=1 -> x5=2",
        "addi x5,x6,1 | 0013029 | x6=1 -> x5=2",
        "addi x5,x6,1 | 00130293 | x32=1 -> x5=2",
        "addi x5,x6,1 | 00130293 | x6=1 -> x5",
        "addi x5,x6,1 | 00130293 | x6=1 -> x5=two",
        "addi x5,x6,1 | 00130293 | x6=1 -> x5=0x1ffffffffffffffff",
        "addi x5,x6,1 | 00130293 | x6=1 ->",
        "addi x5,x6,1 | 00130293 | x6=1 -> trap=3",
        "addi x5,x6,1 | 00130293 | x6=1 -> tval=3",
        "addi x5,x6,1 | 00130293 | x6=s:0.1 -> x5=2",
        "addi x5,x6,1 | 00130293 | fflags=XX -> x5=2",
        "addi x5,x6,1 | 00130293 | mstatus.MPP=4 -> x5=2",
        "addi x5,x6,1 | 00130293 | mstatus.XYZ=1 -> x5=2",
        "addi x5,x6,1 | 00130293 | w[data+0x1ffe]=1 -> x5=2",
        "addi x5,x6,1 | 00130293 | b[data]=256 -> x5=2",
        "addi x5,x6,1 | 00130293 | q[data]=1 -> x5=2",
        ".4byte 0x00130293 | 00130293 | row=addj -> x5=2",
        "x | 00130293 | a=1 -> x5=2",
    };
    char line[VECTOR_LINE];
    struct vector v;
    (void)state;
    for (unsigned i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        snprintf(line, sizeof line, "%s", slips[i]);
        if (!vector_parse(line, &v))
            fail_msg("not found: %s", slips[i]);
    }
    snprintf(line, sizeof line, "amoadd.w.aq x5,x7,(x6) | 0473232f | x6=data+4 w[data+4]=-1 x7=s:-1.5 -> x5=-1  # remark\n");
    assert_null(vector_parse(line, &v));
    assert_int_equal(v.row, RV_INSN_amoadd_w);
    assert_int_equal(v.bits, 0x0473232f);
    assert_int_equal(v.before_count, 3);
    assert_true(v.before[0].value == VECTOR_DATA + 4 && v.before[1].at == 4 && v.before[2].value == UINT64_C(0xffffffffbfc00000));
    snprintf(line, sizeof line, "   # nothing but a remark | with | bars ->\n");
    assert_null(vector_parse(line, &v));
    assert_string_equal(v.assembly, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips_are_found),
        cmocka_unit_test(every_row_has_lines),
        cmocka_unit_test(every_line_holds),
    };
    return run_in_every_way(tests);
}
