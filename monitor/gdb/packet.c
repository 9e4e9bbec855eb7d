/* packet.c - see packet.h. */
#include "monitor/gdb/packet.h"

/* Upper case counts, too; 0x20 turns it into lower case, and nothing that is no letter into a to f. */
static int digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void begin(struct gdb_reader *r)
{
    r->state = GDB_BODY;
    r->length = 0;
    r->sum = 0;
    r->escaped = r->too_long = false;
}

/* A web page can make a browser send a request to a port of this host. Its first byte is the 'G' of GET or the 'P' of
 * POST, which no debugger sends between packets: so it is seen at once that this is none, and a packet further on in the
 * request is not obeyed. */
static enum gdb_event between(struct gdb_reader *r, uint8_t byte)
{
    switch (byte) {
    case '$': begin(r); return GDB_NOTHING;
    case '+': return GDB_NOTHING;
    case '-': return GDB_AGAIN;
    case 3: return GDB_STOP;
    default: return GDB_FOREIGN;
    }
}

/* '$' never stands in a body: the one before was cut off. */
static void in_body(struct gdb_reader *r, uint8_t byte)
{
    if (byte == '$') {
        begin(r);
    } else if (byte == '#') {
        r->state = GDB_SUM_HIGH;
    } else {
        r->sum = (uint8_t)(r->sum + byte);
        if (byte == '}' && !r->escaped) {
            r->escaped = true;
            return;
        }
        if (r->length == GDB_BODY_MAX)
            r->too_long = true;
        else
            r->body[r->length++] = (char)(r->escaped ? byte ^ 0x20 : byte);
        r->escaped = false;
    }
}

/* The life of a frame, "$g#67" with the sum 0x67 of its one byte 'g':
 *
 *     BETWEEN --'$'--> BODY --'#'--> SUM_HIGH --'6'--> SUM_LOW --'7'--> BETWEEN: GDB_PACKET, or GDB_DAMAGED
 *                      ^  |             |
 *                      '--' other       '-- no hex digit: BETWEEN, GDB_DAMAGED
 *
 * The sum is of the bytes as they were sent, with escapes; the body is as it is meant, without. One that is too long is
 * read to its end and then refused, so that its rest is not taken for packets. */
enum gdb_event gdb_read(struct gdb_reader *r, uint8_t byte)
{
    int d = digit(byte);
    switch (r->state) {
    case GDB_BETWEEN: return between(r, byte);
    case GDB_BODY: in_body(r, byte); return GDB_NOTHING;
    case GDB_SUM_HIGH:
        r->state = d < 0 ? GDB_BETWEEN : GDB_SUM_LOW;
        r->wanted = (uint8_t)(d * 16);
        return d < 0 ? GDB_DAMAGED : GDB_NOTHING;
    case GDB_SUM_LOW: break;
    }
    r->state = GDB_BETWEEN;
    r->body[r->length] = '\0';
    return d < 0 || r->too_long || r->escaped || (uint8_t)(r->wanted + d) != r->sum ? GDB_DAMAGED : GDB_PACKET;
}

static const char digits[] = "0123456789abcdef";

/* '*' would begin a run-length code in what we send, so it is escaped like the other three: "a*b" becomes "$a}\nb#..",
 * 0x2a ^ 0x20 being 0x0a. A body for which there is no room is cut off, in a frame that is whole. */
size_t gdb_frame(const char *body, size_t length, char *out, size_t room)
{
    size_t n = 0;
    uint8_t sum = 0;
    out[n++] = '$';
    for (size_t i = 0; i < length && n + 5 < room; i++) {
        char c = body[i];
        if (c == '$' || c == '#' || c == '}' || c == '*') {
            out[n++] = '}';
            sum = (uint8_t)(sum + '}');
            c = (char)(c ^ 0x20);
        }
        out[n++] = c;
        sum = (uint8_t)(sum + (uint8_t)c);
    }
    out[n++] = '#';
    out[n++] = digits[sum >> 4];
    out[n++] = digits[sum & 15];
    return n;
}

/* GDB writes addresses without leading zeros and without 0x: "80200518,4" is the address, then what is behind the comma. */
bool gdb_number(const char **text, uint64_t *out)
{
    unsigned n = 0;
    *out = 0;
    for (int d; (d = digit((uint8_t) * *text)) >= 0; (*text)++, n++) {
        if (*out >> 60)
            return false;
        *out = *out << 4 | (unsigned)d;
    }
    return n > 0;
}

size_t gdb_bytes(const char *text, uint8_t *out, size_t room)
{
    size_t n = 0;
    for (int high, low; n < room && (high = digit((uint8_t)text[0])) >= 0 && (low = digit((uint8_t)text[1])) >= 0; text += 2)
        out[n++] = (uint8_t)(high * 16 + low);
    return n;
}

void gdb_hex(const uint8_t *bytes, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}
