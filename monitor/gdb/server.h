/* server.h - where a debugger comes in: a socket on this host alone, and one debugger at a time. */
#ifndef TRAPEZE_MONITOR_GDB_SERVER_H
#define TRAPEZE_MONITOR_GDB_SERVER_H

#include "mmu/base.h"

/* What -gdb says. */
struct gdb_device {
    char path[108]; /* of a Unix socket; "": TCP */
    uint16_t port;  /* 0: any that is free */
};
/* tcp::PORT, tcp:localhost:PORT, unix:PATH, also with QEMU's ",server=on,wait=off". -EINVAL with the sentence. */
MUST_CHECK int gdb_device_parse(const char *text, struct gdb_device *out, struct error *);

struct gdb_server {
    int listener, client; /* -1: none */
    int refused;          /* one that came while another was there: told so, until it leaves; -1: none */
    char *path;           /* owned: of a Unix socket, to be removed */
    char name[128];       /* where it listens, for people */
};

/* -errno with the sentence; then it is as if it had never been opened. */
MUST_CHECK int gdb_server_open(struct gdb_server *, const struct gdb_device *, struct error *);
void gdb_server_close(struct gdb_server *);

enum gdb_arrival { GDB_NOBODY, GDB_CAME, GDB_SPOKE };
/* Looks, or waits patiently until something happens or a signal comes that nobody has taken yet. A second debugger is told why it
 * cannot stay. */
enum gdb_arrival gdb_server_wait(struct gdb_server *, bool patiently);
bool gdb_server_ready(const struct gdb_server *); /* somebody speaks, or comes while there is nobody */
/* What the client says. 0: it has gone. */
size_t gdb_server_read(struct gdb_server *, uint8_t *bytes, size_t room);
void gdb_server_write(struct gdb_server *, const char *bytes, size_t n); /* one that does not listen is dropped */
void gdb_server_hang_up(struct gdb_server *);

#endif
