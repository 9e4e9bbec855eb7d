/* executed.c - see executed.h. */
#include "monitor/debug/executed.h"

#include "isa/about.h"

enum { RECORD = 64 };

void executed_before(struct executed *x, const struct executed_on *on, insn_t bits)
{
    *x = (struct executed){.retired = on->retired, .pc = about_pc(on->guest), .bits = bits};
    x->virtual_mode = machine_get(on->guest, MACHINE_MODE);
    x->host_retired = machine_get(on->bare, MACHINE_RETIRED);
}

/* Only bits that the instruction touched are compared: a register of which another part differs has not misled it. */
static void look(struct executed *x, const struct executed_on *on, const struct machine_touch *t)
{
    uint64_t real = machine_get(on->bare, t->reg), virtual = machine_get(on->guest, t->reg);
    unsigned how = t->how & (TOUCH_READ | TOUCH_WRITE);
    if (how && machine_has(on->guest, t->reg) && (real ^ virtual) & t->bits && x->uses < EXECUTED_USES)
        x->use[x->uses++] = (struct executed_use){t->reg, how, real, virtual};
}

/* What a VMM interprets or emulates retires no instruction of the bare machine. */
void executed_after(struct executed *x, const struct executed_on *on)
{
    struct machine_touch touch[RECORD];
    if (on->retired != x->retired + 1 || machine_get(on->bare, MACHINE_RETIRED) != x->host_retired + 1)
        return;
    unsigned count = machine_touched(on->bare, touch, RECORD);
    if (!on->bare->ops->touched)
        count = about_shows(on->guest, x->bits, touch, RECORD);
    x->known = true;
    x->real_mode = machine_get(on->host, MACHINE_MODE);
    for (unsigned i = 0; i < count && i < RECORD; i++)
        look(x, on, &touch[i]);
}
