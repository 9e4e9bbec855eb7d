/* cmd_reverse.c - commands that take the guest back, and what there is to go back to. Words as gdb has them.
 *
 * There is no undo of an instruction. The guest goes to the latest checkpoint before the place that is wanted, and runs forwards again:
 *
 *    checkpoint        checkpoint               wanted     now
 *    ----|-----------------|=======================>|.......|------> instructions
 *                      restored     run again       stands here
 *
 * The course is the same each time, as the input is recorded and nothing in the machine goes by the host's clock. So these commands only
 * parse, ask debugger_back*(), and tell of the stop as the commands of the other direction do.
 */
#include "monitor/debug/lines.h"
#include "monitor/repl/command.h"
#include "monitor/repl/run.h"

#include <errno.h>
#include <stdio.h>

/* 0 is refused, as it is forwards: nobody types it on purpose, and a script that does has a mistake in its arithmetic. */
static int count_of(struct debugger *d, const char *text, uint64_t *count, struct error *e)
{
    int r = 0;
    *count = 1;
    if (*text)
        r = debugger_count(d, text, count, e);
    return r == 0 && *count == 0 ? error_set(e, EINVAL, "no steps are asked for") : r;
}

/* The registers that changed are shown, "old -> new" in the order of the going: what `before` holds is the later moment. */
static int reverse_stepi(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t count;
    int r = count_of(d, a->text, &count, e);
    if (r == 0)
        r = debugger_back_step(d, count, e);
    return r ? r : run_tell(d, NULL, true);
}

/* One call after the other, as each may be gone over as a whole; a breakpoint that is met on the way ends the rest of the count. */
static int reverse_nexti(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t count;
    int r = count_of(d, a->text, &count, e);
    while (r == 0 && count-- > 0) {
        r = debugger_back_next(d, e);
        if (d->stop.reason != STOP_STEP)
            break;
    }
    return r ? r : run_tell(d, NULL, true);
}

/* By source lines where they are known. */
static int reverse_lines(struct debugger *d, const struct repl_args *a, enum lines_step kind, struct error *e)
{
    uint64_t count;
    if (!lines_known(d))
        return kind == LINES_BACK_INTO ? reverse_stepi(d, a, e) : reverse_nexti(d, a, e);
    int r = count_of(d, a->text, &count, e);
    return r ? r : lines_step(d, kind, count, e);
}

static int reverse_step(struct debugger *d, const struct repl_args *a, struct error *e)
{
    return reverse_lines(d, a, LINES_BACK_INTO, e);
}

static int reverse_next(struct debugger *d, const struct repl_args *a, struct error *e)
{
    return reverse_lines(d, a, LINES_BACK_OVER, e);
}

/* The word behind is refused: gdb's count of breakpoints to pass has its own command here, `ignore`. */
static int reverse_continue(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r == 0)
        r = debugger_back_continue(d, false, e);
    return r ? r : run_tell(d, NULL, false);
}

/* The text and not a parsed condition is handed on: it is looked at again and again on the way, at other moments of the guest. */
static int reverse_until(struct debugger *d, const struct repl_args *a, struct error *e)
{
    if (!*a->text)
        return error_set(e, EINVAL, "until what holds? reverse-until CONDITION");
    int r = debugger_back_until(d, a->text, e);
    return r ? r : run_tell(d, NULL, false);
}

/* "first" and "last" are counts of instructions, left out where there is none: a 0 would be a place that exists. */
static void checkpoints_json(struct debugger *d, const struct checkpoints_stats *s, unsigned count)
{
    json_object(d->json, "checkpoints");
    json_uint(d->json, "count", count);
    json_uint(d->json, "bytes", s->bytes);
    json_uint(d->json, "limit", s->limit);
    json_uint(d->json, "pages", s->pages);
    json_uint(d->json, "taken", s->taken);
    json_uint(d->json, "thinned", s->thinned);
    json_uint(d->json, "restored", s->restored);
    if (count) {
        json_uint(d->json, "first", checkpoint_retired(checkpoints_at(d->past, 0)));
        json_uint(d->json, "last", checkpoint_retired(checkpoints_at(d->past, count - 1)));
    }
    if (checkpoints_trouble(d->past))
        json_string(d->json, "trouble", checkpoints_trouble(d->past));
    json_end(d->json);
}

/*
 *    3 checkpoints, 12 pages of memory: 80 KiB of at most 524288 KiB.
 *    The first is at instruction 0, the last at 2000000.
 *    3 taken, 0 given up to make room, 1 gone back to.
 */
static int info_checkpoints(struct debugger *d, const struct repl_args *a, struct error *e)
{
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    struct checkpoints_stats s = checkpoints_stats(d->past);
    unsigned count = checkpoints_count(d->past);
    if (d->json) {
        checkpoints_json(d, &s, count);
        return 0;
    }
    fprintf(d->out, "%u checkpoint%s, %llu pages of memory: %llu KiB of at most %llu KiB.\n", count, count == 1 ? "" : "s",
            (unsigned long long)s.pages, (unsigned long long)(s.bytes + 1023) >> 10, (unsigned long long)s.limit >> 10);
    if (count)
        fprintf(d->out, "The first is at instruction %llu, the last at %llu.\n",
                (unsigned long long)checkpoint_retired(checkpoints_at(d->past, 0)),
                (unsigned long long)checkpoint_retired(checkpoints_at(d->past, count - 1)));
    fprintf(d->out, "%llu taken, %llu given up to make room, %llu gone back to.\n", (unsigned long long)s.taken,
            (unsigned long long)s.thinned, (unsigned long long)s.restored);
    if (checkpoints_trouble(d->past))
        fprintf(d->out, "No more are taken: %s.\n", checkpoints_trouble(d->past));
    return 0;
}

extern const struct repl_command repl_reversing[];
const struct repl_command repl_reversing[] = {
    {"reverse-step", "rs", "[N]", "run back to the beginning of a source line",
     "Also into functions, from their ends. Where no line is known here it is reverse-stepi.", GROUP_REVERSING, reverse_step,
     COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"reverse-next", "rn", "[N]", "likewise; over functions and system calls as a whole",
     "Where no line is known here it is reverse-nexti.", GROUP_REVERSING, reverse_next, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"reverse-stepi", "rsi", "[N]", "step back one instruction, or N",
     "A trap counts as a step, as with stepi: from a handler's first instruction back to the one that\n"
     "trapped. The registers that change are shown, old -> new, in the order of the going.",
     GROUP_REVERSING, reverse_stepi, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"reverse-nexti", "rni", "[N]", "step back one instruction, or N, over calls as a whole",
     "System calls, too. From behind a call it goes back to the call; a breakpoint in the callee stops it there.", GROUP_REVERSING,
     reverse_nexti, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"reverse-continue", "rc", "", "run back until something stops the guest",
     "A watchpoint, a trap and a change of mode stop it before they happen; of a watchpoint the old value\n"
     "is the one that the guest comes from. Conditions and ignore counts work as forwards: the next N that\n"
     "would stop it, counted into the past, are ignored, and each counts as a hit.",
     GROUP_REVERSING, reverse_continue, COMPLETE_NOTHING, true, NEEDS_STOPPED},
    {"reverse-until", "ru", "CONDITION", "run back to the latest moment at which a condition holds",
     "Where it holds now, too, back to where it came to hold. Past all breakpoints. $pc == ADDRESS (with\n"
     "more, by &&) is found by the hardware, other conditions are looked at after each instruction.\n"
     "  reverse-until $a0 == 5                reverse-until $satp == 0\n"
     "  reverse-until $pc == kernel_trap",
     GROUP_REVERSING, reverse_until, COMPLETE_SYMBOL, true, NEEDS_STOPPED},
    {"info checkpoints", NULL, "", "what of the past is kept, and how much memory it takes", NULL, GROUP_REVERSING, info_checkpoints,
     COMPLETE_NOTHING, false, NEEDS_STOPPED},
    {0},
};
