/* about_interrupt.c - RISC-V's interrupts for people (isa/about.h): which is taken, or why not [priv 3.1.6.1, 3.1.9]. From the manual, apart
 * from the hart's own choice (trap.c), which tests/isa/test_about_system.c compares it with. */
#include "isa/riscv/about.h"

#include "isa/riscv.h"

#include <stdio.h>

static uint64_t csr(const struct machine *m, unsigned number) { return machine_get(m, RV_CSR + number); }

/* In the order of priority [priv 3.1.9]. Whose an interrupt is mideleg says, not its name: STI may go to M. */
const struct about_line riscv_about_lines[RISCV_ABOUT_LINES] = {
    {RV_IRQ_MEI, "MEI", "external"}, {RV_IRQ_MSI, "MSI", "software"}, {RV_IRQ_MTI, "MTI", "timer (mtimecmp)"},
    {RV_IRQ_SEI, "SEI", "external"}, {RV_IRQ_SSI, "SSI", "software"}, {RV_IRQ_STI, "STI", "timer (stimecmp)"},
};

static const char *name_of(unsigned line)
{
    for (unsigned i = 0; i < RISCV_ABOUT_LINES; i++)
        if (riscv_about_lines[i].line == line)
            return riscv_about_lines[i].name;
    return "?";
}

/* The mode that takes it, and whether that lets it in now.
 * Three cases, of the mode that is running against the mode that takes it:
 *
 *     lower     it is let in, whatever the bits xIE say
 *     the same  it is let in if that mode's xIE is set
 *     higher    it waits
 */
static bool let_in(const struct machine *m, bool delegated, char *why, size_t size)
{
    const uint64_t mode = machine_get(m, MACHINE_MODE), to = delegated ? RV_S : RV_M;
    const bool enabled = bit_get(csr(m, CSR_mstatus), delegated ? MSTATUS_SIE : MSTATUS_MIE);
    if (mode < to)
        snprintf(why, size, "%s-mode cannot keep out what goes to %s", mode ? "S" : "U", delegated ? "S" : "M");
    else if (mode > to)
        snprintf(why, size, "delegated to S, and M-mode is not interrupted for S");
    else
        snprintf(why, size, "in %s-mode %s = %d", delegated ? "S" : "M", delegated ? "sstatus.SIE" : "mstatus.MIE", enabled);
    return mode < to || (mode == to && enabled);
}

void riscv_about_interrupt(const struct machine *m, unsigned line, struct about_interrupt *v)
{
    char why[80];
    v->pending = bit_get(csr(m, CSR_mip), line);
    v->enabled = bit_get(csr(m, CSR_mie), line);
    v->delegated = bit_get(csr(m, CSR_mideleg), line);
    const bool in = let_in(m, v->delegated, why, sizeof why);
    v->taken = v->pending && v->enabled && in;
    if (!v->pending)
        snprintf(v->why, sizeof v->why, "not pending");
    else if (!v->enabled)
        snprintf(v->why, sizeof v->why, "pending, not enabled in mie");
    else
        snprintf(v->why, sizeof v->why, "%s: %s", in ? "taken next" : "kept out", why);
}

/* What goes to M is more important than what goes to S, whatever it is. */
int riscv_about_next_interrupt(const struct machine *m)
{
    for (int delegated = 0; delegated < 2; delegated++)
        for (unsigned i = 0; i < RISCV_ABOUT_LINES; i++) {
            struct about_interrupt v;
            riscv_about_interrupt(m, riscv_about_lines[i].line, &v);
            if (v.taken && v.delegated == delegated)
                return (int)riscv_about_lines[i].line;
        }
    return -1;
}

/* A sentence in parts for people who learn: pending, enabled, whose, and what let it in. It tells of the interrupt
 * that was taken, so that mip may look otherwise by now. */
void riscv_about_interrupt_way(const struct machine *m, unsigned line, uint64_t mode, char *out, size_t size)
{
    const char *name = name_of(line);
    const bool to_s = bit_get(csr(m, CSR_mideleg), line);
    int n = snprintf(out, size, "Its line is pending (mip.%sP) and enabled (mie.%sE); mideleg.%s = %d %s", name, name, name, to_s,
                     to_s ? "gives it to S-mode, " : "leaves it to M-mode, ");
    if (n < 0 || (size_t)n >= size)
        return;
    if (mode < (to_s ? RV_S : RV_M))
        snprintf(out + n, size - (size_t)n, "and %s-mode cannot keep out what goes to a higher one. ", about_mode(m->isa, mode));
    else
        snprintf(out + n, size - (size_t)n, "and %s = 1 let it in. ", to_s ? "sstatus.SIE" : "mstatus.MIE");
}

/* MEI, SEI, MSI and MTI are wires of the board; the other two are bits that somebody wrote, or the hart's own
 * comparison. */
void riscv_about_interrupt_source(const struct machine *m, unsigned line, struct about_source *out)
{
    switch (line) {
    case RV_IRQ_STI: /* stimecmp raises it where STCE lets it [Sstc] */
        if (bit_get(csr(m, CSR_menvcfg), MENVCFG_STCE))
            *out = (struct about_source){.kind = SOURCE_TIMER, .time = "time", .compare = "stimecmp", .due = csr(m, CSR_stimecmp)};
        else
            *out = (struct about_source){.kind = SOURCE_SAID, .text = "M-mode has set mip.STIP"};
        break;
    case RV_IRQ_SSI: *out = (struct about_source){.kind = SOURCE_SAID, .text = "software has set mip.SSIP"}; break;
    default: *out = (struct about_source){.kind = SOURCE_BOARD}; break;
    }
}
