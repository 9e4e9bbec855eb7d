/* pc_look.c - what the board has to say to people.
 *
 * An excerpt of BOARD_INTERRUPTS, of a kernel that has the 8259's vectors from 0x20 on and waits for the timer's end of interrupt:
 *
 *     8259: line vector wire requested in-service masked of
 *              0   0x20    1         0          1      0  edge timer
 *              1   0x21    0         0          0      1  edge keyboard
 */
#include "devices/pc_private.h"

#include <string.h>

static const char *name_of(unsigned irq)
{
    switch (irq) {
    case PC_IRQ_TIMER: return "timer";
    case PC_IRQ_KEYBOARD: return "keyboard";
    case I8259_CASCADE: return "the second 8259";
    case PC_IRQ_SERIAL: return "com1";
    case PC_IRQ_CLOCK: return "clock";
    case PC_IRQ_IDE: return "ide.0";
    case PC_IRQ_IDE + 1: return "ide.1";
    default: return "";
    }
}

/* Lines on which there is no device are left out, unless something is to be seen on them: that is when one wants to know. */
static void chip(const struct i8259_chip *c, unsigned first, FILE *out)
{
    for (unsigned n = 0; n < 8; n++) {
        const unsigned b = 1u << n;
        if (!*name_of(first + n) && !((c->irr | c->isr | c->level) & b))
            continue;
        fprintf(out, "      %4u   0x%02x %4d %9d %10d %6d %5s %s\n", first + n, c->base + n, (c->level & b) != 0, (c->irr & b) != 0,
                (c->isr & b) != 0, (c->imr & b) != 0, c->elcr & b ? "level" : "edge", name_of(first + n));
    }
}

static void pic(const struct pc *p, FILE *out)
{
    fprintf(out, "8259: line vector wire requested in-service masked of\n");
    chip(&p->pic.master, 0, out);
    chip(&p->pic.slave, 8, out);
}

static void vectors(const char *what, const uint32_t *words, FILE *out)
{
    fprintf(out, ", %s", what);
    bool any = false;
    for (unsigned v = 0; v < 256; v++)
        if (words[v / 32] >> (v % 32) & 1) {
            fprintf(out, " 0x%02x", v);
            any = true;
        }
    if (!any)
        fprintf(out, " none");
}

static void lapic(const struct pc *p, FILE *out)
{
    const struct lapic *a = &p->lapic;
    fprintf(out, "local APIC: %s", a->svr & 0x100 ? "on" : "off");
    vectors("requested", a->irr, out);
    vectors("in service", a->isr, out);
    fprintf(out, ", priority 0x%02x\n            timer 0x%05x, 8259 %s\n", a->tpr, a->lvt[LAPIC_TIMER],
            lapic_passes_pic(a) ? "passes through" : "is shut out");
}

/* Masked entries are left out: after a reset that is all of them. */
static void ioapic(const struct pc *p, FILE *out)
{
    for (unsigned n = 0; n < IOAPIC_LINES; n++)
        if (!(p->ioapic.entry[n] & 0x10000))
            fprintf(out, "I/O APIC: line %u to vector 0x%02x, wire %u\n", n, (unsigned)p->ioapic.entry[n] & 0xff,
                    p->ioapic.level >> n & 1);
}

static void timer(const struct pc *p, FILE *out)
{
    for (unsigned n = 0; n < I8254_COUNTERS; n++) {
        const struct i8254_counter *c = &p->timer.counter[n];
        fprintf(out, "8254: counter %u mode %u count %u%s, output %d\n", n, c->mode, c->count, c->running ? "" : " (stands)",
                i8254_output(&p->timer, n));
    }
}

static void devices(const struct pc *p, FILE *out)
{
    const struct uart *u = &p->serial;
    timer(p, out);
    fprintf(out, "com1: ier 0x%02x lcr 0x%02x mcr 0x%02x; %u of %d bytes received wait to be read\n", u->ier, u->lcr, u->mcr, u->count,
            UART_FIFO);
    fprintf(out, "keyboard: mode 0x%02x, %s, scan code set %u; %u bytes wait to be read\n", p->keyboard.ram[0],
            p->keyboard.keyboard.scanning ? "scanning" : "silent", p->keyboard.keyboard.set,
            p->keyboard.keyboard.count + p->keyboard.full);
    fprintf(out, "post: 0x%02x, the last of %llu codes\n", p->misc.post, (unsigned long long)p->misc.posts);
    for (unsigned n = 0; n < PC_DRIVES; n++)
        if (p->config.drive[n].path)
            fprintf(out, "ide.%u disk %u: %s%s; status 0x%02x\n", n / IDE_DRIVES, n % IDE_DRIVES, p->config.drive[n].path,
                    p->config.drive[n].snapshot ? ", writes are dropped at the end" : "", p->ide[n / IDE_DRIVES].status);
}

void pc_describe(const struct pc *p, enum board_view view, FILE *out)
{
    if (view == BOARD_INTERRUPTS) {
        pic(p, out);
        lapic(p, out);
        ioapic(p, out);
    } else {
        devices(p, out);
    }
}

/* Which requests there are, and are not masked: "the 8259 has a request of line 0 (timer), 4 (com1)". The cascade is left out,
 * for it is the second chip's request over again. When there are none the text stays as it was. */
static void requests(const struct pc *p, char *text, size_t size)
{
    size_t used = 0;
    for (unsigned n = 0; n < PC_IRQS && used < size; n++) {
        const struct i8259_chip *c = n < 8 ? &p->pic.master : &p->pic.slave;
        if (n != I8259_CASCADE && c->irr & ~c->imr & 1u << n % 8)
            used += (size_t)snprintf(text + used, size - used, "%s %u%s%s%s", used ? "," : "the 8259 has a request of line", n,
                                     *name_of(n) ? " (" : "", name_of(n), *name_of(n) ? ")" : "");
    }
}

/* What was so when the interrupt was taken may be over when somebody asks; the general sentence holds in any case. */
void pc_raised(const struct pc *p, uint64_t line, bool now, char *text, size_t size)
{
    if (line == PC_LINE_NMI || line == PC_NMI) {
        snprintf(text, size, "a message of the local APIC is a non-maskable interrupt");
        return;
    }
    snprintf(text, size, "an interrupt controller of the board raised it for a device");
    if (now && lapic_passes_pic(&p->lapic))
        requests(p, text, size);
}
