/* fuzz_gdb_live.c - packets from a remote debugger, with a machine behind them: each is answered in a packet of its own, the guest runs when
 * it is told to and stops again, and when the debugger is gone its breakpoints are. Bytes of 0x80 and above become words of the protocol;
 * 0x0a ends a packet.
 */
#include "monitor/gdb/stub.h"
#include "tests/fuzz/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY = 600, PACKETS = 40 };

static const char *const words[] = {
    "g",
    "G",
    "p",
    "P",
    "m80200000,",
    "M80200000,",
    "X",
    "Z0,80200518,4",
    "Z2,80000000,8",
    "Z3,",
    "Z4,",
    "z0,80200518,4",
    "bs",
    "bc",
    "c",
    "s",
    "vCont?",
    "vCont;c",
    "vCont;s:p1.1",
    "vAttach;",
    "vKill;1",
    "k",
    "D",
    "D;1",
    "Hg",
    "Hcp1.1",
    "Tp1.1",
    "qSupported:multiprocess+;",
    "qC",
    "qfThreadInfo",
    "qThreadExtraInfo,p1.1",
    "qXfer:features:read:target.xml:0,",
    "qXfer:memory-map:read::",
    "qRcmd,",
    "Qqemu.PhyMemMode:1",
    "QStartNoAckMode",
    "vCont;r80200000,80200800:p1.1",
    "ffff",
    "0,",
    ":",
    "?",
    "!",
    "p20",
    "P20=0000000000000080",
    "696e666f207374617473",
};

static void heard(void *opaque, const char *body, size_t length)
{
    static char frame[2 * GDB_BODY_MAX + 8];
    (void)opaque;
    live_check(gdb_frame(body, length, frame, sizeof frame) <= sizeof frame, "an answer fits into a packet");
}

static size_t packet_of(const uint8_t *data, size_t size, char body[BODY + 1], size_t *length)
{
    size_t used = 0, n = 0;
    while (used < size && data[used] != '\n' && n < BODY) {
        uint8_t c = data[used++];
        if (c & 0x80)
            n += (size_t)snprintf(body + n, BODY + 1 - n, "%s", words[(c & 0x7f) % (sizeof words / sizeof words[0])]);
        else
            body[n++] = (char)c;
    }
    *length = n < BODY ? n : BODY;
    body[*length] = '\0';
    return used + (used < size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live l;
    struct gdb_stub stub;
    char body[BODY + 1];
    size_t length;
    live_open(&l, size ? data[0] % 3 : 1);
    stderr = l.nowhere;
    gdb_stub_begin(&stub, &l.d, heard, NULL);
    for (unsigned n = 0; n < PACKETS && size && stub.leaves == GDB_STAYS; n++) {
        size_t used = packet_of(data, size, body, &length);
        data += used;
        size -= used;
        gdb_stub_packet(&stub, body, length);
        if (!l.d.running)
            continue;
        live_run(&l);
        gdb_stub_stopped(&stub);
    }
    gdb_stub_end(&stub);
    stderr = stdout;
    live_close(&l);
    return 0;
}
