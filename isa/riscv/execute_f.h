/* execute_f.h - the bodies of F: single precision, NaN-boxed in 64-bit registers [unpriv 20, 21.2]. */
#define FORMAT sf32
#define WORD uint32_t
#define GET(r) sf_unbox(F(r))
#define BOX(bits) sf_box((uint32_t)(bits))
#include "isa/riscv/execute_fp.h"

/* FLW and FMV.W.X box what they bring; FSW and FMV.X.W take the low half as it is, boxed or not: they move bits,
 * not numbers. Arithmetic is stricter: what is not boxed it takes for the canonical NaN [unpriv 21.2]. */
static inline uint64_t box_low(uint64_t bits) { return sf_box((uint32_t)bits); }

FP_LOAD(flw, 4, box_low)
FP_STORE(fsw, 4)
MOVE_TO_X(fmv_x_w, sext32)
MOVE_FROM_X(fmv_w_x, box_low)

SUM(fadd_s, add)
SUM(fsub_s, sub)
PRODUCT(fmul_s, mul)
PRODUCT(fdiv_s, div)
SQUARE_ROOT(fsqrt_s)
/* The signs are of the product and of the third operand: fmadd a*b + c, fmsub a*b - c, fnmsub -(a*b) + c, fnmadd
 * -(a*b) - c. They are negated before they are rounded: toward -inf or +inf, and where the sum is zero, that is not
 * what FNEG would make of the result of fmsub and fmadd [unpriv 20.6]. */
MULTIPLY_ADD(fmadd_s, 0, 0)
MULTIPLY_ADD(fmsub_s, 0, SF32_SIGN)
MULTIPLY_ADD(fnmsub_s, SF32_SIGN, 0)
MULTIPLY_ADD(fnmadd_s, SF32_SIGN, SF32_SIGN)

SIGN_INJECTION(fsgnj_s, b)
SIGN_INJECTION(fsgnjn_s, ~b)
SIGN_INJECTION(fsgnjx_s, a ^ b)
SELECTION(fmin_s, min)
SELECTION(fmax_s, max)
COMPARISON(feq_s, eq)
COMPARISON(flt_s, lt)
COMPARISON(fle_s, le)
CLASSIFICATION(fclass_s)

CONVERSION(fcvt_w_s, sf32_to_i32, GET, WX)
CONVERSION(fcvt_wu_s, sf32_to_u32, GET, WX)
CONVERSION(fcvt_l_s, sf32_to_i64, GET, WX)
CONVERSION(fcvt_lu_s, sf32_to_u64, GET, WX)
CONVERSION(fcvt_s_w, sf32_from_i32, X, PUT)
CONVERSION(fcvt_s_wu, sf32_from_u32, X, PUT)
CONVERSION(fcvt_s_l, sf32_from_i64, X, PUT)
CONVERSION(fcvt_s_lu, sf32_from_u64, X, PUT)
