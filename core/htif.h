/* htif.h - the host-target interface of Spike and the RISC-V test suites: a program writes a command to the word `tohost` and
 * gets answers in the word `fromhost`.
 *
 *   63      56 55      48 47                                                      0
 *  +----------+----------+---------------------------------------------------------+
 *  |  device  |   cmd    |                        payload                          |
 *  +----------+----------+---------------------------------------------------------+
 *  device 0, cmd 0: odd payload: end with code payload >> 1; even: address of a system call block (8 words: number, arguments)
 *  device 1, cmd 0: get a character; cmd 1: put the payload's low byte on the console
 *
 * A command is taken, and a free fromhost filled, right after the instruction that stored the word, on every machine alike: two of the
 * machine's triggers, its last ones, watch the words. Stores elsewhere know nothing of it.
 */
#ifndef TRAPEZE_CORE_HTIF_H
#define TRAPEZE_CORE_HTIF_H

#include "core/system.h"

struct htif;

/* fromhost 0: the program has none. 0, -ENOMEM, or -ENOTSUP: the machine has no triggers. */
MUST_CHECK int htif_create(struct htif **out, struct system * /* borrowed */, pa_t tohost, pa_t fromhost);
void htif_destroy(struct htif *); /* the system's machine must still stand */
/* Is this trigger one of ours: will the next instruction store to one of the words? */
bool htif_is_trigger(const struct htif *, const struct trap *);
/* Is there anything to do but wait for input? Only before the first instruction, and after somebody else than the guest wrote the words. */
bool htif_is_due(const struct htif *);
void htif_poll(struct htif *); /* between instructions: takes a command, and input for one that waits */
void htif_state(struct htif *, struct state *);

#endif
