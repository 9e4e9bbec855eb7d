/* test_translator_ia32.c - the monitor that translates the guest's ring 0, in lock step with the bare machine: kernels that do to their code and
 * to their address space what makes translations wrong, and translators with a fault, each of which is found at its instruction.
 */
#include "tests/core/translator_ia32.h"

/* --- Kernels. What is at KERNEL runs in ring 0; CLI, HLT is the end. */

/* It writes the immediate of an instruction that it executes again, in the same block, and then an instruction that is next. */
static const uint8_t modifies[] = {
    0xb9, 0x0a, 0x00, 0x00, 0x00,             /* +0   mov  ecx, 10 */
    0xeb, 0x00,                               /* +5   jmp  +7 */
    0xb8, 0x01, 0x00, 0x00, 0x00,             /* +7   mov  eax, 1, which grows */
    0xff, 0x05, 0x08, 0x00, 0x01, 0x00,       /* +12  inc  dword [KERNEL + 8] */
    0x01, 0xc3,                               /* +18  add  ebx, eax */
    0x49,                                     /* +20  dec  ecx */
    0x75, 0xf0,                               /* +21  jnz  +7 */
    0xc6, 0x05, 0x1e, 0x00, 0x01, 0x00, 0x43, /* +23  mov  byte [KERNEL + 30], inc ebx */
    0x90,                                     /* +30  nop, before */
    0xfa, 0xf4,                               /* +31  cli; hlt */
};
enum { MODIFIES_MOV = 7 };

/* All transfers within a segment, and who can see where he is: CALL, by the stack, and the x87, by FNSTENV. */
static const uint8_t flows[] = {
    0xe8, 0x00, 0x00, 0x00, 0x00,       /* +0   call +5 */
    0x58,                               /* +5   pop  eax: KERNEL + 5 */
    0x83, 0xc0, 0x2e,                   /* +6   add  eax, 46 */
    0xff, 0xd0,                         /* +9   call eax: KERNEL + 51 */
    0x6a, 0x07,                         /* +11  push 7 */
    0xe8, 0x21, 0x00, 0x00, 0x00,       /* +13  call +51 */
    0x9c,                               /* +18  pushf */
    0x5a,                               /* +19  pop  edx */
    0xb9, 0x03, 0x00, 0x00, 0x00,       /* +20  mov  ecx, 3 */
    0x43,                               /* +25  inc  ebx */
    0xe2, 0xfd,                         /* +26  loop +25 */
    0xe3, 0x01,                         /* +28  jecxz +31 */
    0x43,                               /* +30  inc  ebx, jumped over */
    0xdb, 0xe3,                         /* +31  fninit */
    0xd9, 0xe8,                         /* +33  fld1 */
    0xd9, 0x1c, 0x24,                   /* +35  fstp dword [esp] */
    0xd9, 0xe8,                         /* +38  fld1 */
    0xd9, 0x35, 0x00, 0xb0, 0x00, 0x00, /* +40  fnstenv [0xb000] */
    0x67, 0xe2, 0x00,                   /* +46  loop +49, by CX */
    0xfa, 0xf4,                         /* +49  cli; hlt */
    0x8b, 0x74, 0x24, 0x04,             /* +51  mov  esi, [esp + 4] */
    0x66, 0x0f, 0x84, 0x00, 0x00,       /* +55  jz   +60, of 16 bits, which is not taken */
    0xc2, 0x04, 0x00,                   /* +60  ret  4 */
};
enum { FLOWS_CALL = 9, FLOWS_PUSHF = 18, FLOWS_X87 = 33 };

/* What is called at PAGE: code there, other code there, by another page of RAM, and the first again with its A bit taken away. */
static const uint8_t remaps[] = {
    0xe8, 0xfb, 0xff, 0x06, 0x00,                               /* +0   call PAGE */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x09, 0x00, /* +5   mov dword [its entry], OTHER | 7 */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* +15  invlpg [PAGE] */
    0xe8, 0xe5, 0xff, 0x06, 0x00,                               /* +22  call PAGE */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x08, 0x00, /* +27  mov dword [its entry], PAGE | 7 */
    0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8,                         /* +37  mov eax, cr3; mov cr3, eax */
    0xe8, 0xd0, 0xff, 0x06, 0x00,                               /* +43  call PAGE */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x08, 0x00, /* +48  mov dword [its entry], PAGE | 7 */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* +58  invlpg [PAGE] */
    0xe8, 0xba, 0xff, 0x06, 0x00,                               /* +65  call PAGE, to which every jump goes by way of a link */
    0xfa, 0xf4,                                                 /* +70  cli; hlt */
};
enum { REMAPS_INVLPG = 58, REMAPS_CALL = 65 };
static const uint8_t page_code[] = {0x83, 0xc3, 0x01, 0xc3};  /* add ebx, 1; ret */
static const uint8_t other_code[] = {0x83, 0xc3, 0x10, 0xc3}; /* add ebx, 16; ret */

/* Between a call and its return the stack is mapped elsewhere, where another return address lies: in the second of two rounds that leads past
 * the instruction that the first came back to. */
static const uint8_t restacks[] = {
    0xbc, 0x00, 0x01, 0x08, 0x00,                               /* +0   mov  esp, PAGE + 0x100 */
    0xba, 0x33, 0x00, 0x01, 0x00,                               /* +5   mov  edx, KERNEL + 51 */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x08, 0x00, /* +10  mov  dword [its entry], PAGE | 7 */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* +20  invlpg [PAGE] */
    0xb9, 0x02, 0x00, 0x00, 0x00,                               /* +27  mov  ecx, 2 */
    0xe8, 0x23, 0x00, 0x00, 0x00,                               /* +32  call +72 */
    0x49,                                                       /* +37  dec  ecx */
    0x75, 0xf8,                                                 /* +38  jnz  +32 */
    0x89, 0x15, 0xfc, 0x00, 0x09, 0x00,                         /* +40  mov  [OTHER + 0xfc], edx */
    0xe8, 0x17, 0x00, 0x00, 0x00,                               /* +46  call +74 */
    0x83, 0xc3, 0x01,                                           /* +51  add  ebx, 1 */
    0x83, 0xc2, 0x03,                                           /* +54  add  edx, 3 */
    0x81, 0xfa, 0x36, 0x00, 0x01, 0x00,                         /* +57  cmp  edx, KERNEL + 54 */
    0x74, 0xc9,                                                 /* +63  je   +10 */
    0xbc, 0xf0, 0x8f, 0x00, 0x00,                               /* +65  mov  esp, STACK0 */
    0xfa, 0xf4,                                                 /* +70  cli; hlt */
    0x90, 0xc3,                                                 /* +72  nop; ret */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x07, 0x00, 0x09, 0x00, /* +74  mov  dword [its entry], OTHER | 7 */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* +84  invlpg [PAGE] */
    0x90, 0xc3,                                                 /* +91  nop; ret */
};

/* It stores and loads where the cache lies, often; without paging nothing is there. */
static const uint8_t wanders[] = {
    0xb9, 0xc8, 0x00, 0x00, 0x00, /* +0   mov  ecx, 200 */
    0xbf, 0x00, 0x00, 0xc0, 0x7f, /* +5   mov  edi, 0x7fc00000 */
    0x89, 0x0f,                   /* +10  mov  [edi], ecx */
    0x03, 0x1f,                   /* +12  add  ebx, [edi] */
    0x49,                         /* +14  dec  ecx */
    0x75, 0xf9,                   /* +15  jnz  +10 */
    0xfa, 0xf4,                   /* +17  cli; hlt */
};

/* One call, of code that is written between the rounds, and lies on a page that is mapped elsewhere in the middle; a fault in it,
 * over which the handler goes, and a call of its own. */
static const uint8_t calls[] = {
    0xa1, 0x00, 0x00, 0x08, 0x00,                               /* +0   mov  eax, [PAGE], which sets A */
    0xb9, 0x28, 0x00, 0x00, 0x00,                               /* +5   mov  ecx, 40 */
    0xe8, 0xf1, 0xff, 0x06, 0x00,                               /* +10  call PAGE */
    0xfe, 0x05, 0x02, 0x00, 0x08, 0x00,                         /* +15  inc  byte [PAGE + 2], the immediate */
    0x83, 0xf9, 0x14,                                           /* +21  cmp  ecx, 20 */
    0x75, 0x11,                                                 /* +24  jne  +43 */
    0xc7, 0x05, 0x00, 0x12, 0x05, 0x00, 0x27, 0x00, 0x09, 0x00, /* +26  mov  dword [its entry], OTHER | 0x27: with A */
    0x0f, 0x01, 0x3d, 0x00, 0x00, 0x08, 0x00,                   /* +36  invlpg [PAGE] */
    0x49,                                                       /* +43  dec  ecx */
    0x75, 0xdc,                                                 /* +44  jnz  +10 */
    0xfa, 0xf4,                                                 /* +46  cli; hlt */
};
static const uint8_t called[] = {
    0x83, 0xc3,   0x01,             /* +0   add  ebx, 1, which grows */
    0xb8, CLOSED, 0x00, 0x00, 0x00, /* +3   mov  eax, CLOSED */
    0xe8, 0x01,   0x00, 0x00, 0x00, /* +8   call +14 */
    0xc3,                           /* +13  ret */
    0x0f, 0x0b,                     /* +14  ud2 */
    0x83, 0xc2,   0x01,             /* +16  add  edx, 1 */
    0xc3,                           /* +19  ret */
};
/* Of #UD, which has no error code. */
static const uint8_t over[] = {0x83, 0x04, 0x24, 0x02, 0xcf}; /* add dword [esp], 2; iret */
enum { OVER = KERNEL + 0x300 };

/* An instruction on two pages, the second of which goes away and comes back. */
static const uint8_t crosses[] = {
    0xb9, 0x05, 0x00, 0x00, 0x00, /* mov  ecx, 5, three bytes before the end of a page */
    0x43,                         /* inc  ebx */
    0x49,                         /* dec  ecx */
    0x75, 0xfc,                   /* jnz  inc */
    0xfa, 0xf4,                   /* cli; hlt */
};
static const uint8_t faults_in[] = {0xe9, 0xf8, 0x0f, 0x00, 0x00}; /* jmp  KERNEL + 0xffd */

/* A block of two pages goes by a write to the first, which has others; the second, which has none then, is data. */
static const uint8_t shares[] = {
    0xe8, 0xfb, 0xff, 0x06, 0x00,             /* +0   call PAGE */
    0xc6, 0x05, 0x01, 0x00, 0x01, 0x00, 0xfb, /* +5   mov  byte [KERNEL + 1], 0xfb, as it is */
    0xb9, 0xe8, 0x03, 0x00, 0x00,             /* +12  mov  ecx, 1000 */
    0xff, 0x05, 0x00, 0x08, 0x08, 0x00,       /* +17  inc  dword [PAGE + 0x800] */
    0x49,                                     /* +23  dec  ecx */
    0x75, 0xf7,                               /* +24  jnz  +17 */
    0xfa, 0xf4,                               /* +26  cli; hlt */
};

#define LOADS(name)                                                                                                                   \
    static void load_##name(struct machine *m) { put(m, KERNEL, name, sizeof name); }
LOADS(modifies)
LOADS(flows)
LOADS(wanders)

static void load_remaps(struct machine *m)
{
    put(m, KERNEL, remaps, sizeof remaps);
    put(m, PAGE, page_code, sizeof page_code);
    put(m, OTHER, other_code, sizeof other_code);
    page_in(m);
}

static void load_shares(struct machine *m)
{
    put(m, KERNEL, shares, sizeof shares);
    put(m, PAGE, page_code, sizeof page_code);
}

/* The last of its fences is of all addresses. */
static void load_remaps_all(struct machine *m)
{
    static const uint8_t all[REMAPS_CALL - REMAPS_INVLPG] = {0x0f, 0x20, 0xd8, 0x0f,
                                                             0x22, 0xd8, 0x90}; /* mov eax, cr3; mov cr3, eax; nop */

    load_remaps(m);
    put(m, KERNEL + REMAPS_INVLPG, all, sizeof all);
}

static void load_calls(struct machine *m)
{
    uint8_t other[sizeof called];

    memcpy(other, called, sizeof called);
    other[2] = 0x20;
    put(m, KERNEL, calls, sizeof calls);
    put(m, PAGE, called, sizeof called);
    put(m, OTHER, other, sizeof other);
    put(m, OVER, over, sizeof over);
    gate(m, IA_UD, OVER, 0x8e);
    page_in(m);
}

static void load_restacks(struct machine *m)
{
    put(m, KERNEL, restacks, sizeof restacks);
    page_in(m);
}

static void load_wanders_paged(struct machine *m)
{
    const uint32_t entry = TABLE | 7;
    put(m, KERNEL, wanders, sizeof wanders);
    page_in(m);
    put(m, DIRECTORY + 4 * (0x7fc00000 >> 22), &entry, sizeof entry); /* the same memory once more */
}

static void load_crosses(struct machine *m)
{
    put(m, KERNEL, faults_in, sizeof faults_in);
    put(m, KERNEL + 0xffd, crosses, sizeof crosses);
    page_in(m);
}

/* --- Equivalence */

static void load_nothing(struct machine *m) { (void)m; }

static void (*const kernels[])(struct machine *) = {load_nothing,  load_modifies,   load_flows,         load_remaps,
                                                    load_wanders,  load_remaps_all, load_wanders_paged, load_crosses,
                                                    load_restacks, load_calls,      load_shares};

static void test_equivalent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof kernels / sizeof *kernels; n++)
        kernel_equivalent(n, kernels[n]);
}

/* Each instruction of ring 0 is translated, emulated or interpreted, and none is executed directly. */
static void counts(struct vcpu *vcpu, uint64_t retired)
{
    struct vm_stats stats;

    vm_stats(&vcpu->machine, &stats);
    assert_int_equal(stats.direct, 0);
    assert_int_equal(stats.translated + stats.emulated + stats.interpreted, retired);
    assert_int_equal(stats.emulated, 3); /* PUSHF, CLI, HLT */
    assert_true(stats.translated >= 20 && stats.blocks >= 8 && stats.lookups >= 6);
}
static void test_counts(void **state)
{
    (void)state;
    run_translated(load_flows, NULL, counts);
}

/* A page that has no block any more is protected until the first write to it at the latest. */
static void released(struct vcpu *vcpu, uint64_t retired)
{
    struct vm_stats stats;

    vm_stats(&vcpu->machine, &stats);
    assert_true(stats.translations_gone > 0 && retired > 3000);
    assert_true(stats.interpreted <= 4);
    assert_false(translator_protects(vcpu, (hpa_t){vcpu->vm->ram.v + PAGE}));
}
static void test_released(void **state)
{
    (void)state;
    run_translated(load_shares, NULL, released);
}

/* An interrupt that waits comes where the bare machine takes it: one instruction behind STI, though what is there was translated before. */
static void test_lets_in(void **state)
{
    static const uint8_t code[] = {0x90, 0xfb, 0x90, 0xfa, 0xeb, 0xfa}; /* nop; sti; nop; cli; jmp to the first */

    (void)state;
    for (unsigned depth = 0; depth <= 2; depth++) {
        struct bench b = {.depth = depth, .monitor = VMM_TRANSLATE};
        struct side *side = &b.side[0];
        struct machine *m;
        uint64_t retired = 0;
        struct trap t;

        make_machines(&b, side, depth);
        m = side->machine[depth];
        load(m);
        put(m, KERNEL, code, sizeof code);
        t = machine_run(m, 10, &retired);
        assert_int_equal(t.kind, TRAP_BUDGET);
        machine_irq(m, IA_LINE_INTR, true);
        t = machine_run(m, 1000, &retired);
        assert_int_equal(t.kind, TRAP_INTERRUPT);
        assert_int_equal(retired, 13);
        assert_int_equal(machine_get(m, MACHINE_PC), KERNEL + 3);
        for (unsigned i = depth + 1; i-- > 0;)
            machine_destroy(side->machine[i]);
        phys_destroy(side->phys);
        ram_destroy(side->ram);
    }
}

/* --- Faults */

static void finds(plant_ia32 *plant, void (*change)(struct machine *), unsigned offset, const char *name)
{
    for (unsigned every = 1; every < 1000; every *= 37) {
        struct bench b = {.depth = 1, .monitor = VMM_TRANSLATE, .plant = plant, .change = change};
        bool named = false;
        const struct lockstep_report r = run(&b, every);
        assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
        assert_true(r.exact);
        assert_int_equal(r.pc, KERNEL + offset);
        for (unsigned i = 0; i < r.differences && i < LOCKSTEP_DIFFERENCES; i++)
            named = named || strstr(r.difference[i].name, name);
        if (!named)
            fail_msg("%s does not differ, but %s", name, r.differences ? r.difference[0].name : "nothing");
    }
}

/* A row of the sensitive ones is missed, and copied as it is. */
static void plant_missed(struct faulty_ia32 *f) { f->v[IA_INSN_pushf] = NULL; }

static void flow_off_by_one(struct vcpu *vcpu, struct trap *t)
{
    const unsigned row = t->row;
    uint32_t at, word;
    ia32_translator.flow(vcpu, t);
    at = (uint32_t)machine_get(&vcpu->machine, IA_ESP);
    if (row != IA_INSN_call_rm || t->kind != TRAP_NONE || machine_load(&vcpu->machine, at, &word, 4))
        return;
    word += word == KERNEL + FLOWS_CALL + 2;
    put(&vcpu->machine, at, &word, 4);
}
static void left_as_it_is(struct vcpu *vcpu, va_t base, va_t size) { (void)vcpu, (void)base, (void)size; }

/* The return address is not the guest's. */
static void plant_return(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.flow = flow_off_by_one;
    f->isa.translator = &t;
}
/* FIP is an address of the cache. */
static void plant_fip(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.left = left_as_it_is;
    f->isa.translator = &t;
}

/* What a return that is quick takes off the stack. */
static bool quick_too_much(struct vcpu *vcpu, const struct code_insn *i, struct translator_transfer *transfer)
{
    const bool is_quick = ia32_translator.quick(vcpu, i, transfer);

    transfer->value += 4;
    return is_quick;
}
static void plant_quick(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.quick = quick_too_much;
    f->isa.translator = &t;
}

/* That a page of code must have its A set again is not seen; or by fences alone it is not. */
static bool touches_nothing(struct vcpu *vcpu, gva_t va, enum pt_kind kind)
{
    (void)vcpu, (void)va, (void)kind;
    return false;
}
static void plant_untouched(struct faulty_ia32 *f) { f->isa.touches = touches_nothing; }

static bool planning;
static bool plans(struct vcpu *vcpu, va_t pc, struct code_plan *p, struct trap *t)
{
    planning = true;
    const bool made = ia32_translator.plan(vcpu, pc, p, t);
    planning = false;
    return made;
}
static bool touches_in_plans(struct vcpu *vcpu, gva_t va, enum pt_kind kind)
{
    return (planning || kind != PT_FETCH) && ia32_touches(vcpu, va, kind);
}
static void plant_unfenced(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.plan = plans;
    f->isa.translator = &t;
    f->isa.touches = touches_in_plans;
}

static void test_stale(void **state)
{
    (void)state;
    finds(plant_stale, load_modifies, MODIFIES_MOV, "eax");
}
static void test_missed(void **state)
{
    (void)state;
    finds(plant_missed, load_flows, FLOWS_PUSHF, "memory");
}
static void test_return(void **state)
{
    (void)state;
    finds(plant_return, load_flows, FLOWS_CALL, "memory");
}
static void test_fip(void **state)
{
    (void)state;
    finds(plant_fip, load_flows, FLOWS_X87, "fioff");
}
/* In steps of one instruction nothing is quick. */
static void test_quick(void **state)
{
    struct bench b = {.depth = 1, .monitor = VMM_TRANSLATE, .plant = plant_quick, .change = load_restacks};
    const struct lockstep_report r = run(&b, 97);
    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
}
static void test_untouched(void **state)
{
    struct bench b = {.depth = 1, .monitor = VMM_TRANSLATE, .plant = plant_untouched, .change = load_remaps};
    struct lockstep_report r = run(&b, 1);
    (void)state;
    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.pc, KERNEL); /* A is set for what is called, before the call */
}
static void test_unfenced(void **state)
{
    (void)state;
    finds(plant_unfenced, load_remaps, PAGE - KERNEL, "memory");
    finds(plant_unfenced, load_remaps_all, PAGE - KERNEL, "memory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equivalent), cmocka_unit_test(test_counts),    cmocka_unit_test(test_released),
        cmocka_unit_test(test_stale),      cmocka_unit_test(test_missed),    cmocka_unit_test(test_return),
        cmocka_unit_test(test_fip),        cmocka_unit_test(test_untouched), cmocka_unit_test(test_unfenced),
        cmocka_unit_test(test_quick),      cmocka_unit_test(test_lets_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
