/* claims_riscv.c - what is claimed of each mode, and of each state in it: not only what user mode does under K, but with what outcomes an instruction or an access
 * can end in U, S and M, whatever mstatus and the enables hold. Written from the manual's rules [priv 2.1, 3.1.6.6, 3.1.11, 3.1.18, 12.2.1].
 */
#include "core/theory/theory_riscv.h"

#include <string.h>

enum {
    OK = 1u << OUTCOME_OK,
    RESOURCE = 1u << OUTCOME_RESOURCE,
    PRIVILEGE = 1u << OUTCOME_PRIVILEGE,
    REQUESTED = 1u << OUTCOME_REQUESTED,
    UNDEFINED = 1u << OUTCOME_UNDEFINED,
    WAIT = 1u << OUTCOME_WAIT,
};

static void all_modes(struct claim *c, unsigned u, unsigned s, unsigned m)
{
    c->outcomes[RV_U] = (uint8_t)u;
    c->outcomes[RV_S] = (uint8_t)s;
    c->outcomes[RV_M] = (uint8_t)m;
}

bool riscv_is_floating(const struct insn_desc *r)
{
    return strcmp(r->ext, "F") == 0 || strcmp(r->ext, "D") == 0 || strncmp(r->name, "c.f", 3) == 0;
}

/* TSR, TW and TVM of mstatus close SRET, WFI and SFENCE.VMA to S. */
static void privileged_modes(struct claim *c, unsigned row)
{
    switch (row) {
    case RV_INSN_mret: all_modes(c, PRIVILEGE, PRIVILEGE, OK); break;
    case RV_INSN_wfi: /* an interrupt that is pending, enabled in mie and yet not taken ends the wait at once */
        all_modes(c, PRIVILEGE, PRIVILEGE | WAIT | OK, WAIT | OK);
        c->rare = OK;
        break;
    default: all_modes(c, PRIVILEGE, PRIVILEGE | OK, OK);
    }
}

bool riscv_is_cache_block(const struct insn_desc *r) { return strncmp(r->ext, "Zicbo", 5) == 0; }

void riscv_claim_row_modes(struct claim *c, const struct insn_desc *r, unsigned row)
{
    const unsigned never = OK | (riscv_is_floating(r) ? RESOURCE : 0u);
    if (riscv_is_cache_block(r) && c->traps != MEASURED_UNDEFINED) {
        all_modes(c, OK | PRIVILEGE, OK | PRIVILEGE, OK); /* menvcfg and senvcfg, K aside, may say anything */
        return;
    }
    switch (c->traps) {
    case MEASURED_NEVER: all_modes(c, never, never, never); break;
    case MEASURED_ALWAYS: privileged_modes(c, row); break;
    case MEASURED_REQUESTED: all_modes(c, REQUESTED, REQUESTED, REQUESTED); break;
    case MEASURED_UNDEFINED: all_modes(c, UNDEFINED, UNDEFINED, UNDEFINED); break;
    case MEASURED_WITHHELD:
    case MEASURED_CONDITION: break; /* Zicsr: see its accesses */
    }
}

/* Counters are open to S and U as mcounteren and scounteren have it, satp to S unless TVM, stimecmp to S if menvcfg.STCE. */
void riscv_claim_access_modes(struct claim *c, const struct riscv_csr_row *r)
{
    const unsigned lowest = (unsigned)bits_get(r->address, 8, 2);
    const bool gated = r->address == CSR_satp || r->address == CSR_stimecmp;
    if (c->traps == MEASURED_UNDEFINED)
        all_modes(c, UNDEFINED, UNDEFINED, UNDEFINED);
    else if (lowest > RV_S)
        all_modes(c, PRIVILEGE, PRIVILEGE, OK);
    else if (lowest == RV_S)
        all_modes(c, PRIVILEGE, OK | (gated ? PRIVILEGE : 0u), OK);
    else if (c->traps == MEASURED_ALWAYS)
        all_modes(c, OK | PRIVILEGE, OK | PRIVILEGE, OK);
    else if (strcmp(r->ext, "F") == 0)
        all_modes(c, OK | RESOURCE, OK | RESOURCE, OK | RESOURCE);
    else
        all_modes(c, OK, OK, OK);
}

/* --- from one state: which of these it is hangs on TVM, TW, TSR, the counter enables, menvcfg and FS */

static uint64_t csr_in(const struct lab *l, const struct lab_state *s, unsigned csr)
{
    const unsigned at = lab_find(l, RV_CSR + csr);
    return at < LAB_REGS ? s->reg[at] : 0;
}

static bool status_bit(const struct lab *l, const struct lab_state *s, unsigned bit)
{
    return bit_get(csr_in(l, s, CSR_mstatus), bit);
}

static unsigned unless(bool closed, unsigned open) { return closed ? PRIVILEGE : open; }

/* [priv 3.1.6.6]: with FS off, floating point is an illegal instruction in every mode. */
static unsigned floating_from(const struct lab *l, const struct lab_state *s)
{
    return bits_get(csr_in(l, s, CSR_mstatus), MSTATUS_FS, 2) ? OK : RESOURCE;
}

/* [priv 3.3, 3.1.6.5, 12.2.1] */
static unsigned privileged_from(const struct lab *l, const struct lab_state *s, unsigned row)
{
    const struct riscv_config *config = l->config;
    const bool supervisor = lab_mode(l, s) == RV_S, ends = csr_in(l, s, CSR_mip) & csr_in(l, s, CSR_mie);
    if (lab_mode(l, s) == RV_U)
        return row == RV_INSN_wfi && config->wfi_in_user ? 0 : PRIVILEGE;
    switch (row) {
    case RV_INSN_mret: return unless(supervisor, OK);
    case RV_INSN_sret: return unless(supervisor && status_bit(l, s, MSTATUS_TSR), OK);
    case RV_INSN_wfi: return unless(supervisor && status_bit(l, s, MSTATUS_TW), ends ? OK : WAIT);
    default: return unless(supervisor && status_bit(l, s, MSTATUS_TVM), OK);
    }
}

/* [priv 3.1.18, 12.1.10]: an operation is open to U if both say so, to S if menvcfg does. */
static unsigned cache_block_from(const struct lab *l, const struct lab_state *s, unsigned row)
{
    const unsigned low = row == RV_INSN_cbo_zero ? 7 : row == RV_INSN_cbo_inval ? 4 : 6, width = row == RV_INSN_cbo_inval ? 2 : 1;
    const bool machine = bits_get(csr_in(l, s, CSR_menvcfg), low, width), supervisor = bits_get(csr_in(l, s, CSR_senvcfg), low, width);
    if (lab_mode(l, s) == RV_M)
        return OK;
    return unless(!machine || (lab_mode(l, s) == RV_U && !supervisor), OK);
}

unsigned riscv_claim_row_from(const struct lab *l, const struct subject *x, const struct lab_state *s)
{
    if (riscv_is_cache_block(&isa_riscv.rows[x->row]) && x->claim.traps != MEASURED_UNDEFINED)
        return cache_block_from(l, s, x->row);
    switch (x->claim.traps) {
    case MEASURED_NEVER: return riscv_is_floating(&isa_riscv.rows[x->row]) ? floating_from(l, s) : OK;
    case MEASURED_ALWAYS: return privileged_from(l, s, x->row);
    case MEASURED_REQUESTED: return REQUESTED;
    case MEASURED_UNDEFINED: return UNDEFINED;
    case MEASURED_WITHHELD:
    case MEASURED_CONDITION: break;
    }
    return 0;
}

/* [priv 3.1.11, 12.1.5]: a counter is open to S as mcounteren has it, to U if scounteren does, too. */
static unsigned counter_from(const struct lab *l, const struct lab_state *s, unsigned number)
{
    const bool machine = bit_get(csr_in(l, s, CSR_mcounteren), number), supervisor = bit_get(csr_in(l, s, CSR_scounteren), number);
    return unless(lab_mode(l, s) != RV_M && !(machine && (lab_mode(l, s) == RV_S || supervisor)), OK);
}

/* [priv 2.1, 3.1.6.5, 3.1.18: STCE and TM open stimecmp] */
static unsigned supervisor_from(const struct lab *l, const struct lab_state *s, unsigned csr)
{
    const bool timer = bit_get(csr_in(l, s, CSR_menvcfg), 63) && bit_get(csr_in(l, s, CSR_mcounteren), 1);
    if (lab_mode(l, s) == RV_M)
        return OK;
    if (lab_mode(l, s) == RV_U)
        return PRIVILEGE;
    return unless((csr == CSR_satp && status_bit(l, s, MSTATUS_TVM)) || (csr == CSR_stimecmp && !timer), OK);
}

unsigned riscv_claim_access_from(const struct lab *l, const struct subject *x, const struct lab_state *s)
{
    const unsigned csr = (unsigned)x->csr, lowest = csr >> 8 & 3;
    if (x->claim.traps == MEASURED_UNDEFINED)
        return UNDEFINED;
    if (lowest > RV_S)
        return unless(lab_mode(l, s) != RV_M, OK);
    if (lowest == RV_S)
        return supervisor_from(l, s, csr);
    if (csr >= CSR_cycle && csr < CSR_cycle + 32)
        return counter_from(l, s, csr - CSR_cycle);
    return csr >= CSR_fflags && csr <= CSR_fcsr ? floating_from(l, s) : OK;
}
