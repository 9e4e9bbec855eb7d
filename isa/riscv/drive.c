/* drive.c - what the driver of a machine asks the ISA: what ends a wait, what of a register can be saved, and what must be the same of
 * a machine that takes over another's state. All of it over the contract.
 */
#include "isa/riscv/drive.h"

#include "isa/riscv.h"

#include <stdio.h>

/* WFI resumes for an interrupt that is enabled in mie, whether or not the mode takes it [priv 3.3.3]. */
bool riscv_wakes(const struct machine *m) { return (machine_get(m, RV_CSR + CSR_mip) & machine_get(m, RV_CSR + CSR_mie)) != 0; }

/* An input is the bit of mip and mie of its number. */
bool riscv_listens(const struct machine *m, uint64_t lines) { return (machine_get(m, RV_CSR + CSR_mie) & lines) != 0; }

void riscv_waiting(const struct machine *m, char *out, size_t size)
{
    snprintf(out, size, "mie 0x%llx, mip 0x%llx", (unsigned long long)machine_get(m, RV_CSR + CSR_mie),
             (unsigned long long)machine_get(m, RV_CSR + CSR_mip));
}

/* mip reads as what software wrote or a line holds high, but for STIP, which is stimecmp's while STCE is set; what software wrote there
 * before shows again when it is not [priv 3.1.9; Sstc]. */
uint64_t riscv_written(struct machine *m, reg_t reg)
{
    if (reg != RV_CSR + CSR_mip)
        return machine_get(m, reg);
    const uint64_t menvcfg = machine_get(m, RV_CSR + CSR_menvcfg);
    machine_set(m, RV_CSR + CSR_menvcfg, bits_set(menvcfg, MENVCFG_STCE, 1, 0));
    uint64_t mip = machine_get(m, reg);
    machine_set(m, RV_CSR + CSR_menvcfg, menvcfg);
    return mip;
}

bool riscv_fact(const void *config, unsigned n, const char **name, char *value, size_t size)
{
    static const char *const names[] = {"number of clock units in a tick",
                                        "number of PMP entries",
                                        "width of ASIDs",
                                        "hart number",
                                        "way of setting A and D",
                                        "supervisor timer",
                                        "set of cache-block operations",
                                        "choice of what the manual leaves open"};
    const struct riscv_config *c = config;
    if (n >= sizeof names / sizeof names[0])
        return false;
    *name = names[n];
    switch (n) {
    case 0: snprintf(value, size, "%u", (unsigned)c->units_per_tick); break;
    case 1: snprintf(value, size, "%u", c->pmp_entries); break;
    case 2: snprintf(value, size, "%u bits", c->asid_bits); break;
    case 3: snprintf(value, size, "%u", c->hartid); break;
    case 4: snprintf(value, size, "%s", c->svadu ? "Svadu" : "Svade"); break;
    case 5: snprintf(value, size, "%s", c->sstc ? "Sstc" : "none"); break;
    case 6: snprintf(value, size, "%s%s", c->zicbom ? "Zicbom " : "", c->zicboz ? "Zicboz" : ""); break;
    default: snprintf(value, size, "%s%s", c->wfi_in_user ? "WFI in U-mode " : "", c->custom_csr ? "ustate" : ""); break;
    }
    return true;
}
