/* system.h - what one can switch on: a machine or several on one memory, a board, a clock, perhaps built-in firmware. Bare or virtual, no
 * difference: nothing in system_run.c asks which.
 *
 * The clock is the board's. It is the time of the CPU ("hart") whose turn it is; one alone always has it. Of several each has a turn in each
 * round, in order, and each goes from the same time on, `slice` units far or until it waits:
 *
 *      board   T ................ T+slice ............ T+2*slice
 *      hart 0  ####                 ####                             Their MACHINE_CLOCKs are set when a round begins.
 *      hart 1      ####                 ####
 *
 * So n harts do n times the work in the same time, and their course depends on the slice and on nothing else.
 */
#ifndef TRAPEZE_CORE_SYSTEM_H
#define TRAPEZE_CORE_SYSTEM_H

#include "devices/board.h"
#include "isa/machine.h"

enum system_end {
    END_RUNNING,  /* the limit of this call was reached */
    END_POWEROFF, /* status: the guest's own */
    END_REBOOT,
    END_STOPPED, /* the machine's owner below (a VMM) refused; why says */
    END_STUCK,   /* waiting with nothing enabled, or a trap loop at one pc; why says */
    END_QUIT,    /* the person asked (console) */
    /* Not ends: the next call goes on. */
    END_PAUSED,  /* system_pause(), or the watch asked for it */
    END_TRIGGER, /* a trigger of the machine (struct trigger) was met, before the instruction; `trap` says which */
    END_WAITING, /* the guest waits for a time later than `waits_to` */
};

struct system_result {
    enum system_end end;
    int status;
    char why[256];
    struct trap trap; /* END_TRIGGER */
};

/* So many of the machine's triggers, its last, are the system's own (core/htif.h). */
enum { SYSTEM_TRIGGERS = 2 };

struct firmware; /* built-in SBI, core/sbi.h */
struct htif;     /* core/htif.h */
struct record;   /* of input, core/record.h */

/* The host's side of a running system: whoever drives the console. Both are called between instructions only. */
struct system_host {
    /* Look at the host's input. Called at every multiple of poll_every clock units, whatever the machine does: input becomes
     * visible at the same instruction bare and virtual. */
    void (*poll)(void *opaque);
    /* The machine waits, and nothing of its own is due before `until` (UINT64_MAX: ever). Returns the time to go to: `until`,
     * or less when the host's input may have changed something. May block, if that is what the host wants of an idle guest.
     * UINT64_MAX: nothing can come any more. */
    uint64_t (*idle)(void *opaque, uint64_t now, uint64_t until);
    /* In the middle of something long that one instruction has begun: has a signal or the person asked for the end? Then system_end().
     * Nothing else that the guest could notice. */
    void (*glance)(void *opaque);
    void *opaque;
    uint64_t poll_every;
};

/* Whoever looks on. Told of each trap once it was delivered, or served by firmware; pc: where it was taken. true: pause here. */
struct system_watch {
    bool (*trap)(void *opaque, const struct trap *, va_t pc); /* NULL: nobody */
    void *opaque;
};

/* A CPU of the system. */
struct system_hart {
    struct machine *machine; /* borrowed from whoever made it; NULL: the board's place for it is empty */
    bool waiting;            /* when it is not its turn: as struct system has it */
};

/* A moment of the course of a system, by the board's clock. With several harts that alone does not tell moments apart. */
struct system_moment {
    uint64_t resets; /* the clock begins anew with each */
    uint64_t round;  /* of turns: the clock at its beginning; 0 when there is one hart */
    unsigned hart;   /* whose turn it is */
    uint64_t clock;
};

struct system {
    struct machine *machine; /* whose turn it is; the only one, mostly */
    struct system_hart hart[BOARD_CPUS];
    unsigned harts, at;    /* so many; whose turn it is */
    uint64_t round, slice; /* when this round of turns began; length of a turn in clock units */
    struct clock clock;
    struct board *board;       /* owned; firmware and HTIF write to its console, too */
    struct firmware *firmware; /* owned; NULL: none */
    struct htif *htif;         /* owned; NULL: none */
    struct system_host host;   /* poll, idle, glance: NULL for a machine that nobody sits at */
    struct record *record;     /* borrowed; NULL: the host's input is not recorded */
    struct system_watch watch;
    volatile bool paused; /* a pause is asked for */
    uint64_t waits_to;    /* no wait leads to a later time than this; 0: wherever it leads */
    struct system_result result;
    void (*met)(struct system *); /* fills result.why at the end, where whoever loaded the guest knows it; NULL: he does not */
    bool ended;
    bool waiting;     /* the machine said TRAP_WAIT; cleared by an interrupt that is pending and enabled */
    bool held;        /* ... and WAIT_HELD: it tells again whenever it is asked, so this is no state */
    uint64_t retired; /* instructions retired by all harts, all told */
    uint64_t resets;  /* so often the machine's clock began anew */
    uint64_t traps_delivered;
    /* Private: when to poll next; how often a trap was delivered since `loop_retired` without an instruction retiring. */
    uint64_t next_poll;
    bool htif_stores; /* the instruction after the first htif_retired stores to one of HTIF's words */
    uint64_t htif_retired;
    uint64_t loop_retired;
    unsigned loop_count;
};

/* Puts a board into the machine and connects lines, clock and power. `config` is of that kind of board. */
MUST_CHECK int system_create(struct system **out, struct machine *, board_create_fn *, const void *config, uint32_t units_per_tick,
                             struct error *);
/* Another hart, on the same ->phys; the board's next. Before the system has run. -EINVAL: the board has no place for it, or it has other
 * memory; -ENOTSUP: there is firmware or HTIF, which know of one hart. */
MUST_CHECK int system_add_hart(struct system *, struct machine *, struct error *);
enum { SYSTEM_SLICE = 10000 };        /* unless somebody sets system.slice: clock units, 1 at least */
void system_destroy(struct system *); /* not the machine */
/* With a spy in its place, if it is that one's turn (core/theory/tap.h). */
static inline struct machine *system_hart(const struct system *s, unsigned n) { return n == s->at ? s->machine : s->hart[n].machine; }
struct system_moment system_now(const struct system *);
/* Negative, 0, positive: a comes before b, is it, comes after it. */
int system_moment_compare(const struct system_moment *a, const struct system_moment *b);
/* As after power-on, ready to be loaded anew: machine and devices are reset, firmware and HTIF are gone, RAM and drives stay. The
 * counts go on. */
void system_reset(struct system *);

/* Switches to built-in SBI firmware: the machine starts in S-mode at `entry` with a0 = hartid, a1 = device tree. -ENOMEM, or -ENOTSUP: there
 * are several harts. */
MUST_CHECK int system_use_firmware(struct system *, pa_t entry, pa_t device_tree);

/* Watches the words tohost and fromhost of a program that talks to its host by them. -ENOMEM, or -ENOTSUP: the machine
 * cannot watch, or there are several. */
MUST_CHECK int system_use_htif(struct system *, pa_t tohost, pa_t fromhost);

/* Runs until something ends it or `limit` more instructions have retired. An end is final: further calls return it again. */
struct system_result system_run(struct system *, uint64_t limit);
/* From the host's side, a signal handler too: return END_PAUSED at the next opportunity. */
void system_pause(struct system *);
/* Everything that decides its course, but memory and what drives hold: registers, devices, firmware, the driver itself
 * (system_state.c). Saving leaves bytes for the caller to free. */
MUST_CHECK int system_save(struct system *, struct state *out); /* 0 or -ENOMEM */
/* -errno with the sentence: the bytes are not of such a system. Then nothing has changed. */
MUST_CHECK int system_restore(struct system *, const void *bytes, size_t size, struct error *);
/* For who works long within one instruction: looks at the host. true: it has ended. */
bool system_glance(struct system *);
/* From a device or the host's side: stop with this result at the next opportunity. The first one wins. */
void system_end(struct system *, enum system_end, int status, const char *why);

#endif
