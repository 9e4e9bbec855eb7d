/* view_pmp.c - physical memory protection by the registers [priv 3.7.1]: a byte of pmpcfg is L 0 0 A A X W R, pmpaddr counts words. */
#include "isa/riscv.h"
#include "monitor/view/view.h"

bool view_pmp_rule(const struct machine *m, unsigned n, struct view_pmp *out)
{
    enum { OFF, TOR, NA4, NAPOT };
    uint64_t at = view_csr(m, CSR_pmpaddr0 + n), below = n ? view_csr(m, CSR_pmpaddr0 + n - 1) : 0;
    out->cfg = (uint8_t)(view_csr(m, CSR_pmpcfg0 + n / 8 * 2) >> n % 8 * 8);
    out->rule = (int)n;
    switch (bits_get(out->cfg, 3, 2)) {
    case TOR:
        out->first = below << 2;
        out->last = (at << 2) - 1;
        return below < at;
    case NA4:
        out->first = at << 2;
        out->last = out->first + 3;
        return true;
    case NAPOT: /* yyyy0111: the ones and the zero above them say the size */
        out->first = (at & (at + 1)) << 2;
        out->last = ((at | (at + 1)) << 2) + 3;
        return true;
    default: return false;
    }
}

void view_pmp(const struct machine *m, pa_t pa, unsigned size, enum pt_kind kind, uint64_t mode, struct view_pmp *out)
{
    const struct riscv_config *config = m->config;
    const unsigned bit = kind == PT_READ ? 0 : kind == PT_WRITE ? 1 : 2;
    pa_t last = pa + size - 1;
    for (unsigned n = 0; n < config->pmp_entries; n++) {
        if (!view_pmp_rule(m, n, out) || out->first > last || out->last < pa)
            continue;
        out->whole = out->first <= pa && last <= out->last;
        out->granted = out->whole && ((mode == RV_M && !bit_get(out->cfg, 7)) || bit_get(out->cfg, bit));
        return;
    }
    *out = (struct view_pmp){.rule = -1, .whole = true, .granted = mode == RV_M || !config->pmp_entries};
}
