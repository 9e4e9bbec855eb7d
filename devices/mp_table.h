/* mp_table.h - what tells a kernel which processors and interrupt controllers a PC has: the tables of Intel's MultiProcessor Specification, version 1.4
 * ("MPS", order number 242016).
 */
#ifndef TRAPEZE_DEVICES_MP_TABLE_H
#define TRAPEZE_DEVICES_MP_TABLE_H

#include "mmu/base.h"

enum { MP_TABLE_ROOM = 512 };

/* The floating pointer and the configuration table behind it, as they are to lie at `at`, a multiple of 16. How many bytes they have. */
size_t mp_table_build(uint8_t out[MP_TABLE_ROOM], pa_t at);

#endif
