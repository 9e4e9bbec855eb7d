/* system.c - the careful bodies of the system group. */
#define RV_BODIES_STEP
#include "isa/riscv/execute_system.h"
