/* virtual_status_riscv.c - mstatus of the virtual machine, and sstatus, which shows a part of it.
 *
 * FS is the host's, so FS and its summary SD are merged in on reading and pushed out on writing.
 */
#include "core/vmm/identity.h"
#include "core/vmm/virtual_csr_riscv.h"

#define BIT(n) (UINT64_C(1) << (n))

enum { FS_DIRTY = 3 };

static const uint64_t mstatus_writable = BIT(MSTATUS_SIE) | BIT(MSTATUS_MIE) | BIT(MSTATUS_SPIE) | BIT(MSTATUS_MPIE) |
                                         BIT(MSTATUS_SPP) | BIT(MSTATUS_MPP) | BIT(MSTATUS_MPP + 1) | BIT(MSTATUS_MPRV) |
                                         BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR) | BIT(MSTATUS_TVM) | BIT(MSTATUS_TW) | BIT(MSTATUS_TSR);
/* sstatus is mstatus seen through this [priv 12.1.1]; FS beside it. */
static const uint64_t sstatus_writable = BIT(MSTATUS_SIE) | BIT(MSTATUS_SPIE) | BIT(MSTATUS_SPP) | BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR);
static const uint64_t xlen_64 = 2; /* UXL, SXL */

uint64_t virtual_fs_get(const struct vcpu *vcpu) { return bits_get(vcpu_identity_get(vcpu, RV_CSR + CSR_mstatus), MSTATUS_FS, 2); }

void virtual_fs_set(struct vcpu *vcpu, uint64_t fs)
{
    uint64_t real = vcpu_identity_get(vcpu, RV_CSR + CSR_mstatus);

    if (bits_get(real, MSTATUS_FS, 2) != fs)
        vcpu_identity_set(vcpu, RV_CSR + CSR_mstatus, bits_set(real, MSTATUS_FS, 2, fs));
}

static uint64_t status_get(const struct vcpu *vcpu, uint64_t mask)
{
    uint64_t fs = virtual_fs_get(vcpu), value = virtual_of_const(vcpu)->mstatus & mask;

    return value | (fs << MSTATUS_FS) | (xlen_64 << MSTATUS_UXL) | ((uint64_t)(fs == FS_DIRTY) << MSTATUS_SD);
}

/* Translation follows SUM and MXR, and under MPRV the mode in MPP. */
static bool status_moves_translation(uint64_t from, uint64_t to)
{
    uint64_t changed = from ^ to, matters = BIT(MSTATUS_MPRV) | BIT(MSTATUS_SUM) | BIT(MSTATUS_MXR);

    if (bit_get(to, MSTATUS_MPRV))
        matters |= UINT64_C(3) << MSTATUS_MPP;
    return changed & matters;
}

/* A breakpoint waits until interrupts are enabled where it would be taken [debug 5.4]. */
static bool status_moves_triggers(uint64_t from, uint64_t to) { return (from ^ to) & (BIT(MSTATUS_MIE) | BIT(MSTATUS_SIE)); }

void virtual_mstatus_set(struct vcpu *vcpu, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    uint64_t next = value & mstatus_writable;

    if (bits_get(next, MSTATUS_MPP, 2) == 2) /* no such mode: MPP keeps what it held */
        next = bits_set(next, MSTATUS_MPP, 2, bits_get(v->mstatus, MSTATUS_MPP, 2));
    if (status_moves_translation(v->mstatus, next) || (UNLIKELY(v->triggers_set) && status_moves_triggers(v->mstatus, next)))
        vcpu->resource_changed = true;
    v->mstatus = next;
}

uint64_t virtual_mstatus_get(const struct vcpu *vcpu) { return status_get(vcpu, UINT64_MAX) | (xlen_64 << MSTATUS_SXL); }
uint64_t virtual_sstatus_get(const struct vcpu *vcpu) { return status_get(vcpu, sstatus_writable); }

void virtual_mstatus_write(struct vcpu *vcpu, uint64_t value)
{
    virtual_mstatus_set(vcpu, value);
    virtual_fs_set(vcpu, bits_get(value, MSTATUS_FS, 2));
}

void virtual_sstatus_write(struct vcpu *vcpu, uint64_t value)
{
    virtual_mstatus_set(vcpu, (virtual_of(vcpu)->mstatus & ~sstatus_writable) | (value & sstatus_writable));
    virtual_fs_set(vcpu, bits_get(value, MSTATUS_FS, 2));
}

void virtual_mode_set(struct vcpu *vcpu, uint64_t mode)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    if (mode != RV_U && mode != RV_S && mode != RV_M)
        return;
    if (v->mode != mode)
        vcpu->resource_changed = true;
    v->mode = mode;
}
