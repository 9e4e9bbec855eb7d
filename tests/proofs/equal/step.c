/* step.c - the careful bodies of BODIES. */
#include "tests/proofs/equal/floats.h"

#define RV_BODIES_STEP
#include BODIES
