/* about_system.c - RISC-V's system instructions for people (isa/about.h): the CSR that one names, and what a hart would say to it. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"
#include "mmu/phys.h"

#include <stdio.h>

/* --- the CSR that an instruction names: bits 31:20; rd in 11:7, rs1 or an immediate in 19:15 [unpriv 7.1] */

enum { CSR_FIELD = 20, CSR_BITS = 12 };

/* The immediate ones have a number where the others have rs1, and are alike otherwise. */
static bool is_csr_row(unsigned row)
{
    switch (row) {
    case RV_INSN_csrrw:
    case RV_INSN_csrrs:
    case RV_INSN_csrrc:
    case RV_INSN_csrrwi:
    case RV_INSN_csrrsi:
    case RV_INSN_csrrci: return true;
    default: return false;
    }
}

/* csrrw reads unless rd is x0; csrrs and csrrc write unless rs1 is x0, or the immediate 0. */
bool riscv_about_named(unsigned row, insn_t insn, struct about_named *out)
{
    const uint64_t bits = (uint64_t)insn;
    const uint64_t rd = bits_get(bits, 7, 5), rs1 = bits_get(bits, 15, 5);
    const bool swaps = row == RV_INSN_csrrw || row == RV_INSN_csrrwi;
    if (!is_csr_row(row))
        return false;
    *out = (struct about_named){.reg = RV_CSR + (reg_t)bits_get(bits, CSR_FIELD, CSR_BITS),
                                .reads = !swaps || rd != 0,
                                .writes = swaps || rs1 != 0,
                                .has_to = rd != 0,
                                .to = RV_X + (reg_t)rd,
                                .form = (rd == 0 ? 1u : 0u) | (rs1 == 0 ? 2u : 0u)};
    return true;
}

bool riscv_about_naming(unsigned row, reg_t r, insn_t *match, insn_t *mask)
{
    if (!is_csr_row(row) || r < RV_CSR || r >= RV_CSR + (1u << CSR_BITS))
        return false;
    *match = bits_set((uint64_t)isa_riscv.rows[row].match, CSR_FIELD, CSR_BITS, r - RV_CSR);
    *mask = bits_set((uint64_t)isa_riscv.rows[row].mask, CSR_FIELD, CSR_BITS, UINT64_MAX);
    return true;
}

/* --- SFENCE.VMA: rs1 an address, or x0 for all; rs2 an address space, or x0 for all; of the number the bits that there are [priv 12.2.1] */
bool riscv_about_orders(const struct machine *m, unsigned row, insn_t bits, struct fence *out)
{
    const struct riscv_config *config = m->config;
    const reg_t rs1 = (reg_t)bits_get((uint64_t)bits, 15, 5), rs2 = (reg_t)bits_get((uint64_t)bits, 20, 5);
    if (row != RV_INSN_sfence_vma)
        return false;
    *out = (struct fence){.has_va = rs1 != 0, .has_asid = rs2 != 0, .va = machine_get(m, RV_X + rs1)};
    if (rs2)
        out->asid = bits_get(machine_get(m, RV_X + rs2), 0, config->asid_bits);
    return true;
}

/* --- what a hart with these registers does with an instruction */

/* Left out of the copy, since a locked rule of the original could not be taken back. */
static bool is_of_protection(reg_t r) { return r >= RV_CSR + CSR_pmpcfg0 && r <= RV_CSR + CSR_pmpaddr63; }

/* The same state, but that the instruction lies alone in a page, untranslated, unprotected, and without interrupts. */
static void copy_registers(struct machine *to, const struct machine *from, uint64_t mode, va_t pc)
{
    for (unsigned i = 0; i < from->isa->reg_count; i++) {
        reg_t r = from->isa->regs[i].reg;
        if (!is_of_protection(r) && r != RV_CSR + CSR_satp && r != RV_CSR + CSR_mie && r != RV_CSR + CSR_sie)
            machine_set(to, r, machine_get(from, r));
    }
    machine_set(to, RV_CSR + CSR_pmpaddr0, UINT64_MAX); /* NAPOT over everything: R, W, X */
    machine_set(to, RV_CSR + CSR_pmpcfg0, 0x1f);
    machine_set(to, RV_CSR + CSR_satp, 0);
    machine_set(to, RV_CSR + CSR_mie, 0);
    machine_set(to, MACHINE_MODE, mode);
    machine_set(to, MACHINE_PC, pc);
}

/* A hart is made for one instruction; the machine that people look at is not touched. Loads and stores of the
 * instruction fault in the copy, for its memory is not there: those answers are not what is asked. */
struct trap riscv_about_predict(const struct machine *like, uint64_t mode, insn_t bits)
{
    const pa_t base = 0x80000000;
    struct ram *ram = NULL;
    struct phys *phys = NULL;
    struct machine *m = NULL;
    struct trap t = {0};
    uint64_t retired = 0;
    const struct riscv_config *config = like->config;
    const struct engine_options once = {.kind = ENGINE_simple};
    if (ram_create(&ram, PAGE_SIZE) == 0 && phys_create(&phys) == 0 && phys_add_ram(phys, "ram", base, PAGE_SIZE, ram, 0) == 0 &&
        riscv_create_with(&m, phys, config, &once) == 0 && machine_store(m, base, &bits, 4) == 0) {
        copy_registers(m, like, mode, base);
        t = machine_run(m, 1, &retired);
    }
    machine_destroy(m);
    phys_destroy(phys);
    ram_destroy(ram);
    return t.kind == TRAP_EXCEPTION ? t : (struct trap){0};
}

/* --- privileged instructions and environment calls, as an assignment prints them. Numbers as there: an address of sixteen digits, else
 * hexadecimal without a sign of it. */
void riscv_about_assignment(const struct trap *t, va_t pc, char *out, size_t size)
{
    const bool call = t->cause >= RV_CAUSE_ECALL_U && t->cause <= RV_CAUSE_ECALL_U + RV_M;
    *out = '\0';
    if (t->kind != TRAP_EXCEPTION)
        return;
    if (call)
        snprintf(out, size, "(EC at 0x%016llx)", (unsigned long long)pc);
    else if (t->cause == RV_CAUSE_ILLEGAL)
        snprintf(out, size, "(PI at 0x%016llx) op = %x, rd = %x, funct3 = %x, rs1 = %x, uimm = %x", (unsigned long long)pc,
                 (unsigned)bits_get(t->bits, 0, 7), (unsigned)bits_get(t->bits, 7, 5), (unsigned)bits_get(t->bits, 12, 3),
                 (unsigned)bits_get(t->bits, 15, 5), (unsigned)bits_get(t->bits, 20, 12));
}
