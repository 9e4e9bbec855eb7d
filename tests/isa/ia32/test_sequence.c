/* test_sequence.c - instructions that have one body together (isa/ia32/fast_sequence.def), each sequence with random registers and constants,
 * over pages of which some are missing or may not be written: so that bodies are left in the midst. On two machines, of which the simplest engine
 * executes one instruction after the other: traps, counts, flags at each trap, registers and all memory are the same.
 */
#include "isa/ia32/code.h"
#include "tests/isa/ia32/code_rig.h"

enum { CASES = 4000, PAGES = 16, TOGETHER = 4, LONGEST = 8, CODE = 0x8000, AGAIN = 80 };
enum {
    DIRECTORY = 0x10000,
    LOW = 0x11000,
    TABLE = 0x12000,
    FRAMES = 0x100000,
    REGION = 0x900000,
    MIDDLE = REGION + PAGES / 2 * PAGE_SIZE
};
enum { P_ = 1, W_ = 2, U_ = 4, A_ = 32, D_ = 64, USUAL = P_ | W_ | U_ | A_ | D_ };

static uint64_t seed = 11;
static uint32_t draw(void)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33);
}
static bool one_in(unsigned n) { return draw() % n == 0; }

/* --- What parts are in bytes */

enum how { REGS, MEMORY, INDEXED, OPCODE, IMM32, IMM8 };
/* opcode: up to three bytes. digit: of the ModRM byte, where no register is in its place. jump: a condition behind it. */
struct part {
    const char *opcode;
    enum how how;
    uint8_t digit, jump, imm;
    bool gives, partly; /* a register; a byte of one, or ESP */
};
#define PARTS(DO)                                                                                                                     \
    DO(GET, "\x8b", MEMORY, .gives = true)                                                                                            \
    DO(GET_2, "\x66\x8b", MEMORY, .gives = true)                                                                                      \
    DO(GETZ_2, "\x0f\xb7", MEMORY, .gives = true)                                                                                     \
    DO(GETZ_2X, "\x0f\xb7", INDEXED, .gives = true)                                                                                   \
    DO(GETZ_1X, "\x0f\xb6", INDEXED, .gives = true)                                                                                   \
    DO(GET_1X, "\x8a", INDEXED, .partly = true)                                                                                       \
    DO(PUT, "\x89", MEMORY, 0)                                                                                                        \
    DO(PUT_2, "\x66\x89", MEMORY, 0)                                                                                                  \
    DO(PUT_2X, "\x66\x89", INDEXED, 0)                                                                                                \
    DO(PUT_1X, "\x88", INDEXED, 0)                                                                                                    \
    DO(MOVE, "\x8b", REGS, .gives = true)                                                                                             \
    DO(CONST, "\xb8", OPCODE, .imm = 4, .gives = true)                                                                                \
    DO(ZX_1, "\x0f\xb6", REGS, .gives = true)                                                                                         \
    DO(LEA, "\x8d", MEMORY, .gives = true)                                                                                            \
    DO(LEA_X, "\x8d", INDEXED, .gives = true)                                                                                         \
    DO(ADD, "\x03", REGS, .gives = true)                                                                                              \
    DO(SUB, "\x2b", REGS, .gives = true)                                                                                              \
    DO(AND, "\x23", REGS, .gives = true)                                                                                              \
    DO(AND_I, "\x81", IMM32, .digit = 4, .gives = true)                                                                               \
    DO(AND_B, "\x23", MEMORY, .gives = true)                                                                                          \
    DO(XOR_X, "\x33", INDEXED, .gives = true)                                                                                         \
    DO(XOR_1, "\x32", MEMORY, .partly = true)                                                                                         \
    DO(CMP_1, "\x80", IMM8, .digit = 7)                                                                                               \
    DO(SHL, "\xc1", IMM8, .digit = 4, .gives = true)                                                                                  \
    DO(SHR, "\xc1", IMM8, .digit = 5, .gives = true)                                                                                  \
    DO(SAR, "\xc1", IMM8, .digit = 7, .gives = true)                                                                                  \
    DO(SHR_2, "\x66\xc1", IMM8, .digit = 5, .gives = true)                                                                            \
    DO(IMUL, "\x0f\xaf", REGS, .gives = true)                                                                                         \
    DO(NOT, "\xf7", IMM32, .digit = 2, .imm = 1, .gives = true)                                                                       \
    DO(INC, "\x40", OPCODE, .gives = true)                                                                                            \
    DO(DEC, "\x48", OPCODE, .gives = true)                                                                                            \
    DO(PUSH, "\x50", OPCODE, .partly = true)                                                                                          \
    DO(POP, "\x58", OPCODE, .partly = true)                                                                                           \
    DO(CMP_2, "\x3b", REGS, .jump = 0x72)                                                                                             \
    DO(CMP_3, "\x3b", REGS, .jump = 0x73)                                                                                             \
    DO(CMP_5, "\x3b", REGS, .jump = 0x75)                                                                                             \
    DO(CMPI_6, "\x81", IMM32, .digit = 7, .jump = 0x76)                                                                               \
    DO(CMPI_7, "\x81", IMM32, .digit = 7, .jump = 0x77)                                                                               \
    DO(CMPB_5, "\x3b", MEMORY, .jump = 0x75)                                                                                          \
    DO(JE, "", OPCODE, .jump = 0x74)                                                                                                  \
    DO(JNE, "", OPCODE, .jump = 0x75)
enum {
    PART_NONE,
#define PART(name, ...) PART_##name,
    PARTS(PART)
};
#define BYTES(name, opcode, how, ...) [PART_##name] = {opcode, how, __VA_ARGS__},
static const struct part parts[] = {PARTS(BYTES)};

enum { LINK_O, LINK_1, LINK_2 };
struct sequence {
    const char *name;
    struct {
        uint8_t part, reg, base;
    } p[LONGEST + 1];
};
#define P(what, reg, base) {PART_##what, LINK_##reg, LINK_##base},
#define SEQUENCE(name, ...) {#name, {__VA_ARGS__}},
static const struct sequence sequences[] = {
#include "isa/ia32/fast_sequence.def"
};
enum { SEQUENCES = sizeof sequences / sizeof *sequences };

/* --- A case */

/* EBX leads to the middle of the region and EDI is small; neither is written, nor is ESP by name. */
static uint8_t free_register(void)
{
    static const uint8_t usual[] = {IA_EAX, IA_ECX, IA_EDX, IA_ESI, IA_EBP};
    return usual[draw() % 5];
}

static unsigned put_word(uint8_t *to, uint32_t v, unsigned size)
{
    memcpy(to, &v, size);
    return size;
}

/* The distance of an address: somewhere in the region, often at the end of a page. */
static uint32_t distance_draw(void)
{
    const uint32_t at = draw() % (PAGES * PAGE_SIZE), edge = (at & ~(uint32_t)0xfff) + 0xffd;
    return (one_in(5) ? edge : at) - PAGES / 2 * PAGE_SIZE;
}

static unsigned part_put(uint8_t *to, const struct part *p, uint8_t reg, uint8_t base)
{
    unsigned at = (unsigned)strlen(p->opcode);
    memcpy(to, p->opcode, at);
    switch (p->how) {
    case REGS: to[at++] = (uint8_t)(0xc0 | reg << 3 | base); break;
    case MEMORY:
        to[at++] = (uint8_t)(0x80 | reg << 3 | base);
        at += put_word(to + at, distance_draw(), 4);
        break;
    case INDEXED:
        to[at++] = (uint8_t)(0x84 | reg << 3);
        to[at++] = (uint8_t)(draw() % 4 << 6 | IA_EDI << 3 | base);
        at += put_word(to + at, distance_draw(), 4);
        break;
    case OPCODE:
        if (at)
            to[at - 1] |= reg;
        at += put_word(to + at, draw() << draw() % 3, p->imm);
        break;
    case IMM32:
        to[at++] = (uint8_t)(0xc0 | p->digit << 3 | reg);
        at += p->imm ? 0 : put_word(to + at, draw() << draw() % 3, 4);
        break;
    case IMM8:
        to[at++] = (uint8_t)(0xc0 | p->digit << 3 | reg);
        to[at++] = (uint8_t)(p->opcode[0] == '\x80' ? draw() : 1 + draw() % (p->opcode[0] == '\x66' ? 15 : 31));
    }
    if (p->jump) { /* over INC EBP */
        to[at++] = p->jump;
        to[at++] = 1;
        to[at++] = 0x45;
    }
    return at;
}

/* Bases that are free are EBX, for most of what is there then; now and then a link is missing. */
static unsigned sequence_put(uint8_t *to, const struct sequence *s)
{
    uint8_t last = IA_EAX, before = IA_EAX;
    unsigned at = 0;
    for (unsigned n = 0; s->p[n].part != PART_NONE; n++) {
        const struct part *p = &parts[s->p[n].part];
        const uint8_t other = p->how == MEMORY || p->how == INDEXED ? (one_in(30) ? IA_EBP : IA_EBX) : free_register();
        uint8_t reg = s->p[n].reg == LINK_1 ? last : s->p[n].reg == LINK_2 ? before : free_register();
        const uint8_t base = s->p[n].base == LINK_1 ? last : s->p[n].base == LINK_2 ? before : other;
        if (s->p[n].reg == LINK_O && reg == last && !one_in(4))
            reg = last == IA_ECX ? IA_EDX : IA_ECX;
        if (one_in(60))
            reg = free_register();
        if (p->partly && p->how != OPCODE)
            reg &= 3;
        if (p->partly && reg == IA_EBX)
            reg = IA_EAX;
        at += part_put(to + at, p, reg, base);
        if (p->gives) {
            before = last;
            last = reg;
        }
    }
    return at;
}

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

static void code_draw(struct pair *p, unsigned n)
{
    uint8_t code[(TOGETHER + 1) * LONGEST * 16];
    unsigned at = 0;
    for (unsigned k = 0; k < TOGETHER; k++)
        at += sequence_put(code + at, &sequences[k ? draw() % SEQUENCES : n % SEQUENCES]);
    code[at++] = 0xf4; /* HLT */
    both_put(p, CODE, code, at);
}

static void state_draw(struct pair *p)
{
    for (unsigned n = 0; n < 256; n++)
        both_word(p, LOW + 4 * n, n << 12 | USUAL);
    for (unsigned n = 0; n < PAGES; n++)
        both_word(p, TABLE + 4 * (0x100 + n), (FRAMES + (n << 12)) | (one_in(4) ? draw() & USUAL : USUAL));
    both_word(p, DIRECTORY, LOW | USUAL);
    both_word(p, DIRECTORY + 4 * (REGION >> 22), TABLE | USUAL);
    both_set(p, IA_CR3, DIRECTORY);
    both_set(p, IA_CR0, CR0_PE | CR0_PG | CR0_ET | CR0_WP);
    for (unsigned n = 0; n < 8; n++)
        both_set(p, IA_EAX + n, one_in(3) ? REGION + draw() % (PAGES * PAGE_SIZE) : one_in(2) ? draw() % 4 : draw() << 1);
    both_set(p, IA_EBX, MIDDLE);
    both_set(p, IA_EDI, draw() % 64);
    both_set(p, IA_ESP, MIDDLE + draw() % 16 - 8);
    both_set(p, IA_EFLAGS, 2 | (draw() & EFLAGS_STATUS));
    both_set(p, MACHINE_PC, CODE);
}

/* --- What it comes to */

static void registers_same(struct pair *p, unsigned n)
{
    for (unsigned r = 0; r < p->full.m->isa->reg_count; r++) {
        const reg_t reg = p->full.m->isa->regs[r].reg;
        if (machine_get(p->full.m, reg) != machine_get(p->fast.m, reg))
            fail_msg("case %u, %s: %s is %llx, not %llx", n, sequences[n % SEQUENCES].name, p->full.m->isa->regs[r].name,
                     (unsigned long long)machine_get(p->fast.m, reg), (unsigned long long)machine_get(p->full.m, reg));
    }
}

/* To HLT, or for some time, for code may write over itself and its tables; what faults is passed over. */
static void run_to_end(struct pair *p, unsigned n)
{
    struct trap t = {.kind = TRAP_NONE};
    for (unsigned k = 0; k < AGAIN && t.kind != TRAP_WAIT; k++) {
        const uint64_t budget = one_in(3) ? 1 + draw() % 120 : 1000;
        uint64_t full, fast;
        const struct trap other = code_run(&p->full, budget, &full);
        t = code_run(&p->fast, budget, &fast);
        assert_int_equal(other.kind, t.kind);
        assert_int_equal(full, fast);
        assert_int_equal(other.row, t.row);
        registers_same(p, n);
        p->passes += (unsigned)full;
        if (t.kind != TRAP_EXCEPTION)
            continue;
        p->faults++;
        assert_int_equal(other.cause, t.cause);
        assert_int_equal(other.error, t.error);
        assert_int_equal(other.tval, t.tval);
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
        code_draw(&p, n);
        for (unsigned round = 0; round < 4; round++) {
            state_draw(&p);
            run_to_end(&p, n);
        }
        assert_memory_equal(ram_host(p.full.ram), ram_host(p.fast.ram), CODE_RAM);
    }
    assert_true(p.faults > 2 * CASES && p.passes > 80 * CASES);
    code_close(&p.full);
    code_close(&p.fast);
}

/* The body at CODE, of code that has just been entered. */
static ia_fast_body *body_there(struct code_rig *r)
{
    uint64_t retired;
    machine_set(r->m, MACHINE_PC, CODE);
    (void)code_run(r, 1, &retired);
    const struct ia_code_page *p = ia_code_page(ia_cpu_of(r->m), r->ram, CODE);
    assert_non_null(p);
    assert_true(ia_code_is_fast(p) && p->first[CODE % PAGE_SIZE]);
    return p->fast[p->first[CODE % PAGE_SIZE]].body;
}

/* Else the test before compares what is the same. Each has a body of its own, which is none of a machine that fuses nothing. */
static void each_is_chosen(void **state)
{
    const struct engine_options plain = {.no_fuse = true};
    struct pair p = {.faults = 0};
    ia_fast_body *body[SEQUENCES];
    (void)state;
    code_open_engine(&p.full, IA_MODEL_686, true, NULL, &plain);
    code_open(&p.fast, IA_MODEL_686, true);
    for (unsigned n = 0; n < SEQUENCES; n++) {
        bool own = false;
        for (unsigned tries = 0; !own && tries < 50; tries++) {
            code_draw(&p, n);
            state_draw(&p);
            body[n] = body_there(&p.fast);
            own = body[n] != body_there(&p.full);
            for (unsigned k = 0; k < n; k++)
                own &= body[k] != body[n];
        }
        if (!own)
            fail_msg("%s has no body of its own", sequences[n].name);
    }
    code_close(&p.full);
    code_close(&p.fast);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_same), cmocka_unit_test(each_is_chosen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
