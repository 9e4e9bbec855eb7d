/* fused_none.c - in place of fused bodies, in a quick build that has a translator: each instruction keeps a body of its own. */
#include "isa/riscv/fused.h"

void rv_fuse(struct code_page *p, const uint16_t *slot, unsigned count, unsigned fresh)
{
    (void)p, (void)slot, (void)count, (void)fresh;
}
