/* target.h - the machine in GDB's words: register numbers, target.xml, the memory map. */
#ifndef TRAPEZE_MONITOR_GDB_TARGET_H
#define TRAPEZE_MONITOR_GDB_TARGET_H

#include "isa/machine.h"

/* Numbers as GDB has them for RISC-V: x0..x31, pc, f0..f31, 65 + CSR, the privilege. */
enum { GDB_PC = 32, GDB_F = 33, GDB_CSR = 65, GDB_PRIV = GDB_CSR + 4096, GDB_CORE = GDB_PC + 1 /* what g and G carry */ };

/* The register and its bytes in packets. false: this machine has none of that number. */
bool gdb_register(const struct machine *, uint64_t number, reg_t *reg, unsigned *bytes);
/* Documents, to be freed; NULL: out of memory. */
char *gdb_target_xml(const struct machine *);
char *gdb_memory_map(const struct machine *);

#endif
