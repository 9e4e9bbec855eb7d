/* debug.c - the program's own breakpoints, DR0 to DR3, and single step [SDM 3B 17].
 *
 * A breakpoint on an instruction is a fault before it, which RF passes for one instruction. What else there is are traps behind the
 * instruction: they gather in `pending` until the run loop raises them. DR6 and DR7 change with the delivery (deliver.c), as CR2 does.
 */
#include "isa/ia32/access.h"
#include "isa/ia32/system.h"

/* Two ranges overlap where one begins within the other; in unsigned arithmetic each question is one comparison, and
 * right at the end of the address space. The address of a breakpoint is aligned to its length, whatever its low
 * bits are [SDM 3B 17.2.5]. A breakpoint on writes does not see a read; there is none on reads alone, so that
 * ACCESS is for both. */
bool ia_dr_hit(const struct ia_cpu *c, unsigned n, unsigned kinds, uint32_t at, unsigned size)
{
    const unsigned length = ia_dr_length(c, n), kind = ia_dr_kind(c, n);
    const uint32_t first = c->dr[n] & ~(uint32_t)(length - 1);
    if (!ia_dr_enabled(c, n) || (kind == DR_WRITE ? !(kinds & TRIGGER_STORE) : kind != DR_ACCESS))
        return false;
    return (uint32_t)(at - first) < length || (uint32_t)(first - at) < size;
}

/* DR6 is not written here: the bits travel in the trap, and are set when it is delivered. A trap that somebody else
 * takes leaves no mark. */
bool ia_debug_before(struct ia_cpu *c)
{
    uint32_t hits = 0;
    c->met = 0;
    c->rf_loaded = false;
    if (c->flags.system & EFLAGS_RF)
        return true;
    for (unsigned n = 0; n < 4; n++)
        if (ia_dr_enabled(c, n) && ia_dr_kind(c, n) == DR_EXECUTE && c->dr[n] == c->seg[IA_CS].base + c->eip)
            hits |= 1u << n;
    return !hits || ia_raise(c, IA_DB, REASON_RESOURCE, false, 0, hits);
}

/* TF counts as it was before: the POPF that sets it is not stepped itself, the one that clears it is [SDM 3B
 * 17.3.1.4]. RF goes behind each instruction but the IRET that has just loaded it. */
void ia_debug_after(struct ia_cpu *c, uint32_t flags_before)
{
    if ((c->flags.system & EFLAGS_RF) && !c->rf_loaded)
        ia_flags_set(c, 0, EFLAGS_RF);
    if (c->met | (flags_before & EFLAGS_TF))
        ia_debug_pend(c, c->met | (flags_before & EFLAGS_TF ? DR6_BS : 0));
    c->met = 0;
}

bool ia_debug_raise(struct ia_cpu *c)
{
    const uint32_t bits = c->pending;
    c->pending = 0;
    return ia_raise(c, IA_DB, REASON_RESOURCE, false, 0, bits);
}
