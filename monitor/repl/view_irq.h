/* view_irq.h - which interrupt a machine takes next, and why not another (view_devices.c). */
#ifndef TRAPEZE_MONITOR_REPL_VIEW_IRQ_H
#define TRAPEZE_MONITOR_REPL_VIEW_IRQ_H

#include "monitor/repl/view.h"

struct irq_verdict {
    bool pending, enabled, delegated, taken;
    char why[112];
};
void irq_judge(const struct machine *, unsigned line, struct irq_verdict *);
int irq_next(const struct machine *); /* the line that is taken next; -1: none */
void irq_table(const struct debugger *);

#endif
