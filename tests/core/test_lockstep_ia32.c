/* test_lockstep_ia32.c - equivalence of IA-32, read and run: a kernel with a user program, bare and in a virtual machine, in lock step; and
 * monitors with a planted fault, of which each has to be found at the instruction that it is in.
 */
#include "tests/core/lockstep_ia32.h"

/* --- */

static void test_equivalent(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned shadow = 0; shadow < SHADOW_POLICIES; shadow++) {
            struct bench b = {.depth = depth, .shadow = (enum shadow_policy)shadow};
            const struct lockstep_report r = run(&b, 1 + 97 * shadow);
            assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
            assert_int_equal(r.traps, 2 * ROUNDS);           /* a call and a fault in each round */
            assert_int_equal(r.result[0].end, END_POWEROFF); /* HLT without IF */
        }
}

/* Where the instruction is, and what must be among what differs. */
static void finds(plant_ia32 *plant, va_t pc, unsigned row, const char *name)
{
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned every = 1; every < 1000; every *= 37) {
            struct bench b = {.depth = depth, .plant = plant};
            const struct lockstep_report r = run(&b, every);
            bool named = false;
            assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
            assert_true(r.exact);
            assert_int_equal(r.pc, pc);
            assert_int_equal(b.before_pc, pc);
            assert_int_equal(r.row, row);
            for (unsigned i = 0; i < r.differences && i < LOCKSTEP_DIFFERENCES; i++)
                named = named || strstr(r.difference[i].name, name);
            if (!named)
                fail_msg("%s does not differ, but %s", name, r.differences ? r.difference[0].name : "nothing");
        }
}

static void test_lost_if(void **state)
{
    (void)state;
    finds(plant_lost_if, KERNEL + sizeof kernel - 1, IA_INSN_iret, "eflags");
}
static void test_kept_ring(void **state)
{
    (void)state;
    finds(plant_kept_ring, KERNEL + sizeof kernel - 1, IA_INSN_iret, "mode");
}
static void test_stale_cache(void **state)
{
    (void)state;
    finds(plant_stale_cache, CALL_HANDLER + 20, IA_INSN_mov_seg_rm, "gs_limit");
}
static void test_wrong_error(void **state)
{
    (void)state;
    finds(plant_wrong_error, USER + 12, IA_INSN_mov_seg_rm, "");
}
static void test_not_accessed(void **state)
{
    (void)state;
    finds(plant_not_accessed, CALL_HANDLER + 20, IA_INSN_mov_seg_rm, "memory");
}

/* --- A difference that goes again: PUSHF shows another IF in a virtual machine. In steps it is seen if a trap of the
 * guest's own is in between. */

enum { GOES_PUSHF = KERNEL + 1, GOES_INT = KERNEL + 3, GATE = 0x81, RETURNS = KERNEL + 0x300 };
static const uint8_t goes[] = {
    0xfa,       /* cli */
    0x9c, 0x58, /* pushf; pop eax */
    0xcd, GATE, /* int   GATE */
    0x31, 0xc0, /* xor   eax, eax */
    0x50, 0x58, /* push  eax; pop eax */
    0xfa, 0xf4, /* cli; hlt */
};
static const uint8_t returns[] = {0xcf}; /* iret */

static void load_goes(struct machine *m)
{
    put(m, KERNEL, goes, sizeof goes);
    put(m, RETURNS, returns, sizeof returns);
    gate(m, GATE, RETURNS, 0x8e);
}
static void load_goes_unseen(struct machine *m)
{
    static const uint8_t nops[] = {0x90, 0x90};
    load_goes(m);
    put(m, GOES_INT, nops, sizeof nops);
}

static void test_goes(void **state)
{
    (void)state;
    for (unsigned n = 0; n < 6; n++) {
        const bool trap = n & 1, steps = n & 2, keeps = n & 4;
        struct bench b = {.depth = 1, .change = trap ? load_goes : load_goes_unseen, .keeps = keeps};
        const struct lockstep_report r = run(&b, steps ? 1000 : 1);
        assert_int_equal(r.verdict, steps && !trap ? LOCKSTEP_EQUAL : LOCKSTEP_DIVERGED);
        if (r.verdict == LOCKSTEP_DIVERGED)
            assert_true(r.exact && r.pc == GOES_PUSHF);
    }
}

/* --- A kernel that changes a page's entry and does not invalidate it */

static const uint8_t unfenced_kernel[] = {
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov   eax, [PAGE] */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x09, 0x00, /* mov   dword [its entry], OTHER | 7 */
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov   eax, [PAGE] */
    0xfa, 0xf4,                                                 /* cli; hlt */
};

static const uint8_t fenced_kernel[] = {
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov    eax, [PAGE] */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x09, 0x00, /* mov    dword [its entry], OTHER | 7 */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* invlpg [PAGE] */
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov    eax, [PAGE] */
    0xfa, 0xf4,                                                 /* cli; hlt */
};

static void unfenced(struct machine *m)
{
    const uint32_t told = 1;
    put(m, OTHER, &told, sizeof told);
    put(m, KERNEL, unfenced_kernel, sizeof unfenced_kernel);
    page_in(m);
}

static void fenced(struct machine *m)
{
    const uint32_t told = 1;
    put(m, OTHER, &told, sizeof told);
    put(m, KERNEL, fenced_kernel, sizeof fenced_kernel);
    page_in(m);
}

/* INVLPG of one page goes all the way down: no VMM keeps what the one above has dropped. */
static void test_fenced(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned shadow = 0; shadow < 2; shadow++) {
            struct bench b = {.depth = depth, .shadow = shadow ? SHADOW_TRACE : SHADOW_FLUSH, .change = fenced};
            const struct lockstep_report r = run(&b, 1);
            assert_int_equal(r.verdict, LOCKSTEP_EQUAL);
        }
}

/* What the second MOV loads depends on the TLB: the bare machine's still has the page, traced shadow tables have the other. */
static void test_unfenced(void **state)
{
    (void)state;
    for (unsigned every = 1; every < 1000; every *= 37) {
        struct bench b = {.depth = 1, .shadow = SHADOW_TRACE, .change = unfenced};
        const struct lockstep_report r = run(&b, every);
        assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
        assert_true(r.exact && r.stale[LOCKSTEP_BARE] && !r.stale[LOCKSTEP_VIRTUAL]);
        assert_int_equal(r.pc, KERNEL + 15);
    }
}

/* --- What comes late is looked at from checkpoints, which are taken where the sides were equal last: they are made twice, and not six times.
 * What does not show from there is looked at from the beginning, as it always was. */

enum { LATE = 3000000 };

static const uint8_t late_kernel[] = {
    0xb9, 0xc0, 0xc6, 0x2d, 0x00, /* mov   ecx, LATE */
    0x49,                         /* dec   ecx */
    0x75, 0xfd,                   /* jnz   dec */
    0x9c,                         /* pushf: the real IF */
    0xfa, 0xf4,                   /* cli; hlt */
};
static const uint8_t late_unfenced_kernel[] = {
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov   eax, [PAGE] */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x09, 0x00, /* mov   dword [its entry], OTHER | 7 */
    0xb9, 0xc0, 0xc6, 0x2d, 0x00,                               /* mov   ecx, LATE */
    0x49,                                                       /* dec   ecx */
    0x75, 0xfd,                                                 /* jnz   dec */
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* mov   eax, [PAGE] */
    0xfa, 0xf4,                                                 /* cli; hlt */
};

static void late(struct machine *m) { put(m, KERNEL, late_kernel, sizeof late_kernel); }

static void late_unfenced(struct machine *m)
{
    unfenced(m);
    put(m, KERNEL, late_unfenced_kernel, sizeof late_unfenced_kernel);
}

static void test_late(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned keeps = 0; keeps < 2; keeps++) {
            struct bench b = {.depth = depth, .change = late, .max_insns = 4 * LATE, .keeps = keeps};
            const struct lockstep_report r = run(&b, 100000);
            assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
            assert_true(r.exact && !r.stale[LOCKSTEP_BARE] && !r.stale[LOCKSTEP_VIRTUAL]);
            assert_int_equal(r.retired, 1 + 2 * LATE);
            assert_int_equal(r.pc, KERNEL + 8);
            assert_int_equal(b.before_pc, r.pc);
            assert_int_equal(r.doing[LOCKSTEP_VIRTUAL].direct, 1);
            assert_int_equal(b.made, keeps ? 2 * LOCKSTEP_SIDES : 5 * LOCKSTEP_SIDES);
            assert_int_equal(b.backs, keeps ? 3 * LOCKSTEP_SIDES : 0);
        }
}

static void test_late_unfenced(void **state)
{
    (void)state;
    struct bench b = {.depth = 1, .shadow = SHADOW_TRACE, .change = late_unfenced, .max_insns = 4 * LATE, .keeps = true};
    const struct lockstep_report r = run(&b, 100000);
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_true(r.exact && r.stale[LOCKSTEP_BARE] && !r.stale[LOCKSTEP_VIRTUAL]);
    assert_int_equal(r.retired, 3 + 2 * LATE);
    assert_int_equal(r.pc, KERNEL + 23);
}

/* --- With the guest's ring 0 in real ring 1, where what is the supervisor's, and what it may write, is for the real pages to say */

enum { ENTRY = TABLE + (PAGE >> PAGE_SHIFT) * 4, READ_ONLY = PAGE | 5, SUPERVISORS = PAGE | 3 };

/* The leaf is there when the write comes. */
static const uint8_t guarded_kernel[] = {
    0xa1, 0x00, 0x00, 0x08, 0x00,             /* mov   eax, [PAGE] */
    0xa3, 0x00, 0x00, 0x08, 0x00, 0xfa, 0xf4, /* mov   [PAGE], eax: #PF; cli; hlt */
};
static const uint8_t intruder[] = {
    0x36, 0xa3, 0x00, 0x00, 0x08, 0x00, /* mov   [ss:PAGE], eax: #PF */
    0xeb, 0xfe,                         /* jmp   $ */
};

/* Whoever is refused the page has it known, and the machine is switched off. */
static void refused(struct machine *m, uint32_t entry)
{
    static const uint8_t off[] = {0xfa, 0xf4}; /* cli; hlt */
    page_in(m);
    gate(m, IA_PF, FAULT_HANDLER, 0x8e);
    put(m, FAULT_HANDLER, off, sizeof off);
    put(m, ENTRY, &entry, sizeof entry);
}

static void guarded(struct machine *m)
{
    refused(m, READ_ONLY);
    put(m, KERNEL, guarded_kernel, sizeof guarded_kernel);
    machine_set(m, IA_CR0, machine_get(m, IA_CR0) | CR0_WP);
}

/* The kernel writes to the page, and then begins the user program. */
static void intruded(struct machine *m)
{
    refused(m, SUPERVISORS);
    put(m, KERNEL, guarded_kernel, 10);
    put(m, KERNEL + 10, kernel, sizeof kernel);
    put(m, USER, intruder, sizeof intruder);
}

static void paged(struct machine *m) { page_in(m); }

/* The same course, with pages and without; a guest's ring 0 that ignores R/W, too. */
static void test_ring_1(void **state)
{
    static void (*const change[])(struct machine *) = {NULL, paged, guarded, intruded, fenced};
    (void)state;
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned shadow = 0; shadow < SHADOW_POLICIES; shadow++)
            for (unsigned n = 0; n < sizeof change / sizeof *change; n++) {
                struct bench b = {.depth = depth, .shadow = (enum shadow_policy)shadow, .ring = 1, .change = change[n]};
                assert_int_equal(run(&b, 1 + 97 * shadow).verdict, LOCKSTEP_EQUAL);
            }
}

static void finds_in_ring_1(plant_ia32 *plant, void (*change)(struct machine *), va_t pc)
{
    for (unsigned depth = 1; depth <= DEPTH; depth++)
        for (unsigned every = 1; every < 1000; every *= 37) {
            struct bench b = {.depth = depth, .ring = 1, .plant = plant, .change = change};
            const struct lockstep_report r = run(&b, every);
            assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
            assert_true(r.exact);
            assert_int_equal(r.pc, pc);
        }
}

static void test_ring_1_faults(void **state)
{
    (void)state;
    finds_in_ring_1(plant_no_wp, guarded, KERNEL + 5);
    finds_in_ring_1(plant_supervisor, intruded, USER);
}

/* --- A guest that watches its memory: whoever accesses that, an instruction or its v_i, the #DB comes behind it. */

enum { AT = USER + 0x80, POINTER = USER + 0x90, START = KERNEL + 0x300, DEBUG_HANDLER = KERNEL + 0x280 };
#define BYTES(address) (address) & 0xff, (address) >> 8 & 0xff, (address) >> 16, 0x00

static const uint8_t watching_start[] = {
    0x0f,      0x01,      0x05,           BYTES(POINTER), /* sgdt [POINTER] */
    0x0f,      0x01,      0x15,           BYTES(POINTER), /* lgdt [POINTER] */
    0x0f,      0x01,      0x25,           BYTES(AT),      /* smsw [AT] */
    0x0f,      0x01,      0x35,           BYTES(AT),      /* lmsw [AT] */
    0x0f,      0x00,      0x05,           BYTES(AT),      /* sldt [AT] */
    0x0f,      0x00,      0x15,           BYTES(AT),      /* lldt [AT] */
    0xbf,      BYTES(AT), 0xbe,           BYTES(AT),      /* mov  edi, AT; mov esi, AT */
    0xb9,      0x04,      0x00,           0x00,
    0x00,      0xf3,      0x6c, /* mov  ecx, 4; rep insb */
    0x6e,      0x6e,      0x6e, /* outsb three times: twice there */
    0x66,      0xc7,      0x05,           BYTES(AT),
    DATA0,     0x00,                            /* mov  word [AT], DATA0 */
    0x8e,      0x05,      BYTES(AT),            /* mov  es, [AT] */
    0x8e,      0x15,      BYTES(AT),      0x90, /* mov  ss, [AT]; nop: behind this */
    0x8c,      0x1d,      BYTES(AT),            /* mov  [AT], ds */
    0x66,      0xc7,      0x05,           BYTES(POINTER + 4),
    DATA3,     0x00,                      /* mov  word [POINTER + 4], DATA3 */
    0xc4,      0x1d,      BYTES(POINTER), /* les  ebx, [POINTER] */
    0x66,      0xc7,      0x05,           BYTES(AT),
    DATA3 | 3, 0x00, /* mov  word [AT], DATA3 | 3 */
    0xb8,      0x00,      0x00,           0x01,
    0x00,      0xff,      0xe0, /* mov  eax, KERNEL; jmp eax */
};

static const uint8_t watching_user[] = {
    0xb8, DATA3 | 3, 0x00,      0x00,      0x00, 0x8e, 0xd8, /* mov  eax, DATA3; mov ds, ax */
    0x8e, 0x05,      BYTES(AT),                              /* mov  es, [AT] */
    0x8e, 0x15,      BYTES(AT), 0x90,                        /* mov  ss, [AT]; nop */
    0x0f, 0x02,      0x05,      BYTES(AT),                   /* lar  eax, [AT] */
    0x0f, 0x03,      0x05,      BYTES(AT),                   /* lsl  eax, [AT] */
    0x0f, 0x00,      0x25,      BYTES(AT),                   /* verr [AT] */
    0x0f, 0x00,      0x2d,      BYTES(AT),                   /* verw [AT] */
    0x06, 0x07,      0x9c,      0x9d,                        /* push es; pop es; pushf; popf */
    0xcd, 0x80,      0xeb,      0xc8,                        /* int  0x80; jmp USER */
};

static void watching(struct machine *m)
{
    const uint8_t iret = 0xcf;
    put(m, START, watching_start, sizeof watching_start);
    put(m, USER, watching_user, sizeof watching_user);
    put(m, DEBUG_HANDLER, &iret, sizeof iret);
    gate(m, IA_DB, DEBUG_HANDLER, 0x8e);
    machine_set(m, IA_DR0, AT);
    machine_set(m, IA_DR0 + 1, POINTER);
    machine_set(m, IA_DR0 + 2, STACK3 - 4);
    machine_set(m, IA_DR7, 0x0ff70415); /* reads and writes of 2, 4 and 4 bytes */
    machine_set(m, MACHINE_PC, START);
}

static void test_watching(void **state)
{
    enum { IN_START = 16, IN_ROUND = 10 };
    static const struct {
        enum vmm_monitor monitor;
        uint32_t variants;
    } way[] = {{VMM_TRAP, IA32_TRAPS}, {VMM_TRAP, IA32_VT}, {VMM_PATCH, 0}, {VMM_HYBRID, 0}, {VMM_TRANSLATE, 0}};
    (void)state;
    for (unsigned n = 0; n < 2 * sizeof way / sizeof *way; n++) {
        struct bench b = {.depth = 1 + n % 2, .monitor = way[n / 2].monitor, .variants = way[n / 2].variants, .change = watching};
        const struct lockstep_report r = run(&b, 1);
        if (r.verdict != LOCKSTEP_EQUAL)
            fail_msg("way %u, depth %u: pc 0x%llx, %s", n / 2, b.depth, (unsigned long long)r.pc, r.difference[0].name);
        assert_int_equal(r.result[LOCKSTEP_BARE].end, END_POWEROFF);
        assert_int_equal(r.traps, IN_START + (IN_ROUND + 1) * ROUNDS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equivalent),    cmocka_unit_test(test_lost_if),     cmocka_unit_test(test_kept_ring),
        cmocka_unit_test(test_stale_cache),   cmocka_unit_test(test_wrong_error), cmocka_unit_test(test_not_accessed),
        cmocka_unit_test(test_unfenced),      cmocka_unit_test(test_fenced),      cmocka_unit_test(test_ring_1),
        cmocka_unit_test(test_ring_1_faults), cmocka_unit_test(test_watching),    cmocka_unit_test(test_late),
        cmocka_unit_test(test_late_unfenced), cmocka_unit_test(test_goes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
