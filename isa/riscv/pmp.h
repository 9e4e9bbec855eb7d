/* pmp.h - physical memory protection. */
#ifndef TRAPEZE_ISA_RISCV_PMP_H
#define TRAPEZE_ISA_RISCV_PMP_H

#include "isa/riscv/state.h"
#include "mmu/pt.h"

/* The registers changed, as they also have after these two. Translations that the TLB holds contain the old verdicts: who changes
 * protection fences. */
void pmp_changed(struct hart *);
bool pmp_allows(const struct hart *, pa_t, unsigned size, enum pt_kind, uint64_t mode);
bool pmp_uniform(const struct hart *, pa_t page); /* one rule covers the whole page */

uint64_t pmp_cfg_get(const struct hart *, unsigned first); /* entries first .. first+7 */
void pmp_cfg_set(struct hart *, unsigned first, uint64_t);
uint64_t pmp_address_get(const struct hart *, unsigned entry);
bool pmp_address_set(struct hart *, unsigned entry, uint64_t); /* false: the entry is locked, or absent */

#endif
