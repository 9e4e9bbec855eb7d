/* rows.c - the fast body of ROW, an instruction of LENGTH bytes, equals its careful one. When it has left it has changed nothing. When it
 * goes on, the careful body goes on from the same state, and comes to the same. */
#include "tests/proofs/equal/sides.h"

#define PASTE(a, b) PASTE_(a, b)
#define PASTE_(a, b) a##b
#define FAST_BODY PASTE(PASTE(PASTE(rv_fast, LENGTH), _), ROW)
#define STEP_BODY PASTE(rv_step_, ROW)
#define NUMBER PASTE(RV_INSN_, ROW)

body_fn FAST_BODY;
step_fn STEP_BODY;

void prove(void)
{
    const unsigned row = NUMBER, length = LENGTH;
    uint64_t left;
    struct rv_insn *i = sides_begin(row, length, &left);
    const enum body_result result = FAST_BODY(&fast.machine.hart, i, left);
    side_take(&careful);
    careful_begin(i, left, row, length);
    if (!left_undone)
        careful_end(STEP_BODY(&careful.machine.hart, &i->operands));
    sides_compare(result, false, operands_are_floats(row));
}
