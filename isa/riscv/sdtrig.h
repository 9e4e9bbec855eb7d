/* sdtrig.h - triggers of the hart's program. */
#ifndef TRAPEZE_ISA_RISCV_SDTRIG_H
#define TRAPEZE_ISA_RISCV_SDTRIG_H

#include "isa/riscv/state.h"

void sdtrig_reset(struct hart *);
void sdtrig_data1_set(struct hart *, unsigned n, uint64_t); /* as the contract sets them, each by itself */
void sdtrig_data2_set(struct hart *, unsigned n, uint64_t);
void sdtrig_tdata1_write(struct hart *, uint64_t); /* of the selected trigger, as a program writes */
void sdtrig_tdata2_write(struct hart *, uint64_t);
bool sdtrig_covers(const struct hart *, unsigned kinds, va_t, uint64_t size); /* may one match there, in some mode? */
/* Does one fire on [at, at + size), before translation? Then h->trap is the breakpoint, with tval va; an access's lacks what
 * hart_trap_at() fills in. */
MUST_CHECK bool sdtrig_fires(struct hart *, unsigned kinds, va_t at, unsigned size, va_t);

/* There are other triggers than there were, of the one kind or the other: what was made for those as they were goes. */
void hart_triggers_changed(struct hart *);

#endif
