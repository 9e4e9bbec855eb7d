/* step.c - the table of careful bodies. Compressed rows have those of the rows that they are short for. */
#include "isa/riscv/step.h"

#include "riscv_decode.h"

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) extern step_fn rv_step_##name;
#include "isa/riscv/insn.def"
#undef INSN
step_fn *const rv_step_body[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) RV_WIDE_##name([RV_INSN_##name] = rv_step_##name, )
#include "isa/riscv/insn.def"
#undef INSN
#define RVC(row, base, rd, rs1, rs2, sign, immediate) [RV_INSN_##row] = rv_step_##base,
#include "isa/riscv/rvc.def"
#undef RVC
};
