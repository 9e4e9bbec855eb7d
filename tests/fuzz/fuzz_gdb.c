/* fuzz_gdb.c - frames of GDB's protocol: whatever bytes come, the reader stays within its room, and what it takes for a packet is one;
 * and a body that was framed is read as it was. Words of the body are read without leaving it.
 */
#include "monitor/gdb/packet.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct gdb_reader reader;

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void words(const struct gdb_reader *r)
{
    uint8_t bytes[16];
    uint64_t number;
    for (const char *text = r->body; text < r->body + r->length; text++) {
        const char *at = text;
        bool is_number = gdb_number(&at, &number);
        check(at >= text && at <= r->body + r->length && (!is_number || at > text));
        size_t n = gdb_bytes(text, bytes, sizeof bytes);
        check(n <= sizeof bytes && text + 2 * n <= r->body + r->length);
        char hex[2 * sizeof bytes + 1];
        gdb_hex(bytes, n, hex);
        uint8_t again[sizeof bytes];
        check(gdb_bytes(hex, again, sizeof again) == n && memcmp(bytes, again, n) == 0);
    }
}

static void anything(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        enum gdb_event event = gdb_read(&reader, data[i]);
        check(reader.length <= GDB_BODY_MAX);
        if (event != GDB_PACKET)
            continue;
        check(reader.body[reader.length] == '\0');
        if (reader.length < 256)
            words(&reader);
    }
}

/* A reader that was in the middle of something finds the next packet all the same. */
static void there_and_back(const uint8_t *data, size_t size)
{
    static char frame[2 * GDB_BODY_MAX + 8];
    size = size < GDB_BODY_MAX ? size : GDB_BODY_MAX;
    size_t n = gdb_frame((const char *)data, size, frame, sizeof frame);
    check(n <= sizeof frame && n >= size + 4);
    reader.state = reader.state == GDB_BODY ? GDB_BODY : GDB_BETWEEN;
    for (size_t i = 0; i < n; i++)
        check((gdb_read(&reader, (uint8_t)frame[i]) == GDB_PACKET) == (i + 1 == n));
    check(reader.length == size && memcmp(reader.body, data, size) == 0);
    frame[n - 1] = frame[n - 1] == '0' ? '1' : '0';
    for (size_t i = 0; i < n; i++)
        check(gdb_read(&reader, (uint8_t)frame[i]) != GDB_PACKET);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    anything(data, size);
    there_and_back(data, size);
    return 0;
}
