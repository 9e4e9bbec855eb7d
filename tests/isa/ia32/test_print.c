/* test_print.c - IA-32's instructions as text, in both syntaxes. */
#include "isa/ia32/print.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct {
    const char *bytes;
    unsigned count, context;
    const char *intel, *att;
} cases[] = {
    {"\x64\x83\x44\x8d\xf8\x10", 6, IA_CTX_D, "add dword ptr fs:[ebp + ecx*4 - 0x8], 0x10", "addl $0x10, %fs:-0x8(%ebp,%ecx,4)"},
    {"\x8b\x45\x08", 3, IA_CTX_D, "mov eax, dword ptr [ebp + 0x8]", "mov 0x8(%ebp), %eax"},
    {"\x8b\x45\x08", 3, 0, "mov ax, word ptr [di + 0x8]", "mov 0x8(%di), %ax"},
    {"\x88\x27", 2, 0, "mov byte ptr [bx], ah", "mov %ah, (%bx)"},
    {"\xa1\x34\x12\x00\x00", 5, IA_CTX_D, "mov eax, dword ptr [0x1234]", "mov 0x1234, %eax"},
    {"\xc7\x05\x00\x10\x00\x00\x01\x00\x00\x00", 10, IA_CTX_D, "mov dword ptr [0x1000], 0x1", "movl $0x1, 0x1000"},
    {"\x75\xfe", 2, IA_CTX_D, "jne 0x1000", "jne 0x1000"},
    {"\xe8\x00\x00\x00\x00", 5, IA_CTX_D, "call 0x1005", "call 0x1005"},
    {"\xff\x24\x85\x00\x20\x00\x00", 7, IA_CTX_D, "jmp dword ptr [eax*4 + 0x2000]", "jmp *0x2000(,%eax,4)"},
    {"\xff\xd0", 2, IA_CTX_D, "call eax", "call *%eax"},
    {"\xea\x34\x12\x00\x00\x08\x00", 7, IA_CTX_D, "jmp far 0x8:0x1234", "ljmp $0x8,$0x1234"},
    {"\xea\x34\x12\x08\x00", 5, 0, "jmp far 0x8:0x1234", "ljmpw $0x8,$0x1234"},
    {"\xf3\xa5", 2, IA_CTX_D, "rep movsd dword ptr es:[edi], dword ptr ds:[esi]", "rep movsl %ds:(%esi), %es:(%edi)"},
    {"\xf2\xae", 2, IA_CTX_D, "repne scasb al, byte ptr es:[edi]", "repne scasb %es:(%edi), %al"},
    {"\x0f\xb6\x06", 3, IA_CTX_D, "movzx eax, byte ptr [esi]", "movzbl (%esi), %eax"},
    {"\x0f\xbf\xc1", 3, IA_CTX_D, "movsx eax, cx", "movswl %cx, %eax"},
    {"\x0f\x94\xc0", 3, IA_CTX_D, "sete al", "sete %al"},
    {"\x0f\x4f\xc3", 3, IA_CTX_D, "cmovg eax, ebx", "cmovg %ebx, %eax"},
    {"\x0f\x22\xd8", 3, IA_CTX_D, "mov cr3, eax", "mov %eax, %cr3"},
    {"\x8e\xd8", 2, IA_CTX_D, "mov ds, ax", "mov %ax, %ds"},
    {"\x0f\x01\x15\x00\x10\x00\x00", 7, IA_CTX_D, "lgdt fword ptr [0x1000]", "lgdt 0x1000"},
    {"\xec", 1, IA_CTX_D, "in al, dx", "in (%dx), %al"},
    {"\xe6\x80", 2, IA_CTX_D, "out 0x80, al", "out %al, $0x80"},
    {"\xcd\x80", 2, IA_CTX_D, "int 0x80", "int $0x80"},
    {"\xc8\x10\x00\x01", 4, IA_CTX_D, "enter 0x10, 0x1", "enter $0x10, $0x1"},
    {"\xd1\xe0", 2, IA_CTX_D, "shl eax, 1", "shl $1, %eax"},
    {"\x0f\xa5\xd0", 3, IA_CTX_D, "shld eax, edx, cl", "shld %cl, %edx, %eax"},
    {"\xf0\x0f\xb1\x0a", 4, IA_CTX_D, "lock cmpxchg dword ptr [edx], ecx", "lock cmpxchg %ecx, (%edx)"},
    {"\xdd\x45\xf8", 3, IA_CTX_D, "fld qword ptr [ebp - 0x8]", "fldl -0x8(%ebp)"},
    {"\xdb\x45\xf8", 3, IA_CTX_D, "fild dword ptr [ebp - 0x8]", "fildl -0x8(%ebp)"},
    {"\xde\xe9", 2, IA_CTX_D, "fsubp st(1), st", "fsubrp %st, %st(1)"},
    {"\xdc\xf2", 2, IA_CTX_D, "fdivr st(2), st", "fdiv %st, %st(2)"},
    {"\xd8\xf2", 2, IA_CTX_D, "fdiv st, st(2)", "fdiv %st(2), %st"},
    {"\xdf\x26", 2, IA_CTX_D, "fbld tbyte ptr [esi]", "fbld (%esi)"},
    {"\xdb\x2e", 2, IA_CTX_D, "fld tbyte ptr [esi]", "fldt (%esi)"},
    {"\xde\xc1", 2, IA_CTX_D, "faddp st(1), st", "faddp %st, %st(1)"},
    {"\x98", 1, IA_CTX_D, "cwde", "cwtl"},
    {"\x98", 1, 0, "cbw", "cbtw"},
    {"\x60", 1, IA_CTX_D, "pushad", "pushal"},
    {"\xf3\x90", 2, IA_CTX_D, "pause", "pause"},
    {"\xe3\x00", 2, 0, "jcxz 0x1002", "jcxz 0x1002"},
    {"\x0f\xff", 2, IA_CTX_D, ".byte 0x0f", ".byte 0x0f"},
};

static void test_cases(void **state)
{
    (void)state;
    for (unsigned n = 0; n < sizeof cases / sizeof cases[0]; n++) {
        char text[80];
        insn_t bits = 0;
        memcpy(&bits, cases[n].bytes, cases[n].count);
        ia_print_in(IA_SYNTAX_INTEL, &ia32_config_default, cases[n].context, bits, 0x1000, text, sizeof text);
        assert_string_equal(text, cases[n].intel);
        ia_print_in(IA_SYNTAX_ATT, &ia32_config_default, cases[n].context, bits, 0x1000, text, sizeof text);
        assert_string_equal(text, cases[n].att);
    }
}

/* Whatever the bytes and however short the line: text that ends. */
static void test_any(void **state)
{
    uint64_t seed = 9;
    (void)state;
    for (unsigned n = 0; n < 200000; n++) {
        char text[48];
        insn_t bits = 0;
        for (unsigned at = 0; at < 16; at++) {
            seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
            bits = bits << 8 | seed >> 56;
        }
        const size_t size = 1 + n % sizeof text;
        memset(text, 'x', sizeof text);
        ia_print_in(n & 1 ? IA_SYNTAX_ATT : IA_SYNTAX_INTEL, &ia32_config_default, n & 15, bits, n, text, size);
        assert_non_null(memchr(text, 0, size));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_any)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
