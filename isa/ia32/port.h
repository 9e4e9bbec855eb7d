/* port.h - may the program use these ports? By IOPL, else by the map in the task state segment; in V86 mode by the map alone. */
#ifndef TRAPEZE_ISA_IA32_PORT_H
#define TRAPEZE_ISA_IA32_PORT_H

#include "isa/ia32/cpu.h"

/* false: #GP(0), or a #PF of the map. */
MUST_CHECK bool ia_port_allowed(struct ia_cpu *, uint16_t port, unsigned size);

#endif
