/* lab_registers.c - the registers of a machine, all together: read, compared, set where they differ. Of a run this is the most that there is to
 * do, for an instruction takes no time, and the state that it is run from is two hundred registers.
 */
#include "core/theory/lab.h"

enum { STRIDE = 8 }; /* so many are compared at a time */
_Static_assert(LAB_REGS % STRIDE == 0, "whole strides; the last may be of registers that there are not, which are zeros");

/* Neighbours are asked for by the block. */
void lab_registers_get(const struct lab *l, const struct machine *m, uint64_t *out)
{
    for (unsigned r = 0; r < l->reg_count; r += l->block[r])
        if (l->block[r] > 1)
            machine_get_block(m, l->reg[r], l->block[r], &out[r]);
        else
            out[r] = machine_get(m, l->reg[r]);
}

static bool stride_differs(const uint64_t *a, const uint64_t *b)
{
    uint64_t differs = 0;
    for (unsigned n = 0; n < STRIDE; n++)
        differs |= a[n] ^ b[n];
    return differs != 0;
}

bool lab_registers_differ(const struct lab *l, const uint64_t *a, const uint64_t *b)
{
    bool differ = false;
    for (unsigned r = 0; r < l->reg_count && !differ; r += STRIDE)
        differ = stride_differs(&a[r], &b[r]);
    return differ;
}

/* In their order, as some follow from others. From one state to the next few differ. */
void lab_registers_set(const struct lab *l, struct machine *m, const uint64_t *now, const uint64_t *to, bool all)
{
    for (unsigned first = 0; first < l->reg_count; first += STRIDE) {
        if (!all && !stride_differs(&now[first], &to[first]))
            continue;
        for (unsigned r = first; r < first + STRIDE && r < l->reg_count; r++)
            if (all || now[r] != to[r])
                machine_set(m, l->reg[r], to[r]);
    }
}
