/* sdtrig.c - the hart's own triggers, which its program sets through CSRs and which trap to it [debug 5]. They are not the machine's
 * triggers of the contract (trigger.c), which are its owner's and out of the program's reach; but what makes those cost nothing where
 * they are not serves these, too: pages in which one may match are left out of the data TLB, and have decoded records of their own.
 *
 * There are address matches alone (mcontrol6 with select 0, action 0), of all bytes of an access and of the first of an instruction,
 * and they fire before the instruction. Whether one may fire at all, by the mode and by who would take the breakpoint, is asked when it
 * matches.
 */
#include "isa/riscv/sdtrig.h"
#include "isa/riscv/engine.h"

/* Fields of tdata1 that isa/riscv.h does not name are zero: no chains, no data, no sizes, no context, no debug mode. */
enum { MODE_U = MCONTROL6_U /* then S, nothing, M: by enum riscv_mode */ };
enum { LOAD = 1 << MCONTROL6_LOAD, STORE = 1 << MCONTROL6_STORE, EXECUTE = 1 << MCONTROL6_EXECUTE };
#define BIT(n) (UINT64_C(1) << (n))
#define IDLE ((uint64_t)TDATA1_MCONTROL6 << TDATA1_TYPE) /* a trigger that waits for nothing */
#define MODES (BIT(MODE_U + RV_U) | BIT(MODE_U + RV_S) | BIT(MODE_U + RV_M))
#define NAPOT_ALL (UINT64_MAX >> 1) /* of 2^64 bytes: M would be 0 */

static unsigned match_of(uint64_t data1) { return (unsigned)bits_get(data1, MCONTROL6_MATCH, MCONTROL6_MATCH_BITS); }

/* A write of anything but mcontrol6 leaves the trigger idle [debug 5.7.2: a supported value, which may be a disabled trigger]. */
static uint64_t data1_legal(uint64_t v)
{
    uint64_t kept = v & (BIT(MCONTROL6_HIT0) | MODES | LOAD | STORE | EXECUTE);
    if (bits_get(v, TDATA1_TYPE, TDATA1_TYPE_BITS) != TDATA1_MCONTROL6)
        return IDLE;
    return IDLE | kept | (match_of(v) <= MATCH_LT ? (uint64_t)match_of(v) << MCONTROL6_MATCH : 0);
}

/* The largest range of NAPOT has 2^63 bytes; of more ones the highest is taken for a zero [debug 5.7.12, match]. */
static bool is_too_large(uint64_t data2) { return (data2 & NAPOT_ALL) == NAPOT_ALL; }
static uint64_t napot_legal(uint64_t data2) { return is_too_large(data2) ? data2 & ~BIT(62) : data2; }

static unsigned kinds_of(uint64_t data1)
{
    return (data1 & LOAD ? TRIGGER_LOAD : 0) | (data1 & STORE ? TRIGGER_STORE : 0) | (data1 & EXECUTE ? TRIGGER_EXECUTE : 0);
}

/* Where it matches; kinds 0: nowhere, in no mode. */
static struct sdtrig_rule rule_of(uint64_t data1, uint64_t data2)
{
    struct sdtrig_rule rule = {.first = data2, .last = data2, .kinds = data1 & MODES ? kinds_of(data1) : 0};
    switch (match_of(data1)) {
    case MATCH_NAPOT: {
        const uint64_t legal = napot_legal(data2), ones = legal ^ (legal + 1); /* the ones and the zero before them */
        rule.first = legal & ~ones;
        rule.last = legal | ones;
        break;
    }
    case MATCH_GE: rule.last = UINT64_MAX; break;
    case MATCH_LT:
        rule.first = 0;
        rule.last = data2 - 1;
        if (!data2)
            rule.kinds = 0;
        break;
    default: break;
    }
    return rule;
}

void hart_triggers_changed(struct hart *h)
{
    h->watching = h->triggers.count || h->sdtrig_kinds;
    h->watching_accesses = ((h->triggers.kinds | h->sdtrig_kinds) & (TRIGGER_LOAD | TRIGGER_STORE)) != 0;
    h->engine->context_changed(h, CHANGE_TRIGGERS);
    hart_refetch(h);
    tlb_flush_all(&h->tlb);
}

/* Decoded pages and TLB entries are made for the rules as they are. Those that wait for nothing are all alike. */
static void rule_changed(struct hart *h, unsigned n)
{
    const struct sdtrig_rule rule = rule_of(h->tdata1[n], h->tdata2[n]), *old = &h->sdtrig[n];
    const bool same = rule.kinds == old->kinds && (!rule.kinds || (rule.first == old->first && rule.last == old->last));
    if (same)
        return;
    h->sdtrig[n] = rule;
    h->sdtrig_kinds = 0;
    for (unsigned i = 0; i < RV_TRIGGERS; i++)
        h->sdtrig_kinds |= h->sdtrig[i].kinds;
    hart_triggers_changed(h);
}

void sdtrig_data1_set(struct hart *h, unsigned n, uint64_t v)
{
    h->tdata1[n] = data1_legal(v);
    rule_changed(h, n);
}

void sdtrig_data2_set(struct hart *h, unsigned n, uint64_t v)
{
    h->tdata2[n] = v;
    rule_changed(h, n);
}

/* A program's writes make the pair legal: neither changes the other register [debug 5.7]. */
void sdtrig_tdata1_write(struct hart *h, uint64_t v)
{
    const uint64_t legal = data1_legal(v);
    const bool napot = match_of(legal) == MATCH_NAPOT && is_too_large(h->tdata2[h->tselect]);
    sdtrig_data1_set(h, (unsigned)h->tselect, napot ? bits_set(legal, MCONTROL6_MATCH, MCONTROL6_MATCH_BITS, MATCH_EQUAL) : legal);
}

void sdtrig_tdata2_write(struct hart *h, uint64_t v)
{
    sdtrig_data2_set(h, (unsigned)h->tselect, match_of(h->tdata1[h->tselect]) == MATCH_NAPOT ? napot_legal(v) : v);
}

void sdtrig_reset(struct hart *h)
{
    h->tselect = 0;
    for (unsigned n = 0; n < RV_TRIGGERS; n++) {
        sdtrig_data1_set(h, n, IDLE);
        sdtrig_data2_set(h, n, 0);
    }
}

/* --- what matches. Addresses wrap: the last bytes of the space and the first may be one access. */

static bool meets(const struct sdtrig_rule *r, unsigned kinds, uint64_t at, uint64_t size)
{
    return (r->kinds & kinds) && (at - r->first <= r->last - r->first || r->first - at < size);
}

bool sdtrig_covers(const struct hart *h, unsigned kinds, va_t at, uint64_t size)
{
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        if (meets(&h->sdtrig[n], kinds, at, size))
            return true;
    return false;
}

/* A breakpoint must not come where the handler of another has not saved yet what this one would overwrite: none in M-mode with MIE clear,
 * nor in S-mode with SIE clear if S-mode would take it [debug 5.4, first solution]. */
static bool may_fire(struct hart *h)
{
    switch (hart_check(h, mode)) {
    case RV_M: return bit_get(hart_check(h, mstatus), MSTATUS_MIE);
    case RV_S: return !bit_get(hart_check(h, medeleg), RV_CAUSE_BREAKPOINT) || bit_get(hart_check(h, mstatus), MSTATUS_SIE);
    default: return true;
    }
}

/* All that match fire at once, and say so. */
bool sdtrig_fires(struct hart *h, unsigned kinds, va_t at, unsigned size, va_t va)
{
    const unsigned mode = MODE_U + (unsigned)h->mode;
    bool hit = false;
    if (LIKELY(!(h->sdtrig_kinds & kinds)))
        return false;
    hart_note(h->touched.check, HART_tdata1);
    hart_note(h->touched.check, HART_tdata2);
    if (!may_fire(h))
        return false;
    for (unsigned n = 0; n < RV_TRIGGERS; n++)
        if (bit_get(h->tdata1[n], mode) && meets(&h->sdtrig[n], kinds, at, size)) {
            h->tdata1[n] |= BIT(MCONTROL6_HIT0);
            hit = true;
        }
    if (hit)
        *h->trap = (struct trap){
            .kind = TRAP_EXCEPTION, .reason = REASON_RESOURCE, .row = INSN_NONE, .cause = RV_CAUSE_BREAKPOINT, .tval = va};
    return hit;
}
