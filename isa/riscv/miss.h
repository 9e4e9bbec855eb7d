/* miss.h - the way out of a fast body that met something unusual. */
#ifndef TRAPEZE_ISA_RISCV_MISS_H
#define TRAPEZE_ISA_RISCV_MISS_H

#include "isa/riscv/record.h"

/* Nothing has changed yet: often the TLB does not know a page, and then it is tried again; else the careful body does it. */
body_fn rv_careful;

#endif
