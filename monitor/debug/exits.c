/* exits.c - what D takes: how people name it (`break exit REASON`, `until exit`), and `info exits`, its history. */
#include "monitor/debug/debugger_private.h"
#include "monitor/debug/traplog.h"
#include "monitor/options.h"
#include "monitor/view/report.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Words for the reason of a trap, and for whose D found it to be. */
static const struct {
    const char *word;
    enum trap_reason reason;
    enum vm_owner owner;
    bool interrupt;
} exit_words[] = {
    {"privilege", REASON_PRIVILEGE, VM_OWNER_NOBODY, false},
    {"resource", REASON_RESOURCE, VM_OWNER_NOBODY, false},
    {"requested", REASON_REQUESTED, VM_OWNER_NOBODY, false},
    {"undefined", REASON_UNDEFINED, VM_OWNER_NOBODY, false},
    {"v_i", REASON_NONE, VM_OWNER_V_I, false},
    {"shadow", REASON_NONE, VM_OWNER_SHADOW, false},
    {"device", REASON_NONE, VM_OWNER_DEVICE, false},
    {"guest", REASON_NONE, VM_OWNER_GUEST, false},
    {"interrupt", REASON_NONE, VM_OWNER_NOBODY, true},
};
enum { EXIT_WORDS = sizeof exit_words / sizeof exit_words[0] };

static const char *exit_word_at(const void *unused, unsigned i)
{
    (void)unused;
    return i < EXIT_WORDS ? exit_words[i].word : NULL;
}

/* "" is any exit of the machine looked at, "shadow" one that D gave to the shadow MMU. At the bare machine, which has no
 * D, the guest's machine is meant. */
int exit_wish_parse(const struct debugger *d, const char *text, struct exit_wish *out, struct error *e)
{
    char word[32];
    *out = (struct exit_wish){.level = d->level ? d->level : d->stack->depth};
    if (!d->stack->depth)
        return error_set(e, ENOTSUP, "the guest runs on the bare machine, where no D takes its traps%s; break trap stops at them",
                         debugger_vm_hint(d));
    if (!repl_word(&text, word, sizeof word))
        return 0;
    for (unsigned i = 0; i < EXIT_WORDS; i++)
        if (strcmp(exit_words[i].word, word) == 0) {
            out->reason = exit_words[i].reason;
            out->owner = exit_words[i].owner;
            out->interrupt = exit_words[i].interrupt;
            return repl_no_more(text, e);
        }
    const char *near = near_word(word, exit_word_at, NULL);
    return error_set(e, EINVAL, "there is no reason '%s' for an exit%s%s%s", word, near ? "; is " : " (help break lists them)",
                     near ? near : "", near ? " meant?" : "");
}

/* The words are found by what they set, so that a wish needs to keep no text. */
const char *exit_wish_word(const struct exit_wish *w)
{
    for (unsigned i = 0; i < EXIT_WORDS; i++)
        if (exit_words[i].reason == w->reason && exit_words[i].owner == w->owner && exit_words[i].interrupt == w->interrupt)
            return exit_words[i].word;
    return "";
}

/* --- info exits */

enum { SHOWN = 10 };

/* The latest `count` of the machine, the latest first. */
/* The ring has the exits of all machines: to find ten of one may need a look at many of another. */
static unsigned collect(const struct debugger *d, unsigned level, const struct traplog_exit **out, unsigned count)
{
    unsigned n = 0;
    const struct traplog_exit *x;
    for (uint64_t back = 1; n < count && (x = traplog_exit(d->traplog, back)); back++)
        if (x->level == level)
            out[n++] = x;
    return n;
}

/* Is one missing that there was? Not those that are too many to be kept. */
static bool is_missing(const struct debugger *d)
{
    uint64_t all = traplog_exits(d->traplog), kept = all < TRAPLOG_EXITS ? all : TRAPLOG_EXITS;
    return kept && !traplog_exit(d->traplog, kept);
}

/* After going back the ring has those since a checkpoint. What was before comes from running by there again, from further and further
 * back, until there are enough. */
static int recall(struct debugger *d, unsigned level, const struct traplog_exit **out, unsigned count, unsigned *found,
                  struct error *e)
{
    uint64_t from = debugger_retired(d);
    int r = 0;
    *found = collect(d, level, out, count);
    while (r == 0 && *found < count && d->past && is_missing(d) && from) {
        const struct checkpoint *c = checkpoints_before(d->past, from - 1);
        if (!c)
            break;
        from = checkpoint_retired(c);
        r = debugger_relive(d, from, e);
        *found = collect(d, level, out, count);
    }
    return r;
}

/* "-20" and "20" both are 20: the dash is that of a tail, as `info exits -20` is written. */
static int count_of(const char *text, unsigned *count, struct error *e)
{
    char *end;
    const char *digits = text + (*text == '-');
    unsigned long n = strtoul(digits, &end, 10);
    *count = SHOWN;
    if (!*text)
        return 0;
    if (!isdigit((unsigned char)*digits) || *end || n == 0)
        return error_set(e, EINVAL, "how many exits? info exits -N, not '%.40s'", text);
    *count = n < TRAPLOG_EXITS ? (unsigned)n : TRAPLOG_EXITS;
    return 0;
}

static int info_exits(struct debugger *d, const struct repl_args *a, struct error *e)
{
    const struct traplog_exit *found[TRAPLOG_EXITS];
    unsigned level = d->level ? d->level : d->stack->depth, count, n;
    int r = count_of(a->text, &count, e);
    if (r == 0 && !level)
        r = error_set(e, ENOTSUP, "the guest runs on the bare machine, where no D takes its traps%s; info traps counts them",
                      debugger_vm_hint(d));
    if (r == 0)
        r = recall(d, level, found, count, &n, e);
    if (r)
        return r;
    if (n == 0)
        fprintf(d->out, "%s has had no exit yet.\n", d->stack->name[level]);
    while (n-- > 0)
        traplog_line(d->traplog, d->out, "", level, &found[n]->event);
    return 0;
}

extern const struct repl_command repl_exits[];
const struct repl_command repl_exits[] = {
    {"info exits", NULL, "[-N]", "the latest N exits: what D took, and what became of it",
     "Ten without a number, at most 1024, the latest last; columns as of `log traps`. After going\n"
     "back they are those before here.",
     GROUP_VMM, info_exits, COMPLETE_NOTHING, false, 0},
    {0},
};
