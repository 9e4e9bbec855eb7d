/* test_about.c - what IA-32 tells people, against the CPU: traps foretold, memory, interrupts, GDB's registers. */
#include "tests/isa/ia32/code_rig.h"

#include "isa/about.h"

static struct code_rig r;

static int open_wide(void **state)
{
    (void)state;
    code_open(&r, IA_MODEL_686, true);
    return 0;
}
static int shut(void **state)
{
    (void)state;
    code_close(&r);
    return 0;
}

static insn_t bits_of(const char *bytes, size_t size)
{
    insn_t bits = 0;
    memcpy(&bits, bytes, size);
    return bits;
}
#define BITS(bytes) bits_of(bytes, sizeof bytes - 1)

static void test_predict(void **state)
{
    const struct about *a = isa_ia32.about;
    (void)state;
    assert_int_equal(a->predict(r.m, IA_RING3, BITS("\xf4")).cause, IA_GP); /* hlt */
    assert_int_equal(a->predict(r.m, IA_RING0, BITS("\xf4")).kind, TRAP_NONE);
    assert_int_equal(a->predict(r.m, IA_RING3, BITS("\x0f\x22\xd8")).cause, IA_GP);
    assert_int_equal(a->predict(r.m, IA_RING0, BITS("\x0f\x0b")).cause, IA_UD);
    assert_int_equal(a->predict(r.m, IA_RING3, BITS("\x0f\x01\xe0")).kind, TRAP_NONE); /* smsw */
    assert_int_equal(a->predict(r.m, IA_RING3, BITS("\xfa")).cause, IA_GP);            /* cli, IOPL 0 */
}

static void test_memory(void **state)
{
    const uint32_t directory = 0x83 | 0x400000 /* a page of 4 MiB */, pointer = 0x3003, page = 0x5001;
    struct about_access a = {.mode = IA_RING3};
    struct pt_walk w;
    pa_t pa;
    (void)state;
    code_put(&r, 0x2000 + 4, &directory, 4);
    code_put(&r, 0x2000, &pointer, 4);
    code_put(&r, 0x3000 + 4, &page, 4);
    assert_true(about_find(r.m, 0x1234, &pa, &w));
    assert_int_equal(pa, 0x1234);
    machine_set(r.m, IA_CR3, 0x2000);
    machine_set(r.m, IA_CR4, CR4_PSE);
    machine_set(r.m, IA_CR0, CR0_PE | CR0_PG);
    assert_true(about_find(r.m, 0x412345, &pa, &w));
    assert_int_equal(pa, 0x412345);
    assert_true(about_find(r.m, 0x1234, &pa, &w));
    assert_int_equal(pa, 0x5234);
    isa_ia32.about->access(r.m, 0x1234, 4, PT_READ, &a);
    assert_int_equal(a.refused, REFUSED_TABLES); /* a supervisor's page */
    assert_int_equal(a.trap.cause, IA_PF);
    assert_int_equal(a.trap.error, 5);
    a = (struct about_access){.mode = IA_RING0};
    isa_ia32.about->access(r.m, 0x1234, 4, PT_WRITE, &a); /* read only, but CR0.WP is clear */
    assert_int_equal(a.refused, REFUSED_NOT);
}

static void test_interrupt(void **state)
{
    struct about_interrupt v;
    (void)state;
    assert_int_equal(about_next_interrupt(r.m), -1);
    machine_irq(r.m, IA_LINE_INTR, true);
    about_interrupt(r.m, IA_LINE_INTR, &v);
    assert_true(v.pending && !v.taken);
    machine_set(r.m, IA_EFLAGS, EFLAGS_IF);
    assert_int_equal(about_next_interrupt(r.m), IA_LINE_INTR);
    machine_irq(r.m, IA_LINE_NMI, true);
    assert_int_equal(about_next_interrupt(r.m), IA_LINE_NMI);
    machine_set(r.m, IA_SHADOW, 1);
    assert_int_equal(about_next_interrupt(r.m), -1);
}

/* A segment's base and an offset: in real mode, by what a register holds, by the tables; and what names no segment. */
static void test_far(void **state)
{
    const uint64_t data = UINT64_C(0x00cf92123456ffff), gate = UINT64_C(0x00008e0000081234);
    uint64_t at;
    (void)state;
    code_put(&r, 0x2000 + 0x18, &data, 8);
    code_put(&r, 0x2000 + 0x20, &gate, 8);
    machine_set(r.m, IA_GDTR_BASE, 0x2000);
    machine_set(r.m, IA_GDTR_LIMIT, 0x27);
    assert_true(about_far(r.m, 0x08, 0x10, &at)); /* as CS holds it: there is no such entry */
    assert_int_equal(at, 0x10);
    assert_true(about_far(r.m, 0x1b, 0xfffffff0, &at));
    assert_int_equal(at, 0x00123446);
    assert_false(about_far(r.m, 0x20, 0, &at)); /* a gate */
    assert_false(about_far(r.m, 0x28, 0, &at)); /* beyond the limit */
    assert_false(about_far(r.m, 0x1c, 0, &at)); /* of an LDT that there is not */
    assert_false(about_far(r.m, 0, 0, &at));
    code_segment(r.m, IA_CS, 0x08, 0x30000, UINT32_MAX, 0x9b | IA_RIGHTS_DB | IA_RIGHTS_G);
    code_segment(r.m, IA_SS, 0x10, 0x40000, 0xffff, 0x93);
    machine_set(r.m, IA_ESP, 0x12345678);
    assert_int_equal(about_pc(r.m), 0x30000 + CODE_AT);
    assert_int_equal(about_place(r.m, IA_ESP), 0x45678); /* a stack of 16 bits */
    assert_int_equal(about_offset(r.m, MACHINE_PC, 0x31000), 0x1000);
    machine_set(r.m, MACHINE_MODE, IA_REAL);
    assert_true(about_far(r.m, 0x7c0, 0x12, &at));
    assert_int_equal(at, 0x7c12);
    assert_false(about_far(r.m, 0x10000, 0, &at));
}

/* Where a function returns to before its frame is made, and when that is gone. */
static void test_calls(void **state)
{
    const struct about *a = isa_ia32.about;
    uint64_t at;
    (void)state;
    CODE(&r, "\x55\x89\xe5\x90\xc9\xc3"); /* push ebp; mov ebp, esp; nop; leave; ret */
    assert_true(a->framed(r.m));
    assert_true(a->returns(r.m, CODE_AT, CODE_AT, &at));
    assert_int_equal(at, CODE_STACK);
    assert_true(a->returns(r.m, CODE_AT, CODE_AT + 1, &at));
    assert_int_equal(at, CODE_STACK + 4);
    assert_false(a->returns(r.m, CODE_AT, CODE_AT + 3, &at));
    assert_true(a->returns(r.m, CODE_AT, CODE_AT + 5, &at));
    assert_int_equal(at, CODE_STACK);
    machine_set(r.m, MACHINE_MODE, IA_REAL);
    assert_false(a->framed(r.m));
}

/* All that GDB asks of a target of this kind, in its order, and ST(0) is that of the stack. */
static void test_gdb(void **state)
{
    static const char *const names[] = {"eax", "ecx", "edx",   "ebx",   "esp",  "ebp",   "esi",   "edi",   "eip",   "eflags", "cs",
                                        "ss",  "ds",  "es",    "fs",    "gs",   "st0",   "st1",   "st2",   "st3",   "st4",    "st5",
                                        "st6", "st7", "fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"};
    struct about_gdb g;
    (void)state;
    for (unsigned n = 0; n < 32; n++) {
        assert_true(isa_ia32.about->gdb_listed(n, &g));
        assert_true(machine_has(r.m, g.reg));
        assert_string_equal(g.name ? g.name : about_desc(&isa_ia32, g.reg)->name, names[n]);
    }
    assert_false(isa_ia32.about->gdb_listed(32, &g));
    CODE(&r, "\xdb\xe3\xd9\xe8\xf4"); /* fninit; fld1; hlt */
    uint64_t retired = 0;
    assert_int_equal(code_run(&r, 9, &retired).kind, TRAP_WAIT);
    assert_int_equal(machine_get(r.m, IA_ST), UINT64_C(0x8000000000000000));
    assert_int_equal(machine_get(r.m, IA_ST + 1), 0x3fff);
    assert_int_equal(machine_get(r.m, IA_X87_TAG_WORD), 0x3fff);
    machine_set(r.m, IA_ST + 1, 0x4000);
    assert_int_equal(machine_get(r.m, IA_X87 + 15), 0x4000);
}

/* What is read can be set, and reads the same: every register of the table. */
static void test_registers(void **state)
{
    struct code_rig other;
    (void)state;
    code_open(&other, IA_MODEL_686, false);
    machine_set(r.m, IA_EFLAGS, EFLAGS_VM | EFLAGS_CF | EFLAGS_IOPL);
    machine_set(r.m, MACHINE_MODE, IA_V86);
    machine_set(r.m, IA_X87 + 6, UINT64_C(0xfedcba9876543210));
    machine_set(r.m, IA_DR7, 0x401);
    machine_set(r.m, IA_CR0, CR0_PE | CR0_PG | CR0_WP);
    machine_set(r.m, IA_PENDING, 0x4000);
    for (unsigned n = 0; n < isa_ia32.reg_count; n++)
        machine_set(other.m, isa_ia32.regs[n].reg, machine_get(r.m, isa_ia32.regs[n].reg));
    for (unsigned n = 0; n < isa_ia32.reg_count; n++)
        if (machine_get(other.m, isa_ia32.regs[n].reg) != machine_get(r.m, isa_ia32.regs[n].reg))
            fail_msg("%s", isa_ia32.regs[n].name);
    assert_int_equal(machine_get(other.m, MACHINE_MODE), IA_V86);
    code_close(&other);
}

static void test_flow(void **state)
{
    const struct about *a = isa_ia32.about;
    struct about_named named;
    struct fence f;
    (void)state;
    assert_int_equal(a->flow(IA_INSN_call_rm, 0), FLOW_CALL);
    assert_int_equal(a->flow(IA_INSN_ret, 0), FLOW_RETURN);
    assert_int_equal(a->flow(IA_INSN_jmp_short, BITS("\xeb\xfe")), FLOW_HERE);
    assert_true(a->named(IA_INSN_mov_cr_r, BITS("\x0f\x22\xd9"), &named));
    assert_int_equal(named.reg, IA_CR3);
    assert_true(named.writes && !named.reads);
    assert_true(a->orders(r.m, IA_INSN_mov_cr_r, BITS("\x0f\x22\xd9"), &f));
    machine_set(r.m, IA_EBX, 0x1000);
    assert_true(a->orders(r.m, IA_INSN_invlpg, BITS("\x0f\x01\x7b\x10"), &f));
    assert_int_equal(f.va, 0x1010);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_wide, shut)
    const struct CMUnitTest tests[] = {TEST(test_predict),   TEST(test_memory), TEST(test_interrupt), TEST(test_gdb),
                                       TEST(test_registers), TEST(test_flow),   TEST(test_far),       TEST(test_calls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
