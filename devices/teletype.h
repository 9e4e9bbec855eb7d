/* teletype.h - the board of a machine that has no devices but one to print on: a byte stored at an address is printed. There are no
 * interrupts, no input, no drives.
 */
#ifndef TRAPEZE_DEVICES_TELETYPE_H
#define TRAPEZE_DEVICES_TELETYPE_H

#include "devices/board.h"

struct teletype_config {
    pa_t at; /* the one byte that it answers to; stores only */
    struct chardev console;
};

board_create_fn teletype_create; /* config: struct teletype_config */

#endif
