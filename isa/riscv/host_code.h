/* host_code.h - memory for machine code of the host: written at one address, executed at another, never both at one. */
#ifndef TRAPEZE_ISA_RISCV_HOST_CODE_H
#define TRAPEZE_ISA_RISCV_HOST_CODE_H

#include "mmu/base.h"

#include <stddef.h>

struct host_code {
    uint8_t *write;
    const uint8_t *execute; /* the same bytes */
    size_t size;
};

/* 0, or -errno: the host refuses memory that may be executed. Nothing of it is touched, so none of it is used yet. */
MUST_CHECK int host_code_create(struct host_code *, size_t size);
void host_code_destroy(struct host_code *);
/* What stood there before may be executed anew. */
void host_code_rewritten(const struct host_code *);

#endif
