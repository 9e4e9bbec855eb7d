/* theory_progress.c - how far a classification is, on a terminal: it may take a minute. */
#include "monitor/theory_text.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "monitor/screen.h"

#define SHOW_EVERY 0.2 /* seconds */

/* "3 of 24: umip, without iopl: 120 of 734 subjects ". What is done in a moment is not worth a word; at the end nothing is left. */
static void tell(const struct classify_options *o, unsigned begun, unsigned all)
{
    static double shown;
    static bool there;
    struct timespec t;
    char turn[32] = "", text[160];
    clock_gettime(CLOCK_MONOTONIC, &t);
    const double now = (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
    if (begun == all && there)
        fputs("\r\033[K", stderr);
    if (begun == 0 || begun == all)
        shown = now, there = false;
    if (now - shown < SHOW_EVERY)
        return;
    if (o->turns > 1)
        snprintf(turn, sizeof turn, "%u of %u: ", o->turn, o->turns);
    snprintf(text, sizeof text, "%s%s%s%s%s%s%s%s%u of %u subjects ", turn, o->variant ? o->variant : "", o->variant ? ": " : "",
             o->hart ? o->hart : "", o->hart ? ": " : "",
             o->without  ? "without "
             : o->hybrid ? "hybrid monitor"
                         : "",
             o->without ? o->without : "", o->without || o->hybrid ? ": " : "", begun, all);
    fprintf(stderr, "\r%.*s\033[K", (int)screen_columns() - 1, text); /* a second row would not go away */
    shown = now, there = true;
}

theory_told *theory_progress(void) { return isatty(STDERR_FILENO) ? tell : NULL; }
