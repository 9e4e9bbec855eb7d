/* lab_probe.c - which translation is in force after an instruction. */
#include "core/theory/lab.h"

static uint64_t probe_load(struct lab *l, const struct lab_state *s, unsigned mode)
{
    struct lab_state p = *s;
    struct lab_result r;
    unsigned address = lab_find(l, l->isa->probe.address), result = lab_find(l, l->isa->probe.result);
    p.reg[address] = l->probe_va;
    lab_put(l, &p, mode, PLACE_HERE);
    lab_insert(l, l->isa->probe.bits, l->isa->probe.length);
    lab_run(l, &p, false, false, &r, NULL);
    return lab_completed(&r) ? r.reg[result] : 0;
}

/* Does the instruction order the address space? Load by a mapping, so that the TLB has it; change the table;
 * execute the instruction; load again. The old value says that the translation was kept, the new one that it was
 * looked up anew. Then all is put back. */
uint64_t lab_probe(struct lab *l, const struct lab_state *s, unsigned mode)
{
    const insn_t bits = l->bits;
    const unsigned length = l->length, which = lab_machine(l, s);
    struct lab_state x = *s;
    struct lab_result r;
    lab_put(l, &x, mode, PLACE_HERE);
    (void)probe_load(l, &x, mode);
    l->isa->remap(l, mode, true);
    lab_insert(l, bits, length);
    lab_run(l, &x, false, false, &r, NULL);
    uint64_t loaded = probe_load(l, &x, mode);
    l->isa->remap(l, mode, false);
    machine_fence(l->machine[which], &(struct fence){.has_va = false});
    lab_insert(l, bits, length);
    return loaded;
}
