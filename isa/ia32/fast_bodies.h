/* fast_bodies.h - which fast body a decoded instruction has: what fast_choose.c asks of the files of bodies. NULL: none. */
#ifndef TRAPEZE_ISA_IA32_FAST_BODIES_H
#define TRAPEZE_ISA_IA32_FAST_BODIES_H

#include "isa/ia32/alu.h"
#include "isa/ia32/code.h"
#include "isa/ia32/shift.h"

/* Where operands are: registers R, immediate I, memory B, X or J by its address (fast.h); the destination first. */
enum ia_fast_form { FAST_RR, FAST_RI, FAST_RB, FAST_RX, FAST_BR, FAST_XR, FAST_BI, FAST_JI, FAST_FORMS };

/* `size` is 1 or 4. dead: without flags. */
ia_fast_body *ia_fast_alu_body(enum ia_alu, unsigned size, enum ia_fast_form, bool dead);
/* Of a register or, FAST_BI, memory. */
enum ia_fast_one { FAST_INC, FAST_DEC, FAST_NOT, FAST_NEG, FAST_ONES };
ia_fast_body *ia_fast_one_body(enum ia_fast_one, enum ia_fast_form, bool dead);
/* `size` is 2 or 4. Of a register by an immediate of 1 to 31, or by CL (FAST_RR). */
ia_fast_body *ia_fast_shift_body(enum ia_shift, unsigned size, enum ia_fast_form, bool dead);
/* IMUL of two or three operands; MUL and IMUL of EAX. */
ia_fast_body *ia_fast_imul_body(enum ia_fast_form, bool dead);
ia_fast_body *ia_fast_mul_body(bool is_signed, enum ia_fast_form);

ia_fast_body *ia_fast_mov_body(unsigned size, enum ia_fast_form);
/* MOVZX and MOVSX to doublewords, from `size` 1 or 2. */
ia_fast_body *ia_fast_extend_body(unsigned size, bool is_signed, enum ia_fast_form);
ia_fast_body *ia_fast_lea_body(enum ia_fast_form);
ia_fast_body *ia_fast_cmov_body(unsigned cc, enum ia_fast_form);
ia_fast_body *ia_fast_setcc_body(unsigned cc);

/* Of FS and GS, doublewords. */
ia_fast_body ia_fast_segment_load, ia_fast_segment_store, ia_fast_segment_add, ia_fast_segment_sub, ia_fast_segment_inc,
    ia_fast_segment_dec;

/* What has one form. */
ia_fast_body ia_fast_nop, ia_fast_cdq, ia_fast_cwde, ia_fast_xchg, ia_fast_bswap;
ia_fast_body ia_fast_lods_1, ia_fast_scas_1; /* once */
ia_fast_body ia_fast_push_r, ia_fast_push_i, ia_fast_push_b, ia_fast_pop_r, ia_fast_leave;
ia_fast_body ia_fast_jmp_away, ia_fast_call_away; /* to another page, `imm` from the beginning of this one */
ia_fast_body ia_fast_jmp, ia_fast_jmp_r, ia_fast_jmp_b, ia_fast_jmp_x;
ia_fast_body ia_fast_call, ia_fast_call_r, ia_fast_call_b, ia_fast_ret, ia_fast_ret_i;
ia_fast_body *ia_fast_jcc_body(unsigned cc);
/* The ALU operation, CMP or TEST, in this form, and the jump in the next record by its flags. */
ia_fast_body *ia_fast_jcc_behind(enum ia_alu, unsigned size, enum ia_fast_form, unsigned cc);

/* Of the floating-point unit. */
ia_fast_body ia_fast_fld_m64, ia_fast_fld_m32, ia_fast_fild_m32, ia_fast_fild_m64, ia_fast_fld_i, ia_fast_fld1, ia_fast_fldz,
    ia_fast_fst_m64, ia_fast_fstp_m64, ia_fast_fst_m32, ia_fast_fstp_m32, ia_fast_fst_i, ia_fast_fstp_i, ia_fast_fxch, ia_fast_fchs,
    ia_fast_fabs, ia_fast_fadd_m64, ia_fast_fadd_m32, ia_fast_fadd_st_i, ia_fast_fadd_i_st, ia_fast_faddp, ia_fast_fsub_m64,
    ia_fast_fsub_m32, ia_fast_fsub_st_i, ia_fast_fsub_i_st, ia_fast_fsubp, ia_fast_fsubr_m64, ia_fast_fsubr_m32, ia_fast_fsubr_st_i,
    ia_fast_fsubr_i_st, ia_fast_fsubrp, ia_fast_fmul_m64, ia_fast_fmul_m32, ia_fast_fmul_st_i, ia_fast_fmul_i_st, ia_fast_fmulp,
    ia_fast_fdiv_m64, ia_fast_fdiv_m32, ia_fast_fdiv_st_i, ia_fast_fdiv_i_st, ia_fast_fdivp, ia_fast_fdivr_m64, ia_fast_fdivr_m32,
    ia_fast_fdivr_st_i, ia_fast_fdivr_i_st, ia_fast_fdivrp, ia_fast_fsqrt, ia_fast_fcomi, ia_fast_fcomip, ia_fast_fcom_st_i,
    ia_fast_fcomp_st_i, ia_fast_fcompp, ia_fast_fnstsw_ax;

#endif
