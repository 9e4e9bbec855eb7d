/* machine.h - a machine of a demonstration: the guest of its options under a debugger, whose commands' text is caught. */
#ifndef TRAPEZE_MONITOR_DEMO_MACHINE_H
#define TRAPEZE_MONITOR_DEMO_MACHINE_H

#include "core/record.h"
#include "monitor/demo/script.h"
#include "monitor/repl/repl.h"

enum { DEMO_WORDS = 64 };

/*
 *    guest's console -> tap (machine.c) -> record -> console        written: `printed` has a copy while a command runs
 *    guest's console <- tap            <- record <- console         read: going back needs the same input again
 *
 * It is a monitor without a prompt: a debugger, and a repl that reads no lines until demo_machine_monitor(). The options' text is taken
 * apart in place, so desc->options is of no use to anybody afterwards. */
struct demo_machine {
    const struct demo_machine_desc *desc; /* borrowed */
    struct run_options options;
    char *word[DEMO_WORDS]; /* owned; of the description's options, which are taken apart */
    unsigned words;
    struct script *script;
    struct console *console;
    struct record *record;
    struct chardev beyond; /* the record's: behind what catches the guest's words */
    struct session session;
    struct debugger debugger;
    struct repl repl; /* never prompts here: the runs of commands look at the host through it */
    FILE *printed;    /* where the guest's console goes while a command runs; NULL: nowhere */
    bool open;
};

/* Where a machine stands; it comes back there backwards. An exit may have come before its instruction retires: the VMM has filled a leaf,
 * the guest's D is set, and neither the count of instructions nor that of the guest's traps tells. */
struct demo_mark {
    uint64_t retired;
    unsigned traps;
    uint64_t exits;      /* of all machines */
    unsigned exit_level; /* whose the latest was */
    unsigned edits;      /* of registers and memory by the script, which the way back undoes */
};

/* "PATH:LINE: what is wrong" on failure; then there is nothing to close. The machine stays where it is. */
MUST_CHECK int demo_machine_open(struct demo_machine *, const struct demo_machine_desc *, const char *script_path, struct error *);
void demo_machine_close(struct demo_machine *);
/* Carries out a command of the monitor, looking at the machine of that level (DEMO_GUEST: the guest's). *text gets what it printed, or
 * why it failed; *console what the guest printed; both to be freed, NULL for want of memory. 0 or -errno, which the text explains. */
MUST_CHECK int demo_machine_command(struct demo_machine *, int level, const char *line, unsigned width, char **text, char **console);
/* -errno with the sentence: the expression has no value. */
MUST_CHECK int demo_machine_holds(struct demo_machine *, int level, const char *expression, bool *holds, struct error *);
bool demo_machine_interrupted(const struct demo_machine *); /* somebody at the terminal has stopped it */
struct demo_mark demo_machine_mark(const struct demo_machine *);
MUST_CHECK int demo_machine_return(struct demo_machine *, struct demo_mark, struct error *);
/* A page begins: it is the guest's machine that is looked at, and no breakpoint is left over. */
void demo_machine_tidy(struct demo_machine *);
/* The monitor's prompt, for a person at the terminal, until they leave it. For a process of its own: what they do stays done. */
void demo_machine_monitor(struct demo_machine *);

#endif
