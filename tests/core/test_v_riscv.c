/* test_v_riscv.c - f(i(S)) = v_i(f(S)) for every privileged row and every CSR: the instruction on a bare hart and in a virtual
 * machine, from the same random state, must trap the same or leave the same registers; by the harts' careful bodies, and by the fast ones,
 * which have budget to spare and are held by triggers behind the instruction. Likewise trap entry, interrupts, timers, and
 * whole random programs of privileged instructions with their traps delivered.
 */
#include "tests/core/pair.h"

/* The code of every case: physical, and where the table below maps it for S and U. */
enum { CODE = 0x1000, TABLE = 0x3f000, HANDLER = 0x2000 };
#define CODE_S (PAIR_BASE + CODE)            /* gigapage 2, S */
#define CODE_U (UINT64_C(0xc0000000) + CODE) /* gigapage 3, U */
#define SATP ((UINT64_C(8) << 60) | ((PAIR_BASE + TABLE) >> PAGE_SHIFT))

/* One random state, with memory such that CODE can be fetched in every mode. */
static void prepare(struct pair *p)
{
    bool paged = random_below(p, 2);
    uint64_t mode;

    pair_random_state(p);
    pair_csr(p, CSR_pmpaddr0, UINT64_MAX); /* entry 0: everything, everybody */
    pair_csr(p, CSR_pmpcfg0, 0x1f);
    if (random_below(p, 8) == 0)
        pair_random_pmp(p, 1);
    mode = machine_get(p->m[0], MACHINE_MODE);
    pair_csr(p, CSR_satp, paged ? SATP | (random_below(p, 4) << 44) : 0);
    pair_set(p, MACHINE_PC, paged && mode == RV_U ? CODE_U : CODE_S);
}

/* Triggers wherever no case begins. */
static void hold(struct pair *p)
{
    const uint64_t from[] = {0, CODE_S + 1, CODE_U + 1};
    for (unsigned n = 0; n < 3; n++) {
        const uint64_t to = n == 0 ? CODE_S : n == 1 ? CODE_U : UINT64_MAX;
        const struct trigger t = {.kinds = TRIGGER_EXECUTE, .at = from[n], .length = to - from[n]};
        assert_int_equal(machine_trigger(p->m[0], n, &t), 0);
        assert_int_equal(machine_trigger(p->m[1], n, &t), 0);
    }
}

static bool at_speed; /* by fast bodies */

static void create(struct pair *p, const struct riscv_config *config, unsigned depth, uint64_t seed)
{
    pair_create(p, config, SHADOW_FLUSH, depth, seed);
    pair_store64(p, PAIR_BASE + TABLE + 2 * 8, ((PAIR_BASE >> 12) << 10) | SV_V | SV_R | SV_W | SV_X | SV_A | SV_D);
    pair_store64(p, PAIR_BASE + TABLE + 3 * 8, ((PAIR_BASE >> 12) << 10) | SV_V | SV_R | SV_W | SV_X | SV_A | SV_D | SV_U);
    if (at_speed)
        hold(p);
}

static void one(struct pair *p, uint32_t bits)
{
    p->number++;
    prepare(p);
    pair_store32(p, PAIR_BASE + CODE, bits);
    pair_compare_registers(p);
    (void)pair_run(p, at_speed ? 1 << 12 : 1);
    pair_compare_registers(p);
}

static uint32_t csr_instruction(unsigned csr, unsigned funct3, unsigned rs1, unsigned rd)
{
    return csr << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x73;
}

static const struct riscv_config configs[] = {
    {.sv48 = true,
     .svadu = true,
     .sstc = true,
     .zicbom = true,
     .zicboz = true,
     .asid_bits = 16,
     .pmp_entries = 16,
     .units_per_tick = 100,
     .reset_pc = 0x1000},
    {.sv48 = false, .svadu = false, .sstc = false, .asid_bits = 0, .pmp_entries = 0, .units_per_tick = 1, .hartid = 3},
    {.sv48 = true,
     .svadu = false,
     .sstc = true,
     .zicboz = true,
     .asid_bits = 9,
     .pmp_entries = 16,
     .units_per_tick = 7,
     .reset_pc = 0x80000000},
};
enum { CONFIGS = sizeof configs / sizeof *configs };

/* After reset and after every single write from outside, both read the same. */
static void test_contract(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, c);
        p.doing = "get and set";
        machine_reset(p.m[0]);
        machine_reset(p.m[1]);
        pair_compare_registers(&p);
        for (p.number = 0; p.number < 20000; p.number++) {
            unsigned csr = (unsigned)random_below(&p, 4096);
            if (random_below(&p, 512) == 0) {
                machine_reset(p.m[0]);
                machine_reset(p.m[1]);
            }
            while (!machine_has(p.m[0], RV_CSR + csr))
                csr = (unsigned)random_below(&p, 4096);
            pair_csr(&p, csr, random_value(&p));
            if (random_below(&p, 16) == 0)
                pair_compare_registers(&p);
            else
                pair_compare_reg(&p, "the CSR", RV_CSR + csr);
        }
        for (unsigned csr = 0; csr < 4096; csr++)
            assert_int_equal(machine_has(p.m[0], RV_CSR + csr), machine_has(p.m[1], RV_CSR + csr));
        pair_destroy(&p);
    }
}

/* All 4096 addresses, all six instructions, random registers and state. */
static void test_every_csr(void **state)
{
    static const unsigned functions[] = {1, 2, 3, 5, 6, 7};
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 100 + c);
        p.doing = "every CSR address";
        for (unsigned csr = 0; csr < 4096; csr++)
            for (unsigned f = 0; f < 6; f++)
                for (unsigned i = 0; i < (machine_has(p.m[0], RV_CSR + csr) ? 12u : 1u); i++) {
                    uint32_t bits = csr_instruction(csr, functions[f], (unsigned)random_below(&p, 32), (unsigned)random_below(&p, 32));
                    if (random_below(&p, 4) == 0)
                        bits &= ~(UINT32_C(31) << 15); /* rs1 = x0: no write */
                    one(&p, bits);
                }
        pair_destroy(&p);
    }
}

static const uint32_t MRET = 0x30200073, SRET = 0x10200073, WFI = 0x10500073, SFENCE_VMA = 0x12000073, NOP = 0x13;

static uint32_t random_sfence(struct pair *p)
{
    return SFENCE_VMA | (uint32_t)random_below(p, 32) << 15 | (uint32_t)random_below(p, 32) << 20;
}

/* The other privileged rows, and what is near them. */
static void test_every_row(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 200 + c);
        for (unsigned i = 0; i < 2000; i++) {
            p.doing = "mret";
            one(&p, MRET);
            p.doing = "sret";
            one(&p, SRET);
            p.doing = "wfi";
            one(&p, WFI);
            p.doing = "sfence.vma";
            one(&p, random_sfence(&p));
            p.doing = "ecall, ebreak";
            one(&p, i % 2 ? 0x00000073 : 0x00100073);
            p.doing = "system encodings";
            one(&p, (uint32_t)random_word(&p) << 20 | (uint32_t)(random_below(&p, 8) ? 0 : random_below(&p, 32)) << 15 |
                        (uint32_t)(random_below(&p, 8) ? 0 : random_below(&p, 32)) << 7 | 0x73);
        }
        pair_destroy(&p);
    }
}

/* Cache-block operations, of blocks that are there and of any others. */
static void one_block(struct pair *p, unsigned operation, unsigned rs1)
{
    enum { BLOCKS = 0x10000, BLOCKS_SIZE = 0x8000 }; /* neither code nor table */
    p->number++;
    prepare(p);
    const uint64_t base = machine_get(p->m[0], MACHINE_PC) - CODE + BLOCKS; /* mapped as the code is */
    if (rs1 && random_below(p, 8))
        pair_set(p, RV_X + rs1, base + random_below(p, BLOCKS_SIZE));
    pair_store32(p, PAIR_BASE + CODE, operation << 20 | rs1 << 15 | 0x200f);
    pair_compare_registers(p);
    (void)pair_run(p, 1);
    pair_compare_registers(p);
}

static void test_blocks(void **state)
{
    static const unsigned operations[] = {0, 1, 2, 4}; /* inval, clean, flush, zero */
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 250 + c);
        for (unsigned i = 0; i < 4000; i++) {
            p.doing = "cache blocks";
            one_block(&p, operations[i % 4], (unsigned)random_below(&p, 32));
        }
        pair_destroy(&p);
    }
}

static void test_at_speed(void **state)
{
    at_speed = true;
    test_every_csr(state);
    test_every_row(state);
    at_speed = false;
}

/* Trap entry as the ISA's deliver() does it over get and set. */
static void test_deliver(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 300 + c);
        p.doing = "trap entry";
        for (p.number = 0; p.number < 5000; p.number++) {
            struct trap t = {.kind = random_below(&p, 2) ? TRAP_EXCEPTION : TRAP_INTERRUPT, .tval = random_value(&p)};
            prepare(&p);
            t.cause = random_below(&p, 16);
            pair_set(&p, MACHINE_PC, random_value(&p) & ~UINT64_C(1));
            isa_riscv.deliver(p.m[0], &t);
            isa_riscv.deliver(p.m[1], &t);
            pair_compare_registers(&p);
        }
        pair_destroy(&p);
    }
}

/* Interrupts: pending, enabled, delegated at random; the same one is taken at the same place. */
static void test_interrupts(void **state)
{
    unsigned taken = 0;
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 400 + c);
        p.doing = "interrupts";
        for (p.number = 0; p.number < 5000; p.number++) {
            prepare(&p);
            pair_csr(&p, CSR_mie, random_value(&p));
            pair_store32(&p, PAIR_BASE + CODE, NOP);
            if (pair_run(&p, 1).kind == TRAP_INTERRUPT)
                taken++;
            pair_compare_registers(&p);
        }
        pair_destroy(&p);
    }
    assert_true(taken > 1000);
}

/* stimecmp falls due while a loop runs: on the same instruction, whatever the budget. */
static void test_timer(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++) {
        create(&p, &configs[c], 1, 500 + c);
        p.doing = "timer";
        for (unsigned i = 0; i < 40; i++)
            pair_store32(&p, PAIR_BASE + CODE + 4 * i, NOP);
        pair_store32(&p, PAIR_BASE + CODE + 160, 0xf61ff06f); /* j -160 */
        for (p.number = 0; p.number < 500; p.number++) {
            uint64_t left = 3000;
            prepare(&p);
            pair_csr(&p, CSR_mie, random_below(&p, 2) ? 1 << RV_IRQ_STI : random_value(&p));
            pair_csr(&p, CSR_menvcfg, random_value(&p) | (UINT64_C(1) << 63));
            pair_csr(&p, CSR_stimecmp, pair_csr_get(&p, CSR_time) + random_below(&p, 20) - 2);
            while (left) {
                uint64_t budget = 1 + random_below(&p, left), before = p.retired[0];
                struct trap t = pair_run(&p, budget);
                pair_compare_registers(&p);
                if (t.kind == TRAP_INTERRUPT)
                    break;
                assert_int_equal(t.kind, TRAP_BUDGET);
                assert_int_equal(p.retired[0], before + budget);
                left -= budget;
            }
        }
        pair_destroy(&p);
    }
}

/* --- Random programs. */

/* One CSR of the hart; rarely one that is absent. Translation and protection stay out of it: their writes are tested one by one,
 * and a program that unmaps itself says little. */
static unsigned random_csr(struct pair *p)
{
    for (;;) {
        unsigned csr = (unsigned)random_below(p, 4096);
        if (csr == CSR_satp || csr == CSR_pmpcfg0 || csr == CSR_pmpaddr0)
            continue;
        if (machine_has(p->m[0], RV_CSR + csr) || random_below(p, 2000) == 0)
            return csr;
    }
}

static uint32_t random_instruction(struct pair *p)
{
    static const unsigned functions[] = {1, 2, 3, 5, 6, 7};
    unsigned rd = (unsigned)random_below(p, 32), rs1 = (unsigned)random_below(p, 32);

    switch (random_below(p, 24)) {
    case 0: return MRET;
    case 1: return SRET;
    case 2: return WFI;
    case 3: return random_sfence(p);
    case 4: return 0x73;                                 /* ecall */
    case 5: return 0xd2000053 | (rs1 << 15) | (rd << 7); /* fcvt.d.w: dirties FS */
    case 6:
    case 7:
    case 8: return 0x13 | (uint32_t)random_word(p) << 20 | (rs1 << 15) | (rd << 7); /* addi */
    default: return csr_instruction(random_csr(p), functions[random_below(p, 6)], rs1, rd);
    }
}

/* Something from outside, now and then: a wire, a jump. */
static void disturb(struct pair *p)
{
    if (random_below(p, 16) == 0)
        pair_irq(p, (unsigned)random_below(p, 16), random_below(p, 2));
    if (random_below(p, 16) == 0) {
        pair_set(p, MACHINE_PC, (random_below(p, 2) ? CODE_S : CODE_U) + (random_word(p) & 0x3fc));
        pair_set(p, MACHINE_MODE, random_mode(p));
    }
}

/* Trap entry, with vectors that lead to HANDLER, and mepc or sepc pulled back into CODE so that programs go on. */
static void deliver(struct pair *p, const struct trap *t)
{
    unsigned epc = random_below(p, 2) ? CSR_sepc : CSR_mepc;

    pair_csr(p, CSR_mtvec, PAIR_BASE + HANDLER + (random_word(p) & 0x81));
    pair_csr(p, CSR_stvec, PAIR_BASE + HANDLER + (random_word(p) & 0x81));
    (void)machine_deliver(p->m[0], t);
    (void)machine_deliver(p->m[1], t);
    pair_csr(p, epc, (random_below(p, 2) ? CODE_S : CODE_U) + (random_word(p) & 0xfc));
}

static void one_program(struct pair *p)
{
    for (unsigned i = 0; i < 256; i++) {
        pair_store32(p, PAIR_BASE + CODE + 4 * i, random_instruction(p));
        pair_store32(p, PAIR_BASE + HANDLER + 4 * i, random_instruction(p));
    }
    prepare(p);
    for (unsigned i = 0; i < 200; i++) {
        struct trap t = pair_run(p, 1 + random_below(p, 8));
        pair_compare_registers(p);
        if (t.kind == TRAP_EXCEPTION || t.kind == TRAP_INTERRUPT)
            deliver(p, &t);
        if (t.kind == TRAP_WAIT && random_below(p, 2))
            pair_set(p, MACHINE_CLOCK, machine_get(p->m[0], MACHINE_CLOCK) + random_below(p, 1000));
        disturb(p);
    }
}

/* Random instructions in CODE and HANDLER, each trap delivered, everything compared at every stop; also with a VM below the VM. */
static void test_programs(void **state)
{
    struct pair p;

    (void)state;
    for (unsigned c = 0; c < CONFIGS; c++)
        for (unsigned depth = 1; depth <= PAIR_DEPTH_MAX; depth++) {
            create(&p, &configs[c], depth, 600 + c);
            p.doing = "random programs";
            for (p.number = 0; p.number < 200; p.number++)
                one_program(&p);
            pair_compare_memory(&p);
            pair_destroy(&p);
        }
}

/* K holds on the host: what it says is what the host's registers say. */
static void test_k(void **state)
{
    struct pair p;

    (void)state;
    create(&p, &configs[0], 1, 700);
    for (unsigned i = 0; i < 50; i++)
        one(&p, csr_instruction(random_csr(&p), 1, 5, 6));
    assert_int_equal(machine_get(p.below[0], MACHINE_MODE), RV_U);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_medeleg), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_mideleg), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_mie), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_mcounteren), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_scounteren), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_menvcfg), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_senvcfg), 0);
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_pmpcfg0), 0x1f);
    assert_int_equal(bits_get(machine_get(p.below[0], RV_CSR + CSR_mstatus), MSTATUS_MPRV, 3), 0);
    assert_int_equal(bits_get(machine_get(p.below[0], RV_CSR + CSR_mstatus), MSTATUS_FS, 2),
                     bits_get(machine_get(p.m[PAIR_VIRTUAL], RV_CSR + CSR_mstatus), MSTATUS_FS, 2));
    assert_int_equal(machine_get(p.below[0], RV_CSR + CSR_satp) >> 60, 9);
    assert_non_null(strstr(vm_k(p.m[PAIR_VIRTUAL]), "mcounteren"));
    unsigned rows = 0;
    for (const struct vm_k_row *k; (k = vm_k_row(p.m[PAIR_VIRTUAL], rows)); rows++)
        assert_int_equal(machine_get(p.below[0], k->reg) & k->mask, k->wanted);
    assert_int_equal(rows, 12);
    pair_destroy(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contract), cmocka_unit_test(test_every_csr),  cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_deliver),  cmocka_unit_test(test_interrupts), cmocka_unit_test(test_timer),
        cmocka_unit_test(test_programs), cmocka_unit_test(test_k),          cmocka_unit_test(test_at_speed),
        cmocka_unit_test(test_blocks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
