/* test_promises_ia32.c - what the monitors promise that run nothing of an IA-32 guest directly but its ring 3 (core/vmm/k_hybrid_ia32.c): a
 * program there sees its own flags, and asks about selectors of its own tables; whatever the kernel gives it, and whatever it has put where the
 * real tables seem to be. In lock step with the bare machine, after every instruction.
 */
#include "tests/core/lockstep_ia32.h"

enum { GUARDED_TABLE = 0x52000, MANY = 16 };

static void is_equal(void (*change)(struct machine *))
{
    static const enum vmm_monitor monitors[] = {VMM_HYBRID, VMM_TRANSLATE};
    for (unsigned n = 0; n < 2 * DEPTH; n++) {
        struct bench b = {.depth = 1 + n / 2, .monitor = monitors[n % 2], .change = change};
        const struct lockstep_report r = run(&b, 1);
        if (r.verdict != LOCKSTEP_EQUAL)
            fail_msg("monitor %u, depth %u: pc 0x%llx, %s", n % 2, b.depth, (unsigned long long)r.pc, r.difference[0].name);
        assert_int_equal(r.result[LOCKSTEP_BARE].end, END_POWEROFF);
        assert_true(r.traps >= ROUNDS);
    }
}

/* --- Flags */

static const uint8_t flags_program[] = {
    0x9c, 0x58,                         /* pushf; pop eax */
    0xfb, 0x90,                         /* sti; nop: what the handler of #GP skips */
    0x9c, 0x5a,                         /* pushf; pop edx */
    0xfa, 0x90,                         /* cli; nop */
    0x9c, 0x59,                         /* pushf; pop ecx */
    0x68, 0x02, 0x32, 0x04, 0x00, 0x9d, /* push AC, IOPL 3, IF; popf */
    0x9c, 0x5b,                         /* pushf; pop ebx */
    0x68, 0x02, 0x00, 0x00, 0x00, 0x9d, /* push nothing; popf */
    0x9c, 0x5b,                         /* pushf; pop ebx */
    0xe4, 0x61,                         /* in al, 0x61 */
    0xcd, 0x80,                         /* int 0x80 */
    0xeb, 0xe0,                         /* jmp USER */
};

/* The flags that the kernel's IRET gives to the program. */
static void flags_given(struct machine *m, uint32_t flags)
{
    put(m, KERNEL + 8, &flags, sizeof flags);
    put(m, USER, flags_program, sizeof flags_program);
}
static void interrupts_off(struct machine *m) { flags_given(m, EFLAGS_ONE); }
static void interrupts_on(struct machine *m) { flags_given(m, EFLAGS_ONE | EFLAGS_IF); }
static void ports_open(struct machine *m) { flags_given(m, EFLAGS_ONE | EFLAGS_IOPL); }
static void pending(struct machine *m) { flags_given(m, EFLAGS_ONE | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_IF | EFLAGS_ID); }

static void test_flags(void **state)
{
    (void)state;
    is_equal(interrupts_off);
    is_equal(interrupts_on);
    is_equal(ports_open);
    is_equal(pending);
}

/* --- Selectors */

static const uint8_t selectors_program[] = {
    0xb9, 0x48,      0x00, 0x00, 0x00, /* mov  ecx, 0x48: beyond the table, of either kind and any RPL */
    0x0f, 0x02,      0xc1,             /* lar  eax, ecx */
    0x0f, 0x03,      0xd1,             /* lsl  edx, ecx */
    0x0f, 0x00,      0xe1,             /* verr cx */
    0x0f, 0x00,      0xe9,             /* verw cx */
    0x49, 0x79,      0xf1,             /* dec  ecx; jns lar */
    0xbb, 0x4b,      0x00, 0x00, 0x00, /* mov  ebx, 0x4b */
    0x8e, 0xc3,                        /* mov  es, bx: #GP */
    0xbb, 0x07,      0x00, 0x00, 0x00, /* mov  ebx, 7 */
    0x8e, 0xe3,                        /* mov  fs, bx: of the LDT, #GP */
    0xbb, DATA3 | 3, 0x00, 0x00, 0x00, /* mov  ebx, DATA3 */
    0x8e, 0xc3,                        /* mov  es, bx */
    0xcd, 0x80,                        /* int  0x80 */
    0xeb, 0xd3,                        /* jmp  USER */
};
static void selectors(struct machine *m) { put(m, USER, selectors_program, sizeof selectors_program); }

/* The last pages are the program's own, full of descriptors for any ring and of gates into the kernel's, and it uses them. */
static const uint8_t using_program[] = {
    0x26, 0xa1, 0x18, 0x00, 0xff, 0xff,                               /* mov  eax, [es:0xffff0018] */
    0x26, 0xc7, 0x05, 0xf8, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, /* mov  dword [es:0xfffffff8], 0xffff */
    0xb8, 0x00, 0x08, 0xff, 0xff, 0xff, 0xd0,                         /* mov  eax, 0xffff0800; call eax: a ret */
};
static const uint8_t load_es[] = {0xb8, DATA3 | 3, 0x00, 0x00, 0x00, 0x8e, 0xc0}; /* mov eax, DATA3; mov es, ax */

static void own_last_pages(struct machine *m)
{
    const uint64_t code = UINT64_C(0x00cffa000000ffff), gate = UINT64_C(0x0001ec0000080000) | CALL_HANDLER;
    const uint8_t back = 0xc3;
    uint32_t entry = GUARDED_TABLE | 7;
    page_in(m);
    put(m, DIRECTORY + 4 * 1023, &entry, sizeof entry);
    entry = OTHER | 7;
    for (unsigned n = 1024 - MANY; n < 1024; n++)
        put(m, GUARDED_TABLE + 4 * n, &entry, sizeof entry);
    for (unsigned at = 0; at < PAGE_SIZE; at += 16) {
        put(m, OTHER + at, &code, sizeof code);
        put(m, OTHER + at + 8, &gate, sizeof gate);
    }
    put(m, OTHER + 0x800, &back, sizeof back);
    put(m, USER, load_es, sizeof load_es);
    put(m, USER + sizeof load_es, using_program, sizeof using_program);
    put(m, USER + sizeof load_es + sizeof using_program, selectors_program, sizeof selectors_program);
}

/* The program has a breakpoint on the selector that it asks about: its v_i reads that, and the #DB comes all the same. */
static void watched(struct machine *m)
{
    enum { AT = USER + 0x20, BREAKPOINT_HANDLER = KERNEL + 0x180 };
    static const uint8_t program[] = {
        0xb8, DATA3 | 3, 0x00, 0x00,      0x00,           0x8e,     0xd8, /* mov eax, DATA3; mov ds, ax */
        0x0f, 0x02,      0x05, AT & 0xff, AT >> 8 & 0xff, AT >> 16, 0x00, /* lar  eax, [AT] */
        0x0f, 0x00,      0x25, AT & 0xff, AT >> 8 & 0xff, AT >> 16, 0x00, /* verr [AT] */
        0xcd, 0x80,                                                       /* int  0x80 */
        0xeb, 0xe7,                                                       /* jmp  USER */
    };
    const uint16_t selector = DATA3 | 3;
    const uint8_t iret = 0xcf;
    put(m, USER, program, sizeof program);
    put(m, AT, &selector, sizeof selector);
    put(m, BREAKPOINT_HANDLER, &iret, sizeof iret);
    gate(m, IA_DB, BREAKPOINT_HANDLER, 0x8e);
    machine_set(m, IA_DR0, AT);
    machine_set(m, IA_DR7, 0x00070401); /* 2 bytes, loads and stores */
}

static void test_selectors(void **state)
{
    (void)state;
    is_equal(selectors);
    is_equal(watched);
    is_equal(own_last_pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_flags), cmocka_unit_test(test_selectors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
