/* rows.c - the tables of registers as the rest of the house reads them, and the instruction set itself. */
#include "isa/riscv/about.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/drive.h"
#include "isa/riscv/interpret.h"
#include "isa/riscv/print.h"
#include "isa/riscv/table.h"
#include "isa/riscv/trap.h"

/* People read the ABI's names, which come first; "x10" finds the register as well. PART_IDENTITY: its value means
 * the same to whoever executes the program. */
#define INTEGER(n, abi, about_)                                                                                                       \
    {                                                                                                                                 \
        abi, "x" #n, RV_X + n, 64, PART_IDENTITY, about_                                                                              \
    }
#define FLOATING(n, abi, about_)                                                                                                      \
    {                                                                                                                                 \
        abi, "f" #n, RV_F + n, 64, PART_IDENTITY, about_                                                                              \
    }

/* clang-format off */
#define TRIGGER(n)                                                                                                                    \
    {"tdata1_" #n, NULL, RV_TDATA1 + n, 64, PART_VIRTUAL, "what trigger " #n " waits for, and in which modes"},                       \
    {"tdata2_" #n, NULL, RV_TDATA2 + n, 64, PART_VIRTUAL, "address of trigger " #n}
/* clang-format on */

static const struct reg_desc registers[] = {
    INTEGER(0, "zero", "zero"),
    INTEGER(1, "ra", "return address"),
    INTEGER(2, "sp", "stack pointer"),
    INTEGER(3, "gp", "global pointer"),
    INTEGER(4, "tp", "thread pointer"),
    INTEGER(5, "t0", "temporary"),
    INTEGER(6, "t1", "temporary"),
    INTEGER(7, "t2", "temporary"),
    INTEGER(8, "s0", "saved, frame pointer"),
    INTEGER(9, "s1", "saved"),
    INTEGER(10, "a0", "argument, result"),
    INTEGER(11, "a1", "argument, result"),
    INTEGER(12, "a2", "argument"),
    INTEGER(13, "a3", "argument"),
    INTEGER(14, "a4", "argument"),
    INTEGER(15, "a5", "argument"),
    INTEGER(16, "a6", "argument"),
    INTEGER(17, "a7", "argument"),
    INTEGER(18, "s2", "saved"),
    INTEGER(19, "s3", "saved"),
    INTEGER(20, "s4", "saved"),
    INTEGER(21, "s5", "saved"),
    INTEGER(22, "s6", "saved"),
    INTEGER(23, "s7", "saved"),
    INTEGER(24, "s8", "saved"),
    INTEGER(25, "s9", "saved"),
    INTEGER(26, "s10", "saved"),
    INTEGER(27, "s11", "saved"),
    INTEGER(28, "t3", "temporary"),
    INTEGER(29, "t4", "temporary"),
    INTEGER(30, "t5", "temporary"),
    INTEGER(31, "t6", "temporary"),
    {"pc", NULL, MACHINE_PC, 64, PART_IDENTITY, "program counter"},
    {"mode", NULL, MACHINE_MODE, 2, PART_VIRTUAL, "privilege: 0 user, 1 supervisor, 3 machine"},
    FLOATING(0, "ft0", "temporary"),
    FLOATING(1, "ft1", "temporary"),
    FLOATING(2, "ft2", "temporary"),
    FLOATING(3, "ft3", "temporary"),
    FLOATING(4, "ft4", "temporary"),
    FLOATING(5, "ft5", "temporary"),
    FLOATING(6, "ft6", "temporary"),
    FLOATING(7, "ft7", "temporary"),
    FLOATING(8, "fs0", "saved"),
    FLOATING(9, "fs1", "saved"),
    FLOATING(10, "fa0", "argument, result"),
    FLOATING(11, "fa1", "argument, result"),
    FLOATING(12, "fa2", "argument"),
    FLOATING(13, "fa3", "argument"),
    FLOATING(14, "fa4", "argument"),
    FLOATING(15, "fa5", "argument"),
    FLOATING(16, "fa6", "argument"),
    FLOATING(17, "fa7", "argument"),
    FLOATING(18, "fs2", "saved"),
    FLOATING(19, "fs3", "saved"),
    FLOATING(20, "fs4", "saved"),
    FLOATING(21, "fs5", "saved"),
    FLOATING(22, "fs6", "saved"),
    FLOATING(23, "fs7", "saved"),
    FLOATING(24, "fs8", "saved"),
    FLOATING(25, "fs9", "saved"),
    FLOATING(26, "fs10", "saved"),
    FLOATING(27, "fs11", "saved"),
    FLOATING(28, "ft8", "temporary"),
    FLOATING(29, "ft9", "temporary"),
    FLOATING(30, "ft10", "temporary"),
    FLOATING(31, "ft11", "temporary"),
    {"reservation", NULL, RV_RESERVATION, 64, PART_HIDDEN, "LR/SC: physical address reserved; all ones: none"},
    TRIGGER(0),
    TRIGGER(1),
    TRIGGER(2),
    TRIGGER(3),
#define CSR(name_, address, ext, part_, reads_, writes_, about_) {#name_, NULL, RV_CSR + (address), 64, PART_##part_, about_},
#include "isa/riscv/csr.def"
#undef CSR
};

/* Named parts of CSRs, "mstatus.FS"; the classifier tells by `part` what kind of state a bit is. */
static const struct reg_field fields[] = {
#define FIELD(csr, field, low_, width_, part_) {#csr "." #field, RV_CSR + CSR_##csr, low_, width_, PART_##part_},
#include "isa/riscv/field.def"
#undef FIELD
};

static unsigned decode(const void *config, unsigned context, insn_t bits, unsigned *length)
{
    (void)context;
    return rv_decode_row(config, (uint32_t)bits, length);
}

static void print(const void *config, unsigned context, insn_t bits, va_t pc, char *out, size_t size)
{
    (void)context;
    rv_print(config, (uint32_t)bits, pc, out, size);
}

/* lines: what a board may drive. SSI and STI are no wires: software writes SSIP, and STIP is written or compared
 * with `time`. */
const struct isa isa_riscv = {
    .name = "riscv",
    .rows = rv_rows,
    .row_count = RV_INSN_COUNT,
    .regs = registers,
    .reg_count = sizeof registers / sizeof registers[0],
    .fields = fields,
    .field_count = sizeof fields / sizeof fields[0],
    .deliver = riscv_deliver,
    .interpret = riscv_interpret,
    .decode = decode,
    .print = print,
    .lines = UINT64_C(1) << RV_IRQ_MSI | UINT64_C(1) << RV_IRQ_MTI | UINT64_C(1) << RV_IRQ_MEI | UINT64_C(1) << RV_IRQ_SEI,
    .wakes = riscv_wakes,
    .listens = riscv_listens,
    .waiting = riscv_waiting,
    .written = riscv_written,
    .fact = riscv_fact,
    .about = &riscv_about,
};
