/* x87.h - the floating-point unit's registers [SDM 1 8.1]. */
#ifndef TRAPEZE_ISA_IA32_X87_H
#define TRAPEZE_ISA_IA32_X87_H

#include "mmu/base.h"

/* A number in double extended format: bit 63 of the significand is the integer bit. */
struct ia_extended {
    uint64_t significand;
    uint16_t sign_exponent;
};

struct ia_x87 {
    struct ia_extended r[8]; /* physical: ST(0) is r[TOP] */
    uint16_t control, status, tag;
    uint16_t fop, fcs, fds;
    uint32_t fip, fdp;
};

#endif
