/* until.c - two times: what passes for the one who waits, and what the processor works. They differ where an engine is idle because
 * its guest is, and where the machine has other work. */
#include "tests/bench/until.h"
#include "tests/bench/spread.h"

#include <string.h>

struct waiting {
    double elapsed[ROUNDS], processor[ROUNDS];
    char line[96]; /* the last: guests write their own time in it */
};

/* Reads on until there is a line with that text. */
static bool reaches(const struct engine_run *run, const char *text, char *line, int size)
{
    while (fgets(line, size, run->console))
        if (strstr(line, text))
            return true;
    return false;
}

static bool wait_once(const struct engine *e, const struct until *u, struct waiting *w, unsigned round)
{
    struct engine_run run;
    char line[1024];
    double processor = 0;
    if (!engine_start(&run, e, "", "", u->limit))
        return false;
    const char *text = u->since ? u->since : u->text;
    bool found = reaches(&run, text, line, sizeof line);
    if (found && u->since) {
        run.begun = engine_seconds();
        processor = engine_processor(&run);
        text = u->text;
        found = reaches(&run, text, line, sizeof line);
    }
    w->elapsed[round] = engine_seconds() - run.begun;
    w->processor[round] = engine_processor(&run) - processor;
    engine_end(&run, true);
    if (found)
        snprintf(w->line, sizeof w->line, "%.*s", (int)strcspn(line, "\r\n"), line);
    else
        fprintf(stderr, "bench: %s did not write \"%s\"\n", e->name, text);
    return found;
}

static void report(const struct engines *l, const struct waiting *w, unsigned runs)
{
    char titles[2][48];
    snprintf(titles[0], sizeof titles[0], "elapsed to %s", l->all[0].name);
    snprintf(titles[1], sizeof titles[1], "processor to %s", l->all[0].name);
    printf("%-16s %10s %10s  %24s %24s\n", "", "elapsed", "processor", titles[0], titles[1]);
    for (unsigned e = 0; e < l->count; e++) {
        struct spread elapsed = spread_of_ratios(w[e].elapsed, w[0].elapsed, runs);
        struct spread processor = spread_of_ratios(w[e].processor, w[0].processor, runs);
        printf("%-16s %10.2f %10.2f  %8.2f [%5.2f, %6.2f] %8.2f [%5.2f, %6.2f]\n", l->all[e].name,
               spread_of(w[e].elapsed, runs).median, spread_of(w[e].processor, runs).median, elapsed.median, elapsed.low, elapsed.high,
               processor.median, processor.low, processor.high);
    }
    for (unsigned e = 0; e < l->count; e++)
        printf("%-16s wrote: %s\n", l->all[e].name, w[e].line);
}

int bench_until(const struct engines *l, const struct until *u)
{
    struct waiting w[ENGINES] = {0};
    printf("seconds from %s%s%s to \"%s\", medians of %u; then how many times as long: median [least, most] of the rounds\n",
           u->since ? "\"" : "", u->since ? u->since : "the start", u->since ? "\"" : "", u->text, u->runs);
    fflush(stdout);
    for (unsigned r = 0; r < u->runs; r++)
        for (unsigned i = 0; i < l->count; i++) {
            unsigned e = r % 2 ? l->count - 1 - i : i;
            if (!wait_once(&l->all[e], u, &w[e], r))
                return 1;
        }
    report(l, w, u->runs);
    return 0;
}
