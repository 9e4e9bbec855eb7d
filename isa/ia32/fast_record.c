/* fast_record.c - gives a straight run of instructions its fast records: with flags or without, alone or with the jump behind.
 *
 * Flags of an instruction are dead where those behind it in the run overwrite them all before one could read them, or leave the run: on a
 * fault, to a trap, at a jump or at the end of a budget, which only jumps and links look at.
 */
#include "isa/ia32/fast_record.h"

#include "isa/ia32/fast.h"
#include "isa/ia32/fast_bodies.h"
#include "isa/ia32/fast_choose.h"
#include "isa/ia32/fast_sequence.h"

/* Transfers that are always taken, UD2 and what cannot be decoded: nothing behind them is known to be code. A
 * conditional jump does not end a run, for it is often not taken. */
static bool ends_run(const ia_insn *s)
{
    switch (s->row) {
    case IA_INSN_jmp_short:
    case IA_INSN_jmp_near:
    case IA_INSN_jmp_rm:
    case IA_INSN_jmp_far:
    case IA_INSN_jmp_far_m:
    case IA_INSN_call_near:
    case IA_INSN_call_rm:
    case IA_INSN_ret:
    case IA_INSN_ret_i:
    case IA_INSN_retf:
    case IA_INSN_retf_i:
    case IA_INSN_iret:
    case IA_INSN_ud2:
    case INSN_NONE: return true;
    default: return false;
    }
}

/* Backwards, for what is dead is known from behind.
 * Example, from the end:
 *
 *    add eax, 1        flags dead: the next writes them all           -> add_dead
 *    xor edx, edx      live: the jump reads them                      -> xor, or one body with the jump
 *    jz ...            reads, and may leave the run                   FAST_LEAVES
 */
static void drop_dead_flags(struct ia_fast *f, const struct ia_fast_chosen *chosen, unsigned count)
{
    bool dead = false;
    while (count-- > 0) {
        const struct ia_fast_chosen *k = &chosen[count];
        if (dead && k->dead)
            f[count].body = k->dead;
        if (k->effect == FAST_LEAVES || (k->effect == FAST_CHANGES && !dead))
            dead = false;
        else if (k->effect == FAST_WRITES)
            dead = true;
    }
}

/* The body of the first does both, and goes on behind the second. The second's record stays, for whoever jumps
 * straight to it. */
static void fuse_jumps(struct ia_fast *f, const ia_insn *s, const struct ia_fast_chosen *chosen, unsigned count)
{
    for (unsigned n = 0; n + 1 < count; n++) {
        const struct ia_fast_chosen *k = &chosen[n];
        if (!k->is_alu || !chosen[n + 1].is_jcc)
            continue;
        ia_fast_body *const both = ia_fast_jcc_behind(k->alu, k->size, k->form, s[n + 1].opcode & 15);
        if (both)
            f[n].body = both;
    }
}

static void choose_bodies(const struct ia_cpu *c, struct ia_code_page *page, unsigned first, unsigned count)
{
    struct ia_fast_chosen chosen[FAST_RUN];
    struct ia_fast *f = &page->fast[first];
    const ia_insn *s = &page->record[first];
    for (unsigned n = 0; n < count; n++)
        ia_fast_choose(&chosen[n], &f[n], &s[n], ia_code_place_of(page, first + n));
    if (!c->options.no_fuse) {
        drop_dead_flags(f, chosen, count);
        fuse_jumps(f, s, chosen, count);
        ia_fast_sequences(f, chosen, count);
    }
}

/* What goes on behind the run. A transfer at its end may lead there, too: CALL to the next instruction. */
static void run_link(struct ia_code_page *p, unsigned at)
{
    p->place[p->used] = (uint16_t)at;
    p->fast[p->used++] = (struct ia_fast){.body = ia_fast_link};
}

/* A run stops before an instruction that is in a run already, and a link leads there: so that bytes have one
 * record, and loops are found. One place is kept for the link. */
const ia_insn *ia_fast_decode(struct ia_cpu *c, struct ia_code_page *p, unsigned at)
{
    if (p->used + FAST_RUN + 1 > CODE_RECORDS)
        ia_code_empty(p);
    const unsigned first = p->used;
    unsigned count = 0;
    bool ends = false;
    while (count < FAST_RUN && at < PAGE_SIZE && !p->first[at] && !ends && (!count || ia_code_passed(c, p, at))) {
        ia_insn *s = &p->record[first + count];
        if (!ia_code_decode(c, p, at, s))
            break;
        p->first[at] = (uint16_t)(first + count);
        p->place[first + count] = (uint16_t)at;
        count++;
        at += s->length;
        ends = ends_run(s);
    }
    if (!count)
        return NULL;
    p->place[first] |= CODE_BEGINS;
    p->used += count;
    choose_bodies(c, p, first, count);
    run_link(p, at);
    return &p->record[first];
}
