/* csr_gate.c - what opens a CSR to the running program beyond the mode in its address. */
#include "isa/riscv/csr_gate.h"

enum trap_reason csr_gate_open(struct hart *h, unsigned csr)
{
    (void)h, (void)csr;
    return REASON_NONE;
}

enum trap_reason csr_gate_float(struct hart *h, unsigned csr)
{
    (void)csr;
    return hart_fs_check(h) ? REASON_NONE : REASON_RESOURCE;
}

/* mcounteren opens a counter to S, and both it and scounteren to U [priv 3.1.11, 12.1.5]. */
enum trap_reason csr_gate_counter(struct hart *h, unsigned csr)
{
    unsigned bit = csr & 31;
    bool user_counter = csr >= CSR_cycle;
    if (!user_counter || hart_check(h, mode) == RV_M)
        return REASON_NONE;
    bool open = bit_get(hart_check(h, mcounteren), bit) && (h->mode == RV_S || bit_get(hart_check(h, scounteren), bit));
    return open ? REASON_NONE : REASON_PRIVILEGE;
}

enum trap_reason csr_gate_stimecmp(struct hart *h, unsigned csr)
{
    bool open = hart_check(h, mode) == RV_M ||
                (bit_get(hart_check(h, menvcfg), MENVCFG_STCE) && bit_get(hart_check(h, mcounteren), CSR_time & 31));
    (void)csr;
    return open ? REASON_NONE : REASON_PRIVILEGE;
}

enum trap_reason csr_gate_supervisor(struct hart *h, unsigned csr)
{
    bool trapped = csr == CSR_satp && hart_check(h, mode) == RV_S && bit_get(hart_check(h, mstatus), MSTATUS_TVM); /* [priv 3.1.6.6] */
    return trapped ? REASON_PRIVILEGE : REASON_NONE;
}
