/* stats.c - prints the account, for people on one screen or as one line of JSON. */
#include "monitor/stats.h"

#include "monitor/json.h"
#include "monitor/outfile.h"
#include "monitor/screen.h"
#include "monitor/stats_counts.h"
#include "monitor/stats_vm.h"

#include "core/inspect.h"
#include "core/sbi.h"
#include "isa/about.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const reason_names[] = {
    [REASON_NONE] = "none",           [REASON_PRIVILEGE] = "privilege", [REASON_RESOURCE] = "resource",
    [REASON_REQUESTED] = "requested", [REASON_UNDEFINED] = "undefined",
};
enum { REASONS = sizeof reason_names / sizeof reason_names[0] };

struct account account_of(const struct system *s, const struct stack *stack, const struct system_result *result)
{
    return (struct account){
        .retired = s->retired,
        .clock = clock_now(&s->clock),
        .traps_delivered = s->traps_delivered,
        .firmware_calls = s->firmware ? firmware_calls(s->firmware) : 0,
        .firmware = s->firmware,
        .system = s,
        .stack = stack,
        .result = *result,
    };
}

const char *account_end_name(enum system_end end)
{
    static const char *const names[] = {
        [END_RUNNING] = "limit",   [END_POWEROFF] = "power-off", [END_REBOOT] = "reboot",
        [END_STOPPED] = "stopped", [END_STUCK] = "stuck",        [END_QUIT] = "quit",
        [END_PAUSED] = "paused",   [END_TRIGGER] = "trigger",    [END_WAITING] = "waiting",
    };
    return names[end];
}

const char *account_reason_name(enum trap_reason reason) { return reason_names[reason]; }

/* --- for people */

static void level_text(FILE *f, const struct account *a, unsigned level)
{
    const struct stats_machines l = stats_machines(a, level);
    const char *below = level == 1 ? "the bare machine" : a->stack->name[level - 1];
    for (unsigned n = 0; n < l.count; n++) {
        char ring[48] = "";
        struct vm_stats s;
        vm_stats(l.of[n], &s);
        if (s.ring)
            snprintf(ring, sizeof ring, ", its ring 0 in real ring %u", s.ring);
        if (l.count == 1)
            fprintf(f, "%s, a virtual machine on %s%s\n", a->stack->name[level], below, ring);
        else
            fprintf(f, "%s, a virtual machine on %s%s: hart %u\n", a->stack->name[level], below, ring, n);
        stats_vm_text(f, l.of[n]);
    }
}

/* Exits of each level, from the guest down, and how they multiply. */
static void levels_text(FILE *f, const struct account *a)
{
    const struct stack *stack = a->stack;
    fprintf(f, "exits by level\n");
    stats_row(f, "the guest's own traps", stats_own_traps(a));
    fputc('\n', f);
    for (unsigned i = stack->depth; i > 0; i--) {
        stats_row(f, stack->name[i], stats_level_traps(a, i));
        if (stats_own_traps(a))
            fprintf(f, "%9.2f  for each of %s\n", stats_amplification(a, i), i == stack->depth ? "the guest's" : stack->name[i + 1]);
        else
            fputc('\n', f);
    }
    if (stats_own_traps(a) && stack->depth > 1)
        fprintf(f, "  %-26s%15.2f\n", "host traps per guest trap", stats_host_traps(a));
}

static void ending_text(FILE *f, const struct account *a)
{
    char number[32], clock[32];
    fprintf(f, "\n--- account: ");
    if (a->result.end == END_POWEROFF)
        fprintf(f, "power-off with status %d", a->result.status);
    else
        fprintf(f, "%s", account_end_name(a->result.end));
    fprintf(f, "\n    after %s instruction%s, at clock %s", stats_grouped(number, a->retired), a->retired == 1 ? "" : "s",
            stats_grouped(clock, a->clock));
    if (a->reboots)
        fprintf(f, ", %u reboot%s", a->reboots, a->reboots == 1 ? "" : "s");
    fputc('\n', f);
}

/* What the bare hart keeps of the guest's code, and those of the machines between. */
static void decoded_text(FILE *f, const struct account *a)
{
    const struct stats_machines l = stats_machines(a, 0);
    char hart[32] = "";
    for (unsigned n = 0; n < l.count; n++) {
        if (l.count > 1)
            snprintf(hart, sizeof hart, " of hart %u", n);
        stats_decoded_text(f, l.of[n], hart);
    }
}

void account_text(FILE *f, const struct account *a)
{
    char number[32];
    ending_text(f, a);
    if (a->stack->depth == 0)
        fprintf(f, "bare: the machine itself executed every instruction, in the guest's own mode\n");
    for (unsigned i = a->stack->depth; i > 0; i--)
        level_text(f, a, i);
    if (a->stack->depth)
        levels_text(f, a);
    fprintf(f, "the guest's own traps: %s delivered", stats_grouped(number, a->traps_delivered));
    if (a->firmware)
        fprintf(f, ", %s call%s served by the built-in firmware", stats_grouped(number, a->firmware_calls),
                a->firmware_calls == 1 ? "" : "s");
    fputc('\n', f);
    if (!a->course)
        decoded_text(f, a);
    if (a->cost)
        exit_cost_text(f, a->cost, a->stack, a->retired);
}

/* --- JSON */

static void json_rates(struct json *j, const struct account *a, unsigned level, const struct vm_stats *s)
{
    json_object(j, "traps_per_million");
    for (unsigned i = 0; i < REASONS; i++)
        json_double(j, reason_names[i], stats_per_million(s, s->by_reason[i]), 3);
    json_double(j, "all", stats_per_million(s, s->traps), 3);
    json_end(j);
    json_double(j, "amplification", stats_amplification(a, level), 4);
    if (s->pages)
        json_double(j, "shadow_hit_rate", stats_shadow_hit_rate(s), 6);
}

static void json_shadow(struct json *j, const struct machine *vm)
{
    struct vm_shadow s;
    if (!vm_shadow_look(vm, &s))
        return;
    json_uint(j, "shadow_frames", s.frames);
    json_uint(j, "shadow_frames_used", s.used);
    json_uint(j, "shadow_exhausted", s.exhausted);
    json_uint(j, "shadow_evicted", s.evicted);
    json_uint(j, "shadow_roots_recycled", s.recycled);
}

/* Of a level with several machines: which one it is. */
static void json_hart(struct json *j, const struct stats_machines *l, unsigned n)
{
    if (l->count > 1)
        json_uint(j, "hart", n);
}

static void json_bare(struct json *j, const struct stats_machines *l, unsigned n)
{
    json_object(j, NULL);
    json_string(j, "name", "bare");
    json_hart(j, l, n);
    json_string(j, "kind", "bare");
    stats_decoded_json(j, l->of[n]);
    json_end(j);
}

static void json_translation(struct json *j, const struct vm_stats *s)
{
    json_uint(j, "translated", s->translated);
    json_uint(j, "blocks", s->blocks);
    json_uint(j, "block_instructions", s->block_insns);
    json_uint(j, "lookups", s->lookups);
    json_uint(j, "source_writes", s->translations_gone);
}

static void json_monitor(struct json *j, const struct vm_stats *s)
{
    json_string(j, "monitor", vmm_monitor_name(s->monitor));
    if (s->ring)
        json_uint(j, "ring", s->ring);
    if (s->monitor == VMM_PATCH)
        json_uint(j, "inspected", s->inspected);
    if (s->monitor == VMM_TRANSLATE)
        json_translation(j, s);
}

static void json_vm(struct json *j, const struct account *a, unsigned level, const struct stats_machines *l, unsigned n)
{
    const struct machine *vm = l->of[n];
    const char *name = a->stack->name[level];
    struct vm_stats s;
    vm_stats(vm, &s);
    uint64_t all = stats_executed(&s);
    json_object(j, NULL);
    json_string(j, "name", name);
    json_hart(j, l, n);
    json_string(j, "kind", "vm");
    json_monitor(j, &s);
    json_uint(j, "direct", s.direct);
    json_uint(j, "emulated", s.emulated);
    json_uint(j, "interpreted", s.interpreted);
    json_double(j, "efficiency", all ? (double)s.direct / (double)all : 0.0, 6);
    json_uint(j, "traps", s.traps);
    json_object(j, "by_reason");
    for (unsigned i = 0; i < REASONS; i++)
        json_uint(j, reason_names[i], s.by_reason[i]);
    json_end(j);
    json_object(j, "by_cause");
    for (unsigned i = 0; i < sizeof s.by_cause / sizeof s.by_cause[0]; i++) {
        char cause[16];
        snprintf(cause, sizeof cause, "%u", i);
        if (s.by_cause[i])
            json_uint(j, cause, s.by_cause[i]);
    }
    json_end(j);
    json_uint(j, "reflected", s.reflected);
    json_uint(j, "shadow_fills", s.fills);
    json_uint(j, "shadow_flushes", s.shadow_flushes);
    json_shadow(j, vm);
    json_uint(j, "device_accesses", s.device_accesses);
    json_uint(j, "allocator_runs", s.allocator_runs);
    json_object(j, "v_i");
    for (unsigned i = 0; i < s.row_count && i < vm->isa->row_count; i++)
        if (s.v_i[i])
            json_uint(j, vm->isa->rows[i].name, s.v_i[i]);
    json_end(j);
    json_rates(j, a, level, &s);
    if (a->cost)
        exit_cost_json(j, a->cost, level);
    json_end(j);
}

void account_json(FILE *f, const struct account *a)
{
    struct json j;
    json_open(&j, f);
    json_object(&j, NULL);
    json_uint(&j, "schema", STATS_SCHEMA);
    json_string(&j, "end", account_end_name(a->result.end));
    json_int(&j, "status", a->status);
    json_string(&j, "why", a->result.why);
    json_uint(&j, "guest_status", (uint64_t)(unsigned)a->result.status);
    json_uint(&j, "retired", a->retired);
    json_uint(&j, "clock", a->clock);
    json_uint(&j, "reboots", a->reboots);
    json_uint(&j, "traps_delivered", a->traps_delivered);
    json_uint(&j, "firmware_calls", a->firmware_calls);
    json_array(&j, "machines");
    for (unsigned i = 0; i <= a->stack->depth; i++) {
        const struct stats_machines l = stats_machines(a, i);
        for (unsigned n = 0; n < l.count; n++)
            if (i)
                json_vm(&j, a, i, &l, n);
            else
                json_bare(&j, &l, n);
    }
    json_end(&j);
    json_uint(&j, "own_traps", stats_own_traps(a));
    json_double(&j, "host_traps_per_own_trap", stats_host_traps(a), 4);
    if (a->cost)
        json_double(&j, "seconds", exit_cost_seconds(a->cost), 6);
    json_end(&j);
}

/* On stderr, as wide as the terminal. */
static void account_screen(const struct account *a)
{
    struct screen s;
    bool folded = screen_open(&s, stderr) == 0;
    account_text(folded ? s.out : stderr, a);
    screen_close(&s);
}

static int account_json_to(FILE *f, const void *account, struct error *e)
{
    (void)e;
    account_json(f, account);
    return 0;
}

int account_write(const struct account *a, enum stats_form form, const char *file, struct error *e)
{
    if (form == STATS_JSON && file)
        return outfile_write(file, account_json_to, a, e);
    if (form == STATS_TEXT)
        account_screen(a);
    else if (form == STATS_JSON)
        account_json(stderr, a);
    return 0;
}
