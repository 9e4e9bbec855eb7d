/* about.c - what RISC-V tells people (isa/about.h): names, what registers are, where instructions lead. Written from the manual, over the
 * contract, apart from the hart. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"

/* --- modes and traps [priv 1.2, table 15] */

/* By MACHINE_MODE. 2 is reserved; it was H once [priv 1.2]. */
static const char *const modes[] = {"U", "S", NULL, "M"};
static const char *const long_modes[] = {"user", "supervisor", NULL, "machine"};
static const char *const said_modes[] = {"U-mode", "S-mode", NULL, "M-mode"};

/* What people write is without blanks; what they read is the manual's wording. Environment calls are three causes
 * in a row, by the mode. */
static const struct about_trap traps[] = {
    {false, RV_CAUSE_FETCH_MISALIGNED, "fetch-misaligned", "instruction address misaligned"},
    {false, RV_CAUSE_FETCH_ACCESS, "fetch-access", "instruction access fault"},
    {false, RV_CAUSE_ILLEGAL, "illegal", "illegal instruction"},
    {false, RV_CAUSE_BREAKPOINT, "breakpoint", "breakpoint (ebreak)"},
    {false, RV_CAUSE_LOAD_MISALIGNED, "load-misaligned", "load address misaligned"},
    {false, RV_CAUSE_LOAD_ACCESS, "load-access", "load access fault"},
    {false, RV_CAUSE_STORE_MISALIGNED, "store-misaligned", "store address misaligned"},
    {false, RV_CAUSE_STORE_ACCESS, "store-access", "store access fault"},
    {false, RV_CAUSE_ECALL_U, "ecall-u", "environment call from U-mode"},
    {false, RV_CAUSE_ECALL_U + RV_S, "ecall-s", "environment call from S-mode"},
    {false, RV_CAUSE_ECALL_U + RV_M, "ecall-m", "environment call from M-mode"},
    {false, RV_CAUSE_FETCH_PAGE, "fetch-page", "instruction page fault"},
    {false, RV_CAUSE_LOAD_PAGE, "load-page", "load page fault"},
    {false, RV_CAUSE_STORE_PAGE, "store-page", "store page fault"},
    {true, RV_IRQ_SSI, "ssi", "supervisor software interrupt"},
    {true, RV_IRQ_MSI, "msi", "machine software interrupt"},
    {true, RV_IRQ_STI, "sti", "supervisor timer interrupt"},
    {true, RV_IRQ_MTI, "mti", "machine timer interrupt"},
    {true, RV_IRQ_SEI, "sei", "supervisor external interrupt"},
    {true, RV_IRQ_MEI, "mei", "machine external interrupt"},
};

/* --- registers */

enum { RA = RV_X + 1, SP = RV_X + 2, TP = RV_X + 4, S0 = RV_X + 8, A0 = RV_X + 10 };

/* The control registers that say where a kernel is. */
static bool in_overview(unsigned csr)
{
    static const uint16_t list[] = {CSR_sstatus, CSR_sie,    CSR_stvec, CSR_sscratch, CSR_sepc,    CSR_scause,
                                    CSR_stval,   CSR_sip,    CSR_satp,  CSR_mstatus,  CSR_mie,     CSR_mtvec,
                                    CSR_mepc,    CSR_mcause, CSR_mtval, CSR_mip,      CSR_medeleg, CSR_mideleg};
    for (unsigned i = 0; i < sizeof list / sizeof list[0]; i++)
        if (csr == list[i])
            return true;
    return false;
}

/* What a trap may change, or what says why it was taken: no constant, no counter, no view of another register. */
static bool is_state(const struct reg_desc *r, unsigned csr)
{
    bool counters = (csr >= CSR_mhpmevent3 && csr <= CSR_mhpmevent31) || csr >= CSR_cycle;
    bool views = csr == CSR_sstatus || csr == CSR_sie || csr == CSR_sip;
    bool absent = csr > CSR_pmpcfg2 && csr <= CSR_pmpaddr63 && !(csr >= CSR_pmpaddr0 && csr <= CSR_pmpaddr15);
    return (r->part == PART_VIRTUAL || r->part == PART_RELOCATED) && !counters && !views && !absent;
}

/* sstatus, sie and sip are parts of their neighbours for M. sstatus says nothing that mstatus does not: of both,
 * one is enough to look at. */
static unsigned of_csr(const struct reg_desc *r)
{
    unsigned csr = r->reg - RV_CSR;
    unsigned flags = ABOUT_CONTROL | ABOUT_NAMED | ABOUT_ADDRESS;
    if (csr == CSR_sstatus || csr == CSR_sie || csr == CSR_sip)
        flags |= ABOUT_VIEW;
    if (csr == CSR_sstatus)
        flags |= ABOUT_ECHO;
    return flags | (in_overview(csr) ? ABOUT_OVERVIEW : 0) | (is_state(r, csr) ? ABOUT_STATE : 0);
}

/* From the highest numbers down, as isa/riscv.h has them: CSRs, the reservation, f, x. */
static unsigned of_register(const struct reg_desc *r)
{
    if (r->reg == MACHINE_PC || r->reg == MACHINE_MODE)
        return ABOUT_CONTROL | ABOUT_STATE | ABOUT_ADDRESS;
    if (r->reg >= RV_CSR)
        return of_csr(r);
    if (r->reg >= RV_RESERVATION)
        return ABOUT_CONTROL | ABOUT_ADDRESS;
    if (r->reg >= RV_F)
        return ABOUT_FLOATING | ABOUT_ADDRESS;
    bool address = (r->reg >= RA && r->reg <= TP) || r->reg == S0;
    return ABOUT_INTEGER | ABOUT_SIGNED | ABOUT_STATE | (address ? ABOUT_ADDRESS : 0);
}

static const struct about_alias aliases[] = {{"fp", "s0", 0, 0}, {"priv", "mode", 0, 0}, {"privilege", "mode", 0, 0}, {0}};

/* 0 to 31 are x, 32 to 63 f [RISC-V ELF psABI, DWARF]; ra is at fp - 8 and the caller's fp at fp - 16 [frame pointer convention].
 * A frame, as compilers make it with a frame pointer; addresses grow upwards:
 *
 *      fp        where sp was before the call            stack_at 0
 *      fp - 8    the return address                      return_at
 *      fp - 16   the caller's fp                         frame_at
 *      below     saved registers and locals, down to sp
 */
static const struct about_calls calls = {
    .registers = 32, .stack = 2, .link = 1, .frame = 8, .return_at = -8, .frame_at = -16, .result = A0};

static bool numbered(unsigned number, reg_t *reg)
{
    *reg = number < 32 ? RV_X + number : RV_F + number - 32;
    return number < 64;
}

/* --- instructions. The link registers are ra (x1) and t0 (x5) [unpriv 2.5.1]. */

static bool is_link(uint64_t x) { return x == 1 || x == 5; }

/* jal ra, f calls; jalr x0, 0(ra), or c.jr ra, returns; jal x0, 0 is a jump to itself, with which kernels end. A
 * jalr that neither links nor goes by a link register is a jump through a table. */
static enum about_flow flow(unsigned row, insn_t insn)
{
    const uint64_t bits = (uint64_t)insn;
    const uint64_t rd = bits_get(bits, 7, 5), rs1 = bits_get(bits, 15, 5);
    switch (row) {
    case RV_INSN_jal: return is_link(rd) ? FLOW_CALL : bits_get(bits, 12, 20) == 0 ? FLOW_HERE : FLOW_OTHER;
    case RV_INSN_jalr: return is_link(rd) ? FLOW_CALL : rd == 0 && is_link(rs1) ? FLOW_RETURN : FLOW_OTHER;
    case RV_INSN_c_jalr: return FLOW_CALL;
    case RV_INSN_c_jr: return is_link(rd) ? FLOW_RETURN : FLOW_OTHER;
    case RV_INSN_c_j: return bits_get(bits, 2, 11) == 0 ? FLOW_HERE : FLOW_OTHER;
    case RV_INSN_ecall: return FLOW_SYSTEM_CALL;
    case RV_INSN_mret:
    case RV_INSN_sret: return FLOW_SYSTEM_RETURN;
    default: return FLOW_OTHER;
    }
}

static bool changes_mode(unsigned row) { return row == RV_INSN_mret || row == RV_INSN_sret; }

static uint64_t previous_mode(const struct machine *m, bool of_m)
{
    uint64_t status = machine_get(m, RV_CSR + CSR_mstatus);
    return of_m ? bits_get(status, MSTATUS_MPP, 2) : bits_get(status, MSTATUS_SPP, 1);
}

/* [priv 3.1.6.1] */
static bool leads_to_mode(const struct machine *m, unsigned row, uint64_t mode)
{
    return mode == previous_mode(m, row == RV_INSN_mret);
}

/* In M-mode it was M's trap that came last, else S's. */
static uint64_t mode_before(const struct machine *m) { return previous_mode(m, machine_get(m, MACHINE_MODE) == RV_M); }

static const struct about_word words[] = {
#define TERM(names, text, see) {names, text, see},
#include "isa/riscv/glossary.def"
#undef TERM
    {NULL, NULL, NULL},
};

const struct about riscv_about = {
    .modes = modes,
    .long_modes = long_modes,
    .said_modes = said_modes,
    .mode_count = sizeof modes / sizeof modes[0],
    .modes_listed = "M, S and U",
    .user_mode = RV_U,
    .words = words,
    .traps = traps,
    .trap_count = sizeof traps / sizeof traps[0],
    .of_register = of_register,
    .aliases = aliases,
    .has_stack = true,
    .stack = SP,
    .calls = &calls,
    .numbered = numbered,
    .cell = 1,
    .parcel = 2,
    .flow = flow,
    .changes_mode = changes_mode,
    .leads_to_mode = leads_to_mode,
    .mode_before = mode_before,
    .space_register = "satp",
    .space = riscv_about_space,
    .data_mode = riscv_about_data_mode,
    .data_mode_by = "MPRV",
    .translates = riscv_about_translates,
    .access = riscv_about_access,
    .find = riscv_about_find,
    .protection = riscv_about_protection,
    .rule_text = riscv_about_rule_text,
    .rule_called = "PMP rule",
    .reads_code_by = "MXR",
    .cached_marks = "s with SUM, x with MXR",
    .cached = riscv_about_cached,
    .decoded = riscv_about_decoded,
    .translated = riscv_about_translated,
    .stretch = riscv_about_stretch,
    .lines = riscv_about_lines,
    .line_count = RISCV_ABOUT_LINES,
    .line_order = "what goes to M comes first, then the order is MEI, MSI, MTI, SEI, SSI, STI",
    .pending_register = "mip",
    .enable_register = "mie",
    .timer_register = "stimecmp",
    .interrupt = riscv_about_interrupt,
    .next_interrupt = riscv_about_next_interrupt,
    .interrupt_way = riscv_about_interrupt_way,
    .interrupt_source = riscv_about_interrupt_source,
    .predict = riscv_about_predict,
    .named = riscv_about_named,
    .naming = riscv_about_naming,
    .orders = riscv_about_orders,
    .assignment = riscv_about_assignment,
    .gdb_architecture = "riscv:rv64",
    .gdb_core = RISCV_GDB_PC + 1,
    .gdb_pc = RISCV_GDB_PC,
    .gdb_register = riscv_about_gdb_register,
    .gdb_listed = riscv_about_gdb_listed,
    .parts = riscv_about_parts,
    .is_whole = riscv_about_is_whole,
    .part_text = riscv_about_part_text,
};
