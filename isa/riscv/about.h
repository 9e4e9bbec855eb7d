/* about.h - what isa/riscv/about*.c have for each other and for rows.c. */
#ifndef TRAPEZE_ISA_RISCV_ABOUT_H
#define TRAPEZE_ISA_RISCV_ABOUT_H

#include "isa/about.h"

extern const struct about riscv_about;

#endif
