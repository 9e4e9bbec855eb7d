/* test_ferr_ia32.c - errors of the floating-point unit that go by FERR#, IRQ 13 and IGNNE# (CR0.NE clear), in virtual machines: what the bare
 * machine holds up every monitor does, until the interrupt comes or for ever, in each ring; and two machines that share a host have a wire each.
 */
#include "tests/core/lockstep_ia32.h"

enum { TIMES = 3, IRQ_FPU = 0x2d, FLAGS_AT = 1 };

/* The interrupt controllers have vectors 20 and 28, and let IRQ 13 alone in; ZE is unmasked. */
static const uint8_t set_up[] = {
    0xb0, 0x11, 0xe6, 0x20, 0xe6, 0xa0,       /* mov al, 0x11; out 0x20, al; out 0xa0, al */
    0xb0, 0x20, 0xe6, 0x21, 0xb0, 0x28,       /* mov al, 0x20; out 0x21, al; mov al, 0x28 */
    0xe6, 0xa1, 0xb0, 0x04, 0xe6, 0x21,       /* out 0xa1, al; mov al, 4; out 0x21, al */
    0xb0, 0x02, 0xe6, 0xa1, 0xb0, 0x01,       /* mov al, 2; out 0xa1, al; mov al, 1 */
    0xe6, 0x21, 0xe6, 0xa1, 0xb0, 0xfb,       /* out 0x21, al; out 0xa1, al; mov al, 0xfb */
    0xe6, 0x21, 0xb0, 0xdf, 0xe6, 0xa1,       /* out 0x21, al; mov al, 0xdf; out 0xa1, al */
    0xdb, 0xe3, 0x68, 0x7b, 0x03, 0x00, 0x00, /* fninit; push 0x37b */
    0xd9, 0x2c, 0x24, 0x58,                   /* fldcw [esp]; pop eax */
};
static const uint8_t to_ring0[] = {
    0x68, 0x02,  0x02, 0x00, 0x00, /* push eflags, IF */
    0x6a, CODE0,                   /* push cs */
    0x68, 0x00,  0x20, 0x01, 0x00, /* push USER */
    0xcf,                          /* iret */
};
static const uint8_t to_ring3[] = {
    0x6a, DATA3 | 3,                   /* push ss */
    0x68, 0xf0,      0x9f, 0x00, 0x00, /* push STACK3 */
    0x68, 0x02,      0x02, 0x00, 0x00, /* push eflags, IF */
    0x6a, CODE3 | 3,                   /* push cs */
    0x68, 0x00,      0x20, 0x01, 0x00, /* push USER */
    0xcf,                              /* iret */
};
static const uint8_t divide[] = {
    0xb9, TIMES, 0x00, 0x00, 0x00,       /* mov  ecx, TIMES */
    0xd9, 0xe8,  0xd9, 0xee, 0xde, 0xf9, /* fld1; fldz; fdivp */
    0x9b, 0xdd,  0xd8,                   /* fwait, which is held; fstp st(0) */
    0xe2, 0xf5,                          /* loop fld1 */
    0xcd, 0x80,                          /* int  0x80: the end */
};
static const uint8_t divide_behind_sti[] = {
    0xfa, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9, /* cli; fld1; fldz; fdivp */
    0xfb, 0x9b, 0xcd, 0x80,                   /* sti; fwait; int 0x80 */
};
/* Behind the write to port F0 the unit can be used, the error being there still; that ends with FNCLEX, and IGNNE# too. */
static const uint8_t handler[] = {
    0x50, 0x36, 0xff, 0x05, 0x00, 0xa0, 0x00, 0x00, /* push eax; inc dword [ss:COUNT] */
    0xe6, 0xf0, 0xd9, 0xe8, 0xdd, 0xd8, 0xdb, 0xe2, /* out 0xf0, al; fld1; fstp st(0); fnclex */
    0xb0, 0x20, 0xe6, 0xa0, 0xe6, 0x20, 0x58, 0xcf, /* mov al, 0x20; out 0xa0, al; out 0x20, al; pop eax; iret */
};
static const uint8_t the_end[] = {0xfa, 0xf4}; /* cli; hlt */

static void kernel_of(struct machine *m, const uint8_t *way, size_t size)
{
    put(m, KERNEL, set_up, sizeof set_up);
    put(m, KERNEL + sizeof set_up, way, size);
    put(m, CALL_HANDLER, handler, sizeof handler);
    put(m, FAULT_HANDLER, the_end, sizeof the_end);
    put(m, USER, divide, sizeof divide);
    gate(m, IRQ_FPU, CALL_HANDLER, 0x8e);
    gate(m, 0x80, FAULT_HANDLER, 0xee);
}
static void in_ring0(struct machine *m) { kernel_of(m, to_ring0, sizeof to_ring0); }
static void in_ring3(struct machine *m) { kernel_of(m, to_ring3, sizeof to_ring3); }
static void behind_sti(struct machine *m)
{
    in_ring0(m);
    put(m, USER, divide_behind_sti, sizeof divide_behind_sti);
}
static void paged(struct machine *m)
{
    in_ring3(m);
    page_in(m);
}

static const uint32_t interrupts_off = EFLAGS_ONE;
static void ring0_stuck(struct machine *m)
{
    in_ring0(m);
    put(m, KERNEL + sizeof set_up + FLAGS_AT, &interrupts_off, sizeof interrupts_off);
}
static void ring3_stuck(struct machine *m)
{
    in_ring3(m);
    put(m, KERNEL + sizeof set_up + 7 + FLAGS_AT, &interrupts_off, sizeof interrupts_off);
}

/* --- Each monitor, on a CPU that it can be right on */

static const struct {
    enum vmm_monitor monitor;
    uint32_t variants;
} ways[] = {{VMM_TRAP, IA32_TRAPS}, {VMM_PATCH, IA32_NOLEAK}, {VMM_TRANSLATE, 0}, {VMM_HYBRID, 0}, {VMM_TRAP, IA32_VT}};

static void ends_as_bare(void (*change)(struct machine *), enum system_end end, unsigned interrupts)
{
    for (unsigned n = 0; n < sizeof ways / sizeof *ways; n++)
        for (unsigned depth = 1; depth <= DEPTH; depth++)
            for (unsigned every = 1; every < 1000; every *= 37) {
                struct bench b = {.depth = depth, .monitor = ways[n].monitor, .variants = ways[n].variants, .change = change};
                const struct lockstep_report r = run(&b, every);
                if (r.verdict != LOCKSTEP_EQUAL)
                    fail_msg("way %u, depth %u: pc 0x%llx, %s", n, depth, (unsigned long long)r.pc, r.difference[0].name);
                assert_int_equal(r.result[LOCKSTEP_BARE].end, end);
                assert_int_equal(r.result[LOCKSTEP_VIRTUAL].end, end);
                assert_true(r.traps >= interrupts);
            }
}

static void test_handled(void **state)
{
    (void)state;
    ends_as_bare(in_ring0, END_POWEROFF, TIMES);
    ends_as_bare(in_ring3, END_POWEROFF, TIMES);
    ends_as_bare(paged, END_POWEROFF, TIMES);
    ends_as_bare(behind_sti, END_POWEROFF, 1);
}

static void test_stuck(void **state)
{
    (void)state;
    ends_as_bare(ring0_stuck, END_STUCK, 0);
    ends_as_bare(ring3_stuck, END_STUCK, 0);
}

/* --- Two machines on one host, by turns, the second so many instructions behind */

enum { VMS = 2, VM_FRAMES = 64, LATE_MOST = 16, LIMIT = 10000 };

struct shared {
    struct ram *ram;
    struct phys *phys;
    struct machine *host, *vm[VMS];
    struct system *system[VMS];
};

static void share(struct shared *s, const struct ia32_config *cpu)
{
    const struct vm_config config = {.ram_size = RAM, .shadow_frames = VM_FRAMES};
    const struct pc_config board = {.ram_size = RAM};
    const uint64_t size = VMS * vmm_host_bytes(&isa_ia32, &config);
    struct error e;

    assert_int_equal(ram_create(&s->ram, size), 0);
    assert_int_equal(phys_create(&s->phys), 0);
    assert_int_equal(phys_add_ram(s->phys, "ram", 0, size, s->ram, 0), 0);
    assert_int_equal(ia32_create(&s->host, s->phys, NULL, cpu), 0);
    for (unsigned n = 0; n < VMS; n++) {
        if (vmm_create_vm(s->host, &config, &s->vm[n], &e) || system_create(&s->system[n], s->vm[n], pc_create, &board, 10, &e))
            fail_msg("%s", e.text);
        load(s->vm[n]);
        in_ring3(s->vm[n]);
    }
}

static void part(struct shared *s)
{
    for (unsigned n = 0; n < VMS; n++) {
        system_destroy(s->system[n]);
        machine_destroy(s->vm[n]);
    }
    assert_null(phys_find(s->host->ports, IA_PORT_FERR)); /* the host is as it was */
    machine_destroy(s->host);
    phys_destroy(s->phys);
    ram_destroy(s->ram);
}

static void by_turns(struct shared *s, unsigned late)
{
    for (unsigned turn = 0; turn < LIMIT; turn++)
        for (unsigned n = 0; n < VMS; n++)
            if (turn >= n * late)
                (void)system_run(s->system[n], 1);
    for (unsigned n = 0; n < VMS; n++) {
        uint32_t count;
        assert_int_equal(system_run(s->system[n], 1).end, END_POWEROFF);
        assert_int_equal(machine_load(s->vm[n], COUNT, &count, sizeof count), 0);
        assert_int_equal(count, TIMES);
    }
}

static void test_shared(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 2 * LATE_MOST; n++) {
        struct ia32_config cpu = ia32_config_default;
        struct shared s;
        cpu.variants |= n % 2 ? IA32_VT : IA32_TRAPS;
        share(&s, &cpu);
        by_turns(&s, n / 2);
        part(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_handled), cmocka_unit_test(test_stuck), cmocka_unit_test(test_shared)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
