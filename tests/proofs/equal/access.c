/* access.c - accesses of careful bodies, over the memory that nobody knows. */
#include "tests/proofs/equal/memory.h"

#include "isa/riscv/access.c"
