/* trigger.c - see trigger.h. Slots are few and whoever asks is on a slow path: a list of the used ones is searched. */
#include "isa/trigger.h"

#include "isa/insn.h"

#include <errno.h>

enum { RESUME_SLOT_BITS = 16 };

/* One by opcode has no place, one of fresh instructions a place in memory alone; of the others kinds may be put
 * together. A range may end at the last byte of the space, so that its end is not what is asked, but its last byte. */
static bool is_valid(const struct trigger *t)
{
    const unsigned all = TRIGGER_EXECUTE | TRIGGER_LOAD | TRIGGER_STORE;
    if (t->kinds == TRIGGER_OPCODE)
        return !t->physical && !t->at && !t->length && !(t->bits & ~t->mask);
    if (t->kinds == TRIGGER_FRESH)
        return t->physical && t->length && t->at + (t->length - 1) >= t->at;
    return t->kinds && !(t->kinds & ~all) && t->length && t->at + (t->length - 1) >= t->at;
}

/* Made anew with each change, which is rare: whoever asks whether anything waits looks at count and kinds, and goes
 * on. */
static void list_used(struct trigger_set *s)
{
    s->count = s->opcodes = s->kinds = 0;
    for (unsigned n = 0; n < TRIGGER_SLOTS; n++)
        if (s->slot[n].kinds) {
            s->used[s->count++] = (uint16_t)n;
            s->opcodes += s->slot[n].kinds == TRIGGER_OPCODE;
            s->kinds |= s->slot[n].kinds;
        }
}

/* A slot is the number that the trap tells; a machine that stands on this one takes the slots above its own
 * (trigger_resume_up). */
int trigger_set_put(struct trigger_set *s, unsigned slot, const struct trigger *t)
{
    if (slot >= TRIGGER_SLOTS || (t && !is_valid(t)))
        return -EINVAL;
    s->slot[slot] = t ? *t : (struct trigger){0};
    list_used(s);
    return 0;
}

/* In unsigned arithmetic "at - t->at < length" is true when at lies in [t->at, t->at + length), be it across the
 * end of the space. */
static bool meets(const struct trigger *t, unsigned kinds, bool physical, uint64_t at, uint64_t size)
{
    /* Addresses wrap: the last bytes of the space and the first may be one access. */
    return (t->kinds & kinds) && t->physical == physical && (at - t->at < t->length || t->at - at < size);
}

static bool names(const struct trigger *t, insn_t bits) { return t->kinds == TRIGGER_OPCODE && (bits & t->mask) == t->bits; }

static bool step_meets(const struct trigger *t, const struct trigger_step *e)
{
    if (e->kinds == TRIGGER_OPCODE)
        return names(t, e->bits);
    return meets(t, e->kinds, e->physical, e->at, e->size) || (e->rest_size && meets(t, e->kinds, e->physical, e->rest, e->rest_size));
}

/* The number of a step, with nothing of it done. */
static uint64_t step_begin(const struct trigger_step *e)
{
    const unsigned what = e->kinds == TRIGGER_FRESH ? 3 : e->kinds == TRIGGER_OPCODE ? 2 : e->physical;
    return ((uint64_t)e->step << 2 | what) << RESUME_SLOT_BITS;
}

/* In the order of the slots, each once: *resume names the last that was reported, and behind <= *resume leaves out
 * those. So going on from a trap reports the next trigger of the same step, and then the instruction goes on. */
bool trigger_set_match(const struct trigger_set *s, const struct trigger_step *e, uint64_t *resume, struct trap *t)
{
    for (unsigned n = 0; n < s->count; n++) {
        const unsigned slot = s->used[n];
        const uint64_t behind = step_begin(e) + slot + 1;
        if (behind <= *resume || !step_meets(&s->slot[slot], e))
            continue;
        *resume = behind;
        *t = (struct trap){.kind = TRAP_TRIGGER, .row = INSN_NONE, .cause = slot, .tval = e->at};
        return true;
    }
    return false;
}

bool trigger_set_names(const struct trigger_set *s, insn_t bits)
{
    for (unsigned n = 0; n < s->count && s->opcodes; n++)
        if (names(&s->slot[s->used[n]], bits))
            return true;
    return false;
}

bool trigger_set_covers(const struct trigger_set *s, unsigned kinds, bool physical, uint64_t at, uint64_t size)
{
    for (unsigned n = 0; n < s->count; n++)
        if (meets(&s->slot[s->used[n]], kinds, physical, at, size))
            return true;
    return false;
}

/* --- */

static uint64_t slot_field(uint64_t resume) { return bits_get(resume, 0, RESUME_SLOT_BITS); }

/* A machine that stands on another has its triggers in higher slots there; 0 means "none yet" and stays so. The top
 * number says "all". */
uint64_t trigger_resume_up(uint64_t resume, unsigned slots)
{
    const uint64_t n = slot_field(resume), top = bits_get(UINT64_MAX, 0, RESUME_SLOT_BITS);
    return n ? resume - n + (n + slots < top ? n + slots : top) : resume;
}

uint64_t trigger_resume_down(uint64_t resume, unsigned slots)
{
    const uint64_t n = slot_field(resume);
    return resume - (n < slots ? n : slots);
}
