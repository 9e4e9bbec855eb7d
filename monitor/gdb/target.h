/* target.h - the machine in GDB's words: register numbers, target.xml, the memory map. */
#ifndef TRAPEZE_MONITOR_GDB_TARGET_H
#define TRAPEZE_MONITOR_GDB_TARGET_H

#include "isa/machine.h"

/* The register and its bytes in packets. false: this machine has none of that number. */
bool gdb_register(const struct machine *, uint64_t number, reg_t *reg, unsigned *bytes);
/* Documents, to be freed; NULL: out of memory. */
char *gdb_target_xml(const struct machine *);
char *gdb_memory_map(const struct machine *);

#endif
