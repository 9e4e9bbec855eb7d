/* stats_counts.h - what follows from the counts of an account. */
#ifndef TRAPEZE_MONITOR_STATS_COUNTS_H
#define TRAPEZE_MONITOR_STATS_COUNTS_H

#include "core/inspect.h"
#include "monitor/account.h"

/* The machines of a level: one to a hart of the guest, in their order, or fewer that carry several. */
struct stats_machines {
    unsigned count;
    const struct machine *of[BOARD_CPUS];
};
struct stats_machines stats_machines(const struct account *, unsigned level);

/* Each instruction of the guest's is executed in one of three ways, so the sum is what has retired in the virtual machine. */
uint64_t stats_executed(const struct vm_stats *);
double stats_per_million(const struct vm_stats *, uint64_t count);
/* Of all that was tried on the host, an instruction that retired or one that trapped, how much found every shadow leaf it needed. */
double stats_shadow_hit_rate(const struct vm_stats *);
uint64_t stats_level_traps(const struct account *, unsigned level); /* of all machines of the level */
/* What the guest traps on by itself, as it would on the bare machine: what was delivered to it, and its calls of the firmware.
 * It is the same at each depth, and so is what the others are measured by. */
uint64_t stats_own_traps(const struct account *);
/* Traps of the machine below level `level` for each that the level above it causes: the VM above, or the guest itself. NAN: there are none. */
double stats_amplification(const struct account *, unsigned level);
/* How the levels multiply: the product of the amplifications. */
double stats_host_traps(const struct account *); /* of the bare machine, for each of the guest's own */

#endif
