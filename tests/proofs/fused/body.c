/* body.c - isa/riscv/fused.c with the table of one line (one/) and parts of the model (abstract/). */
#include "isa/riscv/fused.c"
