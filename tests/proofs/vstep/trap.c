/* trap.c - the hart's way back from traps, and its interrupts. Which TLB space a mode has is not looked into. */
#define hart_mode_changed hart_mode_changed_as_it_is
#include "isa/riscv/translate.h"
#undef hart_mode_changed
static inline void hart_mode_changed(struct hart *h) { (void)h; }
#include "isa/riscv/trap.c"
