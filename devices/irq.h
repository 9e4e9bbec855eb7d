/* irq.h - a wire: somebody raises it, somebody sees the level. Raising it while it is high asserts it once more: the device has
 * another reason to be looked after, or the old one again. Who only cares for levels need not tell the two apart.
 */
#ifndef TRAPEZE_DEVICES_IRQ_H
#define TRAPEZE_DEVICES_IRQ_H

#include <stdbool.h>
#include <stddef.h>

/* The receiver's side of a wire, copied to whoever pulls it: `number` tells the receiver which of its inputs that is. All zero
 * is a wire that ends in the air, and may be pulled.
 *
 *   device                        controller                      CPU
 *   irq_set(&d->irq, true)  -->   set(controller, 10, true)  -->  set(machine, input, true)
 */
struct irq_line {
    void (*set)(void *opaque, unsigned number, bool level); /* NULL: not connected */
    void *opaque;
    unsigned number;
};

static inline void irq_set(const struct irq_line *line, bool level)
{
    if (line->set)
        line->set(line->opaque, line->number, level);
}

#endif
