/* host_memory.h - loads and stores of a fixed size in the host's memory, by way of a TLB entry. */
#ifndef TRAPEZE_ISA_RISCV_HOST_MEMORY_H
#define TRAPEZE_ISA_RISCV_HOST_MEMORY_H

#include "mmu/tlb.h"

/* RISC-V memory and hosts are little-endian alike. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "memory is read as host words");
/* memcpy of a constant size is one instruction of the host, at any alignment, and no breach of C's rules of types. */
#define HOST_WORD(bits)                                                                                                               \
    static inline uint64_t host_load_##bits(uintptr_t at)                                                                             \
    {                                                                                                                                 \
        uint##bits##_t v;                                                                                                             \
        __builtin_memcpy(&v, (const void *)at, sizeof v);                                                                             \
        return v;                                                                                                                     \
    }                                                                                                                                 \
    static inline void host_store_##bits(uintptr_t at, uint64_t x)                                                                    \
    {                                                                                                                                 \
        uint##bits##_t v = (uint##bits##_t)x;                                                                                         \
        __builtin_memcpy((void *)at, &v, sizeof v);                                                                                   \
    }
HOST_WORD(8)
HOST_WORD(16)
HOST_WORD(32)
HOST_WORD(64)
static inline uint64_t host_load(uintptr_t at, unsigned bytes)
{
    return bytes == 1 ? host_load_8(at) : bytes == 2 ? host_load_16(at) : bytes == 4 ? host_load_32(at) : host_load_64(at);
}
static inline void host_store(uintptr_t at, unsigned bytes, uint64_t v)
{
    if (bytes == 1)
        host_store_8(at, v);
    else if (bytes == 2)
        host_store_16(at, v);
    else if (bytes == 4)
        host_store_32(at, v);
    else
        host_store_64(at, v);
}

/* The tag is compared with the address without its offset, but for the low bits that an aligned access has clear:
 * what is misaligned misses, and is done by access.c. */
#define TLB_MISSES(entry, va, bytes) UNLIKELY((entry)->tag != ((va) & (PAGE_MASK | ((bytes)-1))))

/* The words LOAD_OR_LEAVE and STORE_OR_LEAVE of bodies.h for bodies that have `h`, and RETURN_CAREFULLY to leave by. */
#define LOAD_OR_LEAVE(bytes, va, v)                                                                                                   \
    const uint64_t v##_va = (va);                                                                                                     \
    const struct tlb_entry *v##_entry = &h->data->read[tlb_slot(v##_va)];                                                             \
    if (TLB_MISSES(v##_entry, v##_va, bytes))                                                                                         \
        RETURN_CAREFULLY;                                                                                                             \
    const uint64_t v = host_load((uintptr_t)v##_va + v##_entry->addend, bytes)
#define STORE_OR_LEAVE(bytes, va, v)                                                                                                  \
    do {                                                                                                                              \
        const uint64_t va_ = (va);                                                                                                    \
        const struct tlb_entry *e_ = &h->data->write[tlb_slot(va_)];                                                                  \
        if (TLB_MISSES(e_, va_, bytes))                                                                                               \
            RETURN_CAREFULLY;                                                                                                         \
        host_store((uintptr_t)va_ + e_->addend, bytes, v);                                                                            \
    } while (0)

/* To load, combine and store is atomic here: harts take turns in one thread of the host, and not within an
 * instruction. */
#define HOST_AMO_OR_LEAVE(bytes, va, combine, operand, old)                                                                           \
    const uint64_t old##_va = (va);                                                                                                   \
    const struct tlb_entry *old##_entry = &h->data->write[tlb_slot(old##_va)];                                                        \
    if (TLB_MISSES(old##_entry, old##_va, bytes))                                                                                     \
        RETURN_CAREFULLY;                                                                                                             \
    const uint64_t old = host_load((uintptr_t)old##_va + old##_entry->addend, bytes);                                                 \
    host_store((uintptr_t)old##_va + old##_entry->addend, bytes, combine(old, operand, bytes))

#endif
