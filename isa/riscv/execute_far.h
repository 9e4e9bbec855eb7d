/* execute_far.h - a jump by the immediate to another page, as the translator has it apart from the instructions that make one: jal, which
 * has written its link by then, and branches that are taken. */
#include "isa/riscv/bodies.h"

BODY(far) { RETURN_JUMP(PC + (uint64_t)IMM); }
