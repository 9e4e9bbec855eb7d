/* board.h - what CPUs are plugged into: its devices, the wires between them and the CPUs, a console, perhaps drives. Whoever drives a
 * machine (core/system.h) knows boards by these operations alone. A board does not know whether its machine is bare or virtual.
 */
#ifndef TRAPEZE_DEVICES_BOARD_H
#define TRAPEZE_DEVICES_BOARD_H

#include "devices/chardev.h"
#include "devices/clock.h"
#include "devices/host.h"
#include "devices/irq.h"
#include "devices/state.h"
#include "mmu/phys.h"

#include <errno.h>
#include <stdio.h>

enum { BOARD_DRIVES = 4, BOARD_CPUS = 8 }; /* at most */

struct board;
struct drive;

/* What a kernel is told at its start, besides what the board has. */
struct board_start {
    const char *arguments;   /* its command line; NULL: none */
    pa_t initrd, initrd_end; /* equal: there is none */
};

/* What a board has for eyes. */
enum { BOARD_CELLS = 80 * 50 };
struct board_cell {
    uint16_t character; /* Unicode */
    uint8_t colour;     /* bits 3:0 of the character, 6:4 behind it: 1 blue, 2 green, 4 red, 8 bright; 7: it blinks */
};
struct board_screen {
    unsigned columns, rows; /* of which the cells are those, row by row */
    bool has_cursor;
    unsigned cursor; /* the cell in which it is */
    struct board_cell cell[BOARD_CELLS];
};

enum board_view {
    BOARD_INTERRUPTS, /* its interrupt controllers and what they serve */
    BOARD_DEVICES,    /* the devices that have something to say, and drives */
};

/* The life of a board, as a system leads it (core/system.h):
 *
 *   create --> [drive_lines] --> run: devices answer accesses, events fire, input() --> ... --> destroy
 *                                 |  ^
 *                                 v  |
 *                          reset, or state: saved, restored
 *
 * Devices are reached by the guest through the ranges that create added to the site's address spaces, and not by these. */
struct board_ops {
    const char *name;                /* "virt": a saved state is of one kind of board */
    void (*reset)(struct board *);   /* devices as after power-on; drives are kept */
    void (*destroy)(struct board *); /* flushes and closes drives, leaves phys and clock, which must still stand */
    bool has_power;                  /* a guest can switch it off, with a status; else it has ended when its CPU halts */
    uint64_t wait_lines;             /* a CPU that waits and hears none of these has been switched off. 0: there are other ways */
    /* The rest may be NULL: the board has no such thing. (The loader of RISC-V kernels wants `tables`.) */
    unsigned (*cpus)(const struct board *);        /* places for CPUs; NULL: one */
    void (*state)(struct board *, struct state *); /* of all devices; what drives contain is not part of it */
    void (*drive_lines)(const struct board *);     /* sets all inputs of the CPUs again, as the devices have them */
    void (*input)(struct board *);                 /* the console may have bytes now: look */
    /* The inputs of a CPU that input could raise, a bit each, with the devices as the guest has set them up. */
    uint64_t (*input_lines)(const struct board *, unsigned cpu);
    /* A CPU takes an interrupt of this line: what it finds on the bus, as the cause to deliver. It is asked once for each that is taken,
     * which may lower the line. NULL: the line's own cause stays. */
    uint64_t (*acknowledge)(struct board *, unsigned cpu, uint64_t line);
    const struct drive *(*drive)(const struct board *, unsigned n);                              /* NULL: there is no drive n */
    void (*drive_put)(struct board *, unsigned n, uint64_t block, const uint8_t *content);       /* as drive_overlay_put() */
    const char *(*drive_path)(const struct board *, unsigned n);                                 /* of a drive that is there */
    bool (*fact)(const struct board *, unsigned n, const char **name, char *value, size_t size); /* as struct isa has it */
    /* What tells a kernel what there is, as kernels of this board expect it: of `virt` a flattened device tree. *out is malloc'd. -errno. */
    int (*tables)(const struct board *, const struct board_start *, uint8_t **out, size_t *size);
    void (*describe)(const struct board *, enum board_view, FILE *); /* for people: lines of up to 80 columns */
    uint64_t (*posts)(const struct board *,
                      uint8_t *last); /* how many POST codes its firmware has written, and the last. NULL: it has none */
    void (*screen)(const struct board *, struct board_screen *); /* what is to be seen on its screen. NULL: it has none */
    /* For people: what has raised this input of a CPU: "the PLIC has pending and enabled source 10 (uart)". now: nothing has run since;
     * else it says what is always so. */
    void (*raised)(const struct board *, unsigned cpu, uint64_t line, bool now, char *text, size_t size);
};

struct board {
    const struct board_ops *ops;
    struct chardev console; /* where its console ends; others may write there too */
    uint64_t inputs;        /* how often board_input() was called */
};

/* Where the guest's power-off goes. */
struct board_power {
    void (*off)(void *opaque, int status); /* power-off; status as the guest gave it, 0 = pass */
    void (*reboot)(void *opaque);
    void *opaque;
};

/* What whoever switches a machine on gives its board, which copies it. Wires may be pulled from within create on, so the CPUs'
 * inputs have to be there before. */
struct board_site {
    struct phys *phys;  /* borrowed, as what follows, up to the clock */
    struct phys *ports; /* NULL: such CPUs have none */
    struct clock *clock;
    struct board_power power;
    struct host_look host;           /* asked during long work */
    struct irq_line cpu[BOARD_CPUS]; /* interrupt inputs of each: the number is that of struct machine_ops.irq */
};

/* Makes a board of one kind, as `config` of that kind says. -errno with the sentence; then nothing was added that outlives it. */
typedef int board_create_fn(struct board **out, const void *config, const struct board_site *, struct error *);

static inline unsigned board_cpus(const struct board *b) { return b->ops->cpus ? b->ops->cpus(b) : 1; }
static inline void board_reset(struct board *b) { b->ops->reset(b); }
static inline void board_destroy(struct board *b)
{
    if (b)
        b->ops->destroy(b);
}
static inline void board_state(struct board *b, struct state *s)
{
    if (b->ops->state)
        b->ops->state(b, s);
}
static inline void board_drive_lines(const struct board *b)
{
    if (b->ops->drive_lines)
        b->ops->drive_lines(b);
}
static inline void board_input(struct board *b)
{
    b->inputs++;
    if (b->ops->input)
        b->ops->input(b);
}
static inline uint64_t board_input_lines(const struct board *b, unsigned cpu)
{
    return b->ops->input_lines ? b->ops->input_lines(b, cpu) : 0;
}
MUST_CHECK static inline int board_tables(const struct board *b, const struct board_start *start, uint8_t **out, size_t *size)
{
    return b->ops->tables ? b->ops->tables(b, start, out, size) : -ENOTSUP;
}
static inline void board_describe(const struct board *b, enum board_view view, FILE *out)
{
    if (b->ops->describe)
        b->ops->describe(b, view, out);
}
static inline void board_raised(const struct board *b, unsigned cpu, uint64_t line, bool now, char *text, size_t size)
{
    snprintf(text, size, "the board raised it");
    if (b->ops->raised)
        b->ops->raised(b, cpu, line, now, text, size);
}
static inline const struct drive *board_drive(const struct board *b, unsigned n) { return b->ops->drive ? b->ops->drive(b, n) : NULL; }

#endif
