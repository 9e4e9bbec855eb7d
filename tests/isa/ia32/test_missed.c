/* test_missed.c - pages that the TLB does not know, met in the midst of straight code: fast bodies learn them, or fault, by themselves. And
 * code that lies across two pages, of which the second becomes another. Random cases, on two machines, of which the simplest engine has the
 * full way alone: traps, counts, registers and all memory, page tables too, are the same.
 */
#include "tests/isa/ia32/code_rig.h"

enum { CASES = 1000, INSNS = 24, PAGES = 16 };
enum { DIRECTORY = 0x10000, LOW = 0x11000, TABLE = 0x12000, FRAMES = 0x100000, REGION = 0x900000, EDGE = 0x8000, OTHER = 0x9000 };
#define LAST UINT32_C(0xffffffff)
enum { P = 1, W = 2, U = 4, A = 32, D = 64, PS = 128 };

static uint64_t seed = 5;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33);
}
static bool one_in(unsigned n) { return draw() % n == 0; }

struct pair {
    struct code_rig full, fast;
    unsigned faults, passes;
};

static void both_put(struct pair *p, pa_t at, const void *bytes, size_t size)
{
    code_put(&p->full, at, bytes, size);
    code_put(&p->fast, at, bytes, size);
}
static void both_word(struct pair *p, pa_t at, uint32_t v) { both_put(p, at, &v, 4); }
static void both_set(struct pair *p, reg_t reg, uint64_t v)
{
    machine_set(p->full.m, reg, v);
    machine_set(p->fast.m, reg, v);
}

/* --- a case */

/* What fast bodies there are for, by the opcode; the operand is at EBX and a distance of 32 bits. */
static unsigned insn_draw(uint8_t *to)
{
    static const char ops[][3] = {"\x8b\x83", "\x89\x83", "\x01\x8b", "\x03\x8b", "\xff\xb3", "\x39\x83", "\x88\x83", "\xd9\x83",
                                  "\xdd\x9b", "\xdd\x83", "\xff\x83", "\x8a\x8b", "\x31\x93", "\x3b\x93", "\x8f\x83", "\x85\x83"};
    const uint32_t at = draw() % (PAGES * PAGE_SIZE), place = one_in(6) ? (at & ~(uint32_t)0xfff) + 0xffd : at;
    memcpy(to, ops[draw() % 16], 2);
    memcpy(to + 2, &place, 4);
    return 6;
}

/* Straight code that ends with HLT, some of it in either page; and the second page once more with other bytes at its beginning. */
static uint32_t code_draw(struct pair *p)
{
    uint8_t code[6 * INSNS + 1], *at = code;
    const uint32_t begin = EDGE - 1 - draw() % (6 * INSNS);
    for (unsigned n = 0; n < INSNS; n++)
        at += insn_draw(at);
    *at = 0xf4;
    both_put(p, begin, code, sizeof code);
    const size_t first = EDGE - begin, rest = sizeof code - first;
    code[first] ^= (uint8_t)(draw() & 8);
    both_put(p, OTHER, code + first, rest);
    return begin;
}

static void pages_draw(struct pair *p)
{
    const unsigned usual = P | W | U | A | D;
    for (unsigned n = 0; n < 256; n++)
        both_word(p, LOW + 4 * n, n << 12 | usual);
    for (unsigned n = 0; n < PAGES; n++)
        both_word(p, TABLE + 4 * (0x100 + n), (FRAMES + (n << 12)) | (one_in(3) ? draw() & usual : usual));
    both_word(p, DIRECTORY, LOW | usual);
    const uint32_t large = one_in(4) ? PS : TABLE; /* then it is at 0 */
    both_word(p, DIRECTORY + 4 * (REGION >> 22), large | (one_in(4) ? draw() & usual : usual));
    both_set(p, IA_CR3, DIRECTORY);
    both_set(p, IA_CR0, CR0_PE | CR0_PG | CR0_ET | (one_in(2) ? CR0_WP : 0));
    both_set(p, IA_CR4, one_in(8) ? 0 : CR4_PSE);
}

static void state_draw(struct pair *p, uint32_t begin)
{
    const unsigned ring = one_in(2) ? 3 : 0;
    both_set(p, MACHINE_MODE, ring);
    for (unsigned seg = 0; seg < IA_SEGS; seg++) {
        const uint32_t rights = (seg == IA_CS ? 0x9b : 0x93) | ring << 5 | IA_RIGHTS_DB | IA_RIGHTS_G;
        code_segment(p->full.m, seg, (uint16_t)((seg == IA_CS ? 8 : 16) | ring), 0, UINT32_MAX, rights);
        code_segment(p->fast.m, seg, (uint16_t)((seg == IA_CS ? 8 : 16) | ring), 0, UINT32_MAX, rights);
    }
    for (unsigned n = 0; n < 8; n++)
        both_set(p, IA_EAX + n, draw());
    both_set(p, IA_EBX, one_in(8) ? LAST - draw() % (PAGES * PAGE_SIZE) : REGION); /* some of it goes round at 4 GiB */
    both_set(p, IA_ESP, CODE_STACK);
    both_set(p, IA_X87_CONTROL, 0x37f);
    both_set(p, IA_X87_TAG, 0xffff);
    both_set(p, MACHINE_PC, begin);
}

/* --- what it comes to */

static void traps_same(const struct trap *a, const struct trap *b)
{
    assert_int_equal(a->kind, b->kind);
    assert_int_equal(a->row, b->row);
    if (a->kind != TRAP_EXCEPTION)
        return;
    assert_int_equal(a->cause, b->cause);
    assert_int_equal(a->error, b->error);
    assert_int_equal(a->tval, b->tval);
    assert_int_equal(a->reason, b->reason);
    assert_int_equal(a->length, b->length);
    assert_int_equal(a->bits, b->bits);
}

static void states_same(struct pair *p)
{
    for (unsigned n = 0; n < p->full.m->isa->reg_count; n++) {
        const reg_t reg = p->full.m->isa->regs[n].reg;
        if (machine_get(p->full.m, reg) != machine_get(p->fast.m, reg))
            fail_msg("%s differs", p->full.m->isa->regs[n].name);
    }
    assert_memory_equal(ram_host(p->full.ram), ram_host(p->fast.ram), CODE_RAM);
}

/* To HLT, which is a fault in ring 3; what faults is passed over. */
static void run_to_end(struct pair *p)
{
    struct trap t = {.kind = TRAP_NONE};
    for (unsigned n = 0; n < 4 * INSNS && (t.kind != TRAP_EXCEPTION || t.cause == IA_PF) && t.kind != TRAP_WAIT; n++) {
        uint64_t full, fast;
        const struct trap other = code_run(&p->full, 1000, &full);
        t = code_run(&p->fast, 1000, &fast);
        traps_same(&other, &t);
        assert_int_equal(full, fast);
        p->faults += t.kind == TRAP_EXCEPTION && t.cause == IA_PF;
        p->passes += (unsigned)full;
        both_set(p, MACHINE_PC, machine_get(p->fast.m, MACHINE_PC) + t.length);
    }
}

static void the_same(void **state)
{
    const struct engine_options simple = {.kind = ENGINE_simple};
    struct pair p = {.faults = 0};
    (void)state;
    code_open_engine(&p.full, IA_MODEL_686, true, NULL, &simple);
    code_open(&p.fast, IA_MODEL_686, true);
    for (unsigned n = 0; n < CASES; n++) {
        const uint32_t begin = code_draw(&p);
        pages_draw(&p);
        for (unsigned round = 0; round < 4; round++) {
            if (round == 2) { /* the second page of code is another one */
                both_word(&p, LOW + 4 * (EDGE >> 12), OTHER | P | W | U | A | D);
                both_set(&p, IA_CR3, DIRECTORY);
            }
            state_draw(&p, begin);
            run_to_end(&p);
        }
        states_same(&p);
    }
    assert_true(p.faults > 10 * CASES && p.passes > 40 * CASES);
    code_close(&p.full);
    code_close(&p.fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
