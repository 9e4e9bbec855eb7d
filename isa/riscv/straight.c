/* straight.c - how far bodies go straight on before somebody looks at the budget: no more than HART_SLICE instructions.
 *
 * Fast bodies count `left` down without a look; taken branches, jumps and the ends of pages look. Code that has none of these for long gets
 * records that look, too. Of each decoded instruction `ahead` says how many retire at the most, itself among them, from there to the next
 * look; whoever has so many left may enter its body. So the end of a budget is near before anything has to be done one by one.
 *
 *     ahead     66 instructions in line, of which the last jumps:     2     1   │   64    63   ...   1
 *                                                                    addi  lw  │  addi  sub        jal
 *                                                                                looks
 *
 * What is behind an instruction may be decoded later than it, or anew, because it was written over. Then it is not known how far those that
 * lead there had thought it to be: it looks, and nothing said of them has to change.
 */
#include "isa/riscv/straight.h"

#include "isa/riscv/table.h"
#include "isa/riscv/tail.h"

enum { SOON = HART_SLICE / 2 /* a look that is no farther away is as good as one at hand */ };

/* Jumps look; what else traps where the mode or somebody asks for it returns to the outer loop when it does not, CSRs aside. */
bool rv_goes_on(unsigned row)
{
    return !(rv_does[row] & (DOES_JUMP | DOES_JUMP_REG)) && (rv_rows[row].traps == TRAPS_NEVER || rv_rows[row].traps == TRAPS_COND);
}

/* The instruction so many halfwords before the slot is decoded, ends there, and goes on. */
static bool leads_here(const struct code_page *p, unsigned slot, unsigned halves)
{
    const unsigned row = slot >= halves ? p->row[slot - halves] : INSN_NONE;
    return row != INSN_NONE && rv_rows[row].length == 2 * halves && rv_goes_on(row);
}

/* ... and it is another one than `known`, the slot of the one that is decoded together with this. */
static bool was_awaited(const struct code_page *p, unsigned slot, unsigned known)
{
    return (slot - 1 != known && leads_here(p, slot, 1)) || (slot - 2 != known && leads_here(p, slot, 2));
}

/* What is behind such a branch a loop comes to once, at its end. */
static bool is_behind_loop(const struct code_page *p, unsigned row, unsigned slot)
{
    return (rv_does[row] & DOES_BRANCH) && p->record[slot].imm < 0;
}

static void make_look(struct code_page *p, unsigned slot)
{
    if (p->record[slot].body == rv_body_look)
        return;
    p->aside[slot] = p->record[slot].body;
    p->record[slot].body = rv_body_look;
}

/* What retires behind the instruction in this slot, which goes on, to the next look. Of what is no ordinary instruction at most one does.
 * A look in a loop would cost at each turn, so it is better to have one behind the loop without need. */
static unsigned behind(struct code_page *p, unsigned slot)
{
    const unsigned row = p->row[slot], next = slot + rv_rows[row].length / 2;
    if (p->row[next] == INSN_NONE)
        return 1;
    if (p->ahead[next] == HART_SLICE || (p->ahead[next] > SOON && is_behind_loop(p, row, slot)))
        make_look(p, next);
    return p->record[next].body == rv_body_look ? 0 : p->ahead[next];
}

/* Backwards, for how far it is, is known from behind. */
void rv_straight(struct code_page *p, const uint16_t *slot, unsigned fresh)
{
    while (fresh-- > 0) {
        const unsigned at = slot[fresh];
        p->ahead[at] = (uint8_t)(1 + (rv_goes_on(p->row[at]) ? behind(p, at) : 0));
        if (was_awaited(p, at, fresh ? slot[fresh - 1] : CODE_RECORDS))
            make_look(p, at);
    }
}

enum body_result rv_body_look(struct hart *h, const struct rv_insn *i, uint64_t left)
{
    const size_t slot = (size_t)(i - code_of(h)->record);
    if (UNLIKELY(left < HART_SLICE) && left < code_of(h)->ahead[slot]) {
        h->next = i;
        h->left = left;
        return BODY_NEXT;
    }
    RETURN_CALL(code_of(h)->aside[slot](h, i, left));
}
