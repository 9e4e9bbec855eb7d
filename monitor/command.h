/* command.h - the subcommands of `trapeze`, one to a file, and what they share.
 *
 * How a command ends, for who calls it from a script; statuses that are not below are the guest's own (0 to 255) or 128 + a
 * signal's number:
 *
 *     0 all is well    1 trapeze failed    2 the command line is wrong    118 and up: how the run ended, where that is not well
 */
#ifndef TRAPEZE_MONITOR_COMMAND_H
#define TRAPEZE_MONITOR_COMMAND_H

#include "mmu/base.h"
#include "monitor/options.h"

/* Exit statuses; a guest that powers off gives its own. */
enum {
    STATUS_OK = 0,
    STATUS_FAILURE = 1, /* ours: a file, memory, the host */
    STATUS_USAGE = 2,
    STATUS_LEFT_OUT = 3,   /* witness: one of them is nothing that a program can do */
    STATUS_UNFENCED = 118, /* verify: they part where the guest did not fence */
    STATUS_UNMET = 119,    /* the run ended before the script's last wait was met */
    STATUS_STOPPED = 120,
    STATUS_LIMIT = 121,
    STATUS_STUCK = 122,
    STATUS_DIVERGED = 123, /* verify: the machines are not equivalent */
};

/* "trapeze: <sentence>" on stderr; returns the status. */
int complain(int status, const char *format, ...) PRINTF_LIKE(2, 3);
/* Says why the options were not taken; the status: bad usage, or a failure where memory was the reason. */
int complain_of_options(int result, const struct error *);
void print_version(void);
const char *program_name(void); /* and its version: what files say that only the same program reads */

/* What may stand on a command's line besides options. */
enum command_words {
    WORDS_NONE,
    WORDS_FILES,
    WORDS_DEMO,
    WORDS_LESSON,
    WORDS_LAB, /* new and an assignment, or check; and a folder */
    WORDS_COMMAND,
    WORDS_ISA,
    WORDS_SUBJECT, /* an instruction set, and one of its instructions */
    WORDS_SWEEP,   /* an instruction set that is swept, and files */
};

/* A subcommand: a row of main.c's table. Its run() returns the exit status and ends the process only by a signal that was meant
 * for it (terminal_die()); what it opened is closed by then. */
struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    void (*help)(void);
    const char *about;                 /* NULL: not shown */
    const struct option_desc *options; /* NULL: it has none of its own */
    bool takes_run;                    /* those of a run, too */
    enum command_words words;
};

extern const struct option_desc cmd_monitor_options[], cmd_tutorial_options[], cmd_demo_options[], cmd_sweep_options[],
    cmd_verify_options[], cmd_classify_options[], cmd_prove_options[], cmd_report_options[], cmd_doctor_options[],
    cmd_witness_options[], cmd_lab_options[], cmd_compare_options[];

/* argv[0] is the first word after the subcommand. */
int cmd_run(int argc, char **argv);
void cmd_run_help(void);
int cmd_monitor(int argc, char **argv);
void cmd_monitor_help(void);
int cmd_tutorial(int argc, char **argv);
void cmd_tutorial_help(void);
int cmd_lab(int argc, char **argv);
void cmd_lab_help(void);
int cmd_demo(int argc, char **argv);
void cmd_demo_help(void);
int cmd_doctor(int argc, char **argv);
void cmd_doctor_help(void);
int cmd_classify(int argc, char **argv);
void cmd_classify_help(void);
int cmd_prove(int argc, char **argv);
void cmd_prove_help(void);
int cmd_report(int argc, char **argv);
void cmd_report_help(void);
int cmd_sweep(int argc, char **argv);
void cmd_sweep_help(void);
int cmd_verify(int argc, char **argv);
void cmd_verify_help(void);
int cmd_compare(int argc, char **argv);
void cmd_compare_help(void);
int cmd_witness(int argc, char **argv);
void cmd_witness_help(void);

#endif
