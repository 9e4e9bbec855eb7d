/* csr_fast.c - CSR accesses that need not leave the inner loop: reads of any CSR, writes to those that are mere storage, and what the
 * mode is too low for. They ask what csr_access() asks, which does everything else: writes that change translation, interrupts or the
 * rights of what follows.
 *
 * The record's aux holds the lowest mode that the CSR's number admits; for mere storage its immediate holds, above the CSR's 12 bits,
 * which row of `plain` it is.
 */
#include "isa/riscv/go.h"

enum { CSR_BITS = 12 };

/* Registers whose bits in `mask` are storage, whose others are zero, and that decide nothing before a trap (csr.c: PLAIN). */
static const struct plain {
    uint16_t csr, field;
    uint8_t index;
    uint64_t mask;
} plain[] = {
#define PLAIN(name, mask_) {.csr = CSR_##name, .field = offsetof(struct hart, name), .index = HART_##name, .mask = (mask_)}
    {.csr = 0},
    PLAIN(sscratch, UINT64_MAX),
    PLAIN(sepc, ~UINT64_C(1)),
    PLAIN(scause, UINT64_MAX),
    PLAIN(stval, UINT64_MAX),
    PLAIN(mscratch, UINT64_MAX),
    PLAIN(mepc, ~UINT64_C(1)),
    PLAIN(mcause, UINT64_MAX),
    PLAIN(mtval, UINT64_MAX),
#undef PLAIN
};

/* Refused in a lower mode, and else for the careful body. */
static enum body_result fast_guard(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    if (h->mode < i->aux)
        TAIL_CALL(rv_refuse(h, i, left));
    TAIL_CALL(rv_careful(h, i, left));
}

static enum body_result fast_read(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const struct csr_access access = {.csr = (unsigned)i->imm}; /* no row of `plain`: nothing stands above */
    uint64_t value;
    if (UNLIKELY(h->mode < i->aux))
        TAIL_CALL(rv_refuse(h, i, left));
    h->left = left; /* counters are read as they stand */
    if (UNLIKELY(csr_access(h, &access, &value) != REASON_NONE))
        return rv_careful(h, i, left);
    h->x[i->rd] = value;
    i += 2;
    left -= 1;
    GO_ON(h, i, left);
}

static enum body_result fast_plain_read(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const struct plain *p = &plain[i->imm >> CSR_BITS];
    if (UNLIKELY(h->mode < i->aux))
        TAIL_CALL(rv_refuse(h, i, left));
    hart_note(h->touched.check, HART_mode);
    hart_note(h->touched.read, p->index);
    h->x[i->rd] = *(const uint64_t *)(const void *)((const char *)h + p->field);
    i += 2;
    left -= 1;
    GO_ON(h, i, left);
}

#define FAST(name, result, operand)                                                                                                   \
    static enum body_result fast_##name(struct hart *h, const struct rv_insn *i, uint64_t left)                                       \
    {                                                                                                                                 \
        const struct plain *p = &plain[i->imm >> CSR_BITS];                                                                           \
        uint64_t *field = (uint64_t *)(void *)((char *)h + p->field), old = *field, b = (operand);                                    \
        if (UNLIKELY(h->mode < i->aux))                                                                                               \
            TAIL_CALL(rv_refuse(h, i, left));                                                                                         \
        *field = (result) & p->mask;                                                                                                  \
        hart_note(h->touched.check, HART_mode);                                                                                       \
        hart_note(h->touched.read, p->index);                                                                                         \
        hart_note(h->touched.write, p->index);                                                                                        \
        h->x[i->rd] = old;                                                                                                            \
        i += 2;                                                                                                                       \
        left -= 1;                                                                                                                    \
        GO_ON(h, i, left);                                                                                                            \
    }
FAST(csrrw, b, h->x[i->rs1])
FAST(csrrs, old | b, h->x[i->rs1])
FAST(csrrc, old & ~b, h->x[i->rs1])
FAST(csrrwi, b, i->rs1)
FAST(csrrsi, old | b, i->rs1)
FAST(csrrci, old & ~b, i->rs1)

static body_fn *fast_of(unsigned row)
{
    switch (row) {
    case RV_INSN_csrrw: return fast_csrrw;
    case RV_INSN_csrrs: return fast_csrrs;
    case RV_INSN_csrrc: return fast_csrrc;
    case RV_INSN_csrrwi: return fast_csrrwi;
    case RV_INSN_csrrsi: return fast_csrrsi;
    case RV_INSN_csrrci: return fast_csrrci;
    default: return NULL;
    }
}

void rv_csr_quicken(const struct hart *h, unsigned row, struct rv_insn *r)
{
    body_fn *fast = fast_of(row);
    unsigned csr = (unsigned)r->imm;
    bool reads = row != RV_INSN_csrrw && row != RV_INSN_csrrwi && r->rs1 == 0;
    if (!fast || !csr_exists(h, csr) || (!reads && bits_get(csr, 10, 2) == 3)) /* no mode may [priv 2.1] */
        return;
    r->aux = (uint8_t)bits_get(csr, 8, 2);
    r->body = reads ? fast_read : fast_guard;
    for (unsigned n = 1; n < sizeof plain / sizeof *plain; n++)
        if (plain[n].csr == csr) {
            r->imm |= (int32_t)(n << CSR_BITS);
            r->body = reads ? fast_plain_read : fast;
            return;
        }
}
