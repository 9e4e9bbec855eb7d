/* about_gdb.c - RISC-V in GDB's words: x0..x31, pc, f0..f31, 65 + CSR, and the privilege. The features are GDB's own:
 * org.gnu.gdb.riscv.cpu, .fpu, .csr, and .virtual, which holds the privilege as `priv`. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"

enum { PC = RISCV_GDB_PC, F, CSRS = F + 32, PRIV = CSRS + 4096 };

static bool is_fcsr(uint64_t csr) { return csr == CSR_fflags || csr == CSR_frm || csr == CSR_fcsr; }

static const char *type_of(uint64_t x) { return x == 1 ? "code_ptr" : x >= 2 && x <= 4 ? "data_ptr" : "int"; } /* ra; sp, gp, tp */

bool riscv_about_gdb_register(uint64_t number, struct about_gdb *out)
{
    *out = (struct about_gdb){.feature = "org.gnu.gdb.riscv.cpu", .number = number, .bytes = 8, .type = "int"};
    if (number < PC) {
        out->reg = RV_X + (reg_t)number;
        out->type = type_of(number);
    } else if (number == PC) {
        out->reg = MACHINE_PC;
        out->name = "pc";
        out->type = "code_ptr";
    } else if (number < CSRS) {
        out->feature = "org.gnu.gdb.riscv.fpu";
        out->reg = RV_F + (reg_t)(number - F);
        out->type = "ieee_double";
    } else if (number < PRIV) {
        out->feature = is_fcsr(number - CSRS) ? "org.gnu.gdb.riscv.fpu" : "org.gnu.gdb.riscv.csr";
        out->reg = RV_CSR + (reg_t)(number - CSRS);
        out->bytes = is_fcsr(number - CSRS) ? 4 : 8;
    } else {
        out->feature = "org.gnu.gdb.riscv.virtual";
        out->reg = MACHINE_MODE;
        out->name = "priv";
    }
    return number <= PRIV;
}

/* fflags, frm and fcsr, which are CSRs 1 to 3, stand with the registers that they are about.
 * In the order of the target's description, where each feature is in one piece: 0 to 64 as numbered, then these
 * three, then the other CSRs, then priv. */
bool riscv_about_gdb_listed(unsigned index, struct about_gdb *out)
{
    const unsigned others = index - (CSRS + 3); /* the how manieth CSR that is none of these */
    uint64_t number = index < CSRS ? index : index < CSRS + 3 ? index + CSR_fflags : CSRS + others + (others >= CSR_fflags ? 3u : 0u);
    return riscv_about_gdb_register(number, out);
}
