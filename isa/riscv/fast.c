/* fast.c - the fast bodies, by row. */
#include "isa/riscv/fast.h"

#include "isa/riscv/decode.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/tail.h"
#include "riscv_decode.h"

/* The system group has careful bodies here, what traps other than for want of a resource; slot.c
 * then asks system_fast.c and csr_fast.c for better ones. Compressed rows
 * run the 2-byte variant of the row they are short for. */
#define FAST_NEVER(name) rv_fast4_##name
#define FAST_PRIV(name) rv_careful
#define FAST_COND(name) rv_careful
#define FAST_REQUESTED(name) rv_careful
#define rv_fast2_ebreak rv_careful
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) extern body_fn FAST_##traps(name);
#include "isa/riscv/insn.def"
#undef INSN
#define RVC(row, base, rd, rs1, rs2, sign, immediate) extern body_fn rv_fast2_##base;
#include "isa/riscv/rvc.def"
#undef RVC

static body_fn *const row_body[RV_INSN_COUNT] = {
#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) RV_WIDE_##name([RV_INSN_##name] = FAST_##traps(name), )
#include "isa/riscv/insn.def"
#undef INSN
#define RVC(row, base, rd, rs1, rs2, sign, immediate) [RV_INSN_##row] = rv_fast2_##base,
#include "isa/riscv/rvc.def"
#undef RVC
};

void rv_decode_record(uint32_t bits, unsigned row, unsigned length, struct rv_insn *out)
{
    rv_decode_operands(bits, row, length, &out->operands);
    out->body = rv_rounds_oddly(row, &out->operands) ? rv_careful : row_body[row];
}

enum body_result rv_alone(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    RETURN_CALL(row_body[code_of(h)->row[i - code_of(h)->record]](h, i, left));
}
