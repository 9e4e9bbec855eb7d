/* lab_hybrid_ia32.c - K of a monitor that runs nothing of an IA-32 guest directly but its ring 3, as a laboratory has it (core/vmm/k_hybrid_ia32.def).
 *
 * Two promises are more than in K for all rings: the flags that PUSHF shows are the guest's own, which makes them identity; and the real
 * tables are not empty, but in pages that nobody has. A page fault there is none of memory's: the processor looked for a descriptor, and K
 * withholds it. In ring 3 it looks as a supervisor does, and the program does not.
 */
#include "core/theory/theory_ia32.h"

#include <string.h>

#include "core/theory/lab_ia32.h"
#include "mmu/ia32_pt.h"

static bool is_withheld(unsigned pin) { return pin == IA32_PIN_TABLES_EMPTY || pin == IA32_PIN_TSS_EMPTY; }

void ia32_k_hybrid(struct ia32_k *k)
{
    enum { IA32_PIN_ALWAYS = IA32_PIN_SETTINGS + 1 };
    static const char *const kept[] = {"eflags.IF", "eflags.IOPL", "eflags.VIF", "eflags.VIP"};
    k->setting_count = 0;
#define K_REG(name, reg_, mask_, value_, pin, about)                                                                                  \
    k->setting[k->setting_count++] =                                                                                                  \
        (struct k_setting){.reg = (reg_), .mask = (mask_), .value = (value_), .withholds = is_withheld(IA32_PIN_##pin)};
#include "core/vmm/k_hybrid_ia32.def"
#undef K_REG
    k->text = "flags-kept, tables-guarded, and the pins but iopl-0 and tables-empty";
    for (unsigned n = 0; n < k->field_count; n++)
        for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
            if (strcmp(k->field[n].name, kept[i]) == 0)
                k->field[n].part = PART_IDENTITY;
}

bool ia32_hybrid_promises(const char *field) { return strncmp(field, "eflags.", 7) == 0 || ia32_k_promises(field); }

static bool memory_trap(const struct trap *t)
{
    const bool guarded = t->cause == IA_PF && !(t->error & IA32_PF_U) && t->tval >= IA32_GUARDED;
    return !guarded && lab_ia32.memory_trap(t);
}

struct lab_isa lab_ia32_hybrid(void)
{
    struct lab_isa isa = lab_ia32;
    isa.memory_trap = memory_trap;
    return isa;
}

const struct k_pin ia32_promises[] = {
    {"flags-kept",
     "in its ring 3 the real IF, IOPL, VIF and VIP are the guest's: with one of the last three set that is interpreted, too", false},
    {"tables-guarded", "GDTR and LDTR name pages that are not there: who asks for a descriptor traps", true},
    {NULL, NULL, false},
};
