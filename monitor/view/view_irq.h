/* view_irq.h - what the views of interrupts share (view_devices.c). */
#ifndef TRAPEZE_MONITOR_VIEW_VIEW_IRQ_H
#define TRAPEZE_MONITOR_VIEW_VIEW_IRQ_H

#include "monitor/view/view.h"

/* `info irq` and `why irq` show the same table: the second says first, in a sentence, what to see in it. */
void irq_table(const struct debugger *); /* the lines of the machine looked at, which has some */

#endif
