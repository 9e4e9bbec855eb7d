/* tail.h - calls in tail position. Where the compiler turns them into jumps (IA_TAIL_CALLS, set by the build for optimised, unsanitised
 * builds; clang is made to promise it) bodies of instructions go from record to record by themselves. Elsewhere each returns to the
 * outer loop: same records, same results. */
#ifndef TRAPEZE_ISA_IA32_TAIL_H
#define TRAPEZE_ISA_IA32_TAIL_H

#if !defined(IA_TAIL_CALLS) || !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__)
#undef IA_TAIL_CALLS
#define IA_TAIL_CALLS 0
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || __has_feature(coverage_sanitizer)
#undef IA_TAIL_CALLS
#define IA_TAIL_CALLS 0
#endif
#endif

#if defined(__has_attribute)
#if IA_TAIL_CALLS && __has_attribute(musttail)
#define RETURN_CALL(call) __attribute__((musttail)) return call
#endif
#endif
#ifndef RETURN_CALL
#define RETURN_CALL(call) return call
#endif

#endif
