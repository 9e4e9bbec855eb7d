/* loader_pc.c - what the loaders of kernels for a PC share: words, and which memory there is. */
#include "core/loader_pc.h"
#include "core/loader_private.h"

/* Bytes are put together one by one, since fields of these formats lie at any address. */
uint64_t pc_get(const uint8_t *p, unsigned bytes)
{
    uint64_t v = 0;
    for (unsigned i = bytes; i-- > 0;)
        v = v << 8 | p[i];
    return v;
}

void pc_put(uint8_t *p, unsigned bytes, uint64_t value)
{
    for (unsigned i = 0; i < bytes; i++)
        p[i] = (uint8_t)(value >> (8 * i));
}

pa_t pc_ram_end(const struct phys *phys)
{
    const struct phys_range *r = load_ram(phys, PC_HIGH);
    return r ? r->base + r->size : PC_HIGH;
}

/* What lies between is the screen's and the ROM's. A range without bytes is not told. */
unsigned pc_memory(const struct phys *phys, struct pc_memory out[PC_MEMORY_RANGES])
{
    const pa_t end = pc_ram_end(phys);
    out[0] = (struct pc_memory){0, PC_LOW_END};
    out[1] = (struct pc_memory){PC_HIGH, end - PC_HIGH};
    return end > PC_HIGH ? 2 : 1;
}
