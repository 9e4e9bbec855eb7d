/* x87_jit.h - floating-point instructions, as bytes, on an x86-64 host from a state of its FPU to another. What the instructions of the
 * unit do in 64-bit mode is what they do in 32: their encodings are the same, and an address of the form (ESI) has ESI's 64 bits.
 */
#ifndef TRAPEZE_TESTS_ISA_IA32_X87_JIT_H
#define TRAPEZE_TESTS_ISA_IA32_X87_JIT_H

#include "tests/isa/ia32/x87_host.h"
#include <stddef.h>

#if defined(__x86_64__) && defined(__linux__)
#define X87_JIT 1
#include <sys/mman.h>

enum { JIT_MEMORY = 256, JIT_CODE = 4096 };

/* Before and after. RSI points at memory. */
struct jit_block {
    struct host_image in;
    uint8_t pad[20];
    struct host_image out;
    uint8_t pad_out[20];
    uint8_t memory[JIT_MEMORY];
    uint64_t flags_in, flags_out, eax;
};
_Static_assert(offsetof(struct jit_block, out) == 0x80 && offsetof(struct jit_block, memory) == 0x100 &&
                   offsetof(struct jit_block, flags_in) == 0x200,
               "as the code below has them");

typedef void jit_fn(struct jit_block *);

/* NULL: the host lets no program write code. */
static inline uint8_t *jit_open(void)
{
    void *page = mmap(NULL, JIT_CODE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? NULL : page;
}

static inline jit_fn *jit_make(uint8_t *page, const uint8_t *instructions, size_t size)
{
    static const uint8_t before[] = {
        0x48, 0x8d, 0xb7, 0x00, 0x01, 0, 0, /* lea rsi, [rdi + memory] */
        0xdd, 0x27,                         /* frstor [rdi] */
        0x8b, 0x87, 0x10, 0x02, 0,    0,    /* mov eax, [rdi + eax] */
        0xff, 0xb7, 0x00, 0x02, 0,    0,    /* push [rdi + flags_in] */
        0x9d,                               /* popf */
    };
    static const uint8_t after[] = {
        0x9c, 0x8f, 0x87, 0x08, 0x02, 0, 0, /* pushf; pop [rdi + flags_out] */
        0x89, 0x87, 0x10, 0x02, 0,    0,    /* mov [rdi + eax], eax */
        0xdd, 0xb7, 0x80, 0,    0,    0,    /* fnsave [rdi + out] */
        0xdb, 0xe3, 0xc3,                   /* fninit; ret */
    };
    memcpy(page, before, sizeof before);
    memcpy(page + sizeof before, instructions, size);
    memcpy(page + sizeof before + size, after, sizeof after);
    jit_fn *fn;
    memcpy(&fn, &page, sizeof fn);
    return fn;
}
#endif

#endif
