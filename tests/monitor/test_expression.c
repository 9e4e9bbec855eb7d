/* Expressions: C's values, names, memory, assignment, what is refused. Random expressions are compared with what C makes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/debug/expression.h"

/* --- a world of a few names and 64 bytes of memory at 0x1000 */

enum { BASE = 0x1000, SIZE = 64, REG_A0 = 10, REG_CSR = 0x1100 };

struct world {
    uint64_t reg[2];
    uint8_t memory[SIZE];
    struct value variable;
    bool has_variable;
    unsigned loads;
};

static int name(void *opaque, const char *text, bool is_dollar, struct named *out, struct error *e)
{
    (void)opaque;
    if (is_dollar && strcmp(text, "a0") == 0)
        *out = (struct named){.kind = NAMED_REGISTER, .reg = REG_A0, .type = {8, true, 0}};
    else if (is_dollar && strcmp(text, "csr") == 0)
        *out = (struct named){.kind = NAMED_REGISTER, .reg = REG_CSR, .type = {8, false, 0}};
    else if (is_dollar)
        *out = (struct named){.kind = NAMED_VARIABLE};
    else if (strcmp(text, "base") == 0)
        *out = (struct named){.kind = NAMED_VALUE, .value = {BASE, {8, false, 0}}};
    else
        return error_set(e, EINVAL, "there is no symbol '%s'", text);
    return 0;
}

static uint64_t get(void *opaque, reg_t r) { return ((struct world *)opaque)->reg[r == REG_CSR]; }

static int set(void *opaque, reg_t r, uint64_t v, struct error *e)
{
    (void)e;
    ((struct world *)opaque)->reg[r == REG_CSR] = v;
    return 0;
}

static int load(void *opaque, uint64_t at, unsigned size, uint64_t *v, struct error *e)
{
    struct world *w = opaque;
    w->loads++;
    if (at < BASE || at + size > BASE + SIZE)
        return error_set(e, EFAULT, "cannot access memory at address 0x%llx", (unsigned long long)at);
    *v = 0;
    memcpy(v, w->memory + (at - BASE), size);
    return 0;
}

static int store(void *opaque, uint64_t at, unsigned size, uint64_t v, struct error *e)
{
    struct world *w = opaque;
    if (at < BASE || at + size > BASE + SIZE)
        return error_set(e, EFAULT, "cannot access memory at address 0x%llx", (unsigned long long)at);
    memcpy(w->memory + (at - BASE), &v, size);
    return 0;
}

static int variable(void *opaque, const char *text, struct value *out, struct error *e)
{
    struct world *w = opaque;
    if (!w->has_variable || strcmp(text, "mine") != 0)
        return error_set(e, EINVAL, "there is no register or variable $%s", text);
    *out = w->variable;
    return 0;
}

static int set_variable(void *opaque, const char *text, const struct value *v, struct error *e)
{
    struct world *w = opaque;
    (void)text, (void)e;
    w->variable = *v;
    w->has_variable = true;
    return 0;
}

static int far(void *opaque, uint64_t segment, uint64_t offset, uint64_t *address, struct error *e)
{
    (void)opaque;
    *address = segment * 16 + offset;
    return segment > 0xffff ? error_set(e, EINVAL, "no segment") : 0;
}

static struct expression_context context(struct world *w)
{
    return (struct expression_context){name, get, set, load, store, variable, set_variable, NULL, far, w};
}

static struct world fresh(void)
{
    struct world w = {.reg = {5, 0x8000000000000001}};
    for (unsigned i = 0; i < SIZE; i++)
        w.memory[i] = (uint8_t)(i + 0x80);
    return w;
}

static int evaluate(struct world *w, const char *text, struct value *v, struct error *e)
{
    const struct expression_context c = context(w);
    struct expression *x;
    int r = expression_parse(text, &c, NULL, &x, e);
    if (r)
        return r;
    r = expression_evaluate(x, &c, v, e);
    expression_free(x);
    return r;
}

/* --- values */

static void check(struct world *w, const char *text, uint64_t bits, bool is_signed)
{
    struct value v;
    struct error e;
    if (evaluate(w, text, &v, &e) != 0)
        fail_msg("%s: %s", text, e.text);
    if (v.bits != bits || (v.type.is_signed != is_signed && !v.type.pointers))
        fail_msg("%s: 0x%llx (signed %d), not 0x%llx", text, (unsigned long long)v.bits, v.type.is_signed, (unsigned long long)bits);
}

static void numbers(void **state)
{
    struct world w = fresh();
    (void)state;
    check(&w, "0", 0, true);
    check(&w, "0x10", 16, true);
    check(&w, "0b101", 5, true);
    check(&w, "017", 15, true);
    check(&w, " 42 ", 42, true);
    check(&w, "42u", 42, false);
    check(&w, "42UL", 42, false);
    check(&w, "9223372036854775807", INT64_MAX, true);
    check(&w, "9223372036854775808", UINT64_C(1) << 63, false);
    check(&w, "0xffffffffffffffff", UINT64_MAX, false);
    check(&w, "'a'", 'a', true);
    check(&w, "'\\n'", '\n', true);
    check(&w, "'\\0'", 0, true);
    check(&w, "'\\''", '\'', true);
}

/* Literal expressions, and the same as C has them: how tight operators bind is the point. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wparentheses"
static void operators(void **state)
{
    struct world w = fresh();
    (void)state;
#define SAME(signed_, x) check(&w, #x, (uint64_t)(x), signed_)
    SAME(true, 1 + 2 * 3);
    SAME(true, (1 + 2) * 3);
    SAME(true, -5 / 2);
    SAME(true, -5 % 3);
    SAME(true, 7 - 2 - 1);
    SAME(true, 100 / 5 / 2);
    SAME(true, 1 << 4 + 1);
    SAME(true, ~0 ^ 5 & 3 | 8);
    SAME(true, 1 < 2 == 1);
    SAME(true, !0 + !5);
    SAME(true, 1 ? 2 : 3 ? 4 : 5);
    SAME(true, 0 ? 2 : 0 ? 4 : 5);
    SAME(true, 0 || 0 && 1);
    SAME(true, 1 || 1 && 0);
    SAME(true, - -5);
    SAME(true, -16 >> 2);
    SAME(true, -1 > 0);
    SAME(true, 1 != 2);
    SAME(true, 5 >= 5);
    SAME(true, 5 <= 4);
    SAME(true, (signed char)200);
    SAME(true, (short)-1 * 2);
    SAME(true, (long)(int)3000000000);
#undef SAME
    check(&w, "-1 > 0u", 1, true); /* unsigned wins */
    check(&w, "-1 >> 60u", UINT64_MAX, true);
    check(&w, "0xffffffffffffffff >> 60", 15, false);
    check(&w, "1 << 63", UINT64_C(1) << 63, true);
    check(&w, "1 << 40", UINT64_C(1) << 40, true); /* numbers are 64 bits wide */
    check(&w, "-5 / 2u", (UINT64_MAX - 4) / 2, false);
    check(&w, "(unsigned char)-1", 255, false);
    check(&w, "(unsigned char)-1 + 1", 256, true); /* widened */
    check(&w, "(uint32_t)-1", UINT32_MAX, false);
    check(&w, "(int)0xffffffff", UINT64_MAX, true);
    check(&w, "-9223372036854775807 - 1", (uint64_t)INT64_MIN, true);
    check(&w, "(-9223372036854775807 - 1) / -1", (uint64_t)INT64_MIN, true);
    check(&w, "(-9223372036854775807 - 1) % -1", 0, true);
}
#pragma GCC diagnostic pop

static void names(void **state)
{
    struct world w = fresh();
    (void)state;
    check(&w, "$a0", 5, true);
    check(&w, "$a0 * 2", 10, true);
    check(&w, "$csr", 0x8000000000000001, false);
    check(&w, "$csr > 0", 1, true);
    check(&w, "base + 4", BASE + 4, false);
    check(&w, "&base", BASE, false);
    w.reg[0] = (uint64_t)-3;
    check(&w, "$a0 < 0", 1, true);
}

static void memory(void **state)
{
    struct world w = fresh();
    (void)state;
    check(&w, "*base", 0x8786858483828180, true);
    check(&w, "{int}base", 0xffffffff83828180, true);
    check(&w, "{unsigned int}base", 0x83828180, false);
    check(&w, "{uint16_t} (base + 1)", 0x8281, false);
    check(&w, "{char}0x1000", 0xffffffffffffff80, true);
    check(&w, "*(uint8_t *)0x1005", 0x85, false);
    check(&w, "((uint16_t *)base)[3]", 0x8786, false);
    check(&w, "(uint32_t *)base + 2", BASE + 8, false);
    check(&w, "2 + (uint32_t *)base", BASE + 8, false);
    check(&w, "(uint32_t *)0x1010 - (uint32_t *)0x1000", 4, true);
    check(&w, "base[1]", 0x8f8e8d8c8b8a8988, true); /* what is no pointer points to longs */
}

/* Nothing is evaluated that C would not. */
static void short_circuits(void **state)
{
    struct world w = fresh();
    (void)state;
    check(&w, "0 && *0", 0, true);
    check(&w, "1 || *0", 1, true);
    check(&w, "1 ? 2 : *0", 2, true);
    check(&w, "0 && 1 / 0", 0, true);
    check(&w, "&*base == base && &base[1] == base + 8 && &((uint16_t *)base)[3] == base + 6 && &*(char *)base == base", 1, true);
    assert_int_equal(w.loads, 0);
}

static void assignments(void **state)
{
    struct world w = fresh();
    struct value v;
    struct error e;
    (void)state;
    check(&w, "$a0 = 7 + 1", 8, true);
    assert_int_equal(w.reg[0], 8);
    check(&w, "{short}base = 0x12345", 0x2345, true);
    assert_int_equal(w.memory[0], 0x45);
    assert_int_equal(w.memory[1], 0x23);
    assert_int_equal(w.memory[2], 0x82);
    check(&w, "$mine = $a0 = 3", 3, true);
    assert_int_equal(w.reg[0], 3);
    check(&w, "$mine", 3, true);
    /* What fails changes nothing. */
    assert_int_not_equal(evaluate(&w, "$a0 = 1 / 0", &v, &e), 0);
    assert_int_not_equal(evaluate(&w, "*0 = 1", &v, &e), 0);
    assert_int_not_equal(evaluate(&w, "$a0 = *0", &v, &e), 0);
    assert_int_equal(w.reg[0], 3);
}

static void refuses(const char *text, const char *says)
{
    struct world w = fresh(), before = w;
    struct value v;
    struct error e = {""};
    if (evaluate(&w, text, &v, &e) == 0)
        fail_msg("'%s' is accepted", text);
    if (!strstr(e.text, says))
        fail_msg("'%s': '%s' does not say '%s'", text, e.text, says);
    w.loads = 0;
    assert_memory_equal(&w, &before, sizeof w);
}

static void nonsense(void **state)
{
    (void)state;
    refuses("", "expected at the end");
    refuses("1 +", "expected at the end");
    refuses("1 2", "an operator is expected at '2'");
    refuses("(1", "')' is expected at the end");
    refuses("{int", "'}' is expected at the end");
    refuses("{foo}1", "a type such as int");
    refuses("1 ? 2", "':' is expected");
    refuses("0x", "'0x' is not a number");
    refuses("12ab", "'12ab' is not a number");
    refuses("99999999999999999999", "is not a number");
    refuses("'ab'", "a character such as");
    refuses("foo", "no symbol 'foo'");
    refuses("$foo", "no register or variable $foo");
    refuses("5 = 6", "can be set");
    refuses("1 / 0", "divides by zero");
    refuses("1 % (2 - 2)", "divides by zero");
    refuses("1 << 64", "not by 64");
    refuses("1 >> -1", "not by -1");
    refuses("*0", "cannot access memory at address 0x0");
    refuses("@", "expected at '@'");
    char deep[2000];
    memset(deep, '(', sizeof deep);
    deep[sizeof deep - 1] = '\0';
    refuses(deep, "nested too deeply");
    memset(deep, '-', sizeof deep - 1);
    refuses(deep, "nested too deeply");
    for (size_t i = 0; i + 3 < sizeof deep; i += 2)
        memcpy(deep + i, "1?", 2);
    refuses(deep, "nested too deeply");
    for (size_t i = 0; i + 5 < sizeof deep; i += 4)
        memcpy(deep + i, "$a0=", 4);
    refuses(deep, "nested too deeply");
}

/* a op b op c...: of so many operations. */
static char *chain(const char *term, const char *op, unsigned operations)
{
    const size_t step = strlen(op) + strlen(term);
    char *text = malloc(strlen(term) + operations * step + 1), *at = text;
    assert_non_null(text);
    at += sprintf(at, "%s", term);
    for (unsigned n = 0; n < operations; n++)
        at += sprintf(at, "%s%s", op, term);
    return text;
}

/* The tree grows to the left, where the text has no parentheses to count. */
static void a_long_sum_is_bounded(void **state)
{
    (void)state;
    char *text = chain("1", "+", 999);
    struct world w = fresh();
    check(&w, text, 1000, true);
    free(text);
    for (unsigned operations = 1000; operations <= 200000; operations *= 5) {
        text = chain("1", "+", operations);
        refuses(text, "too long");
        free(text);
    }
    text = chain("1", "[1]||", 100000);
    refuses(text, "too long");
    free(text);
}

static void parts_of_an_address(void **state)
{
    struct world w = fresh();
    (void)state;
    check(&w, "0x7c0 : 0x10 + 4", 0x7c14, false);
    check(&w, "(1:0) + {uint8_t}(0x100:0)", 0x90, false);
    check(&w, "1 ? 0x10:2", 0x10, true);
    check(&w, "1 ? (2:3) : 4", 35, false);
    check(&w, "0 ? 1 : 2:3", 35, false);
}

static void ends_where_it_ends(void **state)
{
    struct world w = fresh();
    const struct expression_context c = context(&w);
    struct expression *x;
    struct error e;
    const char *rest;
    (void)state;
    assert_int_equal(expression_parse("1 + 2, 3", &c, &rest, &x, &e), 0);
    assert_string_equal(rest, ", 3");
    expression_free(x);
}

static void demands(void **state)
{
    struct world w = fresh();
    const struct expression_context c = context(&w);
    static const struct {
        const char *text;
        bool demands;
    } cases[] = {{"$a0 == 5", true},         {"5 == $a0", true},       {"$a0 == 5 && $csr", true},
                 {"$csr && $a0 == 5", true}, {"$a0 == 5 || 1", false}, {"$a0 != 5", false},
                 {"$csr == 5", false},       {"!($a0 == 5)", false},   {"$a0 == $csr", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct expression *x;
        struct error e;
        uint64_t n = 0;
        assert_int_equal(expression_parse(cases[i].text, &c, NULL, &x, &e), 0);
        bool is = expression_demands(x, REG_A0, &n);
        if (is != cases[i].demands || (is && n != 5))
            fail_msg("%s: demands %d, number %llu", cases[i].text, is, (unsigned long long)n);
        expression_free(x);
    }
}

/* --- random expressions. The oracle builds text and C's value together; C's rules are applied by C itself, on long and unsigned long. */

struct made {
    char text[600];
    bool is_signed;
    uint64_t bits;
};

static uint64_t random_state;

static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void leaf(struct made *m)
{
    static const uint64_t edges[] = {0,         1, 2, 5, 63, 64, 255, 0x7fffffff, 0x80000000, 0xffffffff, INT64_MAX, UINT64_C(1) << 63,
                                     UINT64_MAX};
    uint64_t v = random_bits() % 3 ? edges[random_bits() % (sizeof edges / sizeof edges[0])] : random_bits();
    bool u = random_bits() % 4 == 0;
    m->bits = v;
    m->is_signed = !u && v <= INT64_MAX;
    snprintf(m->text, sizeof m->text, random_bits() & 1 ? "%llu%s" : "0x%llx%s", (unsigned long long)v, u ? "u" : "");
}

#define BOTH(op) (a->is_signed && b->is_signed ? (uint64_t)((int64_t)a->bits op(int64_t) b->bits) : a->bits op b->bits)

static void binary(struct made *m, const struct made *a, const struct made *b)
{
    static const char *const text[] = {"+",  "-", "*",  "/",  "%",  "&",  "|",  "^",  "<",
                                       "<=", ">", ">=", "==", "!=", "<<", ">>", "&&", "||"};
    unsigned op = (unsigned)(random_bits() % 18);
    bool undefined = ((op == 3 || op == 4) && (b->bits == 0 || b->bits == UINT64_MAX)) || ((op == 14 || op == 15) && b->bits > 63);
    op = undefined ? 0 : op;
    m->is_signed = op >= 8 && op <= 13 ? true : op == 14 || op == 15 ? a->is_signed : op >= 16 ? true : a->is_signed && b->is_signed;
    switch (op) {
    case 0: m->bits = a->bits + b->bits; break; /* wraps, where C leaves it undefined */
    case 1: m->bits = a->bits - b->bits; break;
    case 2: m->bits = a->bits * b->bits; break;
    case 3: m->bits = BOTH(/); break;
    case 4: m->bits = BOTH(%); break;
    case 5: m->bits = BOTH(&); break;
    case 6: m->bits = BOTH(|); break;
    case 7: m->bits = BOTH(^); break;
    case 8: m->bits = BOTH(<); break;
    case 9: m->bits = BOTH(<=); break;
    case 10: m->bits = BOTH(>); break;
    case 11: m->bits = BOTH(>=); break;
    case 12: m->bits = BOTH(==); break;
    case 13: m->bits = BOTH(!=); break;
    case 14: m->bits = a->bits << b->bits; break;
    case 15: m->bits = a->is_signed ? (uint64_t)((int64_t)a->bits >> b->bits) : a->bits >> b->bits; break;
    case 16: m->bits = a->bits && b->bits; break;
    default: m->bits = a->bits || b->bits; break;
    }
    snprintf(m->text, sizeof m->text, "(%.280s)%s(%.280s)", a->text, text[op], b->text);
}

static void make(struct made *m, unsigned depth)
{
    struct made a, b;
    unsigned what = (unsigned)(random_bits() % 8);
    if (depth == 0 || what == 0) {
        leaf(m);
        return;
    }
    make(&a, depth - 1);
    if (what == 1) {
        *m = (struct made){.is_signed = a.is_signed, .bits = 0 - a.bits};
        snprintf(m->text, sizeof m->text, "-(%.590s)", a.text);
    } else if (what == 2) {
        *m = (struct made){.is_signed = true, .bits = (uint64_t)(int64_t)(int32_t)a.bits};
        snprintf(m->text, sizeof m->text, "(int)(%.590s)+0", a.text); /* + 0 widens it */
    } else {
        make(&b, depth - 1);
        binary(m, &a, &b);
    }
}

static void random_expressions(void **state)
{
    struct world w = fresh();
    (void)state;
    random_state = 88172645463325252u;
    for (unsigned i = 0; i < 20000; i++) {
        struct made m;
        make(&m, 3);
        if (strlen(m.text) < 270) /* else a part was cut off */
            check(&w, m.text, m.bits, m.is_signed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),  cmocka_unit_test(operators),           cmocka_unit_test(names),
        cmocka_unit_test(memory),   cmocka_unit_test(short_circuits),      cmocka_unit_test(assignments),
        cmocka_unit_test(nonsense), cmocka_unit_test(parts_of_an_address), cmocka_unit_test(ends_where_it_ends),
        cmocka_unit_test(demands),  cmocka_unit_test(random_expressions),  cmocka_unit_test(a_long_sum_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
