/* repl.h - reading commands and carrying them out: what lies between a line of input and a command's function.
 *
 * Who calls whom, from a key to a command and back. A command that runs the guest does not return before the guest has stopped, or
 * before the person has gone back to the prompt with Ctrl-A c:
 *
 *    line_plain / line_readline     a whole line
 *      -> loop.c      on_line()
 *      -> repl.c      repl_line(): collects, repeats, or carries out     <- also files (`source`, -x), -ex, and the full screen
 *      -> commands.c  repl_find()
 *      -> cmd_*.c     the command                                        <- also repl_execute(): GDB's `monitor`, lessons, demonstrations
 *      -> run.c       run_plan(), for those that run the guest
 *      -> loop.c      repl_foreground(): slices of the guest, until it stops or lets go of the terminal
 *
 * A breakpoint's own commands wait in `pending` until the command that ran the guest has returned, and are carried out from the loop
 * (repl_run_pending()). Carried out at the stop itself, a breakpoint whose commands end in `continue` would nest one call deeper
 * each time it is met.
 */
#ifndef TRAPEZE_MONITOR_REPL_REPL_H
#define TRAPEZE_MONITOR_REPL_REPL_H

#include "monitor/repl/command.h"
#include "monitor/screen.h"

enum { REPL_SCHEMA = 1, REPL_SOURCE_DEPTH = 16 };

/* The state of one prompt. A debugger may be without one (d->repl NULL), as that of the bare machine beside a full screen is
 * (tui/pair.c): commands that are about the prompt itself say so then, and running waits until the guest stops. */
struct repl {
    struct debugger *d;    /* borrowed */
    struct screen *screen; /* borrowed: what d->out prints on; NULL: JSON */
    bool quit;
    int status; /* what `quit N` said */
    bool has_status;
    unsigned failures; /* commands that failed */
    bool json;
    bool interactive;                             /* a person sits at a terminal */
    bool mouse;                                   /* `set mouse`: the full screen takes the terminal's */
    char *last;                                   /* owned: the command that Enter repeats; NULL: none */
    unsigned sources;                             /* files being read, each by a command of the one before */
    bool open_line;                               /* the guest has begun a line and not ended it */
    void (*hide)(struct repl *);                  /* takes the prompt off the screen; NULL: there is none */
    void *loop;                                   /* of loop.c */
    FILE *complaints;                             /* where what failed is said; NULL: stderr */
    struct tui *tui;                              /* the full screen, while it has the terminal; borrowed; NULL: it has not */
    bool (*run_face)(struct repl *);              /* runs the guest in front there, as repl_foreground() */
    bool (*own)(struct repl *, const char *line); /* words of whoever opened the prompt; true: it was one. NULL: none */
    void *own_data;
    struct gdb *gdb; /* where a remote debugger may come in; borrowed; NULL: nowhere */
    bool detached;   /* Ctrl-A c while the guest ran */
    bool changes;    /* the run behind the prompt wants what changed to be told */
    char **pending;  /* owned: commands of the breakpoint that was met; NULL-terminated; NULL: none */
    /* `commands N` takes lines until `end`. */
    bool collecting;
    unsigned collecting_for;
    char **lines; /* owned */
    unsigned line_count;
};

void repl_release(struct repl *); /* what it owns */
/* One line as typed; an empty one repeats. 0, or -errno: it was said.
 * may_repeat: an empty line is the Enter key of a person. In files and in pipes it is only an empty line: a blank line behind `stepi` in
 * a script must not step. */
int repl_line(struct repl *, const char *line, bool may_repeat);
/* Says what went wrong outside of any command, and counts it as one that failed. NULL: there is no prompt, it is said all the same. */
void repl_complain(struct repl *, const struct error *);
/* A file of lines; the first that fails ends it. */
MUST_CHECK int repl_source(struct repl *, const char *path, struct error *);
/* "(trapeze) ", with a word more while the guest runs behind it; "> " while lines for a breakpoint are collected. */
const char *repl_prompt(const struct repl *);
/* What a breakpoint's commands left to be done; called when the command that ran the guest is done. */
void repl_run_pending(struct repl *);
/* Runs the guest as the debugger was told to, and the terminal is its. true: it has stopped; false: it runs on behind the
 * prompt. */
bool repl_foreground(struct repl *);
/* What the guest has printed so far, and the end of its line: before anything of ours. */
void repl_show_console(struct repl *);
struct console_monitor repl_console(struct repl *);
/* Reads commands from stdin until there are no more. */
void repl_loop(struct repl *);

/* --- finding commands (commands.c) */

/* The command at the start of *text, which moves to its arguments; slash gets what follows '/'. NULL: *e has the sentence. */
const struct repl_command *repl_find(const char **text, char *slash, size_t size, struct error *e);
const struct repl_command *repl_command_at(unsigned index);     /* of all tables; NULL at the end */
const char *repl_group_word(unsigned index);                    /* as `help` knows it; NULL at the end */
bool repl_alias(const struct repl_command *, const char *word); /* word is one of its aliases */

/* --- completion (complete.c): the words that may stand where `word` does, `start` bytes into the line. NULL-terminated, to be
 * freed with each of them; NULL: none. *files: names of files would fit. */
char **repl_completions(struct debugger *, const char *line, size_t start, const char *word, bool *files);
const char *repl_word_breaks(const char *line, size_t end); /* the characters that end a word there */

/* --- reading lines (line_plain.c, line_readline.c) */

/* Where lines come from. Both sources turn the same events into the same two calls, so the loop knows neither:
 *
 *    loop                     source                              loop
 *    read()      -------->    bytes, keys   ---- whole line --->  line(text)       text is the source's, and gone when line() returns
 *                                           ---- Ctrl-A c ----->  console()
 *                                           ---- end of input ->  line(NULL)
 *
 * One read() may give several lines, or none. The loop calls `prompt` and `hide` in turns. */
struct line_reader {
    /* Called with each line, without its newline; NULL at the end of input. */
    void (*line)(void *opaque, char *text);
    void (*console)(void *opaque); /* Ctrl-A c was typed */
    struct repl *repl;
    void *opaque;
};
struct line_source {
    void (*open)(const struct line_reader *);
    void (*prompt)(const char *); /* shows it, with what was typed so far */
    void (*hide)(void);           /* takes it away, so that something can be printed */
    void (*read)(void);           /* stdin is readable */
    void (*interrupt)(void);      /* Ctrl-C: what was typed is dropped */
    void (*close)(void);
};
extern const struct line_source line_plain;
extern const struct line_source *const line_editing; /* NULL: built without readline */

#endif
