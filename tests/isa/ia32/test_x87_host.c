/* Floating-point instructions through the whole CPU against the FPU of the host, where that is an x86-64: each encoding alone, from random
 * states with empty registers, exceptions that stand and exceptions that are not masked; and sequences of them.
 *
 * Not compared: the pointers to the last instruction, whose place is another here; the digits of transcendentals (test_x87_trans.c); and C1
 * after FCOMI and its like, which Intel's units clear [SDM 2A, FCOMI] and AMD's do not.
 */
#include "isa/ia32/decode.h"
#include "isa/ia32/x87.h"
#include "tests/isa/ia32/code_rig.h"
#include "tests/isa/ia32/x87_jit.h"
#include "tests/isa/ia32/x87_sample.h"
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#ifdef X87_JIT
enum { MEMORY_AT = 0x10000 };

static const char *const names[IA_INSN_COUNT] = {
#define INSN(name, ext, encoding, operands, body, traps, sensitive, manual) [IA_INSN_##name] = #name,
#include "isa/ia32/insn_x87.def"
#undef INSN
};

static bool is_transcendental(unsigned row)
{
    switch (row) {
    case IA_INSN_f2xm1:
    case IA_INSN_fyl2x:
    case IA_INSN_fyl2xp1:
    case IA_INSN_fptan:
    case IA_INSN_fpatan:
    case IA_INSN_fsin:
    case IA_INSN_fcos:
    case IA_INSN_fsincos: return true;
    default: return false;
    }
}
static bool is_comparison_of_flags(unsigned row)
{
    return row == IA_INSN_fcomi || row == IA_INSN_fcomip || row == IA_INSN_fucomi || row == IA_INSN_fucomip;
}
static bool has_environment(unsigned row)
{
    return row == IA_INSN_fldenv || row == IA_INSN_fnstenv || row == IA_INSN_frstor || row == IA_INSN_fnsave;
}

/* The row of an encoding; INSN_NONE: it has none. */
static unsigned row_of(const uint8_t *bytes)
{
    ia_insn i;
    return ia_decode(&ia32_config_default, IA_CTX_D, bytes, 8, &i) == IA_DECODED ? i.row : INSN_NONE;
}

/* --- states */

static void memory_fill(uint64_t *state, struct jit_block *b, unsigned row)
{
    struct x87_op quiet = {.control = 0x37f};
    for (unsigned n = 0; n < JIT_MEMORY; n += 8) {
        uint64_t v = sample_digits(state);
        const uint64_t kind = sample_next(state) & 7;
        v = kind == 0 ? x87_to_m64(&quiet, sample_ext(state)) : kind == 1 ? x87_to_m32(&quiet, sample_ext(state)) : v;
        memcpy(b->memory + n, &v, 8);
    }
    const struct x87_ext wide = sample_ext(state);
    if (row == IA_INSN_fld_m80) {
        memcpy(b->memory, &wide.sig, 8);
        memcpy(b->memory + 8, &wide.se, 2);
    }
    for (unsigned n = 0; row == IA_INSN_fbld && n < 9; n++)
        b->memory[n] = (uint8_t)(sample_next(state) % 10 << 4 | sample_next(state) % 10);
}

/* Registers of any kind, a third of them empty or just none; flags that stand are masked, for else the host would trap. */
static void state_fill(uint64_t *state, struct jit_block *b, bool all_masked)
{
    memset(b, 0, sizeof *b);
    const uint64_t r = sample_next(state);
    const unsigned control = (sample_control(state) & 0xf3fu) | 0x40 | (all_masked ? 0x3f : 0);
    uint16_t last = 0;
    b->in.control = control;
    b->in.status = (uint16_t)((r & 0x7f00) | (r >> 16 & 0x3f & control) | (r >> 22 & 0x40));
    for (unsigned n = 0; n < 8; n++) {
        struct x87_ext v = sample_ext(state);
        if (sample_next(state) % 4 == 0) /* near its neighbour */
            v.se = (uint16_t)(last ^ (sample_next(state) & 0x8001));
        b->in.st[n].sig = v.sig;
        last = b->in.st[n].se = v.se;
        const bool empty = (r >> 32 & 3) && sample_next(state) % 3 == 0;
        b->in.tag |= (empty ? 3u : 0u) << 2 * n;
    }
    b->flags_in = (sample_next(state) & EFLAGS_STATUS) | EFLAGS_ONE | EFLAGS_IF;
    b->eax = (uint32_t)sample_next(state);
}

static unsigned physical(uint32_t status, unsigned i) { return ((status >> 11 & 7) + i) & 7; }

static void machine_fill(struct code_rig *r, const struct jit_block *b)
{
    struct machine *m = r->m;
    unsigned used = 0;
    machine_set(m, IA_X87_CONTROL, b->in.control);
    machine_set(m, IA_X87_STATUS, b->in.status);
    for (unsigned n = 0; n < 8; n++) {
        machine_set(m, IA_X87 + 2 * physical(b->in.status, n), b->in.st[n].sig);
        machine_set(m, IA_X87 + 2 * physical(b->in.status, n) + 1, b->in.st[n].se);
        used |= (unsigned)((b->in.tag >> 2 * n & 3) != 3) << n;
    }
    machine_set(m, IA_X87_TAG, used);
    machine_set(m, IA_EFLAGS, b->flags_in);
    machine_set(m, IA_EAX, b->eax);
    machine_set(m, IA_ESI, MEMORY_AT);
    machine_set(m, MACHINE_PC, CODE_AT);
    code_put(r, MEMORY_AT, b->memory, JIT_MEMORY);
}

/* --- comparison */

struct compared {
    unsigned status;          /* bits */
    bool digits;              /* of registers that are not empty, and the tag word's kinds */
    unsigned hidden, visible; /* bytes of memory from, up to: pointers that are not compared */
};

static bool registers_agree(struct machine *m, const struct jit_block *b, bool digits)
{
    const unsigned used = (unsigned)machine_get(m, IA_X87_TAG);
    for (unsigned n = 0; n < 8; n++) {
        const unsigned at = physical(b->out.status, n);
        if ((used >> at & 1) != ((b->out.tag >> 2 * at & 3) != 3))
            return false;
        if (digits && used >> at & 1 &&
            (machine_get(m, IA_X87 + 2 * at) != b->out.st[n].sig || machine_get(m, IA_X87 + 2 * at + 1) != b->out.st[n].se))
            return false;
    }
    return true;
}

static bool agrees(struct code_rig *r, const struct jit_block *b, const struct compared *c)
{
    struct machine *m = r->m;
    uint8_t memory[JIT_MEMORY];
    assert_int_equal(machine_load(m, MEMORY_AT, memory, sizeof memory), 0);
    for (unsigned n = 0; n < JIT_MEMORY; n++)
        if (memory[n] != b->memory[n] && (n < c->hidden || n >= c->visible))
            return false;
    return !((machine_get(m, IA_X87_STATUS) ^ b->out.status) & c->status) && registers_agree(m, b, c->digits) &&
           machine_get(m, IA_X87_CONTROL) == (b->out.control & 0xffff) && machine_get(m, IA_EAX) == (uint32_t)b->eax &&
           !((machine_get(m, IA_EFLAGS) ^ b->flags_out) & EFLAGS_STATUS);
}

static void show(struct code_rig *r, const char *what, const struct jit_block *before, const struct jit_block *b)
{
    struct machine *m = r->m;
    print_error("%s: control %04x status %04x tag %04x flags %03x\n", what, before->in.control & 0xffff, before->in.status & 0xffff,
                before->in.tag & 0xffff, (unsigned)before->flags_in & 0xfff);
    print_error("  here control %04x status %04x used %02x flags %03x, host control %04x status %04x tag %04x flags %03x\n",
                code_get(r, IA_X87_CONTROL), code_get(r, IA_X87_STATUS), code_get(r, IA_X87_TAG), code_get(r, IA_EFLAGS) & 0xfff,
                b->out.control & 0xffff, b->out.status & 0xffff, b->out.tag & 0xffff, (unsigned)b->flags_out & 0xfff);
    for (unsigned n = 0; n < 8; n++) {
        const unsigned at = physical(b->out.status, n);
        print_error("  st%u was %04x:%016" PRIx64 ", is %04x:%016" PRIx64 ", host %04x:%016" PRIx64 "\n", n, before->in.st[n].se,
                    before->in.st[n].sig, (unsigned)machine_get(m, IA_X87 + 2 * at + 1), machine_get(m, IA_X87 + 2 * at),
                    b->out.st[n].se, b->out.st[n].sig);
    }
}

/* `count` instructions of `size` bytes in all from one state, here and there. */
static bool case_agrees(struct code_rig *r, jit_fn *fn, struct jit_block *b, unsigned count, const struct compared *c,
                        const char *what)
{
    const struct jit_block before = *b;
    uint64_t retired;
    machine_fill(r, b);
    fn(b);
    (void)code_run(r, count, &retired);
    const bool agree = retired == count && agrees(r, b, c);
    if (!agree) {
        print_error("%u of %u retired\n", (unsigned)retired, count);
        show(r, what, &before, b);
    }
    return agree;
}

/* --- tests */

static struct compared compared_of(unsigned row)
{
    struct compared c = {.status = 0xffff, .digits = true};
    if (is_transcendental(row)) {
        c.status = 0xffff & ~(unsigned)(X87_C1 | X87_PE | X87_UE | X87_OE | X87_ES | X87_B);
        c.digits = false;
    }
    if (is_comparison_of_flags(row))
        c.status &= ~(unsigned)X87_C1;
    if (row == IA_INSN_fnstenv || row == IA_INSN_fnsave) {
        c.hidden = 12;
        c.visible = 28;
    }
    return c;
}

static unsigned try_encoding(struct code_rig *r, uint8_t *page, const uint8_t *bytes, unsigned size, unsigned cases)
{
    const unsigned row = row_of(bytes);
    const struct compared c = compared_of(row);
    uint64_t state = (uint64_t)bytes[0] << 8 | bytes[1];
    unsigned wrong = 0;
    jit_fn *fn = jit_make(page, bytes, size);
    code_put(r, CODE_AT, bytes, size);
    for (unsigned n = 0; n < cases && wrong < 2; n++) {
        struct jit_block b;
        state_fill(&state, &b, is_transcendental(row)); /* whether a transcendental is exact is not always known */
        memory_fill(&state, &b, row);
        wrong += !case_agrees(r, fn, &b, 1, &c, names[row]);
    }
    return wrong;
}

static void test_each(void **unused)
{
    (void)unused;
    struct code_rig r;
    uint8_t *page = jit_open();
    const char *cases = getenv("X87_CASES");
    const unsigned count = cases ? (unsigned)atoi(cases) : 400;
    unsigned wrong = 0, rows = 0;
    if (!page)
        skip();
    code_open(&r, IA_MODEL_686, true);
    for (unsigned escape = 0xd8; escape <= 0xdf; escape++)
        for (unsigned modrm = 0; modrm < 256; modrm++) {
            const uint8_t bytes[8] = {(uint8_t)escape, (uint8_t)modrm};
            if ((modrm < 0xc0 && (modrm & 0xc7) != 6) || row_of(bytes) == INSN_NONE)
                continue; /* of memory forms, (ESI) alone */
            wrong += try_encoding(&r, page, bytes, 2, count);
            rows++;
        }
    code_close(&r);
    assert_int_equal(wrong, 0);
    assert_int_equal(rows, 512 + 64 - 99); /* all that undefined_x87.def has not */
}

/* Instructions that a sequence may have: all masked, and all the same to the host. */
static unsigned sequence_fill(uint64_t *state, uint8_t *bytes, unsigned count)
{
    unsigned size = 0;
    while (count) {
        const uint64_t r = sample_next(state);
        uint8_t one[8] = {(uint8_t)(0xd8 | (r & 7)), (uint8_t)(r >> 8)};
        const bool memory = one[1] < 0xc0;
        if (memory)
            one[1] = (one[1] & 0x38) | 0x46,
            one[2] = (uint8_t)(r >> 16 & 0x60); /* disp8(ESI): a few places, so that stores are loaded */
        const unsigned row = row_of(one);
        if (row == INSN_NONE || is_transcendental(row) || is_comparison_of_flags(row) || has_environment(row) ||
            row == IA_INSN_fldcw || row == IA_INSN_fninit || row == IA_INSN_fbld)
            continue;
        if (row == IA_INSN_fincstp || row == IA_INSN_fdecstp || row == IA_INSN_ffree || row == IA_INSN_ffreep)
            if (r >> 32 & 7)
                continue;
        memcpy(bytes + size, one, memory ? 3 : 2);
        size += memory ? 3 : 2;
        count--;
    }
    return size;
}

static void test_sequences(void **unused)
{
    (void)unused;
    enum { LENGTH = 24 };
    struct code_rig r;
    uint8_t *page = jit_open(), bytes[3 * LENGTH];
    const char *cases = getenv("X87_CASES");
    const unsigned count = (cases ? (unsigned)atoi(cases) : 400) * 50;
    const struct compared all = {.status = 0xffff, .digits = true};
    uint64_t state = 1974;
    unsigned wrong = 0;
    if (!page)
        skip();
    code_open(&r, IA_MODEL_686, true);
    for (unsigned n = 0; n < count && wrong < 4; n++) {
        const unsigned size = sequence_fill(&state, bytes, LENGTH);
        jit_fn *fn = jit_make(page, bytes, size);
        struct jit_block b;
        state_fill(&state, &b, true);
        memory_fill(&state, &b, INSN_NONE);
        code_put(&r, CODE_AT, bytes, size);
        if (!case_agrees(&r, fn, &b, LENGTH, &all, "a sequence")) {
            wrong++;
            for (unsigned k = 0; k < size; k++)
                print_error("%02x ", bytes[k]);
            print_error("\n");
        }
    }
    code_close(&r);
    assert_int_equal(wrong, 0);
}
#else
static void test_each(void **unused)
{
    (void)unused;
    skip(); /* no FPU of this kind here */
}
static void test_sequences(void **unused)
{
    (void)unused;
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_each), cmocka_unit_test(test_sequences)};
    return cmocka_run_group_tests(tests, 0, 0);
}
