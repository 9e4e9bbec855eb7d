/* listen.h - what the hart hears of its RAM. */
#ifndef TRAPEZE_ISA_RISCV_LISTEN_H
#define TRAPEZE_ISA_RISCV_LISTEN_H

#include "isa/riscv/state.h"

/* From now on the hart hears of marks on this block and of writes to marked pages: whoever keeps a write pointer or decoded code asks
 * first. false: it listens to as many blocks as it can already; then nothing may be kept. */
MUST_CHECK bool hart_watch(struct hart *, struct ram *);
/* Listens to no block any more, and so may keep nothing that was derived from one. */
void hart_watch_none(struct hart *);

#endif
