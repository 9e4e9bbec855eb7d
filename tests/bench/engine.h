/* engine.h - what takes part in a run: trapeze's machines and peers, each a command that writes the guest's console to its output. */
#ifndef TRAPEZE_TESTS_BENCH_ENGINE_H
#define TRAPEZE_TESTS_BENCH_ENGINE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

enum { ENGINES = 24 }; /* at most */
enum engine_kind { ENGINE_PEER, ENGINE_BARE, ENGINE_VM, ENGINE_WAY };

struct engine {
    char name[32];
    enum engine_kind kind;
    const char *command; /* borrowed; for the shell, which finds TRAPEZE, GUEST, WORK and OPTIONS in its environment */
    char options[64];    /* WAY: how the first trapeze is run */
    unsigned depth;      /* of machines: 0 is the bare one's; meaningless for PEER and for WAYs that engine_add_way made */
    const char *trapeze; /* borrowed; the path for TRAPEZE, or NULL: the first one's */
    unsigned build;      /* BARE, VM: which of the trapezes */
};

/* A kind of machine, and how QEMU and trapeze bring it up. */
struct engine_machine {
    const char *name, *qemu; /* the program */
    const char *commands[4]; /* by kind; NULL: there is none */
};
const struct engine_machine *engine_machine_find(const char *name); /* NULL: there is none */

struct engines {
    const struct engine_machine *machine; /* borrowed */
    struct engine all[ENGINES];
    unsigned count, builds;
};

/* NAME=COMMAND. false: that is not what it says, or there are too many. */
bool engine_add_peer(struct engines *, const char *text);
/* QEMU, where it is on PATH. */
void engine_add_qemu(struct engines *);
/* [NAME=]PATH: a bare machine and, where there are such, a VM. false: there are too many. */
bool engine_add_trapeze(struct engines *, const char *text);
/* NAME=OPTIONS, of `trapeze run`. false: that is not what it says, or there are too many. */
bool engine_add_way(struct engines *, const char *text);
/* Ways for VMs in VMs, from the depth of 2 to this one. false: there are too many. */
bool engine_add_depths(struct engines *, unsigned deepest);
/* Keeps those that the list names by their names or kinds, "bare,qemu". false: it names one that is not there. */
bool engine_keep(struct engines *, const char *list);

struct engine_run {
    pid_t child;
    FILE *console;
    double begun, processor; /* seconds: when it was started; what it used, after engine_end */
};

/* Starts; reading its console fails after `limit` seconds. */
bool engine_start(struct engine_run *, const struct engine *, const char *guest, const char *work, unsigned limit);
/* Waits for it, or ends it. true: it ended by itself with status 0. */
bool engine_end(struct engine_run *, bool by_force);
/* Seconds of processor time that its process has used so far, all threads together; 0: that is not known. */
double engine_processor(const struct engine_run *);
double engine_seconds(void);

#endif
