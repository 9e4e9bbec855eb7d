/* plot.c - bars on a logarithmic scale: to the right of the line in the middle is faster than the peer. */
#include "tests/bench/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 760, LEFT = 110, RIGHT = 30, TOP = 56, ROW = 30, BAR = 10 };
#define LEAST 0.0625
#define MOST 128.0

static double x_of(double ratio)
{
    double r = ratio < LEAST ? LEAST : ratio > MOST ? MOST : ratio;
    return LEFT + (WIDTH - LEFT - RIGHT) * log(r / LEAST) / log(MOST / LEAST);
}

static void bar(FILE *f, struct spread s, double y, const char *class)
{
    if (s.median <= 0)
        return;
    double from = x_of(1), to = x_of(s.median), left = from < to ? from : to;
    fprintf(f, "<rect class='%s' x='%.1f' y='%.1f' width='%.1f' height='%d'/>", class, left, y, fabs(to - from) + 0.5, BAR);
    fprintf(f, "<line class='range' x1='%.1f' y1='%.1f' x2='%.1f' y2='%.1f'/>", x_of(s.low), y + BAR / 2.0, x_of(s.high),
            y + BAR / 2.0);
    fprintf(f, "<text class='value' x='%.1f' y='%.1f' text-anchor='%s'>%.2f</text>\n", to < from ? x_of(s.low) - 5 : x_of(s.high) + 5,
            y + BAR - 1, to < from ? "end" : "start", s.median);
}

static void head(FILE *f, const char *peer, double height)
{
    fprintf(f, "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %.0f' font-family='sans-serif' font-size='12'>\n", WIDTH,
            height);
    fprintf(f,
            "<style>.bare{fill:#2a6f97}.vm{fill:#e07a1f}.range{stroke:#333}.grid{stroke:#ddd}.one{stroke:#333}.value{font-size:10px}"
            "text{fill:#222}</style>\n<rect width='100%%' height='100%%' fill='#fff'/>\n");
    fprintf(f, "<text x='%d' y='18' font-size='14'>How often as fast as %s, same guest, one run</text>\n", LEFT, peer);
    fprintf(f, "<rect class='bare' x='%d' y='26' width='10' height='10'/><text x='%d' y='36'>bare machine</text>", LEFT, LEFT + 16);
    fprintf(f, "<rect class='vm' x='%d' y='26' width='10' height='10'/><text x='%d' y='36'>in a virtual machine</text>\n", LEFT + 120,
            LEFT + 136);
    for (double r = LEAST; r <= MOST; r *= 2) {
        fprintf(f, "<line class='%s' x1='%.1f' y1='%d' x2='%.1f' y2='%.0f'/>", r == 1 ? "one" : "grid", x_of(r), TOP - 4, x_of(r),
                height - 8);
        fprintf(f, "<text class='value' x='%.1f' y='%d' text-anchor='middle'>%g</text>\n", x_of(r), TOP - 7, r);
    }
}

bool plot(const char *file, const char *peer, const struct result *all, unsigned count)
{
    FILE *f = fopen(file, "w");
    if (!f)
        return false;
    head(f, peer, TOP + 12.0 + ROW * (double)count);
    for (unsigned i = 0; i < count; i++) {
        double y = TOP + ROW * (double)i;
        fprintf(f, "<text x='%d' y='%.1f' text-anchor='end'>%s</text>\n", LEFT - 8, y + BAR + 4, all[i].name);
        bar(f, all[i].bare, y, "bare");
        bar(f, all[i].vm, y + BAR + 2, "vm");
    }
    fputs("</svg>\n", f);
    bool bad = ferror(f) != 0;
    return fclose(f) == 0 && !bad;
}
