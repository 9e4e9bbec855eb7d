/* base.h - the few words every room of the house shares: bit fields, sign extension, checked results, errors as sentences. */
#ifndef TRAPEZE_MMU_BASE_H
#define TRAPEZE_MMU_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A result that may say "trap" or "failed" must not be dropped. */
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

enum { PAGE_SHIFT = 12, PAGE_SIZE = 1 << PAGE_SHIFT };
#define PAGE_MASK (~(uint64_t)(PAGE_SIZE - 1)) /* keeps the page number */
extern const uint8_t zero_page[PAGE_SIZE];     /* for whoever clears memory by storing */

typedef uint64_t pa_t; /* physical address of the machine at hand */
typedef uint64_t va_t; /* virtual address of the machine at hand */

/* Bits [lo, lo+n) of v, right-aligned; 0 < n < 64. */
static inline uint64_t bits_get(uint64_t v, unsigned lo, unsigned n) { return (v >> lo) & ((UINT64_C(1) << n) - 1); }

static inline bool bit_get(uint64_t v, unsigned bit) { return (v >> bit) & 1; }

/* v with bits [lo, lo+n) replaced by the low bits of x. */
static inline uint64_t bits_set(uint64_t v, unsigned lo, unsigned n, uint64_t x)
{
    uint64_t mask = ((UINT64_C(1) << n) - 1) << lo;
    return (v & ~mask) | ((x << lo) & mask);
}

/* Sign-extends the low n bits of v to 64; 0 < n <= 64. */
static inline int64_t sign_extend(uint64_t v, unsigned n) { return (int64_t)(v << (64 - n)) >> (64 - n); }

static inline uint64_t align_up(uint64_t v, uint64_t to) { return (v + to - 1) & ~(to - 1); }
static inline uint64_t align_down(uint64_t v, uint64_t to) { return v & ~(to - 1); }

/* One sentence for the person: what was wrong, and with which file or option. Functions that can explain a failure take a
 * `struct error *` beside returning -errno; it is written only on failure. */
struct error {
    char text[512];
};

/* Writes the sentence and returns -code, so that a caller can `return error_set(e, EINVAL, ...)`. code is positive. */
int error_set(struct error *e, int code, const char *format, ...) PRINTF_LIKE(3, 4);

#endif
