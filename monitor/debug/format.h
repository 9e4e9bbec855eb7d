/* format.h - how numbers and memory look: the format letters and sizes of gdb's `x` and `p`, exactly.
 *
 *   x hex   d signed   u unsigned   o octal   t binary   z hex with all zeros   a address   c character   f floating point
 *   s string   i instruction          b 1   h 2   w 4   g 8 bytes
 */
#ifndef TRAPEZE_MONITOR_DEBUG_FORMAT_H
#define TRAPEZE_MONITOR_DEBUG_FORMAT_H

#include "monitor/debug/expression.h"

struct format {
    uint64_t count;
    bool has_count, backwards; /* x/-3x shows what lies before */
    char letter, size;         /* 0: not said */
};

/* Reads "8xw". -EINVAL with the sentence. */
MUST_CHECK int format_parse(const char *text, struct format *, struct error *);
unsigned format_bytes(char size); /* of b, h, w, g */

enum { FORMAT_TEXT = 96 }; /* room that suffices for a number */

/* `bits` of `size` bytes as `letter` (not s, i) has it. whole: hex and binary show all digits, as `x` does and `p` does not. */
void format_number(char letter, unsigned size, uint64_t bits, bool whole, char *out, size_t room);
/* A value as `p` shows it without a format: decimal, a pointer in hex, a char with its letter. */
void format_value(const struct value *, char *out, size_t room);
/* 'A', '\n', '\377' with its quotes. */
void format_character(uint8_t, char quote, char *out, size_t room);
/* A string of `length` bytes, in quotes, runs of more than ten like characters shortened. Returns what was needed; cut off at
 * room. */
size_t format_string(const uint8_t *, size_t length, char *out, size_t room);

#endif
