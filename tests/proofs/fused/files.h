/* files.h - which register files operands name, by format: what format.def's patterns say by capital and small letters. */
#ifndef TRAPEZE_TESTS_PROOFS_FILES_H
#define TRAPEZE_TESTS_PROOFS_FILES_H

#include "tests/proofs/equal/operands.h"

enum operand_file { FILE_NONE, FILE_X, FILE_F };

static inline enum operand_file file_of_rd(unsigned format)
{
    switch (format) {
    case OPERANDS_NONE:
    case OPERANDS_STORE:
    case OPERANDS_FSTORE:
    case OPERANDS_B: return FILE_NONE;
    case OPERANDS_FLOAD:
    case OPERANDS_R4:
    case OPERANDS_FFFM:
    case OPERANDS_FFM:
    case OPERANDS_FFE:
    case OPERANDS_FFF:
    case OPERANDS_FXM:
    case OPERANDS_FXE:
    case OPERANDS_FX: return FILE_F;
    default: return FILE_X;
    }
}
static inline enum operand_file file_of_rs1(unsigned format)
{
    switch (format) {
    case OPERANDS_R4:
    case OPERANDS_FFFM:
    case OPERANDS_FFM:
    case OPERANDS_FFE:
    case OPERANDS_FFF:
    case OPERANDS_XFM:
    case OPERANDS_XF:
    case OPERANDS_XFF: return FILE_F;
    default: return FILE_X;
    }
}
static inline enum operand_file file_of_rs2(unsigned format)
{
    switch (format) {
    case OPERANDS_FSTORE:
    case OPERANDS_R4:
    case OPERANDS_FFFM:
    case OPERANDS_FFF:
    case OPERANDS_XFF: return FILE_F;
    default: return FILE_X;
    }
}

#endif
