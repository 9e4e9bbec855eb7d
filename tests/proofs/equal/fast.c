/* fast.c - the fast bodies of BODIES, of instructions of LENGTH bytes. */
#include "tests/proofs/equal/memory.h"

#include "tests/proofs/equal/floats.h"

#if LENGTH == 4
#define RV_BODIES_FAST4
#else
#define RV_BODIES_FAST2
#endif
#include BODIES
