/* test_translator_calls_ia32.c - the monitor that translates goes on behind a call with what is called: where calls
 * lead on and on, a block has its end all the same, and few pages are looked up for it.
 */
#include "tests/core/translator_ia32.h"

/* --- Kernels, whose calls and jumps end by a count in ECX, which nobody can see ahead. CLI, HLT is the end. */

static const uint8_t calls_itself[] = {
    0xb9, 0xc8, 0x00, 0x00, 0x00, /* +0   mov  ecx, 200 */
    0x49,                         /* +5   dec  ecx */
    0x74, 0x05,                   /* +6   jz   +13 */
    0xe8, 0xf8, 0xff, 0xff, 0xff, /* +8   call +5 */
    0xfa, 0xf4,                   /* +13  cli; hlt */
};
enum { LOOP = 5, OPCODE = 8, DISTANCE = 9, BEHIND = 13 };
static void load_calls_itself(struct machine *m) { put(m, KERNEL, calls_itself, sizeof calls_itself); }

/* What is called is behind the call, a thousand times, on two pages. */
enum { CHAIN = 1000, CALL_BYTES = 5 };
static void load_chain(struct machine *m)
{
    static const uint8_t call[CALL_BYTES] = {0xe8}, end[] = {0xfa, 0xf4};

    for (unsigned n = 0; n < CHAIN; n++)
        put(m, KERNEL + n * CALL_BYTES, call, sizeof call);
    put(m, KERNEL + CHAIN * CALL_BYTES, end, sizeof end);
}

/* Three pages that call each other, or jump, in a ring. */
static void load_ring(struct machine *m, uint8_t opcode)
{
    static const uint32_t at[] = {KERNEL, PAGE, OTHER};

    page_in(m);
    for (unsigned n = 0; n < 3; n++) {
        const uint32_t distance = at[(n + 1) % 3] + LOOP - (at[n] + BEHIND);
        put(m, at[n], calls_itself, sizeof calls_itself);
        put(m, at[n] + OPCODE, &opcode, 1);
        put(m, at[n] + DISTANCE, &distance, sizeof distance);
    }
}
static void load_calls_round(struct machine *m) { load_ring(m, 0xe8); }
static void load_jumps_round(struct machine *m) { load_ring(m, 0xe9); }

static const struct {
    void (*change)(struct machine *);
    unsigned pieces, blocks; /* at most: of one block, and in all */
} kernels[] = {{load_calls_itself, 4, 8}, {load_chain, 4, CHAIN}, {load_calls_round, 4, 16}, {load_jumps_round, 1, 16}};
enum { KERNELS = sizeof kernels / sizeof *kernels };

static void test_equivalent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < KERNELS; n++)
        kernel_equivalent(n, kernels[n].change);
}

/* --- What is counted of the making of blocks */

static struct {
    unsigned blocks, pieces, insns, looks, looks_most;
} made;

static void most(unsigned *of, unsigned count) { *of = count > *of ? count : *of; }

static bool looks_up(struct vcpu *vcpu, gva_t va, unsigned size, enum pt_kind kind, bool touch, gpa_t *pa, struct trap *t)
{
    made.looks++;
    return ia32_translate(vcpu, va, size, kind, touch, pa, t);
}

static bool plans(struct vcpu *vcpu, va_t pc, struct code_plan *p, struct trap *t)
{
    made.looks = 0;
    const bool is_made = ia32_translator.plan(vcpu, pc, p, t);
    made.blocks++;
    most(&made.pieces, p->pieces);
    most(&made.insns, p->insns);
    most(&made.looks_most, made.looks);
    return is_made;
}

static void plant_counts(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.plan = plans;
    f->isa.translator = &t;
    f->isa.translate = looks_up;
}

static void ended(struct vcpu *vcpu, uint64_t retired) { assert_true(vcpu->stats.translated > 500 && retired > 500); }

/* A text is two pages at most, and has a piece at least; a page is looked up twice, to ask and to have it. */
static void test_bounds(void **state)
{
    (void)state;
    for (unsigned n = 0; n < KERNELS; n++) {
        memset(&made, 0, sizeof made);
        run_translated(kernels[n].change, plant_counts, ended);
        assert_in_range(made.pieces, kernels[n].pieces > 1 ? 3 : 1, kernels[n].pieces);
        assert_in_range(made.blocks, 1, kernels[n].blocks);
        assert_in_range(made.insns, 1, 192);
        assert_in_range(made.looks_most, 1, 16);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equivalent),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
