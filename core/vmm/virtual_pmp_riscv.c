/* virtual_pmp_riscv.c - physical memory protection as the virtual machine has it [priv 3.7]: its registers, and what they permit.
 */
#include "core/vmm/virtual_csr_riscv.h"

#include <string.h>

static const uint64_t pmpaddr_bits = (UINT64_C(1) << 54) - 1; /* address bits 55:2 [priv 3.7.1] */

/* --- PMP. Entries become byte ranges whenever a register changes [priv 3.7.1]. */
static struct virtual_pmp_rule pmp_rule(const struct virtual_riscv *v, unsigned i)
{
    struct virtual_pmp_rule rule = {.first = 1, .last = 0, .cfg = v->pmpcfg[i]};
    uint64_t base = v->pmpaddr[i] << 2, below = i ? v->pmpaddr[i - 1] << 2 : 0;

    switch (bits_get(v->pmpcfg[i], 3, 2)) {
    case PMP_TOR:
        if (below < base) {
            rule.first = below;
            rule.last = base - 1;
        }
        break;
    case PMP_NA4:
        rule.first = base;
        rule.last = base + 3;
        break;
    case PMP_NAPOT: {
        /*  y...y01...1 with k ones: 2^(k+3) bytes at y...y00...0 */
        uint64_t ones = v->pmpaddr[i] ^ (v->pmpaddr[i] + 1); /* the ones and the zero before them */
        rule.first = (v->pmpaddr[i] & ~ones) << 2;
        rule.last = rule.first + ((ones << 2) | 3);
        break;
    }
    case PMP_OFF: break;
    }
    return rule;
}

/* Do the rules let everybody do everything everywhere? The first that matches decides, so one for all addresses does that says so;
 * without PMP all is open [priv 3.7.1]. */
static bool everything_open(const struct virtual_riscv *v)
{
    const unsigned all = PMP_R | PMP_W | PMP_X;
    const uint64_t last = (UINT64_C(1) << 56) - 1;
    unsigned i = 0;

    if (!v->config.pmp_entries)
        return true;
    while (i < v->pmp_count && v->pmp[i].first > v->pmp[i].last)
        i++;
    return i < v->pmp_count && v->pmp[i].first == 0 && v->pmp[i].last >= last && (v->pmp[i].cfg & all) == all;
}

void virtual_pmp_changed(struct vcpu *vcpu)
{
    struct virtual_riscv *v = virtual_of(vcpu);
    struct virtual_pmp_rule before[RV_PMP_ENTRIES];

    memcpy(before, v->pmp, sizeof before);
    v->pmp_count = 0;
    for (unsigned i = 0; i < RV_PMP_ENTRIES; i++) {
        v->pmp[i] = pmp_rule(v, i);
        if (v->pmp[i].first <= v->pmp[i].last)
            v->pmp_count = i + 1;
    }
    v->pmp_open = everything_open(v);
    for (unsigned i = 0; i < RV_PMP_ENTRIES; i++)
        if (before[i].first != v->pmp[i].first || before[i].last != v->pmp[i].last || before[i].cfg != v->pmp[i].cfg) {
            v->pmp_epoch++;
            vcpu->resource_changed = true;
            return;
        }
}

/* R, W, X that the rule grants; M-mode obeys locked rules only [priv 3.7.1.2]. */
static unsigned pmp_grants(const struct virtual_pmp_rule *rule, uint64_t mode)
{
    const unsigned all = PMP_R | PMP_W | PMP_X;

    return mode == RV_M && !(rule->cfg & PMP_LOCK) ? all : rule->cfg & all;
}

unsigned virtual_pmp_range(const struct virtual_riscv *v, uint64_t first, uint64_t last, uint64_t mode, bool *whole)
{
    const unsigned all = PMP_R | PMP_W | PMP_X;

    *whole = true;
    for (unsigned i = 0; i < v->pmp_count; i++) {
        const struct virtual_pmp_rule *rule = &v->pmp[i];
        if (rule->first > rule->last || last < rule->first || first > rule->last)
            continue;
        *whole = first >= rule->first && last <= rule->last;
        return *whole ? pmp_grants(rule, mode) : 0;
    }
    return mode == RV_M || !v->config.pmp_entries ? all : 0;
}

static unsigned pmp_needed(enum pt_kind kind) { return kind == PT_READ ? PMP_R : kind == PT_WRITE ? PMP_W : PMP_X; }

bool virtual_pmp_permits(const struct virtual_riscv *v, uint64_t pa, unsigned size, enum pt_kind kind, uint64_t mode)
{
    uint64_t last = pa + (size - 1);
    bool whole;

    return last >= pa && (virtual_pmp_range(v, pa, last, mode, &whole) & pmp_needed(kind));
}

/* --- Registers [priv 3.7.1]. Each of pmpcfg0, pmpcfg2 ... packs eight entries; those beyond the last read as zero. */
uint64_t virtual_pmpcfg_read(const struct virtual_riscv *v, unsigned first)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8 && first + i < RV_PMP_ENTRIES; i++)
        value |= (uint64_t)v->pmpcfg[first + i] << (8 * i);
    return value;
}

void virtual_pmpcfg_write(struct vcpu *vcpu, unsigned first, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    for (unsigned i = 0; i < 8 && first + i < RV_PMP_ENTRIES; i++) {
        uint8_t cfg = (uint8_t)(value >> (8 * i)) & 0x9f;
        if (v->pmpcfg[first + i] & PMP_LOCK)
            continue;
        if (!(cfg & PMP_R)) /* W without R is reserved */
            cfg &= (uint8_t)~PMP_W;
        v->pmpcfg[first + i] = cfg;
    }
    virtual_pmp_changed(vcpu);
}

static bool pmpaddr_locked(const struct virtual_riscv *v, unsigned i)
{
    const unsigned tor = 1;

    if (v->pmpcfg[i] & PMP_LOCK)
        return true;
    /* The base of a locked TOR entry is locked with it [priv 3.7.1.2]. */
    return i + 1 < RV_PMP_ENTRIES && (v->pmpcfg[i + 1] & PMP_LOCK) && bits_get(v->pmpcfg[i + 1], 3, 2) == tor;
}

void virtual_pmpaddr_write(struct vcpu *vcpu, unsigned i, uint64_t value)
{
    struct virtual_riscv *v = virtual_of(vcpu);

    if (i >= RV_PMP_ENTRIES || pmpaddr_locked(v, i))
        return;
    v->pmpaddr[i] = value & pmpaddr_bits;
    virtual_pmp_changed(vcpu);
}
