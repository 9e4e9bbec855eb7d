/* oracle.h - what the bodies call and no proof of a row looks into: memory, and the arithmetic of F and D. Both runs of a pair ask the same
 * questions in the same order, or the proof fails; and to the same question they get the same answer, which may be any. Whether an
 * access is refused (a page, a device, a trigger of the program) is open as well, in each run by itself: translation and memory traps are
 * no part of a class.
 */
#ifndef TRAPEZE_TESTS_PROOFS_ORACLE_H
#define TRAPEZE_TESTS_PROOFS_ORACLE_H

#include "isa/riscv/access.h"
#include "isa/riscv/softfloat.h"
#include "tests/proofs/pair.h"

enum question { ASK_LOAD, ASK_STORE, ASK_AMO, ASK_RESERVE, ASK_CONDITIONAL, ASK_BLOCK };
enum { QUESTIONS = 4 };

static struct asked {
    enum question what;
    va_t va;
    unsigned size;
    uint64_t value, answer, changed;
} asked[QUESTIONS];
static unsigned asked_count, asked_again;
static bool refused, refused_again; /* in the first run, in the second */

/* The answer to it; NULL: refused. */
static struct asked *ask(struct hart *h, enum question what, va_t va, unsigned size, uint64_t value)
{
    const bool again = h == &second;
    const unsigned n = again ? asked_again++ : asked_count++;
    struct asked *a = &asked[n];
    __CPROVER_assert(n < QUESTIONS, "so many accesses are looked at");
    if (!again)
        *a = (struct asked){.what = what, .va = va, .size = size, .value = value, .answer = nondet_64()};
    else if (!refused) {
        __CPROVER_assert(n < asked_count, "it goes to memory as often");
        __CPROVER_assert(a->what == what && a->va == va && a->size == size && a->value == value, "it asks the same of memory");
    }
    const bool no = nondet_bool();
    if (no)
        *(again ? &refused_again : &refused) = true;
    return no ? NULL : a;
}

bool hart_load(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    const struct asked *a = ask(h, ASK_LOAD, va, size, 0);
    if (a)
        *value = size == 8 ? a->answer : a->answer & ((UINT64_C(1) << 8 * size) - 1);
    return a;
}

bool hart_store(struct hart *h, va_t va, unsigned size, uint64_t value) { return ask(h, ASK_STORE, va, size, value); }

bool hart_amo(struct hart *h, va_t va, unsigned size, combine_fn *combine, uint64_t operand, uint64_t *old)
{
    struct asked *a = ask(h, ASK_AMO, va, size, operand);
    if (!a)
        return false;
    *old = size == 8 ? a->answer : a->answer & UINT32_MAX;
    const uint64_t now = combine(*old, operand, size);
    if (h == &first)
        a->changed = now;
    else if (!refused)
        __CPROVER_assert(a->changed == now, "it leaves the same in memory");
    return true;
}

bool hart_load_reserved(struct hart *h, va_t va, unsigned size, uint64_t *value)
{
    const struct asked *a = ask(h, ASK_RESERVE, va, size, 0);
    if (a)
        *value = size == 8 ? a->answer : a->answer & UINT32_MAX;
    return a;
}

/* The reservation is hidden state: what it is does not differ in a pair. */
bool hart_store_conditional(struct hart *h, va_t va, unsigned size, uint64_t value, bool *done)
{
    const struct asked *a = ask(h, ASK_CONDITIONAL, va, size, value);
    if (a)
        *done = a->answer & 1;
    return a;
}

bool hart_block_reach(struct hart *h, va_t va) { return ask(h, ASK_BLOCK, va, 0, 0); }
bool hart_block_zero(struct hart *h, va_t va) { return ask(h, ASK_BLOCK, va, 1, 0); }

/* --- arithmetic: functions of which nothing is known but that they are functions */

uint64_t __CPROVER_uninterpreted_bits(unsigned operation, uint64_t a, uint64_t b, uint64_t c, unsigned rm);
unsigned __CPROVER_uninterpreted_flags(unsigned operation, uint64_t a, uint64_t b, uint64_t c, unsigned rm);

#define UNKNOWN(a, b, c, rm)                                                                                                          \
    {                                                                                                                                 \
        return (struct sf_result){__CPROVER_uninterpreted_bits(__COUNTER__ / 2, a, b, c, rm),                                         \
                                  __CPROVER_uninterpreted_flags(__COUNTER__ / 2, a, b, c, rm) & 31};                                  \
    }
#define ROUNDED_2(name)                                                                                                               \
    struct sf_result sf32_##name(uint32_t a, uint32_t b, unsigned rm)                                                                 \
        UNKNOWN(a, b, 0, rm) struct sf_result sf64_##name(uint64_t a, uint64_t b, unsigned rm) UNKNOWN(a, b, 0, rm)
#define PLAIN_2(name)                                                                                                                 \
    struct sf_result sf32_##name(uint32_t a, uint32_t b) UNKNOWN(a, b, 0, 0) struct sf_result sf64_##name(uint64_t a, uint64_t b)     \
        UNKNOWN(a, b, 0, 0)
#define ROUNDED_1(name)                                                                                                               \
    struct sf_result sf32_##name(uint32_t a, unsigned rm) UNKNOWN(a, 0, 0, rm) struct sf_result sf64_##name(uint64_t a, unsigned rm)  \
        UNKNOWN(a, 0, 0, rm)
#define FROM_INTEGER(name)                                                                                                            \
    struct sf_result sf32_##name(uint64_t a, unsigned rm) UNKNOWN(a, 0, 0, rm) struct sf_result sf64_##name(uint64_t a, unsigned rm)  \
        UNKNOWN(a, 0, 0, rm)

/* clang-format off */
ROUNDED_2(add) ROUNDED_2(sub) ROUNDED_2(mul) ROUNDED_2(div)
PLAIN_2(min) PLAIN_2(max) PLAIN_2(eq) PLAIN_2(lt) PLAIN_2(le)
ROUNDED_1(sqrt) ROUNDED_1(to_i32) ROUNDED_1(to_u32) ROUNDED_1(to_i64) ROUNDED_1(to_u64)
FROM_INTEGER(from_i32) FROM_INTEGER(from_u32) FROM_INTEGER(from_i64) FROM_INTEGER(from_u64)
struct sf_result sf32_fma(uint32_t a, uint32_t b, uint32_t c, unsigned rm) UNKNOWN(a, b, c, rm)
struct sf_result sf64_fma(uint64_t a, uint64_t b, uint64_t c, unsigned rm) UNKNOWN(a, b, c, rm)
struct sf_result sf32_widen(uint32_t a, unsigned rm) UNKNOWN(a, 0, 0, rm)
struct sf_result sf64_narrow(uint64_t a, unsigned rm) UNKNOWN(a, 0, 0, rm)
unsigned sf32_classify(uint32_t a) { return __CPROVER_uninterpreted_flags(__COUNTER__, a, 0, 0, 0); }
unsigned sf64_classify(uint64_t a) { return __CPROVER_uninterpreted_flags(__COUNTER__, a, 0, 0, 0); }
/* clang-format on */

#endif
