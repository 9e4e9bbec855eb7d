/* third_board.h - a board whose devices are at ports, and which says the number of an interrupt when it is acknowledged. */
#ifndef TRAPEZE_TESTS_DEVICES_THIRD_THIRD_BOARD_H
#define TRAPEZE_TESTS_DEVICES_THIRD_THIRD_BOARD_H

#include "devices/board.h"

enum {
    THIRD_PORT_CONSOLE = 16, /* a byte to print */
    THIRD_PORT_TIMER,        /* raises the line so many units later; reads how often it was acknowledged */
    THIRD_PORT_OFF,          /* power off with this status */
    THIRD_VECTOR = 32        /* of the timer; goes up by one with each acknowledgement, to THIRD_VECTOR + 3 and round */
};

board_create_fn third_board_create; /* config: struct chardev, the console */

#endif
