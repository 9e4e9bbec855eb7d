/* translator_text.c - see translator_text.h.
 */
#include "core/vmm/translator_text.h"

#include "core/vmm/reach.h"
#include "core/vmm/translator.h"
#include "core/vmm/translator_private.h"

#include <string.h>

bool translator_text(struct translator_text *x, unsigned which, struct trap *t)
{
    const gva_t at = {(uint32_t)(x->at + which * PAGE_SIZE)};
    const struct phys_range *r;
    gpa_t pa;

    if (!reach_place(x->vcpu, at, 1, PT_FETCH, &pa, &r, t))
        return false;
    t->kind = TRAP_NONE;
    x->byte[which] = translator_ram(x->vcpu, pa, &x->page[which]);
    if (!x->byte[which])
        return false;
    translator_takes(x->vcpu, x->page[which], at.v);
    return true;
}

bool translator_text_ahead(struct translator_text *x, unsigned which)
{
    const gva_t at = {(uint32_t)(x->at + which * PAGE_SIZE)};
    struct trap t;
    gpa_t pa;

    if (x->byte[which])
        return true;
    return x->vcpu->isa->translate(x->vcpu, at, 1, PT_FETCH, false, &pa, &t) && !x->vcpu->isa->touches(x->vcpu, at, PT_FETCH) &&
           translator_text(x, which, &t);
}

unsigned translator_text_bytes(const struct translator_text *x, unsigned offset, uint8_t out[16])
{
    unsigned count = 0;

    if (LIKELY(offset <= PAGE_SIZE - 15)) {
        memcpy(out, x->byte[0] + offset, 15);
        out[15] = 0;
        return 15;
    }
    memset(out, 0, 16);
    for (; count < 15; count++) {
        const unsigned at = offset + count;
        if (at >= PAGE_SIZE && !x->byte[1])
            break;
        out[count] = at < PAGE_SIZE ? x->byte[0][at] : x->byte[1][at - PAGE_SIZE];
    }
    return count;
}
