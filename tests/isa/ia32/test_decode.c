/* test_decode.c - IA-32's decoder: operands, limits, LOCK, models and modes, what is not whole. */
#include "isa/ia32/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum ia_decoded decode_in(unsigned context, const char *bytes, size_t count, ia_insn *i)
{
    return ia_decode(&ia32_config_default, context, (const uint8_t *)bytes, (unsigned)count, i);
}
#define WIDE(bytes, i) decode_in(IA_CTX_D, bytes, sizeof bytes - 1, i)
#define NARROW(bytes, i) decode_in(0, bytes, sizeof bytes - 1, i)

static void test_operands(void **state)
{
    ia_insn i;
    (void)state;
    assert_int_equal(WIDE("\x64\x81\x84\x8d\x78\x56\x34\x12\x21\x43\x65\x87", &i), IA_DECODED); /* add dword fs:[ebp+ecx*4+..], .. */
    assert_int_equal(i.row, IA_INSN_add_rm_i);
    assert_int_equal(i.length, 12);
    assert_int_equal(i.seg, IA_FS);
    assert_int_equal(i.base, IA_EBP);
    assert_int_equal(i.index, IA_ECX);
    assert_int_equal(i.scale, 2);
    assert_int_equal(i.disp, 0x12345678);
    assert_int_equal(i.imm, 0x87654321);
    assert_int_equal(WIDE("\x8b\x44\x24\xfc", &i), IA_DECODED); /* mov eax, [esp-4] */
    assert_int_equal(i.seg, IA_SS);
    assert_int_equal(i.base, IA_ESP);
    assert_int_equal(i.index, IA_NO_REGISTER);
    assert_int_equal(i.disp, -4);
    assert_int_equal(WIDE("\x8b\x04\x25\x00\x00\x00\x80", &i), IA_DECODED); /* mov eax, [0x80000000] by SIB */
    assert_int_equal(i.base, IA_NO_REGISTER);
    assert_int_equal(i.seg, IA_DS);
    assert_int_equal(NARROW("\x8a\x42\x80", &i), IA_DECODED); /* mov al, [bp+si-128] */
    assert_int_equal(i.adsize, 2);
    assert_int_equal(i.base, IA_EBP);
    assert_int_equal(i.index, IA_ESI);
    assert_int_equal(i.seg, IA_SS);
    assert_int_equal(i.opsize, 1);
    assert_int_equal(NARROW("\x8b\x0e\x34\x12", &i), IA_DECODED); /* mov cx, [0x1234] */
    assert_int_equal(i.base, IA_NO_REGISTER);
    assert_int_equal(i.seg, IA_DS);
    assert_int_equal(WIDE("\x66\x9a\x34\x12\x78\x56", &i), IA_DECODED); /* call far 0x5678:0x1234 */
    assert_int_equal(i.imm, 0x1234);
    assert_int_equal(i.imm2, 0x5678);
    assert_int_equal(WIDE("\xc8\x34\x12\x05", &i), IA_DECODED); /* enter 0x1234, 5 */
    assert_int_equal(i.imm, 0x1234);
    assert_int_equal(i.imm2, 5);
    assert_int_equal(WIDE("\x83\xc0\xff", &i), IA_DECODED);
    assert_int_equal(i.imm, UINT32_MAX);
    assert_int_equal(WIDE("\x26\x3e\xf3\xf2\xa4", &i), IA_DECODED); /* the later prefix counts */
    assert_int_equal(i.seg, IA_DS);
    assert_int_equal(i.rep, IA_REPNE);
    assert_int_equal(WIDE("\x0f\x22\x00", &i), IA_DECODED); /* mov cr0, eax: mod says nothing */
    assert_false(i.rm_is_memory);
    assert_int_equal(i.length, 3);
}

static void test_length(void **state)
{
    ia_insn i;
    (void)state;
    assert_int_equal(WIDE("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", &i), IA_DECODED);
    assert_int_equal(i.length, 15);
    assert_int_equal(WIDE("\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x66\x90", &i), IA_TOO_LONG);
    assert_int_equal(WIDE("\x2e\x2e\x2e\x2e\x2e\x81\x84\x8d\x78\x56\x34\x12\x21\x43\x65\x87", &i), IA_TOO_LONG); /* 16, whole */
    for (unsigned count = 0; count < 12; count++)
        assert_int_equal(decode_in(IA_CTX_D, "\x64\x81\x84\x8d\x78\x56\x34\x12\x21\x43\x65\x87", count, &i), IA_SHORT);
}

static void test_lock(void **state)
{
    ia_insn i;
    (void)state;
    assert_int_equal(WIDE("\xf0\x01\x03", &i), IA_DECODED);       /* lock add [ebx], eax */
    assert_int_equal(WIDE("\xf0\x01\xc3", &i), IA_UNDEFINED);     /* ... ebx, eax */
    assert_int_equal(WIDE("\xf0\x03\x03", &i), IA_UNDEFINED);     /* lock add eax, [ebx] */
    assert_int_equal(WIDE("\xf0\x39\x03", &i), IA_UNDEFINED);     /* lock cmp */
    assert_int_equal(WIDE("\xf0\x0f\xa3\x03", &i), IA_UNDEFINED); /* lock bt */
    assert_int_equal(WIDE("\xf0\x0f\xab\x03", &i), IA_DECODED);   /* lock bts */
    assert_int_equal(WIDE("\xf0\x0f\xc7\x0b", &i), IA_DECODED);   /* lock cmpxchg8b */
    assert_int_equal(WIDE("\xf0\x8b\x03", &i), IA_UNDEFINED);     /* lock mov */
    assert_int_equal(WIDE("\xf0\x90", &i), IA_UNDEFINED);
}

static void test_models(void **state)
{
    const struct ia32_config i386 = {.model = IA_MODEL_386};
    ia_insn i;
    (void)state;
    assert_int_equal(WIDE("\x0f\xa2", &i), IA_DECODED);
    assert_int_equal(ia_decode(&i386, IA_CTX_D, (const uint8_t *)"\x0f\xa2", 2, &i), IA_UNDEFINED); /* cpuid */
    assert_int_equal(ia_decode(&i386, IA_CTX_D, (const uint8_t *)"\x0f\xc8", 2, &i), IA_UNDEFINED); /* bswap */
    assert_int_equal(ia_decode(&i386, IA_CTX_D, (const uint8_t *)"\x0f\xbc\xc0", 3, &i), IA_DECODED);
    assert_int_equal(decode_in(IA_CTX_D, "\x63\xc0", 2, &i), IA_DECODED); /* arpl */
    assert_int_equal(decode_in(IA_CTX_REAL, "\x63\xc0", 2, &i), IA_UNDEFINED);
    assert_int_equal(decode_in(IA_CTX_REAL, "\x0f\x00\xc0", 3, &i), IA_UNDEFINED); /* sldt */
    assert_int_equal(decode_in(IA_CTX_REAL, "\x0f\x01\xe0", 3, &i), IA_DECODED);   /* smsw */
    assert_int_equal(WIDE("\x0f\x24\xc0", &i), IA_UNDEFINED);
}

/* No bytes take it beyond those that it says, or the sixteen there are. */
static void test_any(void **state)
{
    uint64_t seed = 3;
    uint8_t bytes[16];
    ia_insn i;
    (void)state;
    for (unsigned n = 0; n < 300000; n++) {
        for (unsigned at = 0; at < 16; at++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bytes[at] = (uint8_t)(seed >> 56);
        }
        const enum ia_decoded d = ia_decode(&ia32_config_default, n & 15, bytes, 16, &i);
        assert_true(i.length >= 1 && i.length <= IA_LENGTH_MAX);
        assert_true((d == IA_DECODED) == (i.row != INSN_NONE));
        if (d != IA_DECODED)
            continue;
        ia_insn again;
        assert_int_equal(ia_decode(&ia32_config_default, n & 15, bytes, i.length, &again), IA_DECODED);
        assert_int_equal(again.length, i.length);
        assert_int_equal(ia_decode(&ia32_config_default, n & 15, bytes, i.length - 1u, &again), IA_SHORT);
        assert_non_null(ia_body_of(i.row, i.opsize));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_operands), cmocka_unit_test(test_length), cmocka_unit_test(test_lock),
        cmocka_unit_test(test_models),   cmocka_unit_test(test_any),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
