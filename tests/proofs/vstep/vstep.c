/* vstep.c - V-STEP, f(i(S)) = v_i(f(S)): for every privileged row i that is no CSR access, in every state S; of those csr.c and forms.c
 * speak. The bare hart executes the row's careful body; beside it the v_i works on the virtual state that f makes of S. Afterwards the one
 * is f of the other again, or both have the same trap and nothing has changed.
 *
 * What is not looked into: memory (a cache block can be reached or not, nobody knows), the TLB and the shadow (both are told the same
 * fence, and A is called when the situation changes), the host (identity registers, which may be read and set).
 */
#include "core/vmm/v_riscv.c"

#include "tests/proofs/vstep/one.h"

#define STEP(name)                                                                                                                    \
    do {                                                                                                                              \
        const enum body_result result = rv_step_##name(&bare, &operands);                                                             \
        v_##name(&vcpu, &given);                                                                                                      \
        compare(RV_INSN_##name, result, RV_INSN_##name == RV_INSN_sfence_vma);                                                        \
    } while (0)

#define PROVE(name)                                                                                                                   \
    void prove_vstep_##name(void)                                                                                                     \
    {                                                                                                                                 \
        state_any(MAKE_ANY);                                                                                                          \
        instruction_any(RV_INSN_##name, nondet_uint32_t(), 0);                                                                        \
        STEP(name);                                                                                                                   \
    }
PROVE(mret)
PROVE(sret)
PROVE(wfi)
PROVE(sfence_vma)
PROVE(cbo_inval)
PROVE(cbo_clean)
PROVE(cbo_flush)
PROVE(cbo_zero)
