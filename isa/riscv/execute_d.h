/* execute_d.h - the bodies of D: double precision, and the conversions between the formats [unpriv 21]. */
#define FORMAT sf64
#define WORD uint64_t
#define GET(r) F(r)
#define BOX(bits) (bits)
#include "isa/riscv/execute_fp.h"

#define GET_SINGLE(r) sf_unbox(F(r))
#define PUT_SINGLE(r, bits) WF(r, sf_box((uint32_t)(bits)))

static inline uint64_t as_it_is(uint64_t bits) { return bits; }

FP_LOAD(fld, 8, as_it_is)
FP_STORE(fsd, 8)
MOVE_TO_X(fmv_x_d, as_it_is)
MOVE_FROM_X(fmv_d_x, as_it_is)

SUM(fadd_d, add)
SUM(fsub_d, sub)
PRODUCT(fmul_d, mul)
PRODUCT(fdiv_d, div)
SQUARE_ROOT(fsqrt_d)
MULTIPLY_ADD(fmadd_d, 0, 0)
MULTIPLY_ADD(fmsub_d, 0, SF64_SIGN)
MULTIPLY_ADD(fnmsub_d, SF64_SIGN, 0)
MULTIPLY_ADD(fnmadd_d, SF64_SIGN, SF64_SIGN)

SIGN_INJECTION(fsgnj_d, b)
SIGN_INJECTION(fsgnjn_d, ~b)
SIGN_INJECTION(fsgnjx_d, a ^ b)
SELECTION(fmin_d, min)
SELECTION(fmax_d, max)
COMPARISON(feq_d, eq)
COMPARISON(flt_d, lt)
COMPARISON(fle_d, le)
CLASSIFICATION(fclass_d)

CONVERSION(fcvt_w_d, sf64_to_i32, GET, WX)
CONVERSION(fcvt_wu_d, sf64_to_u32, GET, WX)
CONVERSION(fcvt_l_d, sf64_to_i64, GET, WX)
CONVERSION(fcvt_lu_d, sf64_to_u64, GET, WX)
CONVERSION(fcvt_d_w, sf64_from_i32, X, PUT)
CONVERSION(fcvt_d_wu, sf64_from_u32, X, PUT)
CONVERSION(fcvt_d_l, sf64_from_i64, X, PUT)
CONVERSION(fcvt_d_lu, sf64_from_u64, X, PUT)
CONVERSION(fcvt_s_d, sf64_narrow, GET, PUT_SINGLE)
CONVERSION(fcvt_d_s, sf32_widen, GET_SINGLE, PUT)
