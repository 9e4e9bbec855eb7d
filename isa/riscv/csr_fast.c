/* csr_fast.c - CSR accesses that need not leave the inner loop: reads of any CSR, writes to those that are mere storage, and what the
 * mode is too low for. They ask what csr_access() asks, which does everything else: writes that change translation, interrupts or the
 * rights of what follows.
 *
 * The record's aux holds the lowest mode that the CSR's number admits. For mere storage rs2 is its number in the record of what was
 * touched, and the immediate is, from high to low:  1 bit: bit 0 is not kept | 19 bits: where in struct hart, in words | 12 bits: the CSR
 */
#define HART_SEALED
#include "isa/riscv/csr_fast.h"

#include "isa/riscv/csr.h"
#include "isa/riscv/go.h"
#include "isa/riscv/miss.h"
#include "isa/riscv/system_fast.h"

enum { CSR_BITS = 12, ODD_SHIFT = 31 };

/* Registers that decide nothing before a trap (csr.c: PLAIN). Of those that hold the address of an instruction bit 0 is zero. */
static const struct plain {
    uint16_t csr, field;
    uint8_t index;
    bool even;
} plain[] = {
#define PLAIN(name, even_)                                                                                                            \
    {                                                                                                                                 \
        .csr = CSR_##name, .field = HART_PLACE_##name, .index = HART_##name, .even = (even_)                                          \
    }
    PLAIN(sscratch, false), PLAIN(sepc, true), PLAIN(scause, false), PLAIN(stval, false),
    PLAIN(mscratch, false), PLAIN(mepc, true), PLAIN(mcause, false), PLAIN(mtval, false),
#undef PLAIN
};

static inline unsigned place_of(const struct rv_insn *i) { return ((uint32_t)i->imm << 1 >> (CSR_BITS + 1)) * 8; }

/* Refused in a lower mode, and else for the careful body. */
static enum body_result fast_guard(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    if (hart_check(h, mode) < i->aux)
        RETURN_CALL(rv_refuse(h, i, left));
    RETURN_CALL(rv_careful(h, i, left));
}

static enum body_result fast_read(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const struct csr_access access = {.csr = (unsigned)i->imm}; /* no mere storage: nothing stands above */
    uint64_t value;
    if (UNLIKELY(hart_check(h, mode) < i->aux))
        RETURN_CALL(rv_refuse(h, i, left));
    h->left = left; /* counters are read as they stand */
    if (UNLIKELY(csr_access(h, &access, &value) != REASON_NONE))
        return rv_careful(h, i, left);
    h->x[i->rd] = value;
    i += 2;
    left -= 1;
    RETURN_GO_ON(h, i, left);
}

static enum body_result fast_plain_read(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    if (UNLIKELY(hart_check(h, mode) < i->aux))
        RETURN_CALL(rv_refuse(h, i, left));
    h->x[i->rd] = hart_read_at(h, i->rs2, place_of(i));
    i += 2;
    left -= 1;
    RETURN_GO_ON(h, i, left);
}

#define FAST(name, result, operand)                                                                                                   \
    static enum body_result fast_##name(struct hart *h, const struct rv_insn *i, uint64_t left)                                       \
    {                                                                                                                                 \
        if (UNLIKELY(hart_check(h, mode) < i->aux))                                                                                   \
            RETURN_CALL(rv_refuse(h, i, left));                                                                                       \
        const unsigned place = place_of(i);                                                                                           \
        const uint64_t old = hart_read_at(h, i->rs2, place), b = (operand);                                                           \
        hart_write_at(h, i->rs2, place, (result) & ~(uint64_t)((uint32_t)i->imm >> ODD_SHIFT));                                       \
        h->x[i->rd] = old;                                                                                                            \
        i += 2;                                                                                                                       \
        left -= 1;                                                                                                                    \
        RETURN_GO_ON(h, i, left);                                                                                                     \
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

static void quicken_plain(const struct plain *p, body_fn *body, struct rv_insn *r)
{
    _Static_assert(offsetof(struct hart, machine) == 0, "words are counted from its start");
    r->imm = (int32_t)((uint32_t)r->imm | (uint32_t)p->field / 8 << CSR_BITS | (uint32_t)p->even << ODD_SHIFT);
    r->rs2 = p->index;
    r->body = body;
}

void rv_csr_quicken(const struct hart *h, unsigned row, struct rv_insn *r)
{
    body_fn *fast = fast_of(row);
    unsigned csr = (unsigned)r->imm;
    bool reads = row != RV_INSN_csrrw && row != RV_INSN_csrrwi && r->rs1 == 0;
    if (!fast)
        return;
    if (!csr_exists(h, csr) || (!reads && bits_get(csr, 10, 2) == 3)) { /* [priv 2.1] */
        r->body = rv_undefined;
        return;
    }
    r->aux = (uint8_t)bits_get(csr, 8, 2);
    r->body = reads ? fast_read : fast_guard;
    for (unsigned n = 0; n < sizeof plain / sizeof *plain; n++)
        if (plain[n].csr == csr)
            quicken_plain(&plain[n], reads ? fast_plain_read : fast, r);
}
