/* keys.h - characters as keys of a US keyboard, and keys as codes.
 */
#ifndef TRAPEZE_DEVICES_KEYS_H
#define TRAPEZE_DEVICES_KEYS_H

#include <stdbool.h>
#include <stdint.h>

enum { KEYS_SEQUENCE = 12 };

/* Code of set 2 to code of set 1, up to 0x84; the others are replies, and translate to themselves [PS/2, the controller's translation]. */
uint8_t keys_translate(uint8_t code);
/* What a keyboard sends, in `set` 1 or 2, when somebody types this character: keys go down and up again. How many bytes there are; 0: no key
 * has it. */
unsigned keys_type(uint8_t character, unsigned set, uint8_t out[KEYS_SEQUENCE]);

#endif
