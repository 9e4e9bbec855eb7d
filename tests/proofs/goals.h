/* goals.h - what is to be proved, from the tables: preprocessed, a line `proof NAME PROPERTY GROUP ROW CSR` for each goal (goals.sh).
 * GROUP is the execute_*.h with the body. Compressed rows have the bodies of the rows that they are short for.
 */
#define GROUP_I(traps) GROUP_I_##traps
#define GROUP_I_NEVER i
#define GROUP_I_REQUESTED system
#define GROUP_M(traps) m
#define GROUP_A(traps) a
#define GROUP_F(traps) f
#define GROUP_D(traps) d
#define GROUP_C(traps) c
#define GROUP_Zifencei(traps) i
#define GROUP_Ss(traps) system
#define GROUP_Sm(traps) system
#define GROUP_Zicbom(traps) system
#define GROUP_Zicboz(traps) system
#define GROUP_Zicsr(traps) csr

#define INSN(name, ext, encoding, format, does, traps, sensitive, manual) proof row traps GROUP_##ext(traps) name
#include "isa/riscv/insn.def"
#undef INSN

#define CSR(name, address, ext, part, reads, writes, about) proof csr address reads writes name ext
#include "isa/riscv/csr.def"
#undef CSR
