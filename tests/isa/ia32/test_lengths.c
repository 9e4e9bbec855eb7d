/* test_lengths.c - how long instructions are: every first three bytes, in code of 16 and of 32 bits, against Capstone and Zydis, where they are.
 * What they refuse and the CPU has is listed, with what the manual says; Zydis, which knows the processor that brought an instruction, is asked the
 * other way round, too: nothing is refused that a Pentium Pro has. */
#include "isa/ia32/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#ifdef TRAPEZE_CAPSTONE
#include <capstone.h>
#endif
#ifdef TRAPEZE_ZYDIS
#include <Zydis/Zydis.h>
#endif

enum { CAPSTONE = 1, ZYDIS = 2 };

/* They take an encoding for undefined which is a row here. Why it is one: */
struct ruling {
    uint16_t row;
    uint8_t who;
    const char *manual;
};
#define SECOND "a second encoding, which the 387 executes as the first"
#define FOR_LATER "where MPX, CET and the like are absent, 0F 18 to 0F 1F are NOPs [SDM 2D A.3]"
#define SEGMENTS "of a segment register that there is not, and of CS as a destination, it is #UD when executed [SDM 2B MOV]"
#define CONTROLS "of a control register that there is not it is #UD when executed [SDM 2B MOV]"
static const struct ruling rulings[] = {
    {IA_INSN_fcom2, CAPSTONE, SECOND},
    {IA_INSN_fcomp3, CAPSTONE, SECOND},
    {IA_INSN_fcomp5, CAPSTONE, SECOND},
    {IA_INSN_fstp8, CAPSTONE, SECOND},
    {IA_INSN_fstp9, CAPSTONE, SECOND},
    {IA_INSN_fxch4, CAPSTONE, SECOND},
    {IA_INSN_fxch7, CAPSTONE, SECOND},
    {IA_INSN_nop, CAPSTONE, "F3 90 and the like: a prefix that says nothing to it"},
    {IA_INSN_bsf, CAPSTONE, "F2 says nothing to it [SDM 2A 2.1.1]"},
    {IA_INSN_bsr, CAPSTONE, "F2 says nothing to it [SDM 2A 2.1.1]"},
    {IA_INSN_nop_hint, CAPSTONE | ZYDIS, FOR_LATER},
    {IA_INSN_prefetchw, CAPSTONE, "0F 0D is a NOP where it is not a prefetch"},
    {IA_INSN_mov_rm_seg, CAPSTONE | ZYDIS, SEGMENTS},
    {IA_INSN_mov_seg_rm, CAPSTONE | ZYDIS, SEGMENTS},
    {IA_INSN_mov_r_cr, ZYDIS, CONTROLS},
    {IA_INSN_mov_cr_r, ZYDIS, CONTROLS},
};
enum { RULINGS = sizeof rulings / sizeof rulings[0] };

struct comparison {
    uint8_t who;
    const char *name;
    uint64_t compared, differences, met[RULINGS];
};

static bool is_ruled(struct comparison *c, unsigned row)
{
    for (unsigned n = 0; n < RULINGS; n++)
        if (rulings[n].row == row && rulings[n].who & c->who) {
            c->met[n]++;
            return true;
        }
    return false;
}

static void differs(struct comparison *c, const char *what, const ia_insn *i, const uint8_t *b, bool wide, unsigned theirs)
{
    if (++c->differences < 20)
        print_message("%s, %02x %02x %02x %02x in %u bits: %u bytes, %s has %u\n", what, b[0], b[1], b[2], b[3], wide ? 32 : 16,
                      i->length, c->name, theirs);
}

/* theirs: the length, 0: they have no such instruction. */
static void length(struct comparison *c, const ia_insn *i, const uint8_t *bytes, bool wide, unsigned theirs)
{
    if (!theirs && is_ruled(c, i->row))
        return;
    c->compared++;
    if (theirs != i->length)
        differs(c, isa_ia32.rows[i->row].name, i, bytes, wide, theirs);
}

/* Every line of the list is met: none outlives its reason. */
static void conclude(const struct comparison *c)
{
    assert_true(c->compared > 20000000);
    assert_int_equal(c->differences, 0);
    for (unsigned n = 0; n < RULINGS; n++)
        if (rulings[n].who & c->who && !c->met[n])
            fail_msg("%s has %s, too; the list says that it has not", c->name, isa_ia32.rows[rulings[n].row].name);
}

/* Calls with the instruction, or what refuses it, at each first three bytes; behind them are a SIB byte, a displacement, an immediate. */
typedef void each_fn(void *, enum ia_decoded, const ia_insn *, const uint8_t *bytes);
static void each(bool wide, each_fn *call, void *of)
{
    uint8_t bytes[16] = {0, 0, 0, 0x24, 0x85, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77};
    for (uint32_t n = 0; n < 0x1000000; n++) {
        bytes[0] = (uint8_t)(n >> 16);
        bytes[1] = (uint8_t)(n >> 8);
        bytes[2] = (uint8_t)n;
        ia_insn i;
        const enum ia_decoded d = ia_decode(&ia32_config_default, wide ? IA_CTX_D : 0, bytes, 15, &i);
        call(of, d, &i, bytes);
    }
}

#ifdef TRAPEZE_CAPSTONE
struct by_capstone {
    struct comparison c;
    csh handle;
    cs_insn *theirs;
    bool wide;
};
static void ask_capstone(void *of, enum ia_decoded decoded, const ia_insn *i, const uint8_t *bytes)
{
    struct by_capstone *const b = of;
    const uint8_t *code = bytes;
    size_t size = 15;
    uint64_t address = 0;
    if (decoded == IA_DECODED)
        length(&b->c, i, bytes, b->wide, cs_disasm_iter(b->handle, &code, &size, &address, b->theirs) ? b->theirs->size : 0);
}
static void test_capstone(void **state)
{
    struct by_capstone b = {.c = {.who = CAPSTONE, .name = "Capstone"}};
    (void)state;
    for (unsigned wide = 0; wide < 2; wide++) {
        assert_int_equal(cs_open(CS_ARCH_X86, wide ? CS_MODE_32 : CS_MODE_16, &b.handle), CS_ERR_OK);
        b.theirs = cs_malloc(b.handle);
        b.wide = wide;
        each(wide, ask_capstone, &b);
        cs_free(b.theirs, 1);
        cs_close(&b.handle);
    }
    conclude(&b.c);
}
#else
static void test_capstone(void **state)
{
    (void)state;
    print_message("skipped: the package libcapstone-dev, version 5, is not here\n");
    skip();
}
#endif

#ifdef TRAPEZE_ZYDIS
/* Is it of a processor up to the Pentium Pro, as ours is, and is there none of these reasons to refuse it? */
static bool is_ours(const ZydisDecodedInstruction *z)
{
    switch (z->mnemonic) {
    case ZYDIS_MNEMONIC_SYSENTER: /* with CPUID's SEP, which is not said */
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_RSM: /* #UD outside system management mode, which there is not */
    case ZYDIS_MNEMONIC_UD0: /* they are for raising it */
    case ZYDIS_MNEMONIC_UD1: return false;
    default: break;
    }
    switch (z->meta.isa_set) {
    case ZYDIS_ISA_SET_I86:
    case ZYDIS_ISA_SET_I186:
    case ZYDIS_ISA_SET_I286PROTECTED:
    case ZYDIS_ISA_SET_I286REAL:
    case ZYDIS_ISA_SET_I386:
    case ZYDIS_ISA_SET_I486:
    case ZYDIS_ISA_SET_I486REAL:
    case ZYDIS_ISA_SET_PENTIUMREAL:
    case ZYDIS_ISA_SET_PPRO:
    case ZYDIS_ISA_SET_CMOV:
    case ZYDIS_ISA_SET_FAT_NOP:
    case ZYDIS_ISA_SET_RDPMC:
    case ZYDIS_ISA_SET_X87: return true;
    default: return false;
    }
}

struct by_zydis {
    struct comparison c;
    ZydisDecoder decoder;
    uint64_t refused;
    bool wide;
};
static void ask_zydis(void *of, enum ia_decoded decoded, const ia_insn *i, const uint8_t *bytes)
{
    struct by_zydis *const b = of;
    ZydisDecodedInstruction z;
    const bool known = ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&b->decoder, NULL, bytes, 15, &z));
    if (decoded == IA_DECODED) {
        length(&b->c, i, bytes, b->wide, known ? z.length : 0);
        return;
    }
    b->refused++;
    if (known && is_ours(&z))
        differs(&b->c, ZydisMnemonicGetString(z.mnemonic), i, bytes, b->wide, z.length);
}
static void test_zydis(void **state)
{
    struct by_zydis b = {.c = {.who = ZYDIS, .name = "Zydis"}};
    (void)state;
    for (unsigned wide = 0; wide < 2; wide++) {
        const ZydisMachineMode mode = wide ? ZYDIS_MACHINE_MODE_LEGACY_32 : ZYDIS_MACHINE_MODE_LEGACY_16;
        assert_true(ZYAN_SUCCESS(ZydisDecoderInit(&b.decoder, mode, wide ? ZYDIS_STACK_WIDTH_32 : ZYDIS_STACK_WIDTH_16)));
        b.wide = wide;
        each(wide, ask_zydis, &b);
    }
    assert_true(b.refused > 100000);
    conclude(&b.c);
}
#else
static void test_zydis(void **state)
{
    (void)state;
    print_message("skipped: the package libzydis-dev is not here\n");
    skip();
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_zydis), cmocka_unit_test(test_capstone)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
