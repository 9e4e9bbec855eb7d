/* check_log.c - the trap log of a guest, in the format that `log traps --format=asu` prints, against the golden one.
 *
 *    golden/traps.log                           a line for each trap that the guest's VMM was to see
 *    (PI at 0x0000000080000158) op = 73, rd = 0, funct3 = 1, rs1 = 1f, uimm = 305
 *    (PI at 0x0000000080000168) op = 73, rd = 0, funct3 = 1, rs1 = 1f, uimm = 105
 *
 * Lines are compared as they come, and the run ends at the first that differs: the guest then stands where the student must look.
 */
#define _GNU_SOURCE /* strchrnul */
#include "core/loader.h"
#include "isa/about.h"
#include "monitor/kind.h"
#include "monitor/lab/job.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 128 };
#define LIMIT UINT64_C(5000000)

struct log {
    struct lab_finding *finding;
    struct system *system;
    const struct isa *isa;
    const char *golden, *end; /* what is left of it */
    unsigned line;
};

/* The next golden line; "" at the end. */
static void next_golden(struct log *l, char out[LINE])
{
    const char *stop = memchr(l->golden, '\n', (size_t)(l->end - l->golden));
    if (!stop)
        stop = l->end;
    snprintf(out, LINE, "%.*s", (int)(stop - l->golden), l->golden);
    l->golden = stop < l->end ? stop + 1 : stop;
    l->line++;
}

static void differ(struct log *l, const char *golden, const char *line, uint64_t retired, va_t pc)
{
    if (l->finding->kind != FOUND_NOTHING)
        return;
    lab_fault(l->finding, "line %u of the trap log is not the golden one", l->line);
    lab_detail(l->finding, "golden:    %s\nwith yours: %s\n", *golden ? golden : "(the end)", *line ? line : "(the end)");
    lab_place(l->finding, retired, pc);
}

/* An interrupt has no trap of the host: then what the guest got is what is printed. Traps for which there is no line are passed over. */
static void told(void *opaque, const struct vm_event *event)
{
    struct log *l = opaque;
    char line[LINE], golden[LINE];
    about_of(l->isa)->assignment(event->trap.kind == TRAP_NONE ? &event->result : &event->trap, event->pc, line, sizeof line);
    if (!*line || l->finding->kind != FOUND_NOTHING)
        return;
    next_golden(l, golden);
    if (strcmp(line, golden) == 0)
        return;
    differ(l, golden, line, event->retired, event->pc);
    system_end(l->system, END_QUIT, 0, "the log differs");
}

/* An end too early is a difference, too: the golden line that should have come, against "(the end)". */
static void run(struct lab_job *j, struct session *s, struct log *l)
{
    struct machine *vm = stack_top(&s->stack);
    struct vm_observer observer = {.trap = told, .opaque = l};
    char golden[LINE];
    l->system = s->system;
    l->isa = vm->isa;
    vm_observe(vm, &observer);
    const struct system_result r = system_run(s->system, LIMIT);
    vm_unobserve(vm, &observer);
    j->shared->finding.instructions += s->system->retired;
    if (r.end == END_RUNNING)
        lab_fault(l->finding, "the guest does not end within %llu instructions", (unsigned long long)LIMIT);
    next_golden(l, golden);
    if (*golden)
        differ(l, golden, "", s->system->retired, machine_get(vm, MACHINE_PC));
}

int lab_check_log(struct lab_job *j, const struct lab_code *code, struct error *e)
{
    struct run_options o = {0};
    struct session s = {0};
    struct lab_seam *seam = NULL;
    uint8_t *golden = NULL;
    size_t size;
    int r = load_file(j->golden, &golden, &size, e);
    if (r == 0)
        r = lab_options(&o, j->lab, code, e);
    if (r == 0)
        r = session_open(&s, &o, 1, (struct chardev){0}, e);
    if (r == 0 && (r = lab_seam_create(&seam, stack_top(&s.stack), j->opened, j->stage->uses, &j->shared->progress)) != 0)
        r = error_set(e, -r, "there is not enough memory");
    if (r == 0) {
        struct log l = {.finding = &j->shared->finding, .golden = (const char *)golden, .end = (const char *)golden + size};
        run(j, &s, &l);
    }
    lab_seam_destroy(seam);
    session_close(&s);
    run_options_free(&o);
    free(golden);
    return r;
}
