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

/* What all of a group took together, in each round. */
static void sum_of(const struct bench *b, const char *group, unsigned engine, double sum[ROUNDS])
{
    for (unsigned r = 0; r < b->o.runs; r++) {
        sum[r] = 0;
        for (unsigned i = 0; i < b->result_count; i++)
            if (strcmp(b->results[i].work->group, group) == 0)
                sum[r] += b->results[i].time[engine][r];
    }
}

/* How often as fast all of a group together was on `of` as on `to`. */
static struct spread total_of(const struct bench *b, const char *group, unsigned of, unsigned to)
{
    double mine[ROUNDS], theirs[ROUNDS];
    sum_of(b, group, of, mine);
    sum_of(b, group, to, theirs);
    return spread_of_ratios(theirs, mine, (unsigned)b->o.runs);
}

static double seconds_of(const struct bench *b, const char *group, unsigned engine)
{
    double sum[ROUNDS];
    sum_of(b, group, engine, sum);
    return spread_of(sum, (unsigned)b->o.runs).median;
}

static const char *const groups[] = {"integer", "memory", "double", "copies", "system", "unfitted"};
enum { GROUPS = sizeof groups / sizeof *groups };

static bool ran(const struct bench *b, const char *group)
{
    for (unsigned i = 0; i < b->result_count; i++)
        if (strcmp(b->results[i].work->group, group) == 0)
            return true;
    return false;
}

/* A mean gives each workload the same weight and says what each is worth; of what nobody looks into there is the total alone. */
static bool has_mean(const struct bench *b, const char *group) { return strcmp(group, "unfitted") != 0 || b->o.each; }

bool report_hides(const struct bench *b, const struct workload *w) { return !has_mean(b, w->group); }

static void report_comparison(const struct bench *b, unsigned c)
{
    printf("%s %s to %s", c ? "," : "", b->engines.all[b->comparisons[c].of].name, b->engines.all[b->comparisons[c].to].name);
}

static void report_depths(const struct bench *b)
{
    int bare = -1;
    for (unsigned e = 0; e < b->engines.count && bare < 0; e++)
        if (b->engines.all[e].kind == ENGINE_BARE)
            bare = (int)e;
    if (b->o.depths < 2 || bare < 0)
        return;
    printf("total time by depth: how often as fast as the bare machine\n");
    for (unsigned g = 0; g < GROUPS; g++) {
        if (!ran(b, groups[g]))
            continue;
        printf("%-10s", groups[g]);
        for (unsigned depth = 0; depth <= b->o.depths; depth++)
            for (unsigned e = 0; e < b->engines.count; e++) {
                const struct engine *machine = &b->engines.all[e];
                if (machine->kind != ENGINE_PEER && machine->build == 0 && machine->depth == depth && (depth > 0 || (int)e == bare))
                    printf("  depth %u: %.3f", depth, total_of(b, groups[g], e, (unsigned)bare).median);
            }
        printf("\n");
    }
}

void report_groups(const struct bench *b)
{
    for (unsigned g = 0; g < GROUPS; g++) {
        if (!ran(b, groups[g]))
            continue;
        printf("seconds in total, %s:", groups[g]);
        for (unsigned e = 0; e < b->engines.count; e++)
            printf("%s %s %.3f", e ? "," : "", b->engines.all[e].name, seconds_of(b, groups[g], e));
        printf("\n");
        if (b->comparison_count == 0)
            continue;
        if (has_mean(b, groups[g])) {
            printf("geometric mean, %s:", groups[g]);
            for (unsigned c = 0; c < b->comparison_count; c++) {
                report_comparison(b, c);
                printf(" %.3f", mean_of(b, groups[g], c));
            }
            printf("\n");
        }
        printf("total time, %s:", groups[g]);
        for (unsigned c = 0; c < b->comparison_count; c++) {
            struct spread s = total_of(b, groups[g], b->comparisons[c].of, b->comparisons[c].to);
            report_comparison(b, c);
            printf(" %.3f [%.2f, %.2f]", s.median, s.low, s.high);
        }
        printf("\n");
    }
    report_depths(b);
}

static void markdown_groups(const struct bench *b, FILE *f)
{
    for (unsigned g = 0; g < GROUPS && b->comparison_count > 0; g++) {
        if (!ran(b, groups[g]))
            continue;
        if (has_mean(b, groups[g])) {
            fprintf(f, "\n| *%s, geometric mean* |", groups[g]);
            for (unsigned c = 0; c < b->comparison_count; c++)
                fprintf(f, " *%.2f* |", mean_of(b, groups[g], c));
        }
        fprintf(f, "\n| *%s, total time* |", groups[g]);
        for (unsigned c = 0; c < b->comparison_count; c++) {
            struct spread s = total_of(b, groups[g], b->comparisons[c].of, b->comparisons[c].to);
            fprintf(f, " *%.2f [%.2f, %.2f]* |", s.median, s.low, s.high);
        }
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
        if (report_hides(b, b->results[i].work))
            continue;
        fprintf(f, "\n| %s |", b->results[i].work->name);
        for (unsigned c = 0; c < b->comparison_count; c++) {
            struct spread s = b->results[i].ratio[c];
            fprintf(f, " %.2f [%.2f, %.2f] |", s.median, s.low, s.high);
        }
    }
    markdown_groups(b, f);
    fprintf(f, "\n");
    bool bad = ferror(f) != 0;
    return fclose(f) == 0 && !bad;
}

bool report_svg(const struct bench *b)
{
    struct result all[WORKLOADS];
    const char *peer = "nobody";
    unsigned count = 0;
    for (unsigned i = 0; i < b->result_count; i++) {
        if (report_hides(b, b->results[i].work))
            continue;
        all[count] = (struct result){.name = b->results[i].work->name, .group = b->results[i].work->group};
        for (unsigned c = b->comparison_count; c-- > 0;) {
            const struct engine *of = &b->engines.all[b->comparisons[c].of], *to = &b->engines.all[b->comparisons[c].to];
            if (to->kind != ENGINE_PEER || of->kind == ENGINE_WAY)
                continue;
            peer = to->name;
            *(of->kind == ENGINE_BARE ? &all[count].bare : &all[count].vm) = b->results[i].ratio[c];
        }
        count++;
    }
    return plot(b->o.svg, peer, all, count);
}
