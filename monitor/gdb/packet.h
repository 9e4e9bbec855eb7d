/* packet.h - the frames of GDB's remote protocol [gdb "Remote Protocol", Overview]: bytes to packets and back. It knows no debugger
 * and no socket.
 *
 *   $body#cc   cc: the sum of the body's bytes, in hex. '}' escapes: the next byte is XORed with 0x20.  '+' '-': received, or not.
 *   0x03, between packets: stop.
 */
#ifndef TRAPEZE_MONITOR_GDB_PACKET_H
#define TRAPEZE_MONITOR_GDB_PACKET_H

#include "mmu/base.h"

enum { GDB_BODY_MAX = 0x4000 }; /* what we say as PacketSize; longer ones are thrown away whole */

enum gdb_event {
    GDB_NOTHING,
    GDB_PACKET,  /* body[0..length), NUL behind it */
    GDB_DAMAGED, /* the sum is wrong, or it is too long */
    GDB_STOP,    /* 0x03 */
    GDB_AGAIN,   /* '-': the last packet did not arrive */
    GDB_FOREIGN, /* between packets, a byte that no debugger sends there: somebody speaks another protocol */
};

struct gdb_reader {
    enum { GDB_BETWEEN, GDB_BODY, GDB_SUM_HIGH, GDB_SUM_LOW } state;
    char body[GDB_BODY_MAX + 1];
    size_t length;
    bool escaped, too_long;
    uint8_t sum, wanted;
};

enum gdb_event gdb_read(struct gdb_reader *, uint8_t byte);

/* The frame of a body into out[room]; room for twice the body and five bytes is enough. Its length. */
size_t gdb_frame(const char *body, size_t length, char *out, size_t room);

/* --- Words in bodies */

/* Hex digits at *text, which moves past them. false: there are none, or more than 64 bits of them. */
bool gdb_number(const char **text, uint64_t *out);
/* A byte for each two digits, until there are no two more; how many. */
size_t gdb_bytes(const char *text, uint8_t *out, size_t room);
/* Two digits for each byte, and NUL. out has room for 2n + 1. */
void gdb_hex(const uint8_t *bytes, size_t n, char *out);

#endif
