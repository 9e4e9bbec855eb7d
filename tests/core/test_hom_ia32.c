/* test_hom_ia32.c - f(i(S)) = v_i(f(S)) for IA-32: an instruction on a bare CPU, and in a virtual machine in the same random state with
 * random tables in its memory, leaves the same registers and memory or traps the same, and the trap's entry ends the same.
 *
 * Each case follows from its number alone. HOM_CASES: how many; HOM_FIRST: from which on. What fails is said in both.
 */
#include "tests/core/hom_ia32.h"

enum { CASES = 20000 };

/* --- Instructions */

/* As ModRM: a register, or memory at [ebx] and near it. */
static void operand(struct hom *h, unsigned reg, bool memory)
{
    if (!memory) {
        h->code[h->length++] = (uint8_t)(0xc0 | reg << 3 | hom_below(h, 8));
    } else if (hom_one_in(h, 2)) {
        h->code[h->length++] = (uint8_t)(reg << 3 | 3);
    } else {
        h->code[h->length++] = (uint8_t)(0x43 | reg << 3);
        h->code[h->length++] = (uint8_t)(hom_one_in(h, 4) ? hom_below(h, 8) : 0);
    }
}

static void byte(struct hom *h, unsigned b) { h->code[h->length++] = (uint8_t)b; }
static void bytes(struct hom *h, uint32_t value, unsigned size)
{
    for (unsigned n = 0; n < size; n++)
        byte(h, value >> 8 * n);
}

static void pointer(struct hom *h)
{
    bytes(h, hom_one_in(h, 8) ? (uint32_t)hom_word(h) : HOM_CODE + hom_below(h, 64), h->size);
    bytes(h, hom_selector(h), 2);
}

static void mov_to_seg(struct hom *h)
{
    static const uint8_t seg[] = {IA_ES, IA_SS, IA_DS, IA_FS, IA_GS};
    byte(h, 0x8e);
    operand(h, hom_one_in(h, 16) ? hom_below(h, 8) : seg[hom_below(h, 5)], hom_one_in(h, 2));
}
static void pop_seg(struct hom *h)
{
    static const uint8_t op[] = {0x07, 0x17, 0x1f, 0xa1, 0xa9};
    const unsigned n = hom_below(h, 5);
    if (n > 2)
        byte(h, 0x0f);
    byte(h, op[n]);
    hom_put(h, h->esp, 2, hom_selector(h));
}
static void load_far(struct hom *h)
{
    static const uint8_t op[] = {0xc4, 0xc5, 0xb2, 0xb4, 0xb5};
    const unsigned n = hom_below(h, 5);
    if (n > 1)
        byte(h, 0x0f);
    byte(h, op[n]);
    operand(h, hom_below(h, 8), true);
}
static void call_far(struct hom *h)
{
    byte(h, 0x9a);
    pointer(h);
}
static void jmp_far(struct hom *h)
{
    byte(h, 0xea);
    pointer(h);
}
static void call_far_m(struct hom *h)
{
    byte(h, 0xff);
    operand(h, 3, true);
}
static void jmp_far_m(struct hom *h)
{
    byte(h, 0xff);
    operand(h, 5, true);
}
static void retf(struct hom *h)
{
    const unsigned skip = hom_one_in(h, 2) ? hom_below(h, 20) : 0;
    if (skip || hom_one_in(h, 2)) {
        byte(h, 0xca);
        bytes(h, skip, 2);
    } else {
        byte(h, 0xcb);
    }
    hom_frame(h, false, skip);
}
static void iret(struct hom *h)
{
    byte(h, 0xcf);
    hom_frame(h, true, 0);
}
static void tables_load(struct hom *h)
{
    const unsigned reg = 2 + hom_below(h, 2);
    byte(h, 0x0f);
    byte(h, 0x00);
    operand(h, reg, hom_one_in(h, 2));
    h->word = (uint16_t)((reg == 2 ? SLOT_LDT : SLOT_TSS + hom_below(h, TASKS)) << 3); /* at [ebx] */
}
static void software(struct hom *h)
{
    static const uint8_t op[] = {0xcc, 0xce, 0xf1};
    if (hom_one_in(h, 3)) {
        byte(h, op[hom_below(h, 3)]);
        return;
    }
    byte(h, 0xcd);
    byte(h, hom_below(h, 256));
}
static void flag(struct hom *h) { byte(h, 0xfa + hom_below(h, 2)); }
static void control(struct hom *h)
{
    static const uint8_t of[] = {0, 2, 3, 4};
    byte(h, 0x0f);
    byte(h, hom_one_in(h, 2) ? 0x20 : 0x22);
    byte(h, 0xc0 | (unsigned)of[hom_below(h, 4)] << 3 | hom_below(h, 8));
}
static void debug(struct hom *h)
{
    byte(h, 0x0f);
    byte(h, hom_one_in(h, 2) ? 0x21 : 0x23);
    byte(h, 0xc0 | hom_below(h, 8) << 3 | hom_below(h, 8));
}
static void system_row(struct hom *h)
{
    static const uint8_t op[] = {0x06, 0x08, 0x09, 0x30, 0x31, 0x32, 0x33};
    static const uint8_t of01[] = {2, 3, 6, 7};
    if (hom_one_in(h, 8)) {
        byte(h, 0xf4); /* HLT */
        return;
    }
    byte(h, 0x0f);
    if (hom_one_in(h, 2)) {
        byte(h, op[hom_below(h, sizeof op)]);
        return;
    }
    byte(h, 0x01); /* LGDT LIDT LMSW INVLPG */
    operand(h, of01[hom_below(h, 4)], true);
}
/* Rows that never trap on the plain machine: the virtual one has them on a host where they do. */
static void descriptor_question(struct hom *h)
{
    byte(h, 0x0f);
    if (hom_one_in(h, 2)) {
        byte(h, 0x02 + hom_below(h, 2)); /* LAR LSL */
        operand(h, hom_below(h, 8), hom_one_in(h, 2));
        return;
    }
    byte(h, 0x00);
    operand(h, 4 + hom_below(h, 2), hom_one_in(h, 2)); /* VERR VERW */
}
static void flags_whole(struct hom *h)
{
    byte(h, 0x9c + hom_below(h, 2));
    hom_put(h, h->esp, 4, (uint32_t)hom_word(h));
}
static void table_store(struct hom *h)
{
    static const uint8_t of01[] = {0, 1, 4};
    const bool selectors = hom_one_in(h, 2);
    byte(h, 0x0f);
    byte(h, selectors ? 0x00 : 0x01);
    if (selectors)
        operand(h, hom_below(h, 2), hom_one_in(h, 2)); /* SLDT STR */
    else
        operand(h, of01[hom_below(h, 3)], true); /* SGDT SIDT SMSW */
}
static void seg_store(struct hom *h)
{
    static const uint8_t push[] = {0x06, 0x0e, 0x16, 0x1e, 0xa0, 0xa8};
    if (hom_one_in(h, 2)) {
        const unsigned n = hom_below(h, 6);
        if (n > 3)
            byte(h, 0x0f);
        byte(h, push[n]);
        return;
    }
    byte(h, 0x8c);
    operand(h, hom_below(h, 6), hom_one_in(h, 2));
}
static void identify(struct hom *h)
{
    byte(h, 0x0f);
    byte(h, 0xa2);
}
static void port(struct hom *h)
{
    static const uint8_t op[] = {0x6c, 0x6d, 0x6e, 0x6f, 0xe4, 0xe5, 0xe6, 0xe7, 0xec, 0xed, 0xee, 0xef};
    const unsigned n = hom_below(h, sizeof op);
    byte(h, op[n]);
    if (n >= 4 && n < 8)
        byte(h, hom_below(h, 256));
}

struct kind {
    const char *name;
    void (*make)(struct hom *);
    unsigned weight;
};
static const struct kind kinds[] = {
    {"mov to a segment register", mov_to_seg, 6},
    {"pop into a segment register", pop_seg, 6},
    {"load of a far pointer", load_far, 6},
    {"call", call_far, 8},
    {"call by memory", call_far_m, 6},
    {"jump", jmp_far, 8},
    {"jump by memory", jmp_far_m, 4},
    {"far return", retf, 10},
    {"iret", iret, 16},
    {"lldt, ltr", tables_load, 5},
    {"software interrupt", software, 10},
    {"an event", NULL, 10},
    {"cli, sti", flag, 2},
    {"mov of a control register", control, 3},
    {"mov of a debug register", debug, 2},
    {"a system instruction", system_row, 4},
    {"a port", port, 4},
    {"lar, lsl, verr, verw", descriptor_question, 8},
    {"pushf, popf", flags_whole, 6},
    {"sgdt, sidt, smsw, sldt, str", table_store, 6},
    {"a segment register stored", seg_store, 8},
    {"cpuid", identify, 1},
};
enum { KINDS = sizeof kinds / sizeof *kinds, CRITICAL = 5 /* of them, the last ones */ };

static unsigned kind_of(struct hom *h, unsigned kinds_here)
{
    unsigned sum = 0, n = 0;
    for (unsigned k = 0; k < kinds_here; k++)
        sum += kinds[k].weight;
    for (unsigned at = hom_below(h, sum); at >= kinds[n].weight; n++)
        at -= kinds[n].weight;
    return n;
}

/* --- A case */

static void begin(struct hom *h, uint64_t number)
{
    memset(h->image, 0, sizeof h->image);
    h->random = number * UINT64_C(0xd1342543de82ef95) + 1;
    h->cpl = hom_one_in(h, 3) ? 0 : hom_one_in(h, 2) ? 3 : hom_below(h, 4);
    h->calm = hom_one_in(h, 2);
    h->paged = hom_one_in(h, 2);
    h->late = hom_one_in(h, 4);
    h->esp = hom_esp(h, h->cpl);
    h->ebx =
        HOM_DATA + (hom_wrong(h, 6) ? 0xff0 + hom_below(h, 16) : hom_below(h, 256) * 4) + (hom_one_in(h, 8) ? hom_below(h, 4) : 0);
    h->code_base = hom_one_in(h, 8) ? HOM_CODE : 0;
    h->eip = HOM_CODE + hom_below(h, 64) - h->code_base;
    h->length = 0;
    h->word = 0;
}

/* Its bytes: prefixes by which operands are of the other size, then those of its kind. */
static void instruction(struct hom *h, const struct kind *k, bool narrow_code)
{
    const bool other = hom_one_in(h, 4);
    h->size = narrow_code != other ? 2 : 4;
    if (other)
        byte(h, 0x66);
    if (narrow_code)
        byte(h, 0x67); /* addresses are of 32 bits always */
    if (hom_one_in(h, 8)) {
        static const uint8_t prefix[] = {0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65};
        byte(h, prefix[hom_below(h, 6)]);
    }
    if (k->make)
        k->make(h);
    for (unsigned n = 0; n < h->length; n++)
        hom_put(h, h->code_base + h->eip + n, 1, h->code[n]);
}

/* Most often nothing interrupts, and it is just the one instruction; else what follows is random. */
static void lines(struct hom *h)
{
    const bool busy = h->critical && hom_one_in(h, 4); /* random instructions are equal where none is critical */
    h->budget = busy ? 1 + hom_below(h, 24) : 1;
    for (unsigned i = 0; i < PAIR_SIDES; i++) {
        machine_irq(h->pair->m[i], IA_LINE_NMI, false);
        machine_reset(h->pair->m[i]);
    }
    for (unsigned line = IA_LINE_INTR; line <= IA_LINE_NMI; line++) {
        const bool high = busy && hom_one_in(h, 3);
        for (unsigned i = 0; i < PAIR_SIDES; i++)
            machine_irq(h->pair->m[i], line, high);
    }
}

static void set_up(struct hom *h, const struct kind *k)
{
    const bool narrow = hom_one_in(h, 6);
    lines(h);
    for (unsigned at = 0; h->budget > 1 && at < 256; at++)
        hom_put(h, HOM_CODE + at, 1, hom_below(h, 256));
    hom_tables(h);
    for (unsigned n = 0; n < TASKS; n++)
        hom_task(h, n);
    for (uint32_t at = HOM_STACK; at < HOM_CODE; at += 64)
        hom_put(h, at, 4, (uint32_t)hom_word(h));
    h->size = 4;
    hom_pointer(h);
    instruction(h, k, narrow);
    if (h->size == 2)
        hom_pointer(h);
    if (h->word && hom_one_in(h, 2))
        hom_put(h, h->ebx, 2, h->word);
    hom_page_tables(h);
    hom_control(h);
    hom_segments(h);
    if (narrow)
        pair_set(h->pair, IA_SEG + 4 * IA_CS + IA_RIGHTS, IA_RIGHTS_G | 0x9b | h->cpl << 5);
    hom_registers(h);
    pair_store(h->pair, 0, h->image, sizeof h->image);
    pair_fence(h->pair);
}

/* Something that happens by itself: an interrupt, a fault with an error code or without one, a trap. */
static void event(struct hom *h)
{
    static const uint8_t vector[] = {IA_DE, IA_DB, IA_BP,       IA_OF, IA_BR, IA_UD, IA_NM, IA_DF,
                                     IA_TS, IA_NP, IA_SS_FAULT, IA_GP, IA_PF, IA_MF, IA_AC};
    struct trap t = {.kind = TRAP_INTERRUPT, .row = INSN_NONE, .cause = hom_one_in(h, 8) ? IA_NMI : hom_below(h, 256)};
    if (!hom_one_in(h, 3)) {
        t = (struct trap){
            .kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = vector[hom_below(h, sizeof vector)]};
        t.tval = t.cause == IA_PF ? (uint32_t)hom_word(h) : t.cause == IA_DB ? hom_word(h) & 0xe00f : 0;
        t.error = t.cause == IA_PF ? hom_below(h, 8) : t.cause >= IA_TS && t.cause <= IA_GP ? hom_below(h, 0x10000) : 0;
        t.during = (uint8_t)(hom_one_in(h, 4) ? 1 + vector[hom_below(h, sizeof vector)] : 0);
    }
    h->pair->trap[0] = h->pair->trap[1] = t;
}

/* Entry, attempt by attempt. */
static void deliver(struct hom *h)
{
    struct pair *p = h->pair;
    while (!p->said_length && (p->trap[0].kind == TRAP_EXCEPTION || p->trap[0].kind == TRAP_INTERRUPT)) {
        const enum delivery d = pair_deliver(p);
        pair_compare(p);
        if (d != DELIVERY_TRAPPED)
            return;
    }
}

static void say(const struct hom *h, const struct kind *k, uint64_t number)
{
    print_error("%s: HOM_FIRST=%llu HOM_CASES=1\n  CPL %u, %s, up to %u instructions, EIP %x:", k->name, (unsigned long long)number,
                h->cpl, h->paged ? "paged" : "not paged", h->budget, h->eip);
    for (unsigned n = 0; n < h->length; n++)
        print_error(" %02x", h->code[n]);
    print_error("\n%s", h->pair->said);
}

struct outcome {
    unsigned done, trapped, delivered, failed;
};

static void one(struct hom *h, uint64_t number, unsigned kinds_here, struct outcome out[KINDS])
{
    struct pair *p = h->pair;
    begin(h, number);
    const unsigned n = kind_of(h, kinds_here);
    const struct kind *k = &kinds[n];
    set_up(h, k);
    p->said_length = 0;
    p->trap[0] = p->trap[1] = (struct trap){.kind = TRAP_NONE, .row = INSN_NONE};
    pair_compare(p);
    if (k->make)
        pair_run(p, h->budget);
    else
        event(h);
    pair_compare(p);
    const bool trapped = p->trap[0].kind == TRAP_EXCEPTION;
    out[n].trapped += trapped;
    out[n].done += !trapped;
    if (p->trap[0].kind != TRAP_BUDGET)
        deliver(h);
    out[n].delivered += p->trap[0].kind != TRAP_BUDGET;
    if (!p->said_length)
        return;
    if (out[n].failed++ < 3)
        say(h, k, number);
}

static unsigned long long number_of(const char *name, unsigned long long otherwise)
{
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 0) : otherwise;
}

/* Each row that has a routine came to it: on a host where all of them trap. */
static void every_routine(const struct pair *p)
{
    struct vm_stats stats;
    vm_stats(p->m[PAIR_VIRTUAL], &stats);
#define V(row, routine)                                                                                                               \
    if (!stats.v_i[IA_INSN_##row])                                                                                                    \
        fail_msg("%s never came to its routine", #row);
#include "core/vmm/v_ia32.def"
#undef V
}

static void homomorphism(const struct ia32_config *config, unsigned kinds_here, unsigned depth, unsigned ring)
{
    const unsigned long long first = number_of("HOM_FIRST", 0), cases = number_of("HOM_CASES", depth > 1 ? CASES / 10 : CASES);
    struct hom *h = calloc(1, sizeof *h);
    struct pair *p = calloc(1, sizeof *p);
    struct outcome out[KINDS] = {{0}};
    unsigned failed = 0;
    assert_non_null(h);
    assert_non_null(p);
    h->pair = p;
    h->critical = kinds_here == KINDS;
    pair_create(p, config, depth, ring);
    for (unsigned long long n = first; n < first + cases; n++)
        one(h, n, kinds_here, out);
    for (unsigned k = 0; k < kinds_here; k++) {
        print_message("%-28s %7u done, %7u trapped, %7u failed\n", kinds[k].name, out[k].done, out[k].trapped, out[k].failed);
        failed += out[k].failed;
        if (cases >= CASES && kinds[k].make != identify) /* neither side of it is left out */
            assert_true(out[k].trapped > 0 && out[k].done > 0);
    }
    assert_int_equal(failed, 0);
    if (cases >= CASES && config->variants == IA32_TRAPS)
        every_routine(p);
    pair_destroy(p);
    free(p);
    free(h);
}

static void test_plain(void **state)
{
    (void)state;
    homomorphism(&ia32_config_default, KINDS - CRITICAL, 1, 0);
}

/* Every critical instruction traps at CPL 3 there, by control bits that the guest's own machine has, too, and has clear. */
static void test_traps(void **state)
{
    struct ia32_config config = ia32_config_default;
    (void)state;
    config.variants = IA32_TRAPS;
    homomorphism(&config, KINDS, 1, 0);
}

/* The virtual machine's host is one itself. */
static void test_depth_2(void **state)
{
    struct ia32_config config = ia32_config_default;
    (void)state;
    config.variants = IA32_TRAPS;
    homomorphism(&config, KINDS, 2, 0);
}

/* A guest mode: most of it the CPU does by itself, and the rest has the same routines. */
static void test_guest_mode(void **state)
{
    struct ia32_config config = ia32_config_default;
    (void)state;
    config.variants = IA32_VT;
    homomorphism(&config, KINDS, 1, 0);
}

static void test_guest_mode_depth_2(void **state)
{
    struct ia32_config config = ia32_config_default;
    (void)state;
    config.variants = IA32_VT;
    homomorphism(&config, KINDS, 2, 0);
}

/* The guest's ring 0 in real ring 1. The CPU's own tables are as empty, and pages are the supervisor's there. */
static void test_ring_1(void **state)
{
    struct ia32_config config = ia32_config_default;
    (void)state;
    homomorphism(&config, KINDS - CRITICAL, 1, 1);
    config.variants = IA32_TRAPS;
    homomorphism(&config, KINDS, 1, 1);
    homomorphism(&config, KINDS, 2, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ring_1),     cmocka_unit_test(test_plain),
                                       cmocka_unit_test(test_traps),      cmocka_unit_test(test_depth_2),
                                       cmocka_unit_test(test_guest_mode), cmocka_unit_test(test_guest_mode_depth_2)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
