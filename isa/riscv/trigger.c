/* trigger.c - the hart's triggers: where they are asked, and why all else runs as if there were none.
 *
 *  - A page of addresses with an EXECUTE trigger has decoded records of its own (fetch.c); those at which one may match have
 *    rv_body_trigger, which asks. All other pages, and all other records of this one, are as they always are.
 *  - While there is an OPCODE trigger that is so with all pages, and the records are those of the instructions it names.
 *  - A page with a LOAD or STORE trigger gets no entries in the data TLB (translate.c), so that access.c sees every access to it.
 */
#include "isa/riscv/trigger.h"

#include "isa/riscv/sdtrig.h"
#include <errno.h>

/* Valid as long as nothing has retired since; what sets the pc makes it 0. */
uint64_t hart_resume(const struct hart *h) { return h->resume_retired == hart_retired(h) ? h->resume : 0; }

void hart_resume_set(struct hart *h, uint64_t resume)
{
    h->resume = resume;
    h->resume_retired = hart_retired(h);
}

/* `resume` lets a machine go on from where a trigger stopped it: what has been reported at this instruction is
 * passed over. As soon as something retires all is new again, so in a loop each round reports. */
static bool match(struct hart *h, const struct trigger_step *step, va_t va)
{
    uint64_t resume = hart_resume(h);
    if (!trigger_set_match(&h->triggers, step, &resume, h->trap))
        return false;
    hart_resume_set(h, resume);
    h->trap->tval = va;
    return true;
}

bool hart_trigger_fetch(struct hart *h, bool physical, uint64_t at)
{
    return h->triggers.count &&
           match(h, &(struct trigger_step){.kinds = TRIGGER_EXECUTE, .physical = physical, .at = at, .size = 1}, h->pc);
}

bool hart_trigger_opcode(struct hart *h, uint32_t bits)
{
    return h->triggers.opcodes && match(h, &(struct trigger_step){.kinds = TRIGGER_OPCODE, .bits = bits}, h->pc);
}

static bool hart_trigger_access(struct hart *h, unsigned kinds, va_t va, unsigned size)
{
    return match(h, &(struct trigger_step){.kinds = kinds, .step = 1, .at = va, .size = size}, va);
}

bool hart_trigger_physical(struct hart *h, unsigned kinds, pa_t pa, unsigned size, va_t va)
{
    return h->triggers.count &&
           match(h, &(struct trigger_step){.kinds = kinds, .step = 1, .physical = true, .at = pa, .size = size}, va);
}

/* An access that crosses pages lies in two places of physical memory: `size` bytes at pa, `rest_size` more at rest.
 * It is one step all the same, and matches once. */
bool hart_trigger_across(struct hart *h, unsigned kinds, pa_t pa, unsigned size, pa_t rest, unsigned rest_size, va_t va)
{
    const struct trigger_step step = {
        .kinds = kinds, .step = 1, .physical = true, .at = pa, .size = size, .rest = rest, .rest_size = rest_size};
    return h->triggers.count && match(h, &step, va);
}

/* Asked when a page is decoded or enters the TLB. It may say yes too often: then accesses go the careful way and
 * find nothing. A no in place of a yes would let the trigger sleep, hence virtual and physical addresses are both
 * asked about. */
bool hart_page_watched(const struct hart *h, unsigned kinds, va_t va, pa_t pa)
{
    if ((kinds & TRIGGER_EXECUTE) && h->triggers.opcodes)
        return true;
    return h->watching && (trigger_set_covers(&h->triggers, kinds, false, va & PAGE_MASK, PAGE_SIZE) ||
                           trigger_set_covers(&h->triggers, kinds, true, pa & PAGE_MASK, PAGE_SIZE) ||
                           sdtrig_covers(h, kinds, va & PAGE_MASK, PAGE_SIZE));
}

bool hart_insn_watched(const struct hart *h, va_t va, pa_t pa, uint32_t bits)
{
    return trigger_set_names(&h->triggers, bits) || trigger_set_covers(&h->triggers, TRIGGER_EXECUTE, false, va, 1) ||
           trigger_set_covers(&h->triggers, TRIGGER_EXECUTE, true, pa, 1) || sdtrig_covers(h, TRIGGER_EXECUTE, va, 1);
}

/* Before translation: the owner's first, then the program's own. */
bool hart_watch_fetch(struct hart *h)
{
    return UNLIKELY(h->watching) && (hart_trigger_fetch(h, false, h->pc) || sdtrig_fires(h, TRIGGER_EXECUTE, h->pc, 1, h->pc));
}

bool hart_watch_access(struct hart *h, unsigned kinds, va_t va, unsigned size)
{
    return UNLIKELY(h->watching) && (hart_trigger_access(h, kinds, va, size) || sdtrig_fires(h, kinds, va, size, va));
}

int hart_trigger(struct machine *m, unsigned slot, const struct trigger *t)
{
    struct hart *h = hart_of(m);
    if (t && t->kinds & TRIGGER_FRESH)
        return -ENOTSUP;
    int failed = trigger_set_put(&h->triggers, slot, t);
    if (failed)
        return failed;
    hart_triggers_changed(h);
    return 0;
}
