/* memory.h - the host's memory in proofs: nobody says what is in it. A load is a function of where, how much, and how many stores came
 * before, of which nothing else is known; stores are written down and compared. So two runs that made the same stores, in the same
 * order, find the same; and what is proved holds of every content.
 *
 * Comes before all else that includes isa/riscv/host_memory.h, whose copies it is the meaning of.
 */
#ifndef TRAPEZE_TESTS_PROOFS_MEMORY_H
#define TRAPEZE_TESTS_PROOFS_MEMORY_H

#include "mmu/tlb.h"

#include <string.h>

enum { MODEL_STORES = 8 };
struct model_memory {
    unsigned count;
    struct {
        uint64_t at, value;
        unsigned size;
    } store[MODEL_STORES];
};
extern struct model_memory *model_memory; /* of the run at hand */

uint64_t __CPROVER_uninterpreted_memory(unsigned stores, uint64_t at, unsigned size);

static inline void model_load(void *to, uint64_t at, unsigned size)
{
    const uint64_t v = __CPROVER_uninterpreted_memory(model_memory->count, at, size);
    switch (size) {
    case 1: *(uint8_t *)to = (uint8_t)v; break;
    case 2: *(uint16_t *)to = (uint16_t)v; break;
    case 4: *(uint32_t *)to = (uint32_t)v; break;
    default: *(uint64_t *)to = v; break;
    }
}

static inline void model_store(uint64_t at, const void *from, unsigned size)
{
    struct model_memory *m = model_memory;
    __CPROVER_assert(m->count < MODEL_STORES, "the model has room for the stores");
    m->store[m->count].at = at;
    m->store[m->count].size = size;
    m->store[m->count].value = size == 1   ? *(const uint8_t *)from
                               : size == 2 ? *(const uint16_t *)from
                               : size == 4 ? *(const uint32_t *)from
                                           : *(const uint64_t *)from;
    m->count++;
}

/* What host_memory.h copies from is the host's if it is a pointer to const void, else a local. */
static inline void model_copy(void *to, const void *from, unsigned size, bool is_load)
{
    __CPROVER_assume(is_load ? from != NULL : to != NULL); /* the TLB names host memory, and none is there */
    if (is_load)
        model_load(to, (uint64_t)(uintptr_t)from, size);
    else
        model_store((uint64_t)(uintptr_t)to, from, size);
}
#define __builtin_memcpy(to, from, size) model_copy(to, from, size, _Generic((from), const void * : true, default : false))
#include "isa/riscv/host_memory.h"
#undef __builtin_memcpy
#define __builtin_memcpy memcpy

#endif
