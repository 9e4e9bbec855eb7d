/* test_theory_native.c - the laboratory executes instructions as machine code, too, and sees when that does something else: each row that
 * has a stencil is translated on the way, and stencils that are put in another's place are noticed, each by the row that they are of.
 */
#define _GNU_SOURCE /* mprotect */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/theory/theory_riscv.h"
#include "isa/about.h"

static struct riscv_theory *open_theory(void)
{
    const struct riscv_inputs in = riscv_inputs();
    const struct classify_options o = {.seed = 1, .brief = true};
    struct riscv_theory *t = malloc(sizeof *t);
    assert_non_null(t);
    assert_int_equal(riscv_theory_open(t, &in, RISCV_PINS, &o), 0);
    return t;
}

static void close_theory(struct riscv_theory *t)
{
    riscv_theory_close(t);
    free(t);
}

/* What all machines of the laboratory have translated; false: there is no translator on this host. */
static bool stretches(const struct riscv_theory *t, uint64_t *sum)
{
    struct about_decoded d;
    bool there = false;
    *sum = 0;
    for (unsigned n = 0; n < t->lab->machine_count; n++) {
        if (t->lab->machine[n]->engine->kind != ENGINE_native || !about_decoded(t->lab->machine[n], &d))
            continue;
        there = true;
        *sum += d.stretches;
    }
    return there;
}

static struct finding measured(struct riscv_theory *t, unsigned row)
{
    struct finding f = {0};
    const struct subject *s = riscv_subject_named(&t->subjects, isa_riscv.rows[row].name);
    assert_non_null(s);
    assert_int_equal(riscv_theory_measure(t, s, false, &f), 0);
    return f;
}

/* That all these have stencils isa_native demands. */
static bool has_stencil(const struct insn_desc *row)
{
    static const char *const ext[] = {"M", "A", "F", "D"};
    bool has = strcmp(row->ext, "I") == 0 && row->traps == TRAPS_NEVER;
    for (unsigned n = 0; n < sizeof ext / sizeof *ext; n++)
        has |= strcmp(row->ext, ext[n]) == 0;
    return has;
}

static void rows_are_translated(void **state)
{
    struct riscv_theory *t = open_theory();
    unsigned rows = 0;
    uint64_t before, after;
    (void)state;
    const bool there = stretches(t, &before);
    for (unsigned row = 0; there && row < RV_INSN_COUNT; row++) {
        if (!has_stencil(&isa_riscv.rows[row]))
            continue;
        (void)stretches(t, &before);
        const struct finding f = measured(t, row);
        (void)stretches(t, &after);
        if (!f.agrees || after == before)
            fail_msg("%s: %s", isa_riscv.rows[row].name, f.agrees ? "not as machine code" : f.disagreement);
        rows++;
    }
    close_theory(t);
    if (!there)
        skip();
    assert_true(rows > 100);
}

/* Of the table of stencils (isa/riscv/stencil.h), which is a constant, and private, entries as so many bytes.
 * Where there is no translator there is none. */
struct entry {
    uint16_t halfwords[6];
};
extern __attribute__((weak)) struct entry rv_stencil[];

static void put_in_place(unsigned row, struct entry s)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), at = (uintptr_t)&rv_stencil[row], first = at & ~(page - 1);
    const size_t size = at + sizeof s - first;
    assert_int_equal(mprotect((void *)first, size, PROT_READ | PROT_WRITE), 0);
    memcpy((void *)at, &s, sizeof s);
}

/* Sums and products are computed by machine code only where the host's FPU may: the laboratory has states in which it may. */
static void wrong_stencils_are_seen(void **state)
{
    static const uint16_t wrong[][2] = {
        {RV_INSN_add, RV_INSN_sub},         {RV_INSN_sltu, RV_INSN_slt},         {RV_INSN_addi, RV_INSN_xori},
        {RV_INSN_srli, RV_INSN_srai},       {RV_INSN_addw, RV_INSN_subw},        {RV_INSN_mulh, RV_INSN_mulhu},
        {RV_INSN_divu, RV_INSN_remu},       {RV_INSN_lw, RV_INSN_lwu},           {RV_INSN_lh, RV_INSN_lb},
        {RV_INSN_sd, RV_INSN_sw},           {RV_INSN_beq, RV_INSN_bne},          {RV_INSN_bltu, RV_INSN_blt},
        {RV_INSN_lui, RV_INSN_auipc},       {RV_INSN_amoadd_d, RV_INSN_amoor_d}, {RV_INSN_fsgnj_d, RV_INSN_fsgnjn_d},
        {RV_INSN_flt_d, RV_INSN_feq_d},     {RV_INSN_fadd_d, RV_INSN_fmul_d},    {RV_INSN_fmul_d, RV_INSN_fadd_d},
        {RV_INSN_fsub_d, RV_INSN_fadd_d},   {RV_INSN_fmul_s, RV_INSN_fsub_s},    {RV_INSN_fadd_s, RV_INSN_fsub_s},
        {RV_INSN_fmadd_d, RV_INSN_fmsub_d}, {RV_INSN_fnmadd_s, RV_INSN_fmadd_s}, {RV_INSN_fdiv_d, RV_INSN_fmul_d},
    };
    struct riscv_theory *t = open_theory();
    uint64_t sum;
    (void)state;
    const bool there = stretches(t, &sum);
    for (unsigned n = 0; there && n < sizeof wrong / sizeof *wrong; n++) {
        const unsigned row = wrong[n][0];
        const struct entry right = rv_stencil[row];
        put_in_place(row, rv_stencil[wrong[n][1]]);
        const struct finding f = measured(t, row);
        put_in_place(row, right);
        if (f.agrees || !strstr(f.disagreement, "machine code"))
            fail_msg("%s does what %s does: %s", isa_riscv.rows[row].name, isa_riscv.rows[wrong[n][1]].name,
                     f.agrees ? "nobody sees it" : f.disagreement);
        assert_true(measured(t, row).agrees);
    }
    close_theory(t);
    if (!there)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rows_are_translated), cmocka_unit_test(wrong_stencils_are_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
