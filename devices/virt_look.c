/* virt_look.c - see virt_look.h.
 *
 * With one hart, BOARD_INTERRUPTS of a kernel that waits for its console begins with
 *
 *     PLIC: source priority wire pending claimed enabled-for
 *               10        1    0       0       0 -S uart
 *           thresholds: M 0, S 0
 *     CLINT: msip 0, mtime 0x1f3a2, mtimecmp 0xffffffffffffffff (never)
 */
#include "devices/virt_look.h"
#include "devices/clint.h"
#include "devices/plic.h"
#include "devices/uart16550.h"

#include <string.h>

static bool bit(const uint32_t *words, unsigned source) { return words[source / 32] >> source % 32 & 1; }

/* "MS" of one hart, "M0 S0 S1" of several. */
static void enabled_for(const struct virt_parts *v, unsigned source, FILE *out)
{
    for (unsigned c = 0; c < 2 * v->harts; c++)
        if (v->harts == 1)
            fputc(bit(v->plic->enable[c], source) ? "MS"[c] : '-', out);
        else if (bit(v->plic->enable[c], source))
            fprintf(out, "%c%u ", "MS"[c % 2], c / 2);
}

/* Of 95 sources those are listed that somebody has set up or that have something to say. */
static void sources(const struct virt_parts *v, FILE *out)
{
    const struct plic *p = v->plic;
    fprintf(out, "PLIC: source priority wire pending claimed enabled-for\n");
    for (unsigned i = 1; i <= PLIC_SOURCES; i++) {
        bool used = p->priority[i] || bit(p->level, i) || bit(p->pending, i) || bit(p->claimed, i);
        for (unsigned c = 0; c < p->contexts; c++)
            used = used || bit(p->enable[c], i);
        if (!used)
            continue;
        fprintf(out, "      %6u %8u %4d %7d %7d ", i, p->priority[i], bit(p->level, i), bit(p->pending, i), bit(p->claimed, i));
        enabled_for(v, i, out);
        fprintf(out, " %s\n", v->source_name(i));
    }
    for (unsigned n = 0; n < v->harts; n++) {
        fprintf(out, "      thresholds");
        if (v->harts > 1)
            fprintf(out, " of hart %u", n);
        fprintf(out, ": M %u, S %u\n", p->threshold[2 * n], p->threshold[2 * n + 1]);
    }
}

static void clint(const struct virt_parts *v, FILE *out)
{
    unsigned long long now = clock_ticks(v->clock);
    for (unsigned n = 0; n < v->harts; n++) {
        const struct clint_hart *c = &v->clint->hart[n];
        fprintf(out, "CLINT: ");
        if (v->harts > 1)
            fprintf(out, "hart %u: ", n);
        fprintf(out, "msip %d, mtime 0x%llx, mtimecmp 0x%llx (%s)\n", c->msip, now, (unsigned long long)c->mtimecmp,
                c->mtimecmp == UINT64_MAX ? "never"
                : c->mtimecmp <= now      ? "reached"
                                          : "to come");
    }
}

static void uart(const struct virt_parts *v, FILE *out)
{
    const struct uart *u = v->uart;
    fprintf(out, "UART: ier 0x%02x lcr 0x%02x mcr 0x%02x; %u of %d bytes received wait to be read\n", u->ier, u->lcr, u->mcr, u->count,
            UART_FIFO);
}

void virt_look(const struct virt_parts *v, enum board_view view, FILE *out)
{
    if (view == BOARD_INTERRUPTS) {
        sources(v, out);
        clint(v, out);
        uart(v, out);
        return;
    }
    uart(v, out);
    clint(v, out);
    for (unsigned i = 0; i < BOARD_DRIVES; i++)
        if (v->drive[i])
            fprintf(out, "virtio.%u: drive %s%s\n", i, v->drive[i], v->snapshot[i] ? ", writes are dropped at the end" : "");
}

void virt_look_sources(const struct virt_parts *v, unsigned context, char *text, size_t size)
{
    const struct plic *p = v->plic;
    size_t used = 0;
    for (unsigned i = 1; i <= PLIC_SOURCES && used < size; i++)
        if (bit(p->pending, i) && bit(p->enable[context], i)) {
            const char *name = v->source_name(i);
            used += (size_t)snprintf(text + used, size - used, "%s %u%s%s%s", used ? "," : "the PLIC has pending and enabled source",
                                     i, *name ? " (" : "", name, *name ? ")" : "");
        }
}
