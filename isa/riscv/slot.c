/* slot.c - the bodies that are not instructions: of records that are not decoded yet, of what decodes to nothing, of an instruction that
 * lies across two pages, and of one at which a trigger may match.
 */
#include "isa/riscv/slot.h"

#include "isa/riscv/careful.h"
#include "isa/riscv/csr_fast.h"
#include "isa/riscv/decode.h"
#include "isa/riscv/fast.h"
#include "isa/riscv/fused.h"
#include "isa/riscv/hot.h"
#include "isa/riscv/straight.h"
#include "isa/riscv/system_fast.h"
#include "isa/riscv/table.h"
#include "isa/riscv/translate.h"
#include "isa/riscv/trap.h"
#include "isa/riscv/trigger.h"

static uint32_t half_at(const uint8_t *at) { return at[0] | (uint32_t)at[1] << 8; }

/* A jump or branch by immediate that stays in its page says so in aux.
 * Such a jump goes on in the same array of records, without a look at the TLB; a jump to another page may lead
 * anywhere by now. */
static void note_near_jump(struct rv_insn *r, unsigned row, unsigned slot)
{
    if (!(rv_does[row] & (DOES_BRANCH | DOES_JUMP)))
        return;
    int64_t target = (int64_t)slot * 2 + r->imm;
    r->aux = target >= 0 && target < PAGE_SIZE;
}

/*T:410 Code is decoded once. A record has the operands rewritten and the address of the body that does the work, so that going to the
 * next instruction is one addition and one jump. :*/
unsigned rv_decode_slot(struct hart *h, struct code_page *p, unsigned slot)
{
    struct rv_insn *r = &p->record[slot];
    const uint8_t *at = p->host + slot * 2;
    uint32_t bits = half_at(at);
    unsigned length;
    bool crossing = (bits & 3) == 3 && slot == CODE_RECORDS - 1;
    if ((bits & 3) == 3 && !crossing)
        bits |= half_at(at + 2) << 16;
    if (p->watched && hart_insn_watched(h, p->va + slot * 2, p->pa + slot * 2, crossing ? 0 : bits)) {
        r->body = rv_body_trigger;
        return 0;
    }
    if (crossing) {
        r->body = rv_body_crossing;
        return 0;
    }
    unsigned row = rv_decode_row(&h->config, bits, &length);
    if (row == INSN_NONE) {
        r->body = rv_body_illegal;
        return 0;
    }
    rv_decode_record(bits, row, length, r);
    if (!h->options.no_chain)
        note_near_jump(r, row, slot);
    rv_system_quicken(h, row, r);
    rv_csr_quicken(h, row, r);
    p->row[slot] = (uint16_t)row;
    return length;
}

/* Decodes as far as execution can run on, or to what is decoded already, and returns to the outer loop, which comes again.
 * Two counts: `count` instructions of the run, `fresh` of them decoded now; the others were there, and are looked
 * at because a body may reach over them. */
enum body_result rv_body_undecoded(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    struct code_page *p = h->here;
    uint16_t run[RV_RUN_MAX];
    unsigned count = 0, slot = (unsigned)(i - p->record), length = 1;
    h->next = i;
    h->left = left;
    unsigned fresh = 0;
    while (length && count < RV_RUN_MAX && count - fresh < RV_RUN_BEHIND && slot < CODE_RECORDS) {
        bool undecoded = p->record[slot].body == rv_body_undecoded;
        if (undecoded && count > fresh)
            break;
        length = undecoded ? rv_decode_slot(h, p, slot) : p->row[slot] == INSN_NONE ? 0 : rv_rows[p->row[slot]].length;
        if (length)
            run[count++] = (uint16_t)slot;
        if (length && undecoded)
            fresh = count;
        if (length && !rv_goes_on(p->row[slot]))
            break;
        slot += length / 2;
    }
    rv_straight(p, run, fresh);
    if (!h->options.no_fuse)
        rv_fuse(p, run, count, fresh);
    native_decoded(interpreter_of(h), p, run, count, fresh);
    return BODY_NEXT;
}

/* tval is the instruction's bits [priv 3.1.16], in as many bytes as bits 1:0 say it has. */
enum body_result rv_body_illegal(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const unsigned length = (code_of(h)->host[(i - code_of(h)->record) * 2] & 3) == 3 ? 4 : 2;
    const uint32_t bits = hart_bits_of(h, i, length);
    h->pc = hart_pc_of(h, i);
    h->left = left;
    hart_raise(h, INSN_NONE, length, bits, REASON_UNDEFINED, RV_CAUSE_ILLEGAL, bits);
    return BODY_STOP;
}

/* The second half is fetched like any other instruction memory; what faults there names the second page [priv 3.1.16]. */
static bool fetch_second_half(struct hart *h, uint32_t *half)
{
    va_t va = h->here_va + PAGE_SIZE;
    pa_t pa;
    if (!hart_translate(h, va, 2, PT_FETCH, &pa))
        return false;
    const uint8_t *at = phys_host(h->machine.phys, pa, 2);
    if (!at)
        return hart_fetch_fault(h, va);
    *half = half_at(at);
    return true;
}

/* The operands go into the page's last record, which keeps this body. */
enum body_result rv_body_crossing(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    struct rv_insn *r = &code_of(h)->record[CODE_RECORDS - 1];
    uint32_t second = 0;
    unsigned length;
    h->pc = hart_pc_of(h, i);
    h->left = left;
    if (!fetch_second_half(h, &second))
        return BODY_STOP;
    const uint32_t bits = interpreter_of(h)->crossing = half_at(code_of(h)->host + PAGE_SIZE - 2) | second << 16;
    if (hart_trigger_opcode(h, bits))
        return BODY_STOP;
    unsigned row = rv_decode_row(&h->config, bits, &length);
    if (row == INSN_NONE) {
        hart_raise(h, INSN_NONE, 4, bits, REASON_UNDEFINED, RV_CAUSE_ILLEGAL, bits);
        return BODY_STOP;
    }
    rv_decode_operands(bits, row, length, &r->operands);
    enum body_result result = rv_stepped(h, hart_step(h, i, left, row));
    hart_refetch(h); /* the careful body has left the pc, wherever it points */
    return result;
}

/* Decodes and executes the instruction at the record `i`, whose body remains. h->pc is set.
 * Where a trigger may wait nothing is kept but the body that asks: the bytes are decoded each time. */
static enum body_result anew(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    unsigned slot = (unsigned)(i - code_of(h)->record), length;
    const uint8_t *at = code_of(h)->host + slot * 2;
    uint32_t bits = half_at(at);
    if ((bits & 3) == 3 && slot == CODE_RECORDS - 1)
        return rv_body_crossing(h, i, left);
    if ((bits & 3) == 3)
        bits |= half_at(at + 2) << 16;
    if (hart_trigger_opcode(h, bits))
        return BODY_STOP;
    unsigned row = rv_decode_row(&h->config, bits, &length);
    if (row == INSN_NONE)
        return rv_body_illegal(h, i, left);
    rv_decode_operands(bits, row, length, &code_of(h)->record[slot].operands);
    return hart_step(h, i, left, row);
}

/* The steps in the order of isa/trigger.h: virtual, physical, opcode; then the instruction itself. */
enum body_result rv_body_trigger(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    h->pc = hart_pc_of(h, i);
    h->left = left;
    if (hart_watch_fetch(h) || hart_trigger_fetch(h, true, code_of(h)->pa + (h->pc & ~PAGE_MASK)))
        return BODY_STOP;
    return anew(h, i, left);
}
