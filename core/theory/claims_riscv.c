/* claims_riscv.c - what is claimed of each mode: not only what user mode does under K, but with what outcomes an instruction or an access
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
    case RV_INSN_wfi: all_modes(c, PRIVILEGE, PRIVILEGE | WAIT | OK, WAIT | OK); break;
    default: all_modes(c, PRIVILEGE, PRIVILEGE | OK, OK);
    }
}

void riscv_claim_row_modes(struct claim *c, const struct insn_desc *r, unsigned row)
{
    const unsigned never = OK | (riscv_is_floating(r) ? RESOURCE : 0u);
    switch (c->traps) {
    case MEASURED_NEVER: all_modes(c, never, never, never); break;
    case MEASURED_ALWAYS: privileged_modes(c, row); break;
    case MEASURED_REQUESTED: all_modes(c, REQUESTED, REQUESTED, REQUESTED); break;
    case MEASURED_UNDEFINED: all_modes(c, UNDEFINED, UNDEFINED, UNDEFINED); break;
    case MEASURED_CONDITION: break; /* Zicsr: see its accesses; cache blocks: envcfg may say anything */
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
    else
        all_modes(c, OK | RESOURCE, OK | RESOURCE, OK | RESOURCE);
}
