/* rows.c - claims of rows of insn.def, over the careful bodies as they are: for all operands, registers, states and modes.
 *
 *   innocuous   two harts that show a program the same end alike: both complete and show the same, or both trap alike; and
 *               neither changes control state [PG74 pp. 414-415; evidence.c]
 *   privileged  in user mode, under K, it takes a privilege trap, and nothing has changed
 *   requested   in every mode it takes a requested trap, and nothing has changed
 *
 * -D BODIES='"isa/riscv/execute_i.h"' says which file of bodies, -D ROW=addi which of them, -D PROPERTY=innocuous which claim.
 */
#include <math.h>
#undef isunordered /* a builtin that the model checker has no word for */
#define isunordered(a, b) ((a) != (a) || (b) != (b))

#define RV_BODIES_STEP
#include BODIES
#include "tests/proofs/oracle.h"
#include "tests/proofs/system.h"

/* The body in question: the digest of a proof is of what it, and the claim, consist of (mkproofs.c). */
enum body_result rv_step_under_proof(struct hart *, const struct rv_operands *);

/* What came of a run. */
static bool is_refused(const struct hart *h) { return h == &first ? refused : refused_again; }

static void assert_retired(const struct hart *h, const struct hart *before)
{
    __CPROVER_assert(h->left == before->left - 1, "one instruction has retired");
    assert_kept(h, before);
}

static void assert_unchanged(const struct hart *h, const struct hart *before)
{
    __CPROVER_assert(h->left == before->left, "nothing has retired");
    assert_shown_alike(h, before);
    assert_kept(h, before);
}

void prove_innocuous(void)
{
    pair_make();
    const struct rv_operands operands = operands_any();
    const struct hart first_before = first, second_before = second;
    const enum body_result a = rv_step_under_proof(&first, &operands), b = rv_step_under_proof(&second, &operands);
    if (a == STEP_NEXT)
        assert_retired(&first, &first_before);
    else
        assert_unchanged(&first, &first_before);
    if (b == STEP_NEXT)
        assert_retired(&second, &second_before);
    else
        assert_unchanged(&second, &second_before);
    if (is_refused(&first) || is_refused(&second))
        return;
    __CPROVER_assert(asked_count == asked_again, "both go to memory as often");
    __CPROVER_assert(a == b, "both complete, or both trap");
    assert_shown_alike(&first, &second);
    if (a != STEP_NEXT) {
        __CPROVER_assert(first_trap.kind == TRAP_EXCEPTION && second_trap.kind == TRAP_EXCEPTION, "it is an exception");
        __CPROVER_assert(first_trap.reason == second_trap.reason, "both trap for the same reason");
        __CPROVER_assert(first_trap.reason != REASON_PRIVILEGE, "and that is not the mode");
        __CPROVER_assert(first_trap.cause == second_trap.cause && first_trap.tval == second_trap.tval, "with the same cause");
    }
}

static void prove_trap(const struct rv_operands *operands, enum trap_reason reason)
{
    const struct hart before = first;
    const enum body_result a = rv_step_under_proof(&first, operands);
    __CPROVER_assert(a == STEP_STOP, "it traps");
    __CPROVER_assert(first_trap.kind == TRAP_EXCEPTION && first_trap.reason == reason, "for the reason that is claimed");
    __CPROVER_assert(asked_count == 0, "memory is left alone");
    assert_unchanged(&first, &before);
}

void prove_privileged(void)
{
    hart_any(&first, &first_trap);
    k_assume(&first);
    __CPROVER_assume(first.mode == RV_U);
    const struct rv_operands operands = operands_any();
    prove_trap(&operands, REASON_PRIVILEGE);
}

void prove_requested(void)
{
    hart_any(&first, &first_trap);
    const struct rv_operands operands = operands_any();
    prove_trap(&operands, REASON_REQUESTED);
}

/* Is there anything to prove: can the end of a proof be reached? This claim is wrong, and must be refuted. */
void prove_vacuous(void)
{
    pair_make();
    const struct rv_operands operands = operands_any();
    (void)rv_step_under_proof(&first, &operands);
    __CPROVER_assert(false, "the end is reached");
}

#define STEP_OF(row) rv_step_##row
#define STEP(row) STEP_OF(row)
#define PROVE_OF(property) prove_##property
#define PROVE(property) PROVE_OF(property)
#ifdef ROW
enum body_result rv_step_under_proof(struct hart *h, const struct rv_operands *i) { return STEP(ROW)(h, i); }
void prove(void) { PROVE(PROPERTY)(); }
#endif
