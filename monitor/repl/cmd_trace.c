/* cmd_trace.c - trace: every instruction that the guest executes, a line each (debug/insn_trace.h).
 *
 *    # insn-cnt m pc                 bits     | instruction | what it wrote
 *             1 S 0x0000000080200004 01010113 | addi sp, sp, 0x10 | sp=0x80247010
 *
 *    trace | trace on | trace FILE    from now on; whatever runs the guest writes it
 *    trace N [FILE]                   N instructions are run now, and the trace is off again
 *    trace off                        the file takes its place
 */
#include "monitor/debug/insn_trace.h"
#include "monitor/repl/command.h"
#include "monitor/repl/run.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stops the guest stops this, too: a breakpoint, or its end. Failures in writing come out here: the lines are written while the guest
 * runs, where no command could be told of them. */
static int trace_some(struct debugger *d, uint64_t count, const char *file, struct error *e)
{
    struct insn_trace *t = d->tracing;
    const struct plan plan = {.steps = count};
    int r = insn_trace_on(t, file, e);
    if (r)
        return r;
    debugger_run(d, &plan);
    const char *failed = insn_trace_failed(t);
    r = *failed ? error_set(e, EIO, "%s", failed) : insn_trace_off(t, e);
    return r ? r : run_tell(d, NULL, false);
}

/* The first word may be a file called "on" only by a path, "./on", and one of digits likewise. Why an earlier trace ended by itself, a
 * full disk for one, is told to whoever turns it off. */
static int trace(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char word[512], file[512] = "";
    const char *rest = a->text, *failed = insn_trace_failed(d->tracing);
    bool any = repl_word(&rest, word, sizeof word), off = any && strcmp(word, "off") == 0, on = !any || strcmp(word, "on") == 0;
    bool number = any && isdigit((unsigned char)word[0]) && !word[strspn(word, "0123456789")];
    if (!off && !on && !number)
        snprintf(file, sizeof file, "%s", word);
    else
        (void)repl_word(&rest, file, sizeof file);
    int r = repl_no_more(rest, e);
    if (r == 0 && off && *file)
        r = error_set(e, EINVAL, "trace off takes no file");
    if (r == 0 && off && !insn_trace_is_on(d->tracing))
        r = error_set(e, EINVAL, "no trace is on%s%s", *failed ? ": " : "", failed);
    if (r)
        return r;
    if (number && strtoull(word, NULL, 10) == 0)
        return error_set(e, EINVAL, "no instructions are asked for");
    if (number)
        return d->stop.reason == STOP_ENDED ? error_set(e, EPERM, "the guest has ended and cannot go on")
                                            : trace_some(d, strtoull(word, NULL, 10), file, e);
    return off ? insn_trace_off(d->tracing, e) : insn_trace_on(d->tracing, file, e);
}

/* In the group of the monitor itself: it is a thing that is on or off, and not a way to run. */
extern const struct repl_command repl_tracing[];
const struct repl_command repl_tracing[] = {
    {"trace", NULL, "[on | off | N] [FILE]", "every instruction, a line each, here or into a file",
     "on, or a file: from now on, as the guest runs. N: of the next N instructions, which it runs.\n"
     "A line: instructions retired, mode, pc, bits | instruction | registers and memory written, with their\n"
     "values: a0=0x1 [0x80206f40]8=0x0; or the trap that was taken, and where it leads. The guest is\n"
     "stepped meanwhile. The file is whole at `trace off` or the end, or is not written.",
     GROUP_MONITOR, trace, COMPLETE_FILE, false, NEEDS_STOPPED},
    {0},
};
