/* bodies_host.h - what bodies that work on the host's own memory and registers have alike, fast ones and stencils: what they do there, and
 * what they leave to the careful twin before anything has changed (RETURN_CAREFULLY, each one's own).
 */
#ifndef TRAPEZE_ISA_RISCV_BODIES_HOST_H
#define TRAPEZE_ISA_RISCV_BODIES_HOST_H

#include "isa/riscv/fp.h"
#include "isa/riscv/host_memory.h"

#define AMO_OR_LEAVE HOST_AMO_OR_LEAVE
/* LR and SC live in the careful bodies. */
#define LOAD_RESERVED_OR_LEAVE(bytes, va, v)                                                                                          \
    const uint64_t v = (va);                                                                                                          \
    RETURN_CAREFULLY
#define STORE_CONDITIONAL_OR_LEAVE(bytes, va, v, done)                                                                                \
    const bool done = (va) == (v);                                                                                                    \
    RETURN_CAREFULLY

/* The careful twin makes FS Dirty; then nothing of it is written here. */
#define LEAVE_UNLESS_FP_ON                                                                                                            \
    do {                                                                                                                              \
        if (UNLIKELY(!fp_is_dirty(h)))                                                                                                \
            RETURN_CAREFULLY;                                                                                                         \
    } while (0)
#define FP_IS_PLAIN fp_is_plain(h) /* the decoder gives this body to instructions that round by frm, or to nearest */
#define WF_PLAIN WF
#define FFLAGS (h->fflags)

#endif
