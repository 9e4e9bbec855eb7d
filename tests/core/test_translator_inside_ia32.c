/* test_translator_inside_ia32.c - jumps into the middle of what was translated: no second translation is made, and none outlives the code that
 * it was made of; and address spaces whose tables are looked at again and again.
 */
#include "tests/core/translator_ia32.h"

/* A loop that begins behind its block's beginning, and is entered from outside as well; its code is written behind that place, and before it
 * in what was translated together with it. */
static const uint8_t enters[] = {
    0xb9, 0x03, 0x00, 0x00, 0x00,             /* +0   mov  ecx, 3 */
    0x83, 0xc3, 0x01,                         /* +5   add  ebx, 1 */
    0x83, 0xc2, 0x10,                         /* +8   add  edx, 16, which grows */
    0x49,                                     /* +11  dec  ecx */
    0x75, 0xfa,                               /* +12  jnz  +8 */
    0x46,                                     /* +14  inc  esi */
    0x83, 0xfe, 0x03,                         /* +15  cmp  esi, 3 */
    0x74, 0x0d,                               /* +18  je   +33 */
    0xfe, 0x05, 0x0a, 0x00, 0x01, 0x00,       /* +20  inc  byte [KERNEL + 10], the immediate */
    0xb9, 0x02, 0x00, 0x00, 0x00,             /* +26  mov  ecx, 2 */
    0xeb, 0xe7,                               /* +31  jmp  +8 */
    0xc6, 0x05, 0x07, 0x00, 0x01, 0x00, 0x05, /* +33  mov  byte [KERNEL + 7], 5: add ebx, 5 */
    0x31, 0xf6,                               /* +40  xor  esi, esi */
    0x47,                                     /* +42  inc  edi */
    0x83, 0xff, 0x02,                         /* +43  cmp  edi, 2 */
    0x75, 0xd0,                               /* +46  jne  +0 */
    0xfa, 0xf4,                               /* +48  cli; hlt */
};
enum { ENTERS_ADD = 8 };

/* Fences behind which a page of code is where it was, and one behind which its entry leads elsewhere, with A set already; and back again. */
static const uint8_t turns[] = {
    0xb9, 0x04, 0x00, 0x00, 0x00,                               /* +0   mov  ecx, 4 */
    0xe8, 0xf6, 0xff, 0x06, 0x00,                               /* +5   call PAGE */
    0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8,                         /* +10  mov  eax, cr3; mov cr3, eax */
    0xe8, 0xeb, 0xff, 0x06, 0x00,                               /* +16  call PAGE */
    0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8,                         /* +21  mov  eax, cr3; mov cr3, eax */
    0x81, 0x35, 0x00, 0x12, 0x05, 0x00,                         /* +27  xor  dword [its entry], PAGE ^ OTHER */
    0x00, 0x00, 0x01, 0x00, 0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, /* +37  mov  eax, cr3; mov cr3, eax */
    0x49,                                                       /* +43  dec  ecx */
    0x75, 0xd7,                                                 /* +44  jnz  +5 */
    0xfa, 0xf4,                                                 /* +46  cli; hlt */
};
_Static_assert((PAGE ^ OTHER) == 0x10000, "turns");
static const uint8_t page_code[] = {0x83, 0xc3, 0x01, 0xc3};  /* add ebx, 1; ret */
static const uint8_t other_code[] = {0x83, 0xc3, 0x10, 0xc3}; /* add ebx, 16; ret */

static void load_enters(struct machine *m) { put(m, KERNEL, enters, sizeof enters); }

static void load_enters_paged(struct machine *m)
{
    load_enters(m);
    page_in(m);
}

static void load_turns(struct machine *m)
{
    put(m, KERNEL, turns, sizeof turns);
    put(m, PAGE, page_code, sizeof page_code);
    put(m, OTHER, other_code, sizeof other_code);
    page_in(m);
}

static void (*const kernels[])(struct machine *) = {load_enters, load_enters_paged, load_turns};

static void test_equivalent(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof kernels / sizeof *kernels; n++)
        kernel_equivalent(n, kernels[n]);
}

/* --- Figures of one VM */

static void alone(struct bench *b, void (*change)(struct machine *), unsigned depth)
{
    *b = (struct bench){.depth = depth, .monitor = VMM_TRANSLATE};
    make_machines(b, &b->side[0], depth);
    load(b->side[0].machine[depth]);
    change(b->side[0].machine[depth]);
}

static void destroy(struct bench *b)
{
    for (unsigned i = b->depth + 1; i-- > 0;)
        machine_destroy(b->side[0].machine[i]);
    phys_destroy(b->side[0].phys);
    ram_destroy(b->side[0].ram);
}

/* A loop within a block: one block, and what is behind the jump is of it, too. */
static void load_loop(struct machine *m)
{
    static const uint8_t code[] = {
        0xb9, 0x0a, 0x00, 0x00, 0x00, /* +0   mov  ecx, 10 */
        0x43,                         /* +5   inc  ebx */
        0x83, 0xf9, 0x05,             /* +6   cmp  ecx, 5 */
        0x75, 0x01,                   /* +9   jne  +12 */
        0x42,                         /* +11  inc  edx */
        0x49,                         /* +12  dec  ecx */
        0x75, 0xf6,                   /* +13  jnz  +5 */
        0x90,                         /* +15  nop */
        0xeb, 0xfd,                   /* +16  jmp  +15 */
    };
    put(m, KERNEL, code, sizeof code);
}

static void test_one_block(void **state)
{
    struct bench b;
    struct vm_stats stats;
    uint64_t retired = 0;

    (void)state;
    alone(&b, load_loop, 1);
    assert_int_equal(machine_run(b.side[0].machine[1], 1000, &retired).kind, TRAP_BUDGET);
    vm_stats(b.side[0].machine[1], &stats);
    assert_int_equal(stats.blocks, 1);
    assert_int_equal(stats.block_insns, 9);
    assert_true(stats.lookups <= 4); /* a jump within a block needs none */
    assert_int_equal(machine_get(b.side[0].machine[1], IA_EBX), 10);
    destroy(&b);
}

/* With A20 low an address of the second MiB is one of the first, though no entry was written. */
static void load_wraps(struct machine *m)
{
    static const uint8_t code[] = {
        0x0f, 0x20, 0xd8, 0x0f, 0x22, 0xd8, /* +0   mov  eax, cr3; mov cr3, eax */
        0xe8, 0xf5, 0xff, 0x06, 0x00,       /* +6   call PAGE */
        0xeb, 0xf3,                         /* +11  jmp  +0 */
    };
    const uint32_t high = (PAGE | 1 << 20) | 0x27;

    put(m, KERNEL, code, sizeof code);
    put(m, PAGE, page_code, sizeof page_code);
    page_in(m);
    put(m, TABLE + 4 * (PAGE >> PAGE_SHIFT), &high, sizeof high);
}

static void test_wraps(void **state)
{
    uint64_t ebx[2][2];

    (void)state;
    for (unsigned depth = 0; depth < 2; depth++) {
        struct bench b;
        struct machine *m;
        uint64_t retired = 0;

        alone(&b, load_wraps, depth);
        m = b.side[0].machine[depth];
        machine_irq(m, IA_LINE_A20M, true);
        assert_int_equal(machine_run(m, 100, &retired).kind, TRAP_BUDGET);
        ebx[depth][0] = machine_get(m, IA_EBX);
        machine_irq(m, IA_LINE_A20M, false);
        while (retired < 130 && machine_run(m, 130, &retired).kind == TRAP_NONE)
            ;
        ebx[depth][1] = machine_get(m, MACHINE_PC);
        destroy(&b);
    }
    assert_true(ebx[0][0] > 10);
    assert_int_equal(ebx[0][0], ebx[1][0]);
    assert_int_equal(ebx[0][1], ebx[1][1]);
}

/* --- Faults */

/* Whatever stands in the tables is taken for what stood there before. */
static uint64_t entries_blind(struct vcpu *vcpu, va_t at)
{
    (void)vcpu, (void)at;
    return 1;
}
static void plant_blind(struct faulty_ia32 *f)
{
    static struct translator_isa t;
    t = ia32_translator;
    t.entries = entries_blind;
    f->isa.translator = &t;
}

static void finds(plant_ia32 *plant, void (*change)(struct machine *), va_t pc)
{
    struct bench b = {.depth = 1, .monitor = VMM_TRANSLATE, .plant = plant, .change = change};
    const struct lockstep_report r = run(&b, 1);

    assert_int_equal(r.verdict, LOCKSTEP_DIVERGED);
    assert_int_equal(r.pc, pc);
}

static void test_stale(void **state)
{
    (void)state;
    finds(plant_stale, load_enters, KERNEL + ENTERS_ADD);
}

static void test_blind(void **state)
{
    (void)state;
    finds(plant_blind, load_turns, PAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equivalent), cmocka_unit_test(test_one_block), cmocka_unit_test(test_wraps),
        cmocka_unit_test(test_stale),      cmocka_unit_test(test_blind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
