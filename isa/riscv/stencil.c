/* stencil.c - the stencils of mkstencils as arrays. */
#include "isa/riscv/stencil.h"

#include <math.h>

#include "isa/riscv.h"
#include "isa/riscv/softfloat.h"

/* A byte more than there are, so that no array is empty where no body made a stencil. */
const uint8_t rv_stencil_bytes[] = {
#define STENCIL_BYTES
#include "riscv_stencils.h"
#undef STENCIL_BYTES
    0};

const struct stencil_hole rv_stencil_holes[] = {
#define STENCIL_HOLES
#include "riscv_stencils.h"
#undef STENCIL_HOLES
    {0}};

/* Constants of the compiler's, at their alignment. */
_Alignas(16) const uint8_t rv_stencil_data[] = {
#define STENCIL_DATA
#include "riscv_stencils.h"
#undef STENCIL_DATA
    0};
const unsigned rv_stencil_data_size = sizeof rv_stencil_data;

stencil_call *const rv_stencil_call[] = {
#define CALL(name) (stencil_call *)name,
#define STENCIL_CALLS
#include "riscv_stencils.h"
#undef STENCIL_CALLS
#undef CALL
    NULL};
const unsigned rv_stencil_calls = sizeof rv_stencil_call / sizeof *rv_stencil_call - 1;

#define STENCIL_ROWS
const struct stencil rv_stencil[RV_INSN_COUNT] = {
#define ROW(row, bytes, hot, cold, holes, count) [RV_INSN_##row] = {bytes, hot, cold, holes, count, true},
#define FAR(row, bytes, hot, cold, holes, count)
#define AGAIN(row, bytes, hot, cold, holes, count)
#include "riscv_stencils.h"
#undef ROW
#undef FAR
#undef AGAIN
};

const struct stencil_again rv_stencil_again[] = {
#define ROW(row, bytes, hot, cold, holes, count)
#define FAR(row, bytes, hot, cold, holes, count)
#define AGAIN(row, bytes, hot, cold, holes, count) {RV_INSN_##row, {bytes, hot, cold, holes, count, true}},
#include "riscv_stencils.h"
#undef ROW
#undef FAR
#undef AGAIN
    {.row = RV_INSN_COUNT}};

const struct stencil rv_stencil_far =
#define ROW(row, bytes, hot, cold, holes, count)
#define AGAIN(row, bytes, hot, cold, holes, count)
#define FAR(row, bytes, hot, cold, holes, count)                                                                                      \
    {                                                                                                                                 \
        bytes, hot, cold, holes, count, true                                                                                          \
    }
#include "riscv_stencils.h"
#undef ROW
#undef FAR
#undef AGAIN
    ;
