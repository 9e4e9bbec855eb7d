/* fp.h - fflags, frm and mstatus.FS looked at as one word, as the inner loop's FP bodies do. */
#ifndef TRAPEZE_ISA_RISCV_FP_H
#define TRAPEZE_ISA_RISCV_FP_H

#include "isa/riscv/state.h"

_Static_assert(offsetof(struct hart, frm) == offsetof(struct hart, fflags) + 1, "read as one");
_Static_assert(HART_PLACE_mstatus == offsetof(struct hart, fflags) + 2, "read as one");
enum {
    FP_DIRTY = 3 << (MSTATUS_FS + 16),        /* FS is Dirty: writing an FP register changes nothing else */
    FP_PLAIN_SEEN = FP_DIRTY | 0xff00 | 0x01, /* fp_is_plain(): FS, frm, NX */
    FP_PLAIN = FP_DIRTY | 0x01
};
static inline uint32_t fp_state(const struct hart *h)
{
    uint32_t state;
    __builtin_memcpy(&state, (const char *)h + offsetof(struct hart, fflags), sizeof state);
    return state;
}
static inline bool fp_is_dirty(const struct hart *h) { return (fp_state(h) & FP_DIRTY) == FP_DIRTY; }
/* The common case of arithmetic: rounding is to nearest, NX has accrued, FS is Dirty: only the result is left to write. */
static inline bool fp_is_plain(const struct hart *h) { return (fp_state(h) & FP_PLAIN_SEEN) == FP_PLAIN; }

#endif
