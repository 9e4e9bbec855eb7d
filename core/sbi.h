/* sbi.h - built-in firmware: the RISC-V Supervisor Binary Interface, version 2.0, served by whoever owns the machine.
 *
 * It stands where OpenSBI would stand, but takes no memory of the machine and no instructions: it sees the ecall as a trap
 * and answers it over the contract. So a bare machine and a virtual one get the same firmware.
 */
#ifndef TRAPEZE_CORE_SBI_H
#define TRAPEZE_CORE_SBI_H

#include "core/system.h"

struct firmware;

MUST_CHECK int firmware_create(struct firmware **out, struct system * /* borrowed */);
void firmware_destroy(struct firmware *);
/* Does what firmware does before it leaves M-mode: delegates, opens PMP and counters; then S-mode at `entry`. */
void firmware_start(struct firmware *, pa_t entry, pa_t device_tree);
/* Serves an ecall from S-mode. false: this trap is not for the firmware. */
MUST_CHECK bool firmware_call(struct firmware *, const struct trap *);
bool firmware_serves(const struct trap *);        /* firmware_call() would */
uint64_t firmware_calls(const struct firmware *); /* served so far */
void firmware_state(struct firmware *, struct state *);

#endif
