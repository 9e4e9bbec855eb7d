/* finisher.h - SiFive's test finisher: one register by which the guest ends the run. Pass 0x5555, fail 0x3333 with a code in the
 * upper half, reset 0x7777. Accesses are of 2 or 4 bytes, as on QEMU's board. Device trees call it a syscon with power-off and
 * reboot.
 */
#ifndef TRAPEZE_DEVICES_FINISHER_H
#define TRAPEZE_DEVICES_FINISHER_H

#include "mmu/phys.h"

enum { FINISHER_FAIL = 0x3333, FINISHER_PASS = 0x5555, FINISHER_RESET = 0x7777 };

struct finisher {
    void (*off)(void *opaque, int status); /* 0: pass */
    void (*reboot)(void *opaque);
    void *opaque;
};

extern const struct phys_io finisher_io;

#endif
