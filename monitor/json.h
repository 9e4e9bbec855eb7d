/* json.h - writes JSON as it comes: one value after another, commas and nesting kept by the writer. Everything goes on one line.
 *
 *   json_open(&j, stdout);  json_object(&j, NULL);  json_uint(&j, "schema", 1);  json_array(&j, "rows"); ... json_end(&j); json_end(&j);
 *
 * key: NULL inside arrays and at the top. Strings may hold any bytes: control characters are escaped, what is no UTF-8 becomes U+FFFD.
 */
#ifndef TRAPEZE_MONITOR_JSON_H
#define TRAPEZE_MONITOR_JSON_H

#include "isa/machine.h"

#include <stdio.h>

enum { JSON_DEPTH = 24 };

struct json {
    FILE *out; /* borrowed */
    unsigned depth;
    bool comma;             /* something stands before in this object or array */
    char close[JSON_DEPTH]; /* what ends each open one */
};

/* What the calls above print, in one line:
 *
 *   {"schema": 1, "rows": [ ... ]}
 *
 * Nothing is kept but the nesting, so an object of any length needs no memory; a write that fails shows in the stream (ferror). */
void json_open(struct json *, FILE *);
void json_object(struct json *, const char *key);
void json_array(struct json *, const char *key);
void json_end(struct json *);                                        /* of the innermost; a newline after the outermost */
void json_string(struct json *, const char *key, const char *value); /* NULL: null */
void json_uint(struct json *, const char *key, uint64_t value);
void json_int(struct json *, const char *key, int64_t value);
/* As json_hex(): of instructions of more than eight bytes, too. */
void json_insn(struct json *, const char *key, insn_t bits);
void json_hex(struct json *, const char *key, uint64_t value); /* a string "0x...": JSON's numbers lose bits past 2^53 */
void json_bool(struct json *, const char *key, bool value);
void json_double(struct json *, const char *key, double value, int decimals);

#endif
