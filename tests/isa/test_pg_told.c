/* What the paper's machine tells whoever debugs programs of it: where a program's labels are, and which of M, l and b an instruction
 * read or wrote. */
#include "tests/isa/pg_bench.h"

enum { Q = PG_BENCH_CELLS };

static void an_image_has_its_labels(void **state)
{
    static const char text[] = "size = 5\n.org 2\nfirst: second:\n  jmp first\n.org 9 + size\nlast: .word size\nend:\n";
    static const struct pg_label wanted[] = {{"first", 2}, {"second", 2}, {"last", 14}, {"end", 15}};
    struct pg_image image;
    struct error e;
    (void)state;
    if (pg_assemble("x.pg", text, strlen(text), &image, &e) != 0)
        fail_msg("%s", e.text);
    assert_int_equal(image.labels, 4); /* the name of an expression is none */
    for (unsigned i = 0; i < 4; i++) {
        assert_string_equal(image.label[i].name, wanted[i].name);
        assert_int_equal(image.label[i].cell, wanted[i].cell);
    }
    pg_image_free(&image);
    assert_null(image.label);
}

static void an_image_need_not_have_any(void **state)
{
    static const char text[] = "a = 1\n.org a\nhalt\n";
    struct pg_image image;
    struct error e;
    (void)state;
    assert_int_equal(pg_assemble("x.pg", text, strlen(text), &image, &e), 0);
    assert_int_equal(image.labels, 0);
    pg_image_free(&image);
}

/* One instruction in a mode of a variant: the record, TOUCH_* by register. */
struct record {
    unsigned m, l, b;
};

static struct record record_of(enum pg_variant v, unsigned row, uint64_t mode)
{
    struct pg_bench b;
    struct machine_touch touch[16];
    struct record r = {0};
    uint64_t retired = 0, cells = 0;
    pg_bench_create(&b, Q, v);
    struct pg_state s = {.m = mode, .p = 2, .b = Q};
    s.cell[2] = pg_encode(row, 20, 21);
    s.cell[20] = pg_psw_pack((struct pg_psw){.m = PG_S, .p = 3, .b = Q});
    pg_state_set(&s, b.m, Q);
    (void)!machine_run(b.m, 1, &retired).kind;
    const unsigned n = machine_touched(b.m, touch, 16);
    for (unsigned i = 0; i < n; i++) {
        r.m |= touch[i].reg == MACHINE_MODE ? touch[i].how : 0;
        r.l |= touch[i].reg == PG_L ? touch[i].how : 0;
        r.b |= touch[i].reg == PG_B ? touch[i].how : 0;
        const bool is_cell = touch[i].reg - PG_E < PG_TOUCHED;
        assert_true(!is_cell || cells == i); /* they come first, for whoever has room for them only */
        cells += is_cell;
    }
    assert_true(cells >= 1); /* the instruction's own */
    pg_bench_destroy(&b);
    return r;
}

static void a_use_of_m_and_r_is_noted(void **state)
{
    enum { C = TOUCH_CHECK, R = TOUCH_READ, W = TOUCH_WRITE };
    static const struct {
        enum pg_variant variant;
        unsigned row;
        uint64_t mode;
        struct record wanted;
    } cases[] = {
        {PG_BASE, PG_INSN_add, PG_U, {0, 0, 0}},          {PG_BASE, PG_INSN_jmp, PG_S, {0, 0, 0}},
        {PG_BASE, PG_INSN_getmode, PG_U, {C, 0, 0}},      {PG_BASE, PG_INSN_getmode, PG_S, {C | R, 0, 0}},
        {PG_BASE, PG_INSN_out, PG_S, {C, 0, 0}},          {PG_BASE, PG_INSN_lpsw, PG_S, {C | W, W, W}},
        {PG_GETMODE, PG_INSN_getmode, PG_U, {R, 0, 0}},   {PG_JRST1, PG_INSN_rtu, PG_U, {W, 0, 0}},
        {PG_LRA, PG_INSN_lra, PG_U, {0, R, 0}},           {PG_GETR, PG_INSN_getr, PG_U, {0, R, R}},
        {PG_SETR_NOP, PG_INSN_setr, PG_U, {R, 0, 0}},     {PG_SETR_USER, PG_INSN_setr, PG_U, {0, W, W}},
        {PG_SHRINK, PG_INSN_shrink, PG_U, {0, 0, R | W}}, {PG_HALT_USER, PG_INSN_halt, PG_U, {0, 0, 0}},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct record got = record_of(cases[i].variant, cases[i].row, cases[i].mode);
        if (memcmp(&got, &cases[i].wanted, sizeof got) != 0)
            fail_msg("case %u, %s: M %u, l %u, b %u", i, isa_pg.rows[cases[i].row].name, got.m, got.l, got.b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_has_its_labels),
        cmocka_unit_test(an_image_need_not_have_any),
        cmocka_unit_test(a_use_of_m_and_r_is_noted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
