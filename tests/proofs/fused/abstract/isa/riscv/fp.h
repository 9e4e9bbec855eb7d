/* fp.h - in the place of how FS, frm and fflags are read: nobody says what they are. No part changes them (part.c). */
#ifndef TRAPEZE_ISA_RISCV_FP_H
#define TRAPEZE_ISA_RISCV_FP_H

#include "isa/riscv/state.h"

extern bool model_dirty, model_plain;
static inline bool fp_is_dirty(const struct hart *h) { return (void)h, model_dirty; }
static inline bool fp_is_plain(const struct hart *h) { return (void)h, model_plain; }

#endif
