/* stats_vm.c - the account of one virtual machine, for people: who executed how much of its guest, which v_i ran, what trapped, what its
 * shadow tables cost.
 */
#include "monitor/stats_vm.h"

#include "monitor/stats_counts.h"

#include "core/inspect.h"
#include "isa/insn.h"

#include <inttypes.h>
#include <math.h>

/* 1234567 as "1,234,567". */
const char *stats_grouped(char out[32], uint64_t v)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, v);
    char *to = out;
    for (int i = 0; i < n; i++) {
        if (i && (n - i) % 3 == 0)
            *to++ = ',';
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

void stats_row(FILE *f, const char *what, uint64_t count)
{
    char number[32];
    fprintf(f, "  %-26s%15s", what, stats_grouped(number, count));
}

static void share(FILE *f, const char *what, uint64_t count, const struct vm_stats *s)
{
    uint64_t all = stats_executed(s);
    stats_row(f, what, count);
    fprintf(f, "%9.4f %%", all ? 100.0 * (double)count / (double)all : 0.0);
}

static void v_i_text(FILE *f, const struct isa *isa, const struct vm_stats *s)
{
    unsigned column = 0;
    uint64_t runs = 0;
    char number[32];
    for (unsigned i = 0; i < s->row_count && i < isa->row_count; i++) {
        if (!s->v_i[i])
            continue;
        runs += s->v_i[i];
        fprintf(f, "%s%s %s", column == 0 ? "\n      " : ", ", isa->rows[i].name, stats_grouped(number, s->v_i[i]));
        column = (column + 1) % 6;
    }
    fputc('\n', f);
    if (runs > s->emulated) /* a v_i that finds its instruction trapping in the virtual machine, too */
        fprintf(f, "      of these runs %s passed the trap on, to what runs in this virtual machine\n",
                stats_grouped(number, runs - s->emulated));
}

/* Exits, and how many of them for each million of instructions; by reason. */
static void traps_text(FILE *f, const struct vm_stats *s)
{
    char what[32];
    stats_row(f, "traps to the VMM", s->traps);
    fprintf(f, "%10.1f per million instructions\n", stats_per_million(s, s->traps));
    for (unsigned i = 0; i < sizeof s->by_reason / sizeof *s->by_reason; i++) {
        if (!s->by_reason[i])
            continue;
        snprintf(what, sizeof what, "    %s", i == REASON_NONE ? "interrupt" : account_reason_name((enum trap_reason)i));
        stats_row(f, what, s->by_reason[i]);
        fprintf(f, "%10.1f\n", stats_per_million(s, s->by_reason[i]));
    }
}

/* Of nothing tried there is no share. */
static void shadow_text(FILE *f, const struct vm_stats *s)
{
    double rate = stats_shadow_hit_rate(s);
    stats_row(f, "shadow leaves written", s->fills);
    if (!isnan(rate))
        fprintf(f, "%9.4f %%  of tries hit", 100 * rate);
    fputc('\n', f);
    stats_row(f, "shadow flushes", s->shadow_flushes);
    fputc('\n', f);
}

/* What its tables take of the machine below. */
static void frames_text(FILE *f, const struct machine *vm)
{
    struct vm_shadow s;
    char room[32];
    if (!vm_shadow_look(vm, &s))
        return;
    stats_row(f, "shadow tables", s.used);
    fprintf(f, "  of %s; exhausted %" PRIu64 ", taken back %" PRIu64 "\n", stats_grouped(room, s.frames), s.exhausted, s.evicted);
    stats_row(f, "shadow roots", s.roots);
    fprintf(f, "  %" PRIu64 " times one was recycled\n", s.recycled);
}

/* What ran in the cache was not executed directly, and does not count as that. */
static void translation_text(FILE *f, const struct vm_stats *s)
{
    char number[32];
    share(f, "translated", s->translated, s);
    fprintf(f, "  virtual privileged modes\n");
    stats_row(f, "    blocks translated", s->blocks);
    fprintf(f, "  of %s instructions\n", stats_grouped(number, s->block_insns));
    stats_row(f, "    targets looked up", s->lookups);
    fprintf(f, "%10.1f per million instructions\n", stats_per_million(s, s->lookups));
    stats_row(f, "    writes to their source", s->translations_gone);
    fputc('\n', f);
}

void stats_vm_text(FILE *f, const struct machine *vm)
{
    struct vm_stats s;
    vm_stats(vm, &s);
    share(f, "executed directly", s.direct, &s);
    fprintf(f, "  the efficiency\n");
    if (s.monitor == VMM_TRANSLATE)
        translation_text(f, &s);
    share(f, "interpreted", s.interpreted, &s);
    fprintf(f, "  %s\n", s.hybrid ? "virtual privileged modes, and what must not run directly" : "not to be run directly");
    if (s.monitor == VMM_PATCH) {
        stats_row(f, "inspected before they ran", s.inspected);
        fputc('\n', f);
    }
    share(f, "emulated by a v_i", s.emulated, &s);
    v_i_text(f, vm->isa, &s);
    traps_text(f, &s);
    stats_row(f, "reflected to the guest", s.reflected);
    fputc('\n', f);
    if (!s.pages)
        return;
    shadow_text(f, &s);
    frames_text(f, vm);
}
