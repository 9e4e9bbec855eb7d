/* tail.h - calls in tail position. Where the compiler turns them into jumps (RV_TAIL_CALLS, set by the build for optimised,
 * unsanitised builds; clang is made to promise it) bodies go from record to record by themselves. Elsewhere each returns to the
 * outer loop: same records, same results. */
#ifndef TRAPEZE_ISA_RISCV_TAIL_H
#define TRAPEZE_ISA_RISCV_TAIL_H

#if !defined(RV_TAIL_CALLS) || !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
#undef RV_TAIL_CALLS
#define RV_TAIL_CALLS 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(coverage_sanitizer)
#undef RV_TAIL_CALLS
#define RV_TAIL_CALLS 0
#endif
#endif

#if defined(__has_attribute)
#if RV_TAIL_CALLS && __has_attribute(musttail)
#define RETURN_CALL(call) __attribute__((musttail)) return call
#endif
#endif
#ifndef RETURN_CALL
#define RETURN_CALL(call) return call
#endif

/* To the record `i`. */
#if RV_TAIL_CALLS
#define RETURN_GO_ON(h, i, left)                                                                                                      \
    do {                                                                                                                              \
        __asm__("" : "+r"(i));                                                                                                        \
        RETURN_CALL((i)->body(h, i, left));                                                                                           \
    } while (0)
#else
#define RETURN_GO_ON(h, i, left)                                                                                                      \
    do {                                                                                                                              \
        h->next = (i);                                                                                                                \
        (h)->left = (left);                                                                                                           \
        return BODY_NEXT;                                                                                                             \
    } while (0)
#endif

#endif
