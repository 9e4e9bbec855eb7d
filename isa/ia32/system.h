/* system.h - EFLAGS as system code sees it, and what debugging leaves for later. */
#ifndef TRAPEZE_ISA_IA32_SYSTEM_H
#define TRAPEZE_ISA_IA32_SYSTEM_H

#include "isa/ia32/cpu.h"

/* The flags that this model has. */
static inline uint32_t ia_flags_known(const struct ia_cpu *c)
{
    const uint32_t i386 = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_VM;
    return c->config.model == IA_MODEL_386 ? i386 : i386 | EFLAGS_AC | EFLAGS_VIF | EFLAGS_VIP | EFLAGS_ID;
}

/* Those that an IRET of operands of `size` (2 or 4) may change at this CPL [SDM 2A IRET]: IF needs the IOPL, IOPL needs CPL 0. VM is not
 * among them. POPF has the same, but for RF, VIF and VIP. */
static inline uint32_t ia_flags_poppable(const struct ia_cpu *c, unsigned size, unsigned cpl)
{
    uint32_t mask = EFLAGS_STATUS | EFLAGS_TF | EFLAGS_DF | EFLAGS_NT;
    if (cpl <= ia_iopl(c))
        mask |= EFLAGS_IF;
    if (cpl == 0)
        mask |= EFLAGS_IOPL;
    if (size == 4)
        mask |= EFLAGS_RF | EFLAGS_AC | EFLAGS_ID | (cpl == 0 && ia_is_protected(c) ? EFLAGS_VIF | EFLAGS_VIP : 0);
    return mask & ia_flags_known(c);
}

/* DR6 and DR7 [SDM 3B 17.2].
 * What the debug registers hold. DR0 to DR3 are linear addresses; for breakpoint n of them
 *
 *   DR7   R/W at 17+4n..16+4n, LEN at 19+4n..18+4n, enabled by G at 2n+1 or L at 2n;   13 GD   10 reads as one
 *   DR6   3..0 which were met   13 BD, a MOV to or from DRn under GD   14 BS, a single step   15 BT, a switch of tasks
 *
 *   R/W  0 executed, 1 written, 3 read or written           LEN  0 one byte, 1 two, 2 eight, 3 four
 *
 * L and G have the same effect; a switch of tasks clears the L ones (task.c). */
enum { DR6_HITS = 15, DR6_BD = 1 << 13, DR6_BS = 1 << 14, DR6_BT = 1 << 15, DR7_GD = 1 << 13 };
enum { DR_EXECUTE = 0, DR_WRITE = 1, DR_ACCESS = 3 };
#define DR6_FIXED UINT32_C(0xffff0ff0) /* reads as ones */

static inline bool ia_dr_enabled(const struct ia_cpu *c, unsigned n) { return c->dr[7] >> 2 * n & 3; }
static inline unsigned ia_dr_kind(const struct ia_cpu *c, unsigned n) { return c->dr[7] >> (16 + 4 * n) & 3; }
static inline unsigned ia_dr_length(const struct ia_cpu *c, unsigned n)
{
    static const uint8_t length[] = {1, 2, 8, 4};
    return length[c->dr[7] >> (18 + 4 * n) & 3];
}
/* Does breakpoint n want to see an access to data: of [at, at + size)? kinds: TRIGGER_LOAD, TRIGGER_STORE. */
bool ia_dr_hit(const struct ia_cpu *, unsigned n, unsigned kinds, uint32_t at, unsigned size);

/* A #DB of these bits of DR6 comes before the next instruction. */
static inline void ia_debug_pend(struct ia_cpu *c, uint32_t bits)
{
    c->pending |= bits;
    c->attention |= IA_ATTEND_DEBUG;
}

#endif
