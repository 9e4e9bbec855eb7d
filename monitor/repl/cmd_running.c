/* cmd_running.c - commands that let the guest run.
 *
 * Each makes a plan (struct plan), which says when to stop beside the breakpoints, and gives it to run.c:
 *
 *    stepi N          steps N                        until trap, exit, mode     until_trap, until_exit, until_mode
 *    nexti            steps 1; over a call an internal breakpoint behind it, guarded by the stack pointer
 *    advance, finish  an internal breakpoint         until CONDITION            condition, kept with the debugger
 *    continue         all zeros                      goto N                     no plan: debugger_goto() picks a checkpoint
 *
 * can_run() comes first in each: a guest that has powered off is still there to be looked at, and to be taken back.
 */
#include "monitor/view/report.h"

#include "monitor/debug/frames.h"
#include "monitor/debug/lines.h"
#include "monitor/debug/trap_name.h"
#include "monitor/repl/repl.h"
#include "monitor/repl/run.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static int can_run(const struct debugger *d, struct error *e)
{
    if (d->stop.reason != STOP_ENDED)
        return 0;
    return error_set(e, EPERM, "the guest has ended and cannot go on: look at it, go back (rsi, goto 0), or quit");
}

/* An empty text is one step. A count is an expression, as in `stepi $a0`. */
static int count_of(struct debugger *d, const char *text, uint64_t *count, struct error *e)
{
    *count = 1;
    int r = *text ? debugger_count(d, text, count, e) : 0;
    return r == 0 && *count == 0 ? error_set(e, EINVAL, "no steps are asked for") : r;
}

static int stepi(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct plan plan = {0};
    int r = can_run(d, e);
    if (r == 0)
        r = count_of(d, a->text, &plan.steps, e);
    return r ? r : run_plan(d, &plan, RUN_CHANGES);
}

/* Several, one after the other, as long as nothing else stops the guest. */
static int nexti(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t count;
    int r = can_run(d, e);
    if (r == 0)
        r = count_of(d, a->text, &count, e);
    while (r == 0) {
        struct plan plan;
        r = debugger_plan_next(d, &plan, e);
        if (r)
            break;
        if (--count == 0)
            return run_plan(d, &plan, RUN_CHANGES);
        debugger_run(d, &plan);
        if (d->stop.reason != STOP_STEP && d->stop.reason != STOP_REACHED)
            return run_tell(d, NULL, true);
    }
    return r;
}

/* --- by source lines where they are known, else by instructions */

/* Without lines a step by lines is one by instructions, so that s and n work in any code; what was meant is told by the report. */
static int step_lines(struct debugger *d, const struct repl_args *a, enum lines_step kind, struct error *e)
{
    uint64_t count;
    int r = can_run(d, e);
    if (r == 0 && !lines_known(d))
        return kind == LINES_INTO ? stepi(d, a, e) : nexti(d, a, e);
    if (r == 0)
        r = count_of(d, a->text, &count, e);
    return r ? r : lines_step(d, kind, count, e);
}

static int step(struct debugger *d, const struct repl_args *a, struct error *e) { return step_lines(d, a, LINES_INTO, e); }
static int next(struct debugger *d, const struct repl_args *a, struct error *e) { return step_lines(d, a, LINES_OVER, e); }

/* --- from the beginning, and to the end */

/* What was done by hand at the very beginning is done again, as everything is that the past knows.
 * Nothing is loaded anew: instruction 0 is the first checkpoint, and what has changed in a file of the host since then is not seen. */
static int run_again(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0 && debugger_retired(d) > 0)
        r = debugger_goto(d, 0, e);
    return r ? r : run_plan(d, &(struct plan){0}, RUN_SHORT);
}

/* The guest runs on as under `trapeze run`, without anything that could stop it, and the monitor ends with it.
 * The status is the guest's where it powered off by itself; a guest that was stopped leaves the monitor's own status. */
static int detach(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = can_run(d, e);
    if (r == 0)
        r = repl_no_more(a->text, e);
    if (r)
        return r;
    debugger_break_clear(d);
    if (!d->json)
        fprintf(d->out, "Detaching: all breakpoints are gone, and the monitor ends when the guest does.\n");
    r = run_plan(d, &(struct plan){0}, RUN_SHORT);
    if (!d->running && d->stop.reason == STOP_ENDED && d->repl) {
        d->repl->quit = true;
        if (d->stop.result.end == END_POWEROFF && d->system) {
            d->repl->status = d->stop.result.status & 0xff;
            d->repl->has_status = true;
        }
    }
    return r;
}

/* N: the breakpoint here is passed N - 1 times more.
 * Only the one that stopped the guest can be meant. Its count is replaced, as `ignore` does it.
 * No N: on from where it stands, past the breakpoint that stopped it (debugger_start()). */
static int cont(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t count = 1;
    int r = can_run(d, e);
    struct breakpoint *b = d->stop.number ? debugger_break_find(d, d->stop.number) : NULL;
    if (r == 0 && *a->text)
        r = count_of(d, a->text, &count, e);
    if (r == 0 && *a->text && !b)
        r = error_set(e, EINVAL, "the guest stands at no breakpoint that could be ignored");
    if (r)
        return r;
    if (b && count > 1)
        b->ignore = count - 1;
    return run_plan(d, &(struct plan){0}, RUN_SHORT);
}

/* The prompt is back only between two slices, so the guest stands already; the interrupt makes the next slice say so, with d->stop filled
 * in as by any stop. One instruction at most is executed. */
static int stop_running(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    if (!d->running)
        return error_set(e, EINVAL, "the guest is not running");
    debugger_interrupt(d);
    while (!debugger_slice(d, 1))
        ;
    return run_tell(d, NULL, false);
}

/* --- to a place */

/* guarded: a recursive call of the same function, which passes the place deeper in the stack, does not stop the guest there. */
static int run_to(struct debugger *d, uint64_t at, bool guarded, struct error *e)
{
    int r = debugger_break_internal(d, at, guarded, e);
    return r ? r : run_plan(d, &(struct plan){0}, RUN_SHORT);
}

static int advance(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t at;
    int r = can_run(d, e);
    if (r == 0 && !*a->text)
        r = error_set(e, EINVAL, "where to? advance LOCATION");
    if (r == 0)
        r = debugger_location(d, a->text, &at, e);
    return r ? r : run_to(d, at, false, e);
}

/* The function that is left is named before it runs, in gdb's words; the value only where it was really left: a breakpoint inside it, or
 * Ctrl-A c, ends the run elsewhere. */
static int finish(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct frame here, caller;
    char symbol[96];
    int r = can_run(d, e);
    if (r == 0)
        r = repl_no_more(a->text, e);
    if (r)
        return r;
    frame_innermost(d, &here);
    if (!frame_caller(d, &here, &caller))
        return error_set(e, EINVAL, "the caller is not known: no frame tells where this function returns to");
    debugger_symbol(d, here.regs.pc, symbol, sizeof symbol);
    if (!d->json)
        fprintf(d->out, "Run till exit from 0x%llx%s%s\n", (unsigned long long)here.regs.pc, *symbol ? " " : "", symbol);
    r = run_to(d, caller.regs.pc, true, e);
    if (r == 0 && d->stop.reason == STOP_REACHED && !d->running)
        run_value_returned(d);
    return r;
}

/* --- until something */

static int plan_until_mode(const struct debugger *d, const char *word, struct plan *plan, struct error *e)
{
    unsigned mode;
    if (!about_mode_find(debugger_isa(d), word, &mode))
        return error_set(e, EINVAL, "there is no mode '%s'; there are %s", word, about_modes(debugger_isa(d)));
    *plan = (struct plan){.until_mode = true, .mode = mode};
    return 0;
}

/* gdb's until without an argument: as `ni`, but a jump back is followed until it has come out of the loop. */
static int until_past_loop(struct debugger *d, struct error *e)
{
    struct plan plan;
    const struct machine *m = debugger_guest(d);
    if (lines_known(d))
        return lines_step(d, LINES_PAST, 1, e);
    uint64_t pc = about_pc(m), target;
    insn_t bits;
    unsigned length = debugger_fetch(d, pc, &bits);
    if (length && run_is_jump(m, bits, pc, &target) && target <= pc)
        return run_to(d, pc + length, true, e);
    int r = debugger_plan_next(d, &plan, e);
    return r ? r : run_plan(d, &plan, RUN_CHANGES);
}

/* Evaluated once before the run: a name that is not there, or a division by zero, is better told now than by a guest that runs on for
 * ever. The expression is the debugger's to free from here on, as the run may outlive this command. */
static int until_condition(struct debugger *d, const char *text, struct error *e)
{
    struct expression *x;
    struct value v;
    int r = debugger_parse(d, text, NULL, &x, e);
    if (r)
        return r;
    if (expression_assigns(x))
        r = error_set(e, EINVAL, "a condition compares with ==, and sets nothing");
    if (r == 0)
        r = debugger_evaluate(d, x, &v, e);
    if (r == 0)
        r = run_plan_keeping(d, &(struct plan){.condition = x}, x);
    else
        expression_free(x);
    return r;
}

/* A lone symbol or *ADDRESS is a place, as in gdb; everything else is a condition. */
static bool is_place(const struct debugger *d, const char *text)
{
    return *text == '*' || strchr(text, ':') || debugger_find_symbol(d, text);
}

/* The words that may be names in the program, too, are kinds only where the rest fits, as for `break` (cmd_breaking.c). */
static int until(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char word[32], more[32];
    const char *rest = a->text;
    int r = can_run(d, e);
    if (r)
        return r;
    if (!repl_word(&rest, word, sizeof word))
        return until_past_loop(d, e);
    if (strcmp(word, "trap") == 0 && !*rest)
        return run_plan(d, &(struct plan){.until_trap = true}, RUN_SHORT);
    if (strcmp(word, "exit") == 0 && (d->stack->depth || !is_place(d, a->text))) {
        struct plan plan = {.until_exit = true};
        r = exit_wish_parse(d, rest, &plan.exit, e);
        return r ? r : run_plan(d, &plan, RUN_SHORT);
    }
    if (strcmp(word, "mode") == 0 && repl_word(&rest, more, sizeof more)) {
        struct plan plan;
        r = plan_until_mode(d, more, &plan, e);
        return r ? r : run_plan(d, &plan, RUN_SHORT);
    }
    return is_place(d, a->text) ? advance(d, a, e) : until_condition(d, a->text, e);
}

/* Backwards it is allowed to a guest that has ended; forwards it is not. */
static int go_to(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t count;
    int r = *a->text ? debugger_count(d, a->text, &count, e) : error_set(e, EINVAL, "to which count of instructions? goto N");
    if (r == 0 && count > debugger_retired(d))
        r = can_run(d, e);
    if (r == 0)
        r = debugger_goto(d, count, e);
    return r ? r : run_tell(d, NULL, false);
}

/* Typed as if at the keyboard: the guest reads it when it next looks at its console. `letters` has what stands behind a backslash at even
 * places and what it means behind it: "n\nr\r..."; strchr() would also find the second of a pair, but no one types those as letters. */
static int send(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint8_t bytes[1024];
    size_t n = 0;
    for (const char *at = a->text; *at && n < sizeof bytes; at++) {
        static const char letters[] = "n\nr\rt\te\033\\\\";
        const char *known = *at == '\\' && at[1] ? strchr(letters, at[1]) : NULL;
        if (*at == '\\' && !known)
            return error_set(e, EINVAL, "an escape is \\n, \\r, \\t, \\e or \\\\");
        bytes[n++] = (uint8_t)(known ? known[1] : *at);
        at += known != NULL;
    }
    if (n == 0)
        return error_set(e, EINVAL, "what is to be typed? send TEXT\\n");
    console_type(d->console, bytes, n);
    return 0;
}

extern const struct repl_command repl_running[];
const struct repl_command repl_running[] = {
    {"step", "s", "[N]", "run to the next source line, also into a function",
     "Where no line is known here it is stepi. A function whose lines are not known, a system call, and a\n"
     "trap on the way run until they return.",
     GROUP_RUNNING, step, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"next", "n", "[N]", "run to the next source line; calls run until they return", "Where no line is known here it is nexti.",
     GROUP_RUNNING, next, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"stepi", "si", "[N]", "execute one instruction, or N",
     "A trap counts as a step: the guest then stands at its handler's first instruction. After one step\n"
     "the registers and the memory that changed are shown, old -> new.",
     GROUP_RUNNING, stepi, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"nexti", "ni", "[N]", "execute one instruction, or N; calls run until they return",
     "System calls, too. A call is stopped behind when the stack pointer is back, so recursion is no trouble.", GROUP_RUNNING, nexti,
     COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"continue", "c, cont, fg", "[N]", "run until something stops the guest",
     "N: the breakpoint here is passed N - 1 times more.\n"
     "At a terminal the guest has the keyboard meanwhile: Ctrl-C stops it, Ctrl-A c gives you the prompt\n"
     "while it runs on, Ctrl-A h lists the keys.",
     GROUP_RUNNING, cont, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"run", "start-again", "", "start again from the beginning, and run",
     "Breakpoints stay. The guest is taken back to instruction 0 and gets the same input again.", GROUP_RUNNING, run_again,
     COMPLETE_NOTHING, false, NEEDS_STOPPED},
    {"detach", NULL, "", "let the guest run on to its end, and leave with it",
     "All breakpoints are deleted. The exit status is the guest's own. Ctrl-C comes back to the prompt.", GROUP_RUNNING, detach,
     COMPLETE_NOTHING, false, NEEDS_STOPPED},
    {"stop", "halt", "", "stop a guest that runs behind the prompt", NULL, GROUP_RUNNING, stop_running, COMPLETE_NOTHING, false, 0},
    {"until", NULL, "[CONDITION | LOCATION | trap | exit [REASON] | mode M|S|U]", "run until a condition, place, trap, exit or mode",
     "Without an argument: as next (where no line is known as nexti), but a jump\n"
     "back is followed until the loop is left. A lone symbol or\n"
     "*ADDRESS is a place. A condition is any expression; $pc == ADDRESS (with more, by &&) is watched by\n"
     "the hardware, other conditions are looked at after each instruction, which is slower.\n"
     "  until $a0 == 5      until $satp != 0      until mode U      until kernel_trap",
     GROUP_RUNNING, until, COMPLETE_SYMBOL, true, NEEDS_STOPPED},
    {"advance", NULL, "LOCATION", "run until the guest reaches a place", NULL, GROUP_RUNNING, advance, COMPLETE_SYMBOL, false,
     NEEDS_STOPPED},
    {"finish", "fin", "", "run until the function returns",
     "The caller is found by the frame tables of the symbol file, or by the frame pointer.", GROUP_RUNNING, finish, COMPLETE_NOTHING,
     false, NEEDS_STOPPED | NEEDS_CALLS},
    {"goto", NULL, "N", "go to where N instructions have retired since reset",
     "Past all breakpoints; backwards, too: from the nearest checkpoint before it the guest runs again, with the same input.\n"
     "A change made by hand is made again when the guest comes by there; it forgets what was later.",
     GROUP_RUNNING, go_to, COMPLETE_NOTHING, false, NEEDS_STOPPED},
    {"send", "sendkey", "TEXT", "type a text at the guest's console", "\\n, \\r, \\t, \\e and \\\\ are as in C.", GROUP_RUNNING, send,
     COMPLETE_NOTHING, false, NEEDS_CONSOLE},
    {0},
};
