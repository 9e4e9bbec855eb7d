/* view_irq.h - which interrupt a machine takes next, and why not another (view_devices.c). */
#ifndef TRAPEZE_MONITOR_VIEW_VIEW_IRQ_H
#define TRAPEZE_MONITOR_VIEW_VIEW_IRQ_H

#include "monitor/view/view.h"

struct irq_verdict {
    bool pending, enabled, delegated, taken;
    char why[128];
};
void irq_judge(const struct machine *, unsigned line, struct irq_verdict *);
int irq_next(const struct machine *);     /* the line that is taken next; -1: none */
const char *irq_name(unsigned line);      /* "STI" */
unsigned irq_by_priority(unsigned index); /* the lines, most important first; 0 at the end */
const char *irq_source_name(unsigned i);  /* the device at a source of the PLIC; "" when there is none */
void irq_table(const struct debugger *);

#endif
