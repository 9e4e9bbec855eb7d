/* bench.c - runs the workloads on trapeze, bare and in a virtual machine, and on peers: the same guest, alternating, in one run. Time is
 * what passes between the guest's two lines, so that starting up does not count. Machines are noisy: what is reported are ratios of the
 * same round, their median and their range.
 */
#include "tests/bench/bench.h"
#include "tests/bench/until.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

uint8_t arena[ARENA]; /* the host's, for the checksums */

static const char usage[] =
    "usage: bench [OPTION...] --trapeze [NAME=]PATH... --guest ELF [WORKLOAD|GROUP...]\n"
    "       bench [OPTION...] --until TEXT --peer NAME=COMMAND...\n\n"
    "  --trapeze [NAME=]PATH  a bare machine and a virtual machine of that build; the second build and later ones are compared to the "
    "first\n"
    "  --machine NAME         riscv (the usual one) or ia32: its workloads, and QEMU's machine of that kind\n"
    "  --guest ELF            the guest, bench_guest.elf; for ia32 bench_guest_ia32.elf\n"
    "  --peer NAME=COMMAND    what else runs it: a shell command in which $GUEST is the ELF file and $WORK the kernel command line\n"
    "  --engine LIST          only those, by name or as bare, vm, peer: --engine bare,qemu\n"
    "  --way NAME=OPTIONS     the first build once more, with these options of its command `run`: --way 'simple=--bare --engine "
    "simple'\n"
    "  --depths N             the first build's VMs in VMs, too, down to that depth; and a table by depth\n"
    "  --processor            processor time, of all threads, instead of elapsed time: a busy host counts less\n"
    "  --each                 each program of the suite `unfitted`, too, of which only the total is shown\n"
    "  --runs N               rounds (5, at most 32)\n"
    "  --limit SECONDS        for one run (600)\n"
    "  --tenth                a tenth of the work\n"
    "  --check                a tenth of the work, once, without peers: only the checksums matter\n"
    "  --svg FILE             the result as a picture\n"
    "  --markdown FILE        the result as a table\n"
    "  --csv FILE             every time of every round\n"
    "  --until TEXT           no workloads: how long the commands take to write a line with that text\n"
    "  --since TEXT           the same from the line with that text on, instead of from the start\n"
    "  --help                 this help\n";

/* --- one run */

/* Reads the guest's lines. true: the checksum, and the time between them. */
static bool listen_to(const struct engine_run *run, bool processor, uint64_t *checksum, double *time)
{
    char line[256];
    double begun = 0;
    bool done = false;
    while (fgets(line, sizeof line, run->console)) {
        double now = processor ? engine_processor(run) : engine_seconds();
        if (strncmp(line, "begin", 5) == 0)
            begun = now;
        else if (sscanf(line, "end %" SCNx64, checksum) == 1)
            done = true, *time = now - begun;
        else
            fprintf(stderr, "bench: the guest says: %s", line);
    }
    return done && begun > 0;
}

static bool run_once(const struct options *o, const struct engine *e, const struct workload *w, uint64_t n, double *time)
{
    char append[64];
    struct engine_run run;
    uint64_t checksum = 0, expected = w->expected(n);
    if (strcmp(w->group, "unfitted") == 0 && expected == UNFITTED_WRONG) {
        fprintf(stderr, "bench: %s, compiled for the host, finds its own result wrong\n", w->name);
        return false;
    }
    snprintf(append, sizeof append, "%s %" PRIu64, w->name, n);
    if (!engine_start(&run, e, o->guest, append, (unsigned)o->limit))
        return false;
    bool said = listen_to(&run, o->processor, &checksum, time), ended = engine_end(&run, !said);
    if (!said || !ended) {
        fprintf(stderr, "bench: %s on %s did not come to its end\n", w->name, e->name);
        return false;
    }
    if (checksum != expected) {
        fprintf(stderr, "bench: %s on %s: checksum %016" PRIx64 ", not %016" PRIx64 "\n", w->name, e->name, checksum, expected);
        return false;
    }
    return true;
}

/* --- rounds and their ratios */

static void print_spread(struct spread s) { printf("  %8.2f [%5.2f, %6.2f]", s.median, s.low, s.high); }

/* Every second round goes backwards: whoever comes first in one is last in the next. */
static bool run_rounds(struct bench *b, const struct workload *w, uint64_t n, double time[ENGINES][ROUNDS])
{
    for (unsigned r = 0; r < b->o.runs; r++)
        for (unsigned i = 0; i < b->engines.count; i++) {
            unsigned e = r % 2 ? b->engines.count - 1 - i : i;
            if (!run_once(&b->o, &b->engines.all[e], w, n, &time[e][r]))
                return false;
            if (b->csv && !report_hides(b, w))
                fprintf(b->csv, "%s,%s,%s,%u,%" PRIu64 ",%.6f\n", w->name, w->group, b->engines.all[e].name, r, n, time[e][r]);
        }
    return true;
}

static bool measure(struct bench *b, const struct workload *w)
{
    uint64_t n = b->o.tenth ? w->n / 10 + 1 : w->n;
    unsigned runs = (unsigned)b->o.runs;
    double(*time)[ROUNDS] = b->results[b->result_count].time;
    struct spread *ratio = b->results[b->result_count].ratio;
    if (!run_rounds(b, w, n, time))
        return false;
    b->results[b->result_count++].work = w;
    for (unsigned c = 0; c < b->comparison_count; c++)
        ratio[c] = spread_of_ratios(time[b->comparisons[c].to], time[b->comparisons[c].of], runs);
    if (report_hides(b, w))
        return true;
    printf("%-10s", w->name);
    for (unsigned e = 0; e < b->engines.count; e++)
        printf("  %11.1f", spread_of(time[e], runs).median * 1e9 / (double)n);
    for (unsigned c = 0; c < b->comparison_count; c++)
        print_spread(ratio[c]);
    printf("\n");
    fflush(stdout);
    return true;
}

static bool wanted(const struct options *o, const struct workload *w)
{
    for (int i = 0; i < o->name_count; i++)
        if (strcmp(o->names[i], w->name) == 0 || strcmp(o->names[i], w->group) == 0)
            return true;
    return o->name_count == 0;
}

/* --- a run */

static bool written(const char *file, bool well)
{
    if (!well)
        fprintf(stderr, "bench: %s: cannot be written: %s\n", file, strerror(errno));
    return well;
}

static void compare(struct bench *b, unsigned of, unsigned to)
{
    if (b->comparison_count < sizeof b->comparisons / sizeof *b->comparisons)
        b->comparisons[b->comparison_count++] = (struct comparison){of, to};
}

/* Is `of` compared to `to`? The first build is to each peer, its VMs and ways to its bare machine, and later builds to the first. */
static bool compared(const struct engine *of, const struct engine *to)
{
    if (of->kind == ENGINE_PEER)
        return false;
    if (of->build > 0)
        return to->build == 0 && to->kind == of->kind;
    return to->kind == ENGINE_PEER || (of->kind > ENGINE_BARE && to->kind == ENGINE_BARE && to->build == 0);
}

static void compare_all(struct bench *b)
{
    for (unsigned to = 0; to < b->engines.count; to++)
        for (unsigned of = 0; of < b->engines.count; of++)
            if (compared(&b->engines.all[of], &b->engines.all[to]))
                compare(b, of, to);
}

static int check(const struct bench *b)
{
    double time;
    for (const struct workload *w = b->workloads; w->name; w++)
        for (unsigned e = 0; e < b->engines.count; e++)
            if (b->engines.all[e].kind != ENGINE_PEER && wanted(&b->o, w) &&
                !run_once(&b->o, &b->engines.all[e], w, w->n / 10 + 1, &time))
                return 1;
    printf("every checksum is the host's\n");
    return 0;
}

static void print_head(const struct bench *b)
{
    printf("nanoseconds %sa unit, medians of %lu; then how often as fast: median [least, most] of the rounds\n%-10s",
           b->o.processor ? "of processor time " : "", b->o.runs, "");
    for (unsigned e = 0; e < b->engines.count; e++)
        printf("  %11s", b->engines.all[e].name);
    for (unsigned c = 0; c < b->comparison_count; c++) {
        char title[80];
        snprintf(title, sizeof title, "%s to %s", b->engines.all[b->comparisons[c].of].name,
                 b->engines.all[b->comparisons[c].to].name);
        printf("  %23s", title);
    }
    printf("\n");
}

static int bench(struct bench *b)
{
    if (b->o.csv && !written(b->o.csv, (b->csv = fopen(b->o.csv, "w")) != NULL))
        return 1;
    if (b->csv)
        fprintf(b->csv, "workload,group,engine,round,n,seconds\n");
    compare_all(b);
    print_head(b);
    for (const struct workload *w = b->workloads; w->name; w++)
        if (wanted(&b->o, w) && !measure(b, w))
            return 1;
    if (b->result_count == 0) {
        fprintf(stderr, "bench: no workload or group has such a name\n");
        return 2;
    }
    report_groups(b);
    bool well = !b->csv || written(b->o.csv, fclose(b->csv) == 0);
    well = (!b->o.markdown || written(b->o.markdown, report_markdown(b))) && well;
    well = (!b->o.svg || written(b->o.svg, report_svg(b))) && well;
    return well ? 0 : 1;
}

/* --- options */

static bool read_flag(struct options *o, const char *name)
{
    bool *const flag = strcmp(name, "--tenth") == 0       ? &o->tenth
                       : strcmp(name, "--check") == 0     ? &o->check
                       : strcmp(name, "--help") == 0      ? &o->help
                       : strcmp(name, "--each") == 0      ? &o->each
                       : strcmp(name, "--processor") == 0 ? &o->processor
                                                          : NULL;
    return flag && (*flag = true);
}

static bool read_value(struct options *o, const char *name, const char *value)
{
    const struct {
        const char *name, **text;
    } texts[] = {{"--guest", &o->guest}, {"--svg", &o->svg},     {"--markdown", &o->markdown}, {"--csv", &o->csv},
                 {"--until", &o->until}, {"--since", &o->since}, {"--engine", &o->engine},     {"--machine", &o->machine}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (strcmp(name, texts[i].name) == 0)
            return (*texts[i].text = value);
    if (strcmp(name, "--runs") == 0)
        o->runs = strtoul(value, NULL, 10);
    else if (strcmp(name, "--limit") == 0)
        o->limit = strtoul(value, NULL, 10);
    else if (strcmp(name, "--depths") == 0)
        o->depths = (unsigned)strtoul(value, NULL, 10);
    else if (strcmp(name, "--way") == 0 && o->way_count < ENGINES)
        o->ways[o->way_count++] = value;
    else if (strcmp(name, "--peer") == 0 && o->peer_count < ENGINES)
        o->peers[o->peer_count++] = value;
    else if (strcmp(name, "--trapeze") == 0 && o->trapeze_count < ENGINES)
        o->trapezes[o->trapeze_count++] = value;
    else
        return false;
    return true;
}

static bool read_options(struct options *o, int argc, char **argv)
{
    *o = (struct options){.runs = 5, .limit = 600, .names = argv, .machine = "riscv"};
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            o->names[o->name_count++] = argv[i];
        else if (!read_flag(o, argv[i]) && (i + 1 == argc || !read_value(o, argv[i], argv[i + 1])))
            return false;
        else
            i += !read_flag(&(struct options){0}, argv[i]);
    }
    return o->help || (o->runs > 0 && o->runs <= ROUNDS && (o->until ? o->peer_count > 0 : o->trapeze_count > 0 && o->guest));
}

static bool choose_machine(struct bench *b)
{
    b->engines.machine = engine_machine_find(b->o.machine);
    b->workloads = strcmp(b->o.machine, "ia32") == 0 ? workloads_ia32 : workloads_riscv;
    return b->engines.machine != NULL;
}

static bool gather(struct engines *l, const struct options *o)
{
    bool well = true;
    if (!o->until && !o->check)
        engine_add_qemu(l);
    for (unsigned i = 0; i < o->peer_count; i++)
        well = engine_add_peer(l, o->peers[i]) && well;
    for (unsigned i = 0; i < o->trapeze_count; i++)
        well = engine_add_trapeze(l, o->trapezes[i]) && well;
    for (unsigned i = 0; i < o->way_count; i++)
        well = engine_add_way(l, o->ways[i]) && well;
    well = engine_add_depths(l, o->depths) && well;
    if (o->until && l->builds > 0) /* it is there for the commands, which find it in $TRAPEZE */
        l->count = o->peer_count;
    return well && (!o->engine || engine_keep(l, o->engine));
}

int main(int argc, char **argv)
{
    static struct bench b;
    signal(SIGPIPE, SIG_IGN);
    if (!read_options(&b.o, argc, argv) || (!b.o.help && (!choose_machine(&b) || !gather(&b.engines, &b.o)))) {
        fprintf(stderr, "bench: these options do not go together, or name what is not there\n%s", usage);
        return 2;
    }
    if (b.o.help)
        return fputs(usage, stdout) < 0;
    if (b.o.until)
        return bench_until(&b.engines, &(struct until){b.o.since, b.o.until, (unsigned)b.o.runs, (unsigned)b.o.limit});
    return b.o.check ? check(&b) : bench(&b);
}
