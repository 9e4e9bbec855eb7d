/* player.h - a demonstration at work: its machines, its pages, and whoever looks on. */
#ifndef TRAPEZE_MONITOR_DEMO_PLAYER_H
#define TRAPEZE_MONITOR_DEMO_PLAYER_H

#include "monitor/demo/machine.h"
#include "monitor/demo/writer.h"

enum { DEMO_SAID = 64, DEMO_COLUMNS = 80 /* that a page wants, and takes */, DEMO_COLUMNS_LEAST = 40 };

struct demo_player {
    const struct demo_script *script; /* borrowed */
    const char *name;                 /* borrowed: as the person called it */
    struct demo_writer *writer;       /* borrowed */
    bool interactive;                 /* a person is there, who presses keys */
    unsigned height;                  /* rows of it; 0: without bounds */
    unsigned failures;                /* expectations that the run has not met, and commands that failed */

    /* Private to player*.c. */
    struct demo_machine machine[DEMO_MACHINES];
    unsigned opened;
    struct demo_mark *mark; /* owned: [page * DEMO_MACHINES + machine], where a page began */
    bool *failed;           /* owned: [step], so that what is shown again counts once */
    unsigned page;          /* from 0 */
    unsigned pauses;        /* of this page so far, waited at or not */
    unsigned skipped;       /* at so many of them nobody waits: it is shown again */
    bool reveal;            /* ... nor at any more of this page */
    unsigned at;            /* the step at hand */
    int key;                /* what the person wants; DEMO_KEY_ON: go on */
    /* Trapeze commands say the same each time; what was run once on a page need not run for another page, or on the way back. */
    struct demo_said {
        const char *words; /* borrowed from the script */
        char *text;        /* owned */
        int status;
    } said[DEMO_SAID];
    unsigned saids;
    /* Of the latest command: */
    char *text[2], *console[2]; /* owned */
    int status, result;
};

/* Plays it from the beginning to the end, or until the person leaves it. -errno with the sentence: it could not begin. */
MUST_CHECK int demo_play(struct demo_player *, struct error *);

/* How much room an interactive one has on the terminal. */
void demo_measure(struct demo_player *);

/* player_steps.c: one step, shown and checked. */
void demo_step(struct demo_player *, const struct demo_step *);
/* A pause, before the reveal or the next page. */
void demo_pause(struct demo_player *);
void demo_forget_output(struct demo_player *);
/* A word on the last row for who waits, or it goes away again: some commands take seconds. */
void demo_busy(const struct demo_player *, bool busy);

#endif
