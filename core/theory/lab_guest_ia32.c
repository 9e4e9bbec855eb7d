/* lab_guest_ia32.c - the laboratory of an IA-32 CPU with inner mode (isa/ia32.h, IA_INNER), in which a guest runs there.
 *
 * The modes of the theory are two: inner mode is user mode, root mode the other. The ring is the guest's own, as its flags, segments and
 * tables are: it is one register of the bench more, identity, and what it refuses is set aside with what a page or a segment refuses.
 * Everything that a program is refused, or asks for, comes to the owner of the machine as a value.
 */
#include "core/theory/lab_ia32.h"
#include "core/theory/theory_ia32.h"

#include <string.h>

#define CELL(name, reg, bits, about)                                                                                                  \
    {                                                                                                                                 \
        name, NULL, reg, bits, PART_IDENTITY, about                                                                                   \
    }
#define DESC(n) CELL("gdt[" #n "]", BENCH_DESC + (n), 64, "an entry of the GDT")
static const struct reg_desc extra[] = {
    {"clock", NULL, MACHINE_CLOCK, 64, PART_NONDET, "clock units"},
    CELL("ring", BENCH_RING, 3, "0 to 3: CPL in protected mode; 4: virtual-8086; 5: real"),
    DESC(0),
    DESC(1),
    DESC(2),
    DESC(3),
    DESC(4),
    DESC(5),
    DESC(6),
    DESC(7),
    DESC(8),
    DESC(9),
    CELL("idt[33]", BENCH_GATE, 64, "an entry of the IDT"),
    CELL("tss.esp0", BENCH_ESP0, 32, "the task's stack of ring 0"),
    CELL("tss.link", BENCH_LINK, 16, "the task before"),
    CELL("tss.ports", BENCH_IOMAP, 64, "ports 60 to 9F that are closed to the task"),
    {"device", NULL, BENCH_PORT, 32, PART_VIRTUAL, "what the device behind the ports holds"},
};
#undef DESC
#undef CELL

static uint64_t generate(reg_t reg, uint64_t *seed)
{
    if (reg == MACHINE_MODE)
        return lab_next(seed) % 2 ? BENCH_INNER : BENCH_ROOT;
    if (reg == IA_INTERCEPT) { /* often none, so that there are states in which all go through */
        const uint64_t v = lab_next(seed);
        return v % 2 ? v >> 8 & IA_INTERCEPT_ALL : 0;
    }
    return lab_ia32.generate(reg == BENCH_RING ? MACHINE_MODE : reg, seed);
}

static bool vmm_sees(struct lab *l, struct machine *m, const struct trap *t)
{
    (void)l, (void)m, (void)t;
    return true;
}

struct lab_isa lab_ia32_guest(void)
{
    struct lab_isa isa = lab_ia32;
    isa.mode_count = 2;
    isa.modes[0] = BENCH_INNER;
    isa.modes[1] = BENCH_ROOT;
    isa.mode_name[0] = "inner mode";
    isa.mode_name[1] = "root mode";
    isa.extra = extra;
    isa.extra_count = sizeof extra / sizeof *extra;
    isa.generate = generate;
    isa.vmm_sees = vmm_sees;
    return isa;
}

/* --- what is the guest's own there, and what the VMM's */

static bool is_kept(reg_t r)
{
    switch (r) {
    case MACHINE_MODE:
    case MACHINE_CLOCK:
    case IA_APIC_BASE:
    case IA_INTERCEPT:
    case IA_PENDING: return true;
    default: return r >= IA_CR0 && r <= IA_DR7;
    }
}

/* The counter has an offset, and RDTSC exits where the guest wants that of its own guest. AM, TSD and the bits by which other variants trap are
 * real because rings are; the tables are the guest's memory. */
static const char *const given[] = {"cr0.AM",  "cr4.TSD",     "cr4.UMIP",     "tsc_offset",      "intercept.TSC", "misc_features",
                                    "traps",   "traps.FLAGS", "traps.TABLES", "traps.QUESTIONS", "traps.RINGS",   "traps.CPUID",
                                    "idt[33]", "tss.esp0",    "tss.link",     "tss.ports"};

bool ia32_guest_given(const char *field)
{
    for (unsigned n = 0; n < sizeof given / sizeof *given; n++)
        if (strcmp(field, given[n]) == 0)
            return true;
    return strncmp(field, "gdt[", 4) == 0;
}

enum reg_partition ia32_guest_part(const char *name, reg_t reg, enum reg_partition part)
{
    const bool own = part == PART_VIRTUAL || part == PART_RELOCATED;
    return own && (!is_kept(reg) || ia32_guest_given(name)) ? PART_IDENTITY : part;
}
