/* random_guests.c - whole guests drawn from a seed, each on the bare machine and in one stack of virtual machines, in lock step.
 *
 *   random_guests [--insns N] [--seed N] [--shard I/N] [--turns N]
 *       guests until N instructions are compared (10M); of N shards the I-th, from 0 on, does every N-th guest and an N-th of the instructions
 *   random_guests --seed N --guest N [--turns N] [--keep MASK] [--blank FROM-TO]...
 *       that guest alone, made smaller as a difference says
 *
 * --fault N plants the N-th fault of busy_faults.h in the topmost VMM: to see what a difference looks like.
 *
 * K, M and G stand for thousands, millions and billions. A difference is brought down to an instruction, the guest is made smaller as long as it
 * still differs, and the command that runs what is left is printed; the exit status is 1. A guest that by chance does not fence what it changes
 * (core/lockstep.h: unfenced) may differ, and is counted: there are few.
 */
#include "tests/core/random_run.h"

#include "tests/core/busy_faults.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CODE_WORDS = GUEST_BLOCKS * GUEST_BLOCK_WORDS, TOLD_EVERY = 50000000 };

struct settings {
    uint64_t insns, seed, guest, shard, shards, keep, fault; /* fault: FAULT_ROWS: none */
    unsigned turns;
    bool one;
    uint8_t blank[CODE_WORDS]; /* words of code that are NOPs */
    char disk[64];
};

struct sums {
    uint64_t guests, insns, traps, by_depth[4], few, trace, hybrid, ended, unfenced;
};

/* --- A guest */

static uint64_t state_of(const struct settings *s, uint64_t guest)
{
    return s->seed * UINT64_C(0xd6e8feb86659fd93) + guest * UINT64_C(0x2545f4914f6cdd1d);
}

static void draw_guest(const struct settings *s, uint64_t guest, struct random_guest *g, struct random_stack *stack)
{
    struct draw d = {.state = state_of(s, guest)};
    random_stack_draw(stack, &d);
    random_guest_draw(g, &d, s->turns);
    random_every_draw(stack, &d);
    random_guest_keep(g, s->keep);
    for (unsigned i = 0; i < CODE_WORDS; i++)
        if (s->blank[i])
            random_guest_blank(g, i, i + 1);
}

static const struct fault_row *planted;
static void plant(struct faulty *f, struct vcpu *vcpu) { faulty_begin(f, vcpu)->v[planted->row] = planted->wrong; }

static struct lockstep_report run_guest(const struct settings *s, uint64_t guest)
{
    static struct random_guest g;
    struct random_stack stack;
    draw_guest(s, guest, &g, &stack);
    planted = s->fault < FAULT_ROWS ? &fault_rows[s->fault] : NULL;
    return random_run(&g, &stack, s->disk, planted ? plant : NULL);
}

/* --- A difference */

static void report(const struct settings *s, uint64_t guest, const struct lockstep_report *r)
{
    static struct random_guest g;
    struct random_stack stack;
    char text[512];
    draw_guest(s, guest, &g, &stack);
    random_stack_text(&stack, text, sizeof text);
    printf("seed %" PRIu64 ", guest %" PRIu64 ": %s\n", s->seed, guest, text);
    lockstep_explain(r, r->row == INSN_NONE ? NULL : &isa_riscv.rows[r->row], text, sizeof text);
    printf("  after %" PRIu64 " equal instructions, at pc 0x%" PRIx64 " in mode %" PRIu64 "\n  %s\n", r->retired, r->pc, r->mode,
           text);
    for (unsigned i = 0; i < r->differences && i < LOCKSTEP_DIFFERENCES; i++)
        printf("    %-28s 0x%-18" PRIx64 " 0x%" PRIx64 "\n", r->difference[i].name, r->difference[i].value[0],
               r->difference[i].value[1]);
}

/* By somebody's fault, as at first: not because what is left does not fence. */
static bool still_differs(const struct settings *s, uint64_t guest)
{
    const struct lockstep_report r = run_guest(s, guest);
    return r.verdict == LOCKSTEP_DIVERGED && !r.unfenced;
}

/* Turns, one by one from the last; then words of code, in parts that become smaller. */
static void minimise(struct settings *s, uint64_t guest)
{
    for (unsigned i = s->turns; i-- > 0;) {
        const uint64_t before = s->keep;
        s->keep &= ~(UINT64_C(1) << i);
        if (!still_differs(s, guest))
            s->keep = before;
    }
    for (unsigned part = GUEST_BLOCK_WORDS; part > 0; part /= 4)
        for (unsigned at = 0; at < CODE_WORDS; at += part) {
            uint8_t before[CODE_WORDS];
            memcpy(before, s->blank, sizeof before);
            memset(s->blank + at, 1, part);
            if (memcmp(before, s->blank, sizeof before) != 0 && !still_differs(s, guest))
                memcpy(s->blank, before, sizeof before);
        }
}

static void replay_line(const struct settings *s, uint64_t guest)
{
    printf("To run what is left of it:\n  random_guests --seed %" PRIu64 " --guest %" PRIu64 " --turns %u --keep 0x%" PRIx64, s->seed,
           guest, s->turns, s->keep);
    for (unsigned i = 0; i < CODE_WORDS; i++)
        if (s->blank[i]) {
            const unsigned from = i;
            while (i + 1 < CODE_WORDS && s->blank[i + 1])
                i++;
            printf(" --blank %u-%u", from, i + 1);
        }
    if (s->fault < FAULT_ROWS)
        printf(" --fault %" PRIu64, s->fault);
    printf("\n");
}

static int differs(struct settings *s, uint64_t guest, const struct lockstep_report *r)
{
    report(s, guest, r);
    if (!s->one) {
        minimise(s, guest);
        const struct lockstep_report smaller = run_guest(s, guest);
        printf("made smaller:\n");
        report(s, guest, &smaller);
        replay_line(s, guest);
    }
    return 1;
}

/* --- All of them */

static void count(struct sums *sums, const struct settings *s, uint64_t guest, const struct lockstep_report *r)
{
    struct draw d = {.state = state_of(s, guest)};
    struct random_stack stack;
    random_stack_draw(&stack, &d);
    sums->guests++;
    sums->insns += r->retired;
    sums->traps += r->traps;
    sums->by_depth[stack.depth]++;
    sums->few += stack.frames != 0;
    sums->trace += stack.shadow != SHADOW_FLUSH;
    sums->hybrid += stack.monitor == VMM_HYBRID;
    sums->ended += r->verdict == LOCKSTEP_EQUAL;
    sums->unfenced += r->unfenced;
}

static int run_all(struct settings *s)
{
    struct sums sums = {0};
    uint64_t told = TOLD_EVERY;
    for (uint64_t guest = s->shard; sums.insns < s->insns / s->shards; guest += s->shards) {
        const struct lockstep_report r = run_guest(s, guest);
        if (r.verdict == LOCKSTEP_DIVERGED && !r.unfenced)
            return differs(s, guest, &r);
        count(&sums, s, guest, &r);
        if (sums.insns >= told) {
            fprintf(stderr, "%" PRIu64 " instructions, up to guest %" PRIu64 "\n", sums.insns, guest);
            told += TOLD_EVERY;
        }
    }
    printf("%" PRIu64 " guests, %" PRIu64 " instructions, %" PRIu64 " traps: equivalent. Of the guests %" PRIu64
           " came to their end,\n%" PRIu64 " did not fence; depth 1 %" PRIu64 ", 2 %" PRIu64 ", 3 %" PRIu64 "; few frames %" PRIu64
           ", trace %" PRIu64 ", hybrid %" PRIu64 "\n",
           sums.guests, sums.insns, sums.traps, sums.ended, sums.unfenced, sums.by_depth[1], sums.by_depth[2], sums.by_depth[3],
           sums.few, sums.trace, sums.hybrid);
    return sums.ended * 2 < sums.guests || sums.unfenced * 100 > sums.guests; /* else it is not what it should be */
}

static int run_one(struct settings *s)
{
    const struct lockstep_report r = run_guest(s, s->guest);
    if (r.verdict == LOCKSTEP_DIVERGED)
        return differs(s, s->guest, &r);
    printf("seed %" PRIu64 ", guest %" PRIu64 ": equivalent after %" PRIu64 " instructions\n", s->seed, s->guest, r.retired);
    return 0;
}

/* --- The command line */

static uint64_t number(const char *text, char **end)
{
    const uint64_t n = strtoull(text, end, 0);
    const uint64_t times = **end == 'K' ? 1000 : **end == 'M' ? 1000000 : **end == 'G' ? 1000000000 : 1;
    *end += times != 1;
    return n * times;
}

static bool set(struct settings *s, const char *name, const char *value)
{
    char *end = NULL;
    const uint64_t n = number(value, &end), m = *end == '/' || *end == '-' ? number(end + 1, &end) : 0;
    if (*end)
        return false;
    if (strcmp(name, "--insns") == 0)
        s->insns = n;
    else if (strcmp(name, "--seed") == 0)
        s->seed = n;
    else if (strcmp(name, "--turns") == 0 && n >= 1 && n <= GUEST_TURNS_MAX)
        s->turns = (unsigned)n;
    else if (strcmp(name, "--keep") == 0)
        s->keep = n;
    else if (strcmp(name, "--shard") == 0 && n < m)
        s->shard = n, s->shards = m;
    else if (strcmp(name, "--blank") == 0 && n < m && m <= CODE_WORDS)
        memset(s->blank + n, 1, m - n);
    else if (strcmp(name, "--fault") == 0 && n < FAULT_ROWS)
        s->fault = n;
    else if (strcmp(name, "--guest") == 0)
        s->guest = n, s->one = true;
    else
        return false;
    return true;
}

int main(int argc, char **argv)
{
    static struct settings s = {
        .insns = 10000000, .seed = 1, .shards = 1, .turns = GUEST_TURNS_MAX, .keep = UINT64_MAX, .fault = FAULT_ROWS};
    for (int i = 1; i < argc; i += 2)
        if (i + 1 == argc || !set(&s, argv[i], argv[i + 1])) {
            fprintf(stderr, "random_guests: what is %s? The head of its source says what it takes\n", argv[i]);
            return 2;
        }
    random_disk_make(s.disk);
    const int status = s.one ? run_one(&s) : run_all(&s);
    unlink(s.disk);
    return status;
}
