/* sweep_claims_riscv.c - claims, from the two tables and the CSR's address [priv 2.1], not from anything that was executed.
 *
 * Under K a row claims of user mode: that it never traps, but for want of a resource; that it always does, for privilege; that it asks
 * to. "Under a condition" is said of rows of Zicsr, where the condition is the CSR: one that the hart has not, and a write to a
 * read-only one, is undefined in every mode; one of a higher mode, and a counter while K has the counters off, wants privilege; the
 * rest are floating point, which never completes while mstatus.FS is Off. The cache-block rows are no instructions of a hart under K.
 */
#include "core/theory/sweep_claims_riscv.h"

#include <string.h>

#define BIT(outcome) (1u << (outcome))

static unsigned csr_claim(const struct riscv_csr_row *r, bool has, bool write)
{
    const bool read_only = bits_get(r->address, 10, 2) == 3, counter = r->address >= CSR_cycle && r->address < CSR_cycle + 32;
    if (!has || (write && read_only))
        return BIT(OUTCOME_UNDEFINED);
    if (bits_get(r->address, 8, 2) != RV_U || counter)
        return BIT(OUTCOME_PRIVILEGE);
    return BIT(OUTCOME_OK) | BIT(OUTCOME_RESOURCE);
}

static unsigned row_claim(const struct insn_desc *r)
{
    switch (r->traps) {
    case TRAPS_NEVER: return BIT(OUTCOME_OK) | BIT(OUTCOME_RESOURCE);
    case TRAPS_PRIV: return BIT(OUTCOME_PRIVILEGE);
    case TRAPS_REQUESTED: return BIT(OUTCOME_REQUESTED);
    case TRAPS_COND: return riscv_is_zicsr(r) ? 0 : BIT(OUTCOME_UNDEFINED);
    }
    return 0;
}

void sweep_claims_make(struct sweep_claims *c, const struct riscv_inputs *in, const struct machine *m)
{
    memset(c->csr_read, BIT(OUTCOME_UNDEFINED), sizeof c->csr_read);
    memset(c->csr_write, BIT(OUTCOME_UNDEFINED), sizeof c->csr_write);
    for (unsigned n = 0; n < in->csr_count; n++) {
        const struct riscv_csr_row *r = &in->csrs[n];
        const bool has = machine_has(m, RV_CSR + r->address);
        c->csr_read[r->address] = (uint8_t)csr_claim(r, has, false);
        c->csr_write[r->address] = (uint8_t)csr_claim(r, has, true);
    }
    memset(c->floating, 0, sizeof c->floating);
    for (unsigned n = 0; n < in->row_count; n++)
        c->floating[n] = riscv_is_floating(&in->rows[n]);
    for (unsigned n = 0; n < in->row_count; n++)
        c->row[n] = (uint8_t)row_claim(&in->rows[n]);
    c->row[RV_INSN_COUNT] = BIT(OUTCOME_UNDEFINED);
}

/* CSRRS and CSRRC with x0, or with an immediate of zero, do not write [unpriv 7.1]. */
static bool writes(uint32_t bits) { return bits_get(bits, 12, 2) == 1 || bits_get(bits, 15, 5) != 0; }

unsigned sweep_claimed(const struct sweep_claims *c, unsigned row, uint32_t bits, bool fs_off)
{
    const unsigned csr = writes(bits) ? c->csr_write[bits >> 20] : c->csr_read[bits >> 20];
    const unsigned claimed = c->row[row] ? c->row[row] : csr;
    const bool floating = c->row[row] ? c->floating[row] : csr & BIT(OUTCOME_OK);
    return fs_off && floating ? BIT(OUTCOME_RESOURCE) : claimed;
}
