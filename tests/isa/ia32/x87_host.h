/* x87_host.h - one instruction on the FPU of an x86 host: operands and a control word in, the unit's whole state out. */
#ifndef TRAPEZE_TESTS_ISA_IA32_X87_HOST_H
#define TRAPEZE_TESTS_ISA_IA32_X87_HOST_H

#include "isa/ia32/x87_float.h"
#include <string.h>

#if (defined(__x86_64__) || defined(__i386__)) && defined(__GNUC__)
#define X87_HOST 1

/* What FNSAVE leaves with 32-bit operands in protected mode. */
struct __attribute__((packed)) host_image {
    uint32_t control, status, tag, fip, fcs_fop, fdp, fds;
    struct __attribute__((packed)) {
        uint64_t sig;
        uint16_t se;
    } st[8];
};
struct __attribute__((packed)) host_m80 {
    uint64_t sig;
    uint16_t se;
};
/* In memory, for instructions with an operand there: bytes of an integer, a number, or packed decimal. */
union host_memory {
    uint8_t bytes[16];
    uint64_t u64;
};

typedef void host_fn(const struct host_m80 *st0, const struct host_m80 *st1, uint16_t control, union host_memory *,
                     struct host_image *);

/* ST(0) and ST(1) are loaded, and the others empty; text may use (%[memory]). Exceptions stay pending: FNSAVE waits for none. */
#define HOST_FN(name, text)                                                                                                           \
    static void host_##name(const struct host_m80 *st0, const struct host_m80 *st1, uint16_t control, union host_memory *memory,      \
                            struct host_image *image)                                                                                 \
    {                                                                                                                                 \
        __asm__ volatile("fninit\n\tfldt %[st1]\n\tfldt %[st0]\n\tfldcw %[control]\n\t" text "\n\tfnsave %[image]\n\tfninit"          \
                         : [image] "=m"(*image), "+m"(*memory)                                                                        \
                         : [st0] "m"(*st0), [st1] "m"(*st1), [control] "m"(control), [memory] "r"(memory)                             \
                         : "cc", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", "st(7)", "memory");                      \
    }
#endif

#endif
