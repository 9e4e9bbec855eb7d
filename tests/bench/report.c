/* report.c - the results of a run, in words, as a table and as a picture. */
#include "tests/bench/bench.h"
#include "tests/bench/plot.h"

#include <math.h>
#include <string.h>

/* The geometric mean of a group's medians; 0: none of it was run. */
static double mean_of(const struct bench *b, const char *group, unsigned comparison)
{
    double sum = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < b->result_count; i++)
        if (strcmp(b->results[i].work->group, group) == 0) {
            sum += log(b->results[i].ratio[comparison].median);
            n++;
        }
    return n ? exp(sum / n) : 0;
}

static const char *const groups[] = {"integer", "memory", "double", "copies", "system"};
enum { GROUPS = sizeof groups / sizeof *groups };

void report_means(const struct bench *b)
{
    for (unsigned g = 0; g < GROUPS; g++) {
        if (b->comparison_count == 0 || mean_of(b, groups[g], 0) <= 0)
            continue;
        printf("geometric mean, %s:", groups[g]);
        for (unsigned c = 0; c < b->comparison_count; c++)
            printf("%s %s to %s %.3f", c ? "," : "", b->engines.all[b->comparisons[c].of].name,
                   b->engines.all[b->comparisons[c].to].name, mean_of(b, groups[g], c));
        printf("\n");
    }
}

bool report_markdown(const struct bench *b)
{
    FILE *f = fopen(b->o.markdown, "w");
    if (!f)
        return false;
    fprintf(f, "| workload |");
    for (unsigned c = 0; c < b->comparison_count; c++)
        fprintf(f, " %s to %s |", b->engines.all[b->comparisons[c].of].name, b->engines.all[b->comparisons[c].to].name);
    fprintf(f, "\n|---|");
    for (unsigned c = 0; c < b->comparison_count; c++)
        fprintf(f, "---|");
    for (unsigned i = 0; i < b->result_count; i++) {
        fprintf(f, "\n| %s |", b->results[i].work->name);
        for (unsigned c = 0; c < b->comparison_count; c++) {
            struct spread s = b->results[i].ratio[c];
            fprintf(f, " %.2f [%.2f, %.2f] |", s.median, s.low, s.high);
        }
    }
    for (unsigned g = 0; g < GROUPS; g++) {
        if (b->comparison_count == 0 || mean_of(b, groups[g], 0) <= 0)
            continue;
        fprintf(f, "\n| *%s* |", groups[g]);
        for (unsigned c = 0; c < b->comparison_count; c++)
            fprintf(f, " *%.2f* |", mean_of(b, groups[g], c));
    }
    fprintf(f, "\n");
    bool bad = ferror(f) != 0;
    return fclose(f) == 0 && !bad;
}

bool report_svg(const struct bench *b)
{
    struct result all[WORKLOADS];
    const char *peer = "nobody";
    for (unsigned i = 0; i < b->result_count; i++) {
        all[i] = (struct result){.name = b->results[i].work->name, .group = b->results[i].work->group};
        for (unsigned c = b->comparison_count; c-- > 0;) {
            const struct engine *of = &b->engines.all[b->comparisons[c].of], *to = &b->engines.all[b->comparisons[c].to];
            if (to->kind != ENGINE_PEER)
                continue;
            peer = to->name;
            *(of->kind == ENGINE_BARE ? &all[i].bare : &all[i].vm) = b->results[i].ratio[c];
        }
    }
    return plot(b->o.svg, peer, all, b->result_count);
}
