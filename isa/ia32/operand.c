/* operand.c - the address of a memory operand, for whoever is in no hurry. */
#include "isa/ia32/operand.h"

uint32_t ia_address(const struct ia_cpu *c, const ia_insn *i) { return ia_offset(c, i); }
