/* floats.c - softfloat.h in proofs: see floats.h. */
#include "tests/proofs/equal/floats.h"

#define ARITHMETIC(format, word)                                                                                                      \
    struct sf_result sf##format##_add(word a, word b, unsigned rm) { return model_float(format, MODEL_add, a, b, 0, rm); }            \
    struct sf_result sf##format##_sub(word a, word b, unsigned rm) { return model_float(format, MODEL_sub, a, b, 0, rm); }            \
    struct sf_result sf##format##_mul(word a, word b, unsigned rm) { return model_float(format, MODEL_mul, a, b, 0, rm); }            \
    struct sf_result sf##format##_div(word a, word b, unsigned rm) { return model_float(format, MODEL_div, a, b, 0, rm); }            \
    struct sf_result sf##format##_sqrt(word a, unsigned rm) { return model_float(format, MODEL_sqrt, a, 0, 0, rm); }                  \
    struct sf_result sf##format##_fma(word a, word b, word c, unsigned rm) { return model_float(format, MODEL_fma, a, b, c, rm); }    \
    struct sf_result sf##format##_min(word a, word b) { return model_float(format, MODEL_min, a, b, 0, 0); }                          \
    struct sf_result sf##format##_max(word a, word b) { return model_float(format, MODEL_max, a, b, 0, 0); }                          \
    struct sf_result sf##format##_eq(word a, word b) { return model_float(format, MODEL_eq, a, b, 0, SF_RNE); }                       \
    struct sf_result sf##format##_lt(word a, word b) { return model_float(format, MODEL_lt, a, b, 0, SF_RNE); }                       \
    struct sf_result sf##format##_le(word a, word b) { return model_float(format, MODEL_le, a, b, 0, SF_RNE); }                       \
    unsigned sf##format##_classify(word a) { return (unsigned)model_float(format, 100, a, 0, 0, 0).bits; }
ARITHMETIC(32, uint32_t)
ARITHMETIC(64, uint64_t)

#define CONVERSION(name, number, word)                                                                                                \
    struct sf_result name(word a, unsigned rm) { return model_float(0, number, a, 0, 0, rm); }
CONVERSION(sf32_to_i32, 1, uint32_t)
CONVERSION(sf64_to_i32, 2, uint64_t)
CONVERSION(sf32_to_u32, 3, uint32_t)
CONVERSION(sf64_to_u32, 4, uint64_t)
CONVERSION(sf32_to_i64, 5, uint32_t)
CONVERSION(sf64_to_i64, 6, uint64_t)
CONVERSION(sf32_to_u64, 7, uint32_t)
CONVERSION(sf64_to_u64, 8, uint64_t)
CONVERSION(sf32_from_i32, 9, uint64_t)
CONVERSION(sf64_from_i32, 10, uint64_t)
CONVERSION(sf32_from_u32, 11, uint64_t)
CONVERSION(sf64_from_u32, 12, uint64_t)
CONVERSION(sf32_from_i64, 13, uint64_t)
CONVERSION(sf64_from_i64, 14, uint64_t)
CONVERSION(sf32_from_u64, 15, uint64_t)
CONVERSION(sf64_from_u64, 16, uint64_t)
CONVERSION(sf32_widen, 17, uint32_t)
CONVERSION(sf64_narrow, 18, uint64_t)
