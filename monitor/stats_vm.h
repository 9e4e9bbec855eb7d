/* stats_vm.h - the account of one virtual machine, and how counts look there. */
#ifndef TRAPEZE_MONITOR_STATS_VM_H
#define TRAPEZE_MONITOR_STATS_VM_H

#include "isa/machine.h"

#include <stdio.h>

const char *stats_grouped(char out[32], uint64_t); /* 1234567 as "1,234,567" */
void stats_row(FILE *, const char *what, uint64_t count);
void stats_vm_text(FILE *, const struct machine *vm);

#endif
