/* port_misc.h - the small ports of a PC: 92 (reset, address line 20), 80 and 190 (where firmware and tests say how far they are), e9 and 402 (where they
 * write characters), f4 (by which a test ends the run).
 */
#ifndef TRAPEZE_DEVICES_PORT_MISC_H
#define TRAPEZE_DEVICES_PORT_MISC_H

#include "devices/board.h"

struct port_misc {
    uint8_t control;        /* port 92 */
    uint8_t post;           /* the last code that was written */
    uint64_t posts;         /* so many were */
    struct chardev console; /* is written to */
    struct board_power power;
};

extern const struct phys_io port_control_io; /* 92: bit 0 resets, bit 1 is kept: line 20 is always on */
extern const struct phys_io port_post_io;    /* 80, 190: the last code; what is read is that */
extern const struct phys_io port_text_io;    /* e9, 402: characters; reads as e9, by which they are found */
extern const struct phys_io port_exit_io;    /* f4: ends the run with status 2 * value + 1, modulo 256 */
void port_misc_reset(struct port_misc *);
void port_misc_state(struct port_misc *, struct state *);

#endif
