/* stub_private.h - private to stub.c, which has the table of packets, stub_thread.c and stub_attach.c: handlers of what follows a packet's name. */
#ifndef TRAPEZE_MONITOR_GDB_STUB_PRIVATE_H
#define TRAPEZE_MONITOR_GDB_STUB_PRIVATE_H

#include "monitor/gdb/stub.h"

enum { SIGNAL_INT = 2, SIGNAL_TRAP = 5, SIGNAL_ABORT = 6, SIGNAL_TERM = 15, SIGNAL_CPU_TIME = 24 }; /* GDB's numbers */

/* The level of a process; false: there is none. any: 0 and -1 stand for any. */
bool stub_level_of(const struct gdb_stub *, uint64_t pid, bool any, unsigned *level);

/* p<pid>.<tid>, p<pid>, or <tid>: without processes threads are counted through them all, those of hart 0 first. false: there is none. */
bool stub_thread_of(const struct gdb_stub *, const char **text, unsigned *level, unsigned *hart);

/* stub_thread.c */
void stub_thread_list(struct gdb_stub *, const char *text, size_t length);
void stub_thread_list_end(struct gdb_stub *, const char *text, size_t length);
void stub_thread_current(struct gdb_stub *, const char *text, size_t length);
void stub_thread_select(struct gdb_stub *, const char *text, size_t length);
void stub_thread_alive(struct gdb_stub *, const char *text, size_t length);
void stub_thread_info(struct gdb_stub *, const char *text, size_t length);

/* stub_attach.c */
void stub_supported(struct gdb_stub *, const char *text, size_t length);
void stub_no_ack(struct gdb_stub *, const char *text, size_t length);
void stub_extended(struct gdb_stub *, const char *text, size_t length);
void stub_attach(struct gdb_stub *, const char *text, size_t length);
void stub_detach(struct gdb_stub *, const char *text, size_t length);
void stub_kill_guest(struct gdb_stub *, const char *text, size_t length);
void stub_kill_process(struct gdb_stub *, const char *text, size_t length);

#endif
