/* writer.h - where a demonstration goes: text, on a terminal or for slides, or JSON. */
#ifndef TRAPEZE_MONITOR_DEMO_WRITER_H
#define TRAPEZE_MONITOR_DEMO_WRITER_H

#include "monitor/demo/script.h"
#include "monitor/json.h"

enum { DEMO_SCHEMA = 1 };

/* A command and what came of it, on one machine or two. */
struct demo_shown {
    const char *command;
    unsigned machines;      /* 0: a trapeze command */
    const char *machine[2]; /* their names */
    const char *text[2];    /* [0] of a trapeze command */
    const char *console[2]; /* what the guest printed; NULL or "": nothing */
    bool failed;            /* the monitor's command was refused: the text says why */
};

struct demo_verdict {
    const struct demo_step *step;
    const char *command; /* that it is about */
    bool met;
    const char *sentence; /* what was expected, when it is not met */
};

struct demo_writer {
    const struct demo_writer_ops *ops;
    FILE *out; /* borrowed */
    /* Of text. */
    unsigned width;
    bool color;
    bool clears;   /* each page begins with an empty screen */
    unsigned rows; /* since `rows` was last set to 0 */
    char *shown;   /* owned: all of the page so far, for when something else has been on the screen; NULL: nothing */
    size_t shown_size;
    enum demo_kind latest; /* what stands above */
    /* Asked before a paragraph, a question, what a command says, of so many rows; and before each of its rows. true: no more is printed,
     * for the time being. NULL: print all. */
    bool (*full)(void *, unsigned rows);
    void *opaque;
    FILE *block; /* private: what is gathered until it is known how many rows it has; NULL: nothing */
};

/* Who writes implements these; the player calls them in the order of the script: begin, then for each page its heading and what is on it,
 * end. A command comes when it has been carried out, a verdict behind the command that it is about. */
struct demo_writer_ops {
    void (*begin)(struct demo_writer *, const struct demo_script *, const char *name);
    void (*page)(struct demo_writer *, const char *heading, unsigned number, unsigned of);
    void (*prose)(struct demo_writer *, const char *text);
    void (*question)(struct demo_writer *, const char *text);
    void (*answer)(struct demo_writer *, const char *text);
    void (*command)(struct demo_writer *, const struct demo_shown *);
    void (*verdict)(struct demo_writer *, const struct demo_verdict *);
    void (*end)(struct demo_writer *, unsigned failures);
};
extern const struct demo_writer_ops demo_text, demo_json;

/* An empty screen, and what was on it: the page so far. */
void demo_text_again(struct demo_writer *);
/* Forgets what the page has shown: another begins, or it is over. */
void demo_text_forget(struct demo_writer *);

/* Columns for what a command prints, on one machine or on each of two. */
unsigned demo_columns(const struct demo_writer *, unsigned machines);

#endif
