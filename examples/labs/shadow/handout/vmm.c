/* vmm.c - the assignment "shadow": the guest's own translation, the leaf of the shadow tables that follows from it, and what a fence drops. README.md
 * says what each function is to do, and in which order; core/assignment_riscv.h in the folder that the Makefile names as INCLUDE says what you
 * can call, and mmu/pt.h has the bits of an entry: SV_V, SV_R, SV_W, SV_X, SV_U, SV_A, SV_D.
 */
#include "core/assignment_riscv.h"

/* Stages 1 to 4. The guest's tables, as hardware would walk them. */
static enum lab_walk walk(struct lab_cpu *cpu, const struct lab_access *access, struct lab_page *out)
{
    (void)cpu, (void)access, (void)out;
    return LAB_PAGE_FAULT; /* TODO */
}

/* Stage 5. The walk has granted the access and ended at `page`. What may the shadow's leaf grant, for as long as the guest stays in this
 * situation? */
static void rights(struct lab_cpu *cpu, const struct lab_access *access, const struct lab_page *page, struct lab_rights *out)
{
    (void)cpu, (void)access, (void)page;
    *out = (struct lab_rights){false, false, false}; /* TODO */
}

/* Stage 6. The guest has executed SFENCE.VMA. */
static void fence(struct lab_cpu *cpu, const struct fence *f) { (void)cpu, (void)f; /* TODO */ }

static const struct lab_shadow functions = {walk, rights, fence};

const struct lab_plugin trapeze_lab_v1 = {.version = LAB_VERSION, .shadow = &functions};
