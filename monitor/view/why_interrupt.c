/* why_interrupt.c - `why` at an interrupt: which line, where it is enabled, who takes it, why now, and before which others [priv 3.1.9].
 *
 * Of a virtual machine the registers are those of just before; of the bare machine those of just after, where xIE has become xPIE.
 */
#include "monitor/view/why.h"

#include "devices/plic.h"
#include "isa/riscv.h"
#include "monitor/debug/trap_name.h"
#include "monitor/view/view_irq.h"

#include <inttypes.h>
#include <stdio.h>

enum { STCE = 63 }; /* of menvcfg: stimecmp raises STIP [priv 3.1.18] */

struct taken {
    FILE *f;
    const struct debugger *d;
    const struct traplog_entry *entry;
    unsigned line;
    uint64_t mip, mie, mideleg, status, stimecmp, menvcfg;
    bool before; /* they are from before it was taken */
};

static uint64_t kept(const struct taken *t, unsigned csr)
{
    const uint64_t *values = t->before ? t->entry->before : t->entry->after;
    const struct reg_desc *r;
    for (unsigned i = 0; (r = traplog_register(t->d->traplog, i)); i++)
        if (r->reg == RV_CSR + csr)
            return values[i];
    return 0;
}

static void read_registers(struct taken *t)
{
    t->before = t->entry->before != NULL;
    t->mip = kept(t, CSR_mip);
    t->mie = kept(t, CSR_mie);
    t->mideleg = kept(t, CSR_mideleg);
    t->status = kept(t, CSR_mstatus);
    t->stimecmp = kept(t, CSR_stimecmp);
    t->menvcfg = kept(t, CSR_menvcfg);
}

/* --- the sentences */

static bool is_delegated(const struct taken *t, unsigned line) { return bit_get(t->mideleg, line); }

static void tell_way(const struct taken *t)
{
    const char *name = irq_name(t->line);
    bool to_s = is_delegated(t, t->line);
    uint64_t mode = t->entry->event.virtual_mode;
    fprintf(t->f, "Its line is pending (mip.%sP) and enabled (mie.%sE); mideleg.%s = %d ", name, name, name, to_s);
    fprintf(t->f, to_s ? "gives it to S-mode, " : "leaves it to M-mode, ");
    if (mode < (to_s ? RV_S : RV_M))
        fprintf(t->f, "and %s-mode cannot keep out what goes to a higher one. ", debugger_mode_name(t->d, mode));
    else
        fprintf(t->f, "and %s = 1 let it in. ", to_s ? "sstatus.SIE" : "mstatus.MIE");
}

/* A timer that has been reached earlier was kept out meanwhile. */
static void tell_timer(const struct taken *t, const char *time, const char *compare, uint64_t due)
{
    const struct clock *c = &t->d->system->clock;
    uint64_t now = t->entry->event.clock;
    fprintf(t->f, "Why now: %s 0x%" PRIx64 " has reached %s 0x%" PRIx64, time, now / c->units_per_tick, compare, due);
    fprintf(t->f, now > clock_when(c, due) ? "; it was kept out until the guest's mode, or an enable, let it in. " : ", just now. ");
}

static void tell_sources(const struct taken *t)
{
    const struct plic *p = virt_plic(virt_of(t->d->system->board));
    unsigned context = t->line == RV_IRQ_SEI, any = 0;
    if (debugger_retired(t->d) == t->entry->event.retired)
        for (unsigned i = 1; i <= PLIC_SOURCES; i++)
            if (p->pending[i / 32] >> i % 32 & 1 && p->enable[context][i / 32] >> i % 32 & 1) {
                const char *name = irq_source_name(i);
                fprintf(t->f, "%s %u%s%s%s", any ? "," : "Why now: the PLIC has pending and enabled source", i, *name ? " (" : "",
                        name, *name ? ")" : "");
                any++;
            }
    fprintf(t->f, any ? ". " : "Why now: the PLIC raised it for a device. ");
}

static void tell_source(const struct taken *t)
{
    switch (t->line) {
    case RV_IRQ_STI:
        if (bit_get(t->menvcfg, STCE))
            tell_timer(t, "time", "stimecmp", t->stimecmp);
        else
            fprintf(t->f, "Why now: M-mode has set mip.STIP. ");
        break;
    case RV_IRQ_MTI: fprintf(t->f, "Why now: the CLINT's mtime has reached mtimecmp. "); break;
    case RV_IRQ_MSI: fprintf(t->f, "Why now: the CLINT's msip is set. "); break;
    case RV_IRQ_SSI: fprintf(t->f, "Why now: software has set mip.SSIP. "); break;
    default: tell_sources(t); break;
    }
}

static void tell_priority(const struct taken *t)
{
    unsigned others = 0, line;
    for (unsigned i = 0; (line = irq_by_priority(i)); i++)
        if (line != t->line && bit_get(t->mip & t->mie, line))
            fprintf(t->f, "%s%s", others++ ? ", " : "It goes before ", irq_name(line));
    fprintf(t->f, others ? ": what goes to M comes first, then the order is MEI, MSI, MTI, SEI, SSI, STI. "
                         : "No other was pending and enabled. ");
}

void why_interrupt(FILE *f, const struct debugger *d, const struct traplog_entry *entry)
{
    char name[48];
    const struct trap *trap = &entry->event.result;
    struct taken t = {.f = f, .d = d, .entry = entry, .line = (unsigned)trap->cause};
    fprintf(f, "took an interrupt between two instructions: %s, %s. ", trap_name(debugger_isa(d), trap, name, sizeof name),
            irq_name(t.line));
    read_registers(&t);
    tell_way(&t);
    tell_source(&t);
    tell_priority(&t);
}
