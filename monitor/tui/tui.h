/* tui.h - the full screen: code, registers, the walk of the address at hand, the exits of the course, what commands said, and the
 * prompt below. What is on it is drawn on a canvas by panes that know no terminal; keys are words of keys.h.
 *
 * A pane gets the state below and a box, and draws what fits. None changes the guest.
 */
#ifndef TRAPEZE_MONITOR_TUI_TUI_H
#define TRAPEZE_MONITOR_TUI_TUI_H

#include "monitor/repl/repl.h"
#include "monitor/tui/canvas.h"
#include "monitor/tui/timeline.h"
#include "monitor/view/leaves.h"

enum { TUI_LINE = 256, TUI_HISTORY = 64, TUI_OUTPUT = 65536, TUI_WIDTH_MIN = 72, TUI_HEIGHT_MIN = 20 };

enum tui_focus { FOCUS_TIMELINE, FOCUS_WALK, FOCUS_CODE, FOCUS_OUTPUT, FOCUSES };

/* The walk as it was at the stop before, so that what changed can be marked. */
struct tui_walk {
    bool known;
    va_t va;
    unsigned level;
    struct view_leaves leaves;
};

/* The same guest on the bare machine, in lock step (pair.c). */
struct pair;

struct tui {
    struct repl *repl;  /* borrowed */
    struct debugger *d; /* the repl's */
    struct canvas canvas;
    struct timeline timeline;
    enum tui_focus focus;
    struct pair *pair; /* owned; NULL: one machine is shown */

    struct screen screen; /* where commands print: into output */
    FILE *sink;           /* owned: screen.to */
    char *output;         /* owned: [TUI_OUTPUT], the latest text that was printed */
    size_t output_size;
    unsigned output_up, code_up; /* scrolled up by so many rows */

    bool has_address; /* somebody said which address to walk; else that of the next access, or the pc */
    va_t address;
    unsigned bit; /* the cursor in the walk: an index into view_bit_order */
    struct tui_walk walk, before;

    char line[TUI_LINE]; /* typed so far */
    unsigned length;
    char *history[TUI_HISTORY]; /* owned; a ring */
    unsigned history_count, history_at;
    bool after_ctrl_x, leave;
    struct box panel[FOCUSES]; /* where each was drawn last, without its title; empty: nowhere */
    struct {
        bool on, asked; /* now; at any time */
        unsigned x, y;
        uint64_t twice_until; /* in milliseconds: a click there before that is the second of two */
    } mouse;                  /* of terminal_curses.c */
    bool shows_screen;        /* of the guest's board, in place of the panels */
    struct error too_small;   /* why it had to leave; text "": it had not */
};

/* --- the state (tui.c) */

MUST_CHECK int tui_open(struct tui *, struct repl *, unsigned width, unsigned height,
                        struct error *); /* -ENOMEM, -EINVAL: too small */
void tui_close(struct tui *);
MUST_CHECK int tui_resize(struct tui *, unsigned width, unsigned height, struct error *);
void tui_look(struct tui *);                                 /* the guest may have moved: everything is looked at anew */
void tui_say(struct tui *, const char *bytes, size_t count); /* into the output */
void tui_command(struct tui *, const char *line);            /* as typed at the prompt; what it prints goes into the output */
void tui_draw(struct tui *);                                 /* all of the canvas (layout.c) */
va_t tui_address(const struct tui *, const char **why);      /* that is walked, and why that one */
unsigned tui_level(const struct debugger *); /* the virtual machine shown: the one looked at, else the guest's; 0: bare */
unsigned tui_output_rows(const struct tui *, unsigned width); /* lines of the output, folded */
unsigned tui_output_height(const struct tui *);               /* rows that the panel has for it */

/* --- panes */

void pane_code(const struct tui *, const struct debugger *, struct canvas *, const struct box *);
void pane_registers(const struct tui *, const struct debugger *, struct canvas *, const struct box *);
void pane_walk(const struct tui *, struct canvas *, const struct box *);
void pane_timeline(const struct tui *, struct canvas *, const struct box *); /* two rows: cells, what the one here is */
/* The exit of the cell in that column of it; NULL: none. *here: the guest stands behind that one. */
const struct traplog_exit *pane_timeline_cell(const struct tui *, const struct box *, unsigned x, bool *here);
void pane_output(const struct tui *, struct canvas *, const struct box *);
void pane_screen(const struct tui *, struct canvas *, const struct box *); /* of a board that has one */
void pane_status(const struct tui *, struct canvas *, const struct box *);

/* --- bare beside virtual (pair.c) */

MUST_CHECK int pair_open(struct pair **, struct debugger *, struct error *);
void pair_close(struct pair *);
void pair_follow(struct pair *, struct debugger *); /* the bare machine to where the guest is */
/* Takes both to the last moment before the first difference. -errno with the sentence. */
MUST_CHECK int pair_first(struct pair *, struct debugger *, struct error *);
const struct debugger *pair_bare(const struct pair *);
const char *pair_verdict(const struct pair *); /* "equal", or what differs first */
bool pair_differs(const struct pair *, reg_t);

#endif
