/* screen.h - where text for a person goes: a stream whose lines are folded to the width of the terminal and, while a command of a
 * person at one prints, shown a screenful at a time, as gdb does it.
 */
#ifndef TRAPEZE_MONITOR_SCREEN_H
#define TRAPEZE_MONITOR_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

/* What COLUMNS says where lines are wanted as they are, for somebody who folds them himself; no prose is filled to less, either. */
enum { SCREEN_UNFOLDED = 100000 };
/* Columns of the terminal: COLUMNS, else what the terminal says, else 80. */
unsigned screen_columns(void);
/* Rows of it: LINES, else what the terminal says, else 24. */
unsigned screen_rows(void);

/* open --> (begin --> prints --> end)* --> close. Between an end and the next begin what is printed is folded and not paged, as
 * messages that come by themselves are. `width` and `height` may be set at any time; begin() asks the terminal for what nobody
 * has set. */
struct screen {
    FILE *out;                  /* owned: print here */
    FILE *to;                   /* borrowed: where rows end up */
    unsigned width, height;     /* 0: without bounds. `set width`, `set height` */
    bool has_width, has_height; /* somebody has set it: the terminal is not asked */
    bool pager;                 /* `set pager`: stop when the screen is full */
    bool at_terminal;           /* a person is there to type RET */
    /* Private. */
    bool paging, paused, quit;
    unsigned rows; /* since the last answer */
    char *line;    /* owned: what has no newline yet */
    size_t length, room;
};

/* Prints to `to`, unpaged until screen_begin(). -ENOMEM. */
int screen_open(struct screen *, FILE *to);
void screen_close(struct screen *);
void screen_flush(struct screen *); /* what has no newline yet, too */
/* A command begins: the terminal's size is looked at, and the first row is counted. It ends: false when the person has had enough,
 * and the rest was not printed. */
void screen_begin(struct screen *);
bool screen_end(struct screen *);
/* While the guest has the terminal nothing asks. */
void screen_pause(struct screen *, bool);

#endif
