/* go.c - the ways from page to page. */
#include "tests/proofs/equal/memory.h"

#include "isa/riscv/go.c"
