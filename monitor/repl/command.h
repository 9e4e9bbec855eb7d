/* command.h - the commands of the monitor: tables, one file per family (cmd_<family>.c, view_<what>.c), gathered in commands.c.
 *
 * A name may have two words ("info registers"). A person may write any unique prefix of each word, or an alias as it stands. A
 * command prints to d->out; in JSON mode (d->json) it adds members to the open object instead where that says more than text. It
 * returns 0, or -errno with one sentence that names what was wrong; then nothing of the guest has changed.
 *
 * What becomes of "xp/8xw  $sp + 8" typed at the prompt:
 *
 *    xp /8xw  $sp + 8
 *    |   |    '------- args.text, blanks at both ends cut off; the command parses it itself, with debugger_parse() and its kin
 *    |   '------------ args.slash "8xw", for format_parse(); refused before run() unless `args` of the command begins with "[/"
 *    '---------------- repl_find(): the row whose name, alias or prefix it is; its `needs` are looked at before run() is called
 *
 * The table is read by more than the prompt: help and apropos print `args`, `summary` and `help`, the Tab key goes by `complete`, and a
 * remote debugger's `monitor COMMAND` and the full screen find commands in it, too. So a row is all that a new command needs. */
#ifndef TRAPEZE_MONITOR_REPL_COMMAND_H
#define TRAPEZE_MONITOR_REPL_COMMAND_H

#include "monitor/debug/debugger.h"

/* A command may keep neither of the two strings: both are gone when it returns. */
struct repl_args {
    const char *text;  /* what follows the name, without leading and trailing blanks; never NULL */
    const char *slash; /* what follows '/' in the command word: "8xw" of x/8xw; "" when nothing does */
    bool again;        /* Enter repeated it: go on where the last one ended */
};

/* `help GROUP` shows one on a screen: no more than 22 commands belong to any. */
enum repl_group {
    GROUP_RUNNING,
    GROUP_REVERSING,
    GROUP_STOPPING,
    GROUP_LOOKING, /* registers, memory, code */
    GROUP_SOURCE,  /* symbols, lines, frames */
    GROUP_CHANGING,
    GROUP_VMM,
    GROUP_MONITOR,
    GROUPS
};

/* Which words fit behind the command's name. It decides as well which characters end a word there (repl_word_breaks()): in a path a dash
 * is a letter, in an expression it is an operator. */
enum repl_complete {
    COMPLETE_NOTHING,
    COMPLETE_SYMBOL /* and registers */,
    COMPLETE_REGISTER,
    COMPLETE_FILE,
    COMPLETE_COMMAND,
    COMPLETE_HELP, /* commands, groups and words of the glossary */
    COMPLETE_BREAK
};

/* needs. Machines differ: that of the paper has neither calls nor interrupt lines. A command that says here what it cannot do without is
 * refused with one sentence, the same for all such commands, and need not ask again in its body. */
enum {
    NEEDS_STOPPED = 1, /* not while the guest runs behind the prompt */
    /* Something that not every machine has. */
    NEEDS_CALLS = 2,    /* calls and returns that debugging information speaks of */
    NEEDS_LINES = 4,    /* interrupt lines */
    NEEDS_PAGES = 8,    /* page tables */
    NEEDS_CONSOLE = 16, /* a console that can be typed at */
    NEEDS_TABLES = 32   /* segments, descriptors (struct about: tables) */
};

/* A row. All strings are constants of the program. */
struct repl_command {
    const char *name;    /* NULL ends a table */
    const char *aliases; /* separated by commas: "si, s"; NULL: none */
    const char *args;    /* how help shows them; "" */
    const char *summary; /* no full stop; up to 59 characters, so that a line of 80 has the name, too */
    const char *help;    /* more; lines that begin with a blank stay lines, others are filled. NULL: the summary says it all */
    enum repl_group group;
    int (*run)(struct debugger *, const struct repl_args *, struct error *);
    enum repl_complete complete;
    bool repeats; /* Enter on an empty line runs it again */
    unsigned needs;
};

/* Every table; NULL ends the list. A family adds its own here (commands.c). */
extern const struct repl_command *const repl_commands[];

/* One line of input, as typed. Output goes to `out` as text, whatever mode the debugger is in. -errno: the sentence was written,
 * too. For whoever runs a command on behalf of another program. */
int repl_execute(struct debugger *, const char *line, FILE *out);

/* Helpers for commands. */
/* The next word of *text, blanks skipped; *text moves past it. false: there is none. */
bool repl_word(const char **text, char *word, size_t size);
/* -EINVAL when there is more text than the command takes. */
MUST_CHECK int repl_no_more(const char *text, struct error *);
/* Colours; "" when there are none to be. */
enum tint { TINT_NONE, TINT_ADDRESS, TINT_SYMBOL, TINT_CHANGED, TINT_MARK, TINT_ERROR, TINT_DIM };
const char *tint(const struct debugger *, enum tint);

#endif
