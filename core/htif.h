/* htif.h - the host-target interface of Spike and the RISC-V test suites: a program writes a command to the word `tohost` and
 * gets answers in the word `fromhost`.
 *
 *   63      56 55      48 47                                                      0
 *  +----------+----------+---------------------------------------------------------+
 *  |  device  |   cmd    |                        payload                          |
 *  +----------+----------+---------------------------------------------------------+
 *  device 0, cmd 0: odd payload: end with code payload >> 1; even: address of a system call block (8 words: number, arguments)
 *  device 1, cmd 0: get a character; cmd 1: put the payload's low byte on the console
 */
#ifndef TRAPEZE_CORE_HTIF_H
#define TRAPEZE_CORE_HTIF_H

#include "core/system.h"

struct htif;

MUST_CHECK int htif_create(struct htif **out, struct system * /* borrowed */, pa_t tohost, pa_t fromhost);
void htif_destroy(struct htif *);
void htif_poll(struct htif *); /* looks at tohost, between instructions */
void htif_state(struct htif *, struct state *);

#endif
