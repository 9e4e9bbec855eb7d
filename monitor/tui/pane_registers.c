/* pane_registers.c - the mode, and the registers that changed or are not zero; those that changed first where not all have room. */
#include "monitor/tui/tui.h"

#include <string.h>

enum { NAMED = 10, VALUE = 16 };

static bool changed(const struct debugger *d, unsigned i)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    return d->has_before && d->before[i] != machine_get(debugger_machine(d), r->reg);
}

/* Clocks change always; the pc and the mode are shown anyway. */
static bool is_shown(const struct debugger *d, unsigned i)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    if (r->reg == MACHINE_PC || r->reg == MACHINE_MODE || r->part == PART_NONDET || r->part == PART_HIDDEN)
        return false;
    return changed(d, i) || machine_get(debugger_machine(d), r->reg) != 0;
}

/* Ten columns of name, a mark, and the value in as many digits as the register has:
 *
 *   sp        *0000000080247010      it changed since the last stop
 *   a1         0000000087e00000
 *   t0        !0000000000000003      it is another on the bare machine, with two machines shown
 */
static void one(const struct tui *t, const struct debugger *d, unsigned i, struct canvas *c, const struct box *b, unsigned x,
                unsigned y)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    bool star = changed(d, i), differs = t->pair && pair_differs(t->pair, r->reg);
    canvas_text(c, b, x, y,
                differs ? STYLE_ALARM
                : star  ? STYLE_CHANGED
                        : STYLE_PLAIN,
                "%-*.*s%c%0*llx", NAMED, NAMED, r->name,
                differs ? '!'
                : star  ? '*'
                        : ' ',
                r->width > 32 ? VALUE : (int)(r->width + 3) / 4, (unsigned long long)machine_get(debugger_machine(d), r->reg));
}

/* Two passes over the registers: those that changed, then the others that are not zero, down the columns until there is no more
 * room. So what the last instruction did is in sight even in the smallest box. */
void pane_registers(const struct tui *t, const struct debugger *d, struct canvas *c, const struct box *b)
{
    const struct isa *isa = debugger_isa(d);
    const struct machine *m = debugger_machine(d);
    const unsigned cell = NAMED + 1 + VALUE + 2;
    unsigned columns = (b->width + 2) / cell, room, n = 0;
    if (!columns || b->height < 2)
        return;
    room = columns * (b->height - 1);
    bool differs = t->pair && (pair_differs(t->pair, MACHINE_PC) || pair_differs(t->pair, MACHINE_MODE));
    canvas_text(c, b, 0, 0, differs ? STYLE_ALARM : STYLE_HERE, "pc %llx  mode %s%s", (unsigned long long)about_pc(m),
                debugger_mode_name(d, machine_get(m, MACHINE_MODE)), differs ? " !" : "");
    for (int pass = 0; pass < 2; pass++)
        for (unsigned i = 0; i < isa->reg_count && n < room; i++)
            if (is_shown(d, i) && changed(d, i) == (pass == 0)) {
                one(t, d, i, c, b, n / (b->height - 1) * cell, 1 + n % (b->height - 1));
                n++;
            }
}
