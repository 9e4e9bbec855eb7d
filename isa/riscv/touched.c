/* touched.c - the record of what the last run() touched beside x, f, pc and memory.
 *
 * Bodies note each register as they go to it (state.h: hart_read, hart_write, hart_check). It costs an OR on paths that are slow anyway:
 * system instructions, floating point in careful bodies, TLB misses. A CSR that is a view stands for the registers it shows, too.
 */
#include "isa/riscv/touched.h"

/* The registers that a CSR shows beside itself; a write to it goes through to the first `through` of them. */
static const struct view {
    uint8_t count, through, shows[4];
} views[HART_REGISTERS] = {
    [HART_mstatus] = {1, 1, {HART_fs}},
    [HART_sstatus] = {2, 2, {HART_mstatus, HART_fs}},
    [HART_sie] = {2, 1, {HART_mie, HART_mideleg}},
    [HART_sip] = {4, 1, {HART_mip, HART_mideleg, HART_menvcfg, HART_stimecmp}},
    [HART_mip] = {2, 0, {HART_menvcfg, HART_stimecmp}},
    [HART_fflags] = {1, 1, {HART_fcsr}},
    [HART_frm] = {1, 1, {HART_fcsr}},
    [HART_fcsr] = {2, 2, {HART_fflags, HART_frm}},
    [HART_cycle] = {2, 0, {HART_mcycle, HART_mcountinhibit}},
    [HART_instret] = {2, 0, {HART_minstret, HART_mcountinhibit}},
    [HART_tdata1] = {1, 0, {HART_tselect}},
    [HART_tdata2] = {1, 0, {HART_tselect}},
    [HART_ustate] = {2, 0, {HART_mstatus, HART_mode}},
};

void hart_note_csr(uint64_t *set, unsigned csr, bool write)
{
    const struct view *v = &views[csr];
    hart_note(set, csr);
    for (unsigned n = 0; n < (write ? v->through : v->count); n++)
        hart_note(set, v->shows[n]);
}

static const uint16_t address[HART_REGISTERS] = {
#define CSR(name, address_, ext, part, reads, writes, about) [HART_##name] = (address_),
#include "isa/riscv/csr.def"
#undef CSR
};

static struct machine_touch touch_of(const struct hart *h, unsigned reg)
{
    const uint64_t fs = UINT64_C(3) << MSTATUS_FS | UINT64_C(1) << MSTATUS_SD;
    struct machine_touch t = {.reg = RV_CSR + address[reg], .bits = UINT64_MAX};
    if (reg == HART_mode)
        t.reg = MACHINE_MODE;
    else if (reg == HART_reservation)
        t.reg = RV_RESERVATION;
    else if (reg == HART_fs)
        t = (struct machine_touch){.reg = RV_CSR + CSR_mstatus, .bits = fs};
    else if (reg == HART_mstatus)
        t.bits = ~fs;
    t.how |= bit_get(h->touched.check[reg / 64], reg % 64) ? TOUCH_CHECK : 0;
    t.how |= bit_get(h->touched.read[reg / 64], reg % 64) ? TOUCH_READ : 0;
    t.how |= bit_get(h->touched.write[reg / 64], reg % 64) ? TOUCH_WRITE : 0;
    return t;
}

/*T:470 The machine's own record of the control state that an instruction touched. Nothing in the machine depends on it; the classifier
 * asks it, for "never" is not to be seen from outside. :*/
unsigned hart_touched(const struct machine *m, struct machine_touch *out, unsigned room)
{
    const struct hart *h = hart_of_const(m);
    unsigned count = 0;
    for (unsigned word = 0; word < HART_TOUCHED_WORDS; word++) {
        uint64_t any = h->touched.check[word] | h->touched.read[word] | h->touched.write[word];
        for (; any; any &= any - 1, count++)
            if (count < room)
                out[count] = touch_of(h, word * 64 + (unsigned)__builtin_ctzll(any));
    }
    return count;
}
