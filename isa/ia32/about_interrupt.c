/* about_interrupt.c - IA-32's interrupts for people (isa/about.h) [SDM 3A 6.8]. */
#include "isa/ia32/about.h"

#include "isa/ia32.h"

#include <stdio.h>

/* In the order in which they are taken when both are there [SDM 3A 6.9]. */
const struct about_line ia32_about_lines[IA32_ABOUT_LINES] = {{IA_LINE_NMI, "NMI", "the NMI input"},
                                                              {IA_LINE_INTR, "INTR", "the board's interrupt controllers"}};

/* An NMI asks nothing of IF: it is kept out by another that is being handled, up to the IRET [SDM 3A 6.7.1], and
 * like any interrupt by the one instruction behind a load of SS. The sentence is written in both cases: `why` says
 * what kept it out, or what let it in. */
static bool keeps_out(const struct machine *m, unsigned line, char *why, size_t size)
{
    const bool shadow = machine_get(m, IA_SHADOW);
    if (shadow)
        snprintf(why, size, "held back for one instruction, behind STI, MOV SS or POP SS");
    else if (line == IA_LINE_NMI)
        snprintf(why, size, machine_get(m, IA_NMI_MASKED) & 1 ? "an NMI is being handled" : "no NMI is being handled");
    else
        snprintf(why, size, "EFLAGS.IF = %d", (machine_get(m, IA_EFLAGS) & EFLAGS_IF) != 0);
    return shadow || (line == IA_LINE_NMI ? machine_get(m, IA_NMI_MASKED) & 1 : !(machine_get(m, IA_EFLAGS) & EFLAGS_IF));
}

/* An NMI is an edge that the CPU remembers (bit 1 of IA_NMI_MASKED), INTR a level that the board holds until it is
 * acknowledged. Nothing is delegated on this machine: an interrupt goes to the IDT, whatever the ring. */
void ia32_about_interrupt(const struct machine *m, unsigned line, struct about_interrupt *v)
{
    char why[80];
    const bool out = keeps_out(m, line, why, sizeof why);
    v->pending = line == IA_LINE_NMI ? machine_get(m, IA_NMI_MASKED) & 2 : machine_get(m, IA_LINES) >> line & 1;
    v->enabled = line == IA_LINE_NMI || machine_get(m, IA_EFLAGS) & EFLAGS_IF;
    v->delegated = false;
    v->taken = v->pending && !out;
    if (v->pending)
        snprintf(v->why, sizeof v->why, "%s: %s", out ? "kept out" : "taken next", why);
    else
        snprintf(v->why, sizeof v->why, "not pending");
}

int ia32_about_next_interrupt(const struct machine *m)
{
    for (unsigned n = 0; n < IA32_ABOUT_LINES; n++) {
        struct about_interrupt v;
        ia32_about_interrupt(m, ia32_about_lines[n].line, &v);
        if (v.taken)
            return (int)ia32_about_lines[n].line;
    }
    return -1;
}

void ia32_about_interrupt_way(const struct machine *m, unsigned line, uint64_t mode, char *out, size_t size)
{
    (void)m, (void)mode;
    if (line == IA_LINE_NMI)
        snprintf(out, size, "The NMI input rose, and nothing but another NMI keeps it out. ");
    else
        snprintf(out, size, "INTR was high and EFLAGS.IF = 1 let it in; the interrupt controller gave the vector. ");
}

void ia32_about_interrupt_source(const struct machine *m, unsigned line, struct about_source *out)
{
    (void)m, (void)line;
    *out = (struct about_source){.kind = SOURCE_BOARD};
}
