/* main.c - the command `trapeze`: finds the subcommand.
 *
 * How a command line is read; the first word decides, and only the chosen command looks at the rest:
 *
 *     trapeze                      the first screen, status 2: nothing was asked for
 *     trapeze --help | --version   anywhere else these are the command's own
 *     trapeze COMMAND ...          by the table below
 *     trapeze -option ...          `run`, as with QEMU
 *     trapeze FILE ...             `run`, if there is such a file
 *     trapeze wrod                 status 2, with the nearest command
 */
#include "monitor/command.h"

#include "monitor/complete.h"
#include "monitor/options.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int cmd_help(int argc, char **argv);
static int cmd_complete_words(int argc, char **argv);

static int cmd_version(int argc, char **argv)
{
    (void)argv;
    if (argc)
        return complain(STATUS_USAGE, "version takes no arguments");
    print_version();
    return STATUS_OK;
}

static void version_help(void) { options_prose("usage: trapeze version\n\nPrints the version.\n"); }
static void help_help(void) { options_prose("usage: trapeze help [COMMAND]\n\nExplains trapeze or one of its commands.\n"); }

static void complete_help(void)
{
    options_prose("usage: trapeze complete-words WORD...\n\nWhat may stand in place of the last word; shells ask, to complete it.\n");
}

/* One row is all that a command is to this file: help, shells' completion and the list in `trapeze help` read it, too. A row
 * without `about` is not listed: it is for programs. */
static const struct command commands[] = {
    {"run", cmd_run, cmd_run_help, "run a guest in a virtual machine, or bare", NULL, true, WORDS_FILES},
    {"monitor", cmd_monitor, cmd_monitor_help, "step through a guest, and see what the VMM sees", cmd_monitor_options, true,
     WORDS_FILES},
    {"tutorial", cmd_tutorial, cmd_tutorial_help, "lessons for a student alone, checked by looking at the machine",
     cmd_tutorial_options, false, WORDS_LESSON},
    {"demo", cmd_demo, cmd_demo_help, "show a class what makes a machine virtualizable, step by step", cmd_demo_options, false,
     WORDS_DEMO},
    {"lab", cmd_lab, cmd_lab_help, "assignments for a class: a part of a VMM, checked stage by stage", cmd_lab_options, false,
     WORDS_LAB},
    {"sweep", cmd_sweep, cmd_sweep_help, "execute every encoding there is in user mode, and count what becomes of them",
     cmd_sweep_options, false, WORDS_SWEEP},
    {"verify", cmd_verify, cmd_verify_help, "compare a guest on the bare machine and in a virtual one, in lock step",
     cmd_verify_options, true, WORDS_FILES},
    {"compare", cmd_compare, cmd_compare_help, "one guest bare and under each monitor there is: what breaks, what it costs",
     cmd_compare_options, true, WORDS_FILES},
    {"classify", cmd_classify, cmd_classify_help, "measure which instructions are sensitive, and which are privileged",
     cmd_classify_options, false, WORDS_SUBJECT},
    {"witness", cmd_witness, cmd_witness_help, "the states that show it, also as a program for any other machine", cmd_witness_options,
     false, WORDS_SUBJECT},
    {"prove", cmd_prove, cmd_prove_help, "decide the theorems of Popek and Goldberg for an instruction set", cmd_prove_options, false,
     WORDS_ISA},
    {"report", cmd_report, cmd_report_help, "everything measured of an instruction set, as one page to look at", cmd_report_options,
     false, WORDS_ISA},
    {"doctor", cmd_doctor, cmd_doctor_help, "what is installed, and what is missing for what", cmd_doctor_options, false, WORDS_NONE},
    {"help", cmd_help, help_help, "explain a command", NULL, false, WORDS_COMMAND},
    {"version", cmd_version, version_help, "print the version", NULL, false, WORDS_NONE},
    {"complete-words", cmd_complete_words, complete_help, NULL, NULL, false, WORDS_NONE}, /* for the shells */
    {0},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] - 1 };

static const struct command *find(const char *name)
{
    for (unsigned i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static const char *command_name(const void *list, unsigned index)
{
    (void)list;
    return index < COMMANDS ? commands[index].name : NULL;
}

static void print_help(void)
{
    options_prose("usage: trapeze COMMAND [OPTION...]     or: trapeze KERNEL\n\n"
                  "A virtualizer in software that shows its work: it plays a machine, and runs unmodified kernels on it in\n"
                  "virtual machines, by trap and emulation, after Popek and Goldberg (1974).\n\n");
    for (unsigned i = 0; i < COMMANDS; i++)
        if (commands[i].about)
            options_row(commands[i].name, commands[i].about);
    options_prose("\n`trapeze help COMMAND` says more; so do the manual pages, trapeze(1) first; trapeze-methods(7)\n"
                  "says what a verdict stands on.\n");
}

/* Who types nothing but the name wants to know what it is for. Three commands that show something within a second, and where
 * more is. */
static void print_first_screen(void)
{
    options_prose("Trapeze runs a kernel in a virtual machine, in software alone, and shows how: which instructions trap, what the\n"
                  "virtual machine monitor makes of each, and why the kernel cannot tell.\n\n"
                  "Three things to try:\n\n"
                  "  trapeze run\n"
                  "      a small kernel in a virtual machine, then the account: what ran directly,\n"
                  "      and what did not. With --bare on the machine itself.\n\n"
                  "  trapeze monitor\n"
                  "      the same kernel, stopped at its first instruction: b exit, c, why.\n"
                  "      Ctrl-X a shows it all at once; the arrow keys go through the traps.\n\n"
                  "  trapeze prove pg:GETMODE\n"
                  "      the paper's machine with one instruction too honest, the two states that\n"
                  "      show it, and the theorem that fails. `trapeze prove riscv` passes.\n\n"
                  "Then `trapeze demo` (a lecture, step by step), `trapeze tutorial` (lessons for a student\n"
                  "alone), `trapeze lab` (assignments), `trapeze help` (all commands), `man trapeze`, `man trapeze-glossary` (the\n"
                  "words), `man trapeze-methods` (what a verdict stands on), README.md (Linux, disks, GDB).\n");
}

/* "command or file": who mistypes the name of a kernel is told of that, too. */
static int unknown(const char *name)
{
    const char *near = nearest_word(name, command_name, NULL);
    if (near)
        return complain(STATUS_USAGE, "there is no command or file '%s'; is '%s' meant?", name, near);
    return complain(STATUS_USAGE, "there is no command or file '%s'; `trapeze --help` lists the commands", name);
}

static int cmd_help(int argc, char **argv)
{
    if (argc == 0) {
        print_help();
        return STATUS_OK;
    }
    const struct command *c = find(argv[0]);
    if (!c)
        return unknown(argv[0]);
    c->help();
    return STATUS_OK;
}

static int cmd_complete_words(int argc, char **argv)
{
    complete_words(commands, argc, argv);
    return STATUS_OK;
}

/* One dash or two, as with options. */
static bool is_one_of(const char *word, const char *a, const char *b, const char *c)
{
    return strcmp(word, a) == 0 || strcmp(word, b) == 0 || strcmp(word, c) == 0;
}

static int dispatch(int argc, char **argv)
{
    if (argc < 2) {
        print_first_screen();
        return STATUS_USAGE;
    }
    if (is_one_of(argv[1], "--help", "-help", "-h"))
        return cmd_help(argc - 2, argv + 2);
    if (is_one_of(argv[1], "--version", "-version", "-V"))
        return cmd_version(argc - 2, argv + 2);
    const struct command *c = find(argv[1]);
    if (c)
        return c->run(argc - 2, argv + 2);
    /* What people type first: a kernel. An option in first place belongs to `run`, too. */
    if (argv[1][0] == '-' || access(argv[1], F_OK) == 0)
        return cmd_run(argc - 1, argv + 1);
    return unknown(argv[1]);
}

/* Who has read from the pipe has seen enough: head, or less when it is left. That is no fault, and ends the command as it ends any other. */
static void end_with_reader(void)
{
    struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&p, 1, 0) != 1 || !(p.revents & POLLERR))
        return;
    signal(SIGPIPE, SIG_DFL); /* pipe(7) */
    raise(SIGPIPE);
}

/* What stands in stdout's buffer is written here, where it can still be said that it was lost. */
int main(int argc, char **argv)
{
    signal(SIGXFSZ, SIG_IGN); /* a file that may not grow is a failed write, with a sentence, and no death */
    int status = dispatch(argc, argv);
    bool lost = ferror(stdout) != 0;
    errno = 0;
    lost |= fflush(stdout) != 0;
    if (!lost || status == STATUS_FAILURE) /* a failure has had its sentence */
        return status;
    end_with_reader();
    return complain(STATUS_FAILURE, "the output cannot be written%s%s", errno ? ": " : "", errno ? strerror(errno) : "");
}
