/* system.c - the fast bodies of system_fast.c, which the decoder gives to ecall, sret, mret and sfence.vma, equal the careful ones:
 * prove_ROW. A way back from a trap that is not left to the careful body says so in `attention` where no interrupt is pending. */
#include "tests/proofs/equal/system.h"

#define PROVE(name)                                                                                                                   \
    void prove_##name(void)                                                                                                           \
    {                                                                                                                                 \
        hart_make(&fast.machine.hart);                                                                                                \
        const struct rv_insn decoded = record_make(RV_INSN_##name);                                                                   \
        one(RV_INSN_##name, rv_step_##name, rv_system_quicken, &decoded);                                                             \
    }
PROVE(ecall)
PROVE(sret)
PROVE(mret)
PROVE(sfence_vma)
