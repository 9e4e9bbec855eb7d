/* What the instruction sets tell people (isa/about.h), against what their machines do: a name for each mode and cause there is and for no
 * other, where an instruction leads, which mode it leads to, and which one a trap came from. */
#include "isa/about.h"
#include "isa/pg.h"
#include "tests/isa/hart_bench.h"

#include <string.h>

static void open_plain(struct bench *b)
{
    struct riscv_config c = bench_config();
    bench_open(b, &c);
    bench_open_pmp(b);
}

/* --- names */

static void a_name_for_each_mode_and_no_other(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (uint64_t mode = 0; mode < 8; mode++) {
        unsigned found;
        machine_set(b.m, MACHINE_MODE, RV_U);
        machine_set(b.m, MACHINE_MODE, mode);
        bool exists = machine_get(b.m, MACHINE_MODE) == mode;
        const char *name = about_mode(b.m->isa, mode);
        assert_int_equal(strcmp(name, "?") != 0, exists);
        assert_int_equal(strcmp(about_long_mode(b.m->isa, mode), "?") != 0, exists);
        assert_int_equal(about_mode_find(b.m->isa, name, &found) && found == mode, exists);
    }
    assert_string_equal(about_mode(b.m->isa, RV_M), "M");
    assert_string_equal(about_mode(&isa_pg, PG_S), "s");
    assert_string_equal(about_mode(&isa_pg, 2), "?");
    bench_close(&b);
}

/* Page-table entries of another instruction set, as IA-32's two-level ones: P R/W U/S at 0 to 2, A D at 5 and 6, G at 8. */
static unsigned other_bits(uint64_t pte)
{
    static const unsigned from[] = {0, 0, 1, 0, 2, 8, 5, 6};
    unsigned bits = 0;
    for (unsigned i = 0; i < ABOUT_PTE_BITS; i++)
        bits |= (unsigned)bit_get(pte, from[i]) << i;
    return bits;
}

static void bits_of_entries_have_one_order(void **state)
{
    static const struct about about = {.pte_bits = other_bits, .pte_named = "PRWXUGAD"};
    static const struct isa other = {.name = "other", .about = &about}, silent = {.name = "silent"};
    (void)state;
    assert_int_equal(about_pte_bits(&isa_riscv, SV_V | SV_W | SV_D | 0x300), SV_V | SV_W | SV_D);
    assert_int_equal(about_pte_bits(&silent, SV_V | SV_G), SV_V | SV_G);
    assert_int_equal(about_pte_bits(&other, 0x163), SV_V | SV_R | SV_X | SV_W | SV_A | SV_D | SV_G);
    assert_int_equal(about_pte_bits(&other, 0x40), SV_D);
    assert_string_equal(about_pte_named(&isa_riscv), "VRWXUGAD");
    assert_string_equal(about_pte_named(&other), "PRWXUGAD");
}

/* Which causes there are the registers say that delegate and enable them; only M's own call cannot be delegated [priv 3.1.8]. */
static void a_name_for_each_cause_and_no_other(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_medeleg, UINT64_MAX);
    bench_set(&b, CSR_mie, UINT64_MAX);
    uint64_t exceptions = bench_get(&b, CSR_medeleg) | UINT64_C(1) << (RV_CAUSE_ECALL_U + RV_M), interrupts = bench_get(&b, CSR_mie);
    assert_true(exceptions && interrupts && !(b.m->isa->lines & ~interrupts));
    for (unsigned cause = 0; cause < 64; cause++) {
        for (int is_interrupt = 0; is_interrupt < 2; is_interrupt++) {
            const struct about_trap *t = about_trap(b.m->isa, is_interrupt, cause);
            if (!t != !bit_get(is_interrupt ? interrupts : exceptions, cause))
                fail_msg("%s %u has %s name", is_interrupt ? "interrupt" : "exception", cause, t ? "a" : "no");
            if (t)
                assert_ptr_equal(about_trap_find(b.m->isa, t->word), t);
        }
    }
    for (unsigned cause = PG_TRAP_MEMORY; cause <= PG_TRAP_UNDEFINED + 1; cause++)
        assert_int_equal(about_trap(&isa_pg, false, cause) != NULL, cause <= PG_TRAP_UNDEFINED);
    bench_close(&b);
}

static void each_register_is_in_one_group(void **state)
{
    const struct isa *const sets[] = {&isa_riscv, &isa_pg};
    (void)state;
    for (unsigned n = 0; n < 2; n++)
        for (unsigned i = 0; i < sets[n]->reg_count; i++) {
            const struct reg_desc *r = &sets[n]->regs[i];
            unsigned group = about_register(sets[n], r) & (ABOUT_INTEGER | ABOUT_FLOATING | ABOUT_CONTROL);
            assert_true(group && !(group & (group - 1)));
            assert_ptr_equal(about_register_find(sets[n], r->name), r);
            assert_ptr_equal(about_desc(sets[n], r->reg), r);
        }
    assert_string_equal(about_register_find(&isa_riscv, "fp")->name, "s0");
    assert_int_equal(about_register_find(&isa_pg, "privilege")->reg, MACHINE_MODE);
    assert_null(about_register_find(&isa_pg, "fp"));
}

/* What csrr can name in M-mode is named, and what it cannot is not. */
static void named_is_what_an_instruction_can_name(void **state)
{
    struct riscv_config c = bench_config();
    struct bench b;
    (void)state;
    c.custom_csr = true;
    bench_open(&b, &c);
    bench_set(&b, CSR_mstatus, UINT64_C(3) << MSTATUS_FS);
    for (unsigned csr = 0; csr < 4096; csr++) {
        const struct reg_desc *r = about_desc(b.m->isa, RV_CSR + csr);
        struct trap t = bench_step(&b, insn_csr(CSRRS, 0, csr, 0));
        if ((t.kind == TRAP_BUDGET) != (r && about_register(b.m->isa, r) & ABOUT_NAMED))
            fail_msg("csr 0x%03x: %s", csr, r ? r->name : "no name");
    }
    bench_close(&b);
}

/* A view changes when the register that it shows does, and is not the only one; an echo is a view. */
static void a_view_shows_another_register(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    bench_set(&b, CSR_mideleg, 0x222);
    static const unsigned shown[] = {CSR_mstatus, CSR_mie, CSR_mip};
    for (unsigned i = 0; i < b.m->isa->reg_count; i++) {
        const struct reg_desc *r = &b.m->isa->regs[i];
        unsigned flags = about_register(b.m->isa, r);
        bool follows = false;
        for (unsigned k = 0; k < 3; k++) {
            bench_set(&b, shown[k], 0);
            uint64_t before = machine_get(b.m, r->reg);
            bench_set(&b, shown[k], UINT64_C(0x822)); /* of each something that the view shows, too */
            follows |= r->reg != RV_CSR + shown[k] && machine_get(b.m, r->reg) != before;
        }
        if (follows != !!(flags & ABOUT_VIEW))
            fail_msg("%s is%s called a view", r->name, flags & ABOUT_VIEW ? "" : " not");
        assert_true(!(flags & ABOUT_ECHO) || flags & ABOUT_VIEW);
    }
    bench_close(&b);
}

/* --- instructions */

/* Encodings of what jumps, calls and returns, the rest of the bits at random. */
static uint32_t random_jump(uint64_t *seed)
{
    static const uint32_t opcode[] = {0x6f, 0x67, 0x63, 0x73}; /* JAL, JALR, BRANCH, SYSTEM */
    uint64_t z = bench_random(seed);
    uint32_t bits = (uint32_t)bench_random(seed);
    switch (z % 8) {
    case 0: return INSN_ECALL;
    case 1: return z & 8 ? INSN_MRET : INSN_SRET;
    case 2: return (bits & 0x1ffc) | (z & 8 ? 0xa001 : 0x2001); /* c.j, c.addiw */
    case 3: return 0x8002 | (bits & 0x1f80);                    /* c.jr, c.jalr */
    case 4: return (bits & 0xf80) | 0x6f;                       /* jal to itself */
    default: return (bits & ~UINT32_C(0x7f)) | opcode[z >> 8 & 3];
    }
}

struct step {
    struct trap trap;
    uint64_t pc, ra, t0, mode;
};

static struct step step_from(struct bench *b, uint32_t bits, uint64_t *seed)
{
    struct step s;
    for (unsigned x = 1; x < 32; x++)
        machine_set(b->m, RV_X + x, BENCH_RAM + (bench_random(seed) & 0xfff0));
    bench_mode(b, RV_M);
    bench_set(b, CSR_mstatus, bench_random(seed) & ~(UINT64_C(1) << MSTATUS_MPRV));
    s.trap = bench_step(b, bits);
    s.pc = machine_get(b->m, MACHINE_PC);
    s.ra = machine_get(b->m, RV_X + 1);
    s.t0 = machine_get(b->m, RV_X + 5);
    s.mode = machine_get(b->m, MACHINE_MODE);
    return s;
}

/* By what it did. That of `back` it went to where x1 or x5 pointed and left no address is only known of one that says it returns. */
static void expect_flow(struct bench *b, uint32_t bits, unsigned row, unsigned length, uint64_t *seed)
{
    enum about_flow f = about_flow(b->m, bits);
    const struct step s = step_from(b, bits, seed);
    bool done = s.trap.kind == TRAP_BUDGET, jumped = done && s.pc != BENCH_CODE + length;
    bool links = done && (s.ra == BENCH_CODE + length || s.t0 == BENCH_CODE + length);
    bool here = done && s.pc == BENCH_CODE && !links, calls = s.trap.kind == TRAP_EXCEPTION && s.trap.cause == RV_CAUSE_ECALL_U + RV_M;
    if (links != (f == FLOW_CALL) || calls != (f == FLOW_SYSTEM_CALL))
        fail_msg("%08x %s is taken for %d", bits, b->m->isa->rows[row].name, (int)f);
    if (f == FLOW_HERE ? !here : here && (row == RV_INSN_jal || row == RV_INSN_c_j))
        fail_msg("%08x %s jumps%s to itself", bits, b->m->isa->rows[row].name, here ? "" : " not");
    if ((f == FLOW_SYSTEM_RETURN) != about_changes_mode(b->m, row) || (done && s.mode != RV_M && f != FLOW_SYSTEM_RETURN))
        fail_msg("%08x %s went to mode %u", bits, b->m->isa->rows[row].name, (unsigned)s.mode);
    if (f == FLOW_RETURN)
        assert_true(jumped && !links);
}

static void flow_is_what_the_instruction_does(void **state)
{
    struct bench b;
    uint64_t seed = 1;
    unsigned seen[FLOW_HERE + 1] = {0};
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 20000; i++) {
        uint32_t bits = random_jump(&seed);
        unsigned length, row = machine_decode(b.m, bits, &length);
        if (row == INSN_NONE || strcmp(b.m->isa->rows[row].ext, "Zicsr") == 0)
            continue;
        seen[about_flow(b.m, bits)]++;
        expect_flow(&b, bits, row, length, &seed);
    }
    for (unsigned f = 0; f <= FLOW_HERE; f++)
        assert_true(seen[f] > 20);
    bench_close(&b);
}

/* A return takes its address from a link register, and from no other. */
static void returns_go_by_the_link_registers(void **state)
{
    struct bench b;
    (void)state;
    open_plain(&b);
    for (unsigned x = 1; x < 32; x++) {
        const uint32_t wide = 0x67 | x << 15, narrow = 0x8002 | x << 7;
        assert_int_equal(about_flow(b.m, wide) == FLOW_RETURN, x == 1 || x == 5);
        assert_int_equal(about_flow(b.m, narrow) == FLOW_RETURN, x == 1 || x == 5);
    }
    assert_int_equal(about_flow(b.m, 0x000080e7), FLOW_CALL); /* jalr ra, ra */
    bench_close(&b);
}

static void an_instruction_leads_to_the_mode_it_goes_to(void **state)
{
    struct bench b;
    uint64_t seed = 2;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 2000; i++) {
        const uint32_t bits = i & 1 ? INSN_MRET : INSN_SRET;
        bool leads[4];
        uint64_t retired = 0;
        bench_mode(&b, RV_M);
        bench_set(&b, CSR_mstatus, bench_random(&seed));
        for (uint64_t mode = 0; mode < 4; mode++)
            leads[mode] = about_leads_to_mode(b.m, i & 1 ? RV_INSN_mret : RV_INSN_sret, mode);
        assert_int_equal(machine_store(b.m, BENCH_CODE, &bits, 4), 0);
        machine_set(b.m, MACHINE_PC, BENCH_CODE);
        assert_int_equal(machine_run(b.m, 1, &retired).kind, TRAP_BUDGET);
        for (uint64_t mode = 0; mode < 4; mode++)
            assert_int_equal(leads[mode], machine_get(b.m, MACHINE_MODE) == mode);
    }
    bench_close(&b);
}

static void a_trap_came_from_the_mode_it_was_raised_in(void **state)
{
    static const uint64_t modes[] = {RV_U, RV_S, RV_M};
    struct bench b;
    uint64_t seed = 3;
    (void)state;
    open_plain(&b);
    for (unsigned i = 0; i < 2000; i++) {
        const uint64_t mode = modes[bench_random(&seed) % 3];
        const struct trap t = {.kind = bench_random(&seed) & 1 ? TRAP_INTERRUPT : TRAP_EXCEPTION, .cause = bench_random(&seed) % 16};
        bench_set(&b, CSR_mstatus, bench_random(&seed));
        bench_set(&b, CSR_medeleg, bench_random(&seed));
        bench_set(&b, CSR_mideleg, bench_random(&seed));
        bench_mode(&b, mode);
        (void)machine_deliver(b.m, &t);
        assert_int_equal(about_mode_before(b.m), mode);
    }
    bench_close(&b);
}

/* c.addi16sp adds to the stack pointer, whichever register that is. */
static void the_stack_pointer_is_the_one_that_has_instructions(void **state)
{
    struct bench b;
    reg_t reg;
    (void)state;
    open_plain(&b);
    uint64_t before = about_stack(b.m);
    assert_int_equal(bench_step(&b, 0x6141).kind, TRAP_BUDGET); /* c.addi16sp 16 */
    assert_int_equal(about_stack(b.m), before + 16);
    assert_true(about_numbered(b.m->isa, about_calls(b.m->isa)->stack, &reg) && machine_get(b.m, reg) == before + 16);
    assert_string_equal(about_desc(b.m->isa, about_calls(b.m->isa)->result)->name, "a0");
    assert_int_equal(about_stack(b.m), machine_get(b.m, about_register_find(b.m->isa, "sp")->reg));
    bench_close(&b);
}

/* Instructions are made of parcels: decoding the first says how long the whole is. */
static void the_first_parcel_says_the_length(void **state)
{
    struct bench b;
    uint64_t seed = 4;
    (void)state;
    open_plain(&b);
    const unsigned parcel = about_parcel(b.m->isa);
    for (unsigned i = 0; i < 5000; i++) {
        unsigned whole, first;
        uint64_t bits = (uint32_t)bench_random(&seed);
        (void)machine_decode(b.m, bits, &whole);
        (void)machine_decode(b.m, bits_get(bits, 0, 8 * parcel), &first);
        assert_int_equal(whole, first);
        assert_int_equal(whole % parcel, 0);
    }
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_for_each_mode_and_no_other),
        cmocka_unit_test(bits_of_entries_have_one_order),
        cmocka_unit_test(a_name_for_each_cause_and_no_other),
        cmocka_unit_test(each_register_is_in_one_group),
        cmocka_unit_test(named_is_what_an_instruction_can_name),
        cmocka_unit_test(a_view_shows_another_register),
        cmocka_unit_test(flow_is_what_the_instruction_does),
        cmocka_unit_test(returns_go_by_the_link_registers),
        cmocka_unit_test(an_instruction_leads_to_the_mode_it_goes_to),
        cmocka_unit_test(a_trap_came_from_the_mode_it_was_raised_in),
        cmocka_unit_test(the_stack_pointer_is_the_one_that_has_instructions),
        cmocka_unit_test(the_first_parcel_says_the_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
