/* trigger.h - triggers of the machine's owner. Does one match? Then h->trap says so. For accesses it lacks what
 * hart_trap_at() fills in. */
#ifndef TRAPEZE_ISA_RISCV_TRIGGER_H
#define TRAPEZE_ISA_RISCV_TRIGGER_H

#include "isa/riscv/state.h"

MUST_CHECK bool hart_trigger_fetch(struct hart *, bool physical, uint64_t at); /* of the instruction at h->pc */
MUST_CHECK bool hart_trigger_opcode(struct hart *, uint32_t bits);             /* likewise, once it is fetched */
/* These two with the program's own, which are of virtual addresses all. */
MUST_CHECK bool hart_watch_fetch(struct hart *);
MUST_CHECK bool hart_watch_access(struct hart *, unsigned kinds, va_t, unsigned size);
MUST_CHECK bool hart_trigger_physical(struct hart *, unsigned kinds, pa_t, unsigned size, va_t);
MUST_CHECK bool hart_trigger_across(struct hart *, unsigned kinds, pa_t, unsigned size, pa_t rest, unsigned rest_size, va_t);
bool hart_page_watched(const struct hart *, unsigned kinds, va_t,
                       pa_t); /* somewhere in this page a trigger of these kinds may match */
/* May one of the instruction at va, pa match? Of one that lies across two pages the bits are not known: 0. */
bool hart_insn_watched(const struct hart *, va_t, pa_t, uint32_t bits);
int hart_trigger(struct machine *, unsigned slot, const struct trigger *);
uint64_t hart_resume(const struct hart *);
void hart_resume_set(struct hart *, uint64_t);

#endif
