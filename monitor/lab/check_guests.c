/* check_guests.c - a guest on the bare machine, and in a virtual machine by the student's functions, in lock step.
 *
 *    bare machine       guest ------------------------+
 *                                                     +--> core/lockstep.h compares after each instruction
 *    virtual machine    guest on the VMM, with the ---+    (the kernel: after 1,000, and then to the one that differs)
 *                       student's functions in it
 */
#include "core/lockstep.h"
#include "isa/about.h"
#include "monitor/kind.h"
#include "monitor/lab/job.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { EVERY_KERNEL = 1000, FIELDS = 8 };
#define LIMIT UINT64_C(5000000) /* instructions: no guest of ours has as many */

struct side {
    struct session session;
    struct lab_seam *seam;
};

struct pair_of_sides {
    struct lab_job *job;
    struct run_options options;
    struct side side[LOCKSTEP_SIDES];
    const struct insn_desc *row;
    uint64_t mode;
};

/* Called again for a second look: what differs is run anew, up to the instruction that makes it. So both sides begin as they did, and a
 * plug-in that keeps variables of its own may come to something else (tell()). */
static int make(void *opaque, unsigned side, struct lockstep_tap *tap, struct lockstep_side *out, struct error *e)
{
    struct pair_of_sides *p = opaque;
    struct side *s = &p->side[side];
    struct lab_job *j = p->job;
    const struct run_options *o = &p->options;
    int r = session_open(&s->session, o, side == LOCKSTEP_BARE ? 0 : 1, lockstep_console(tap, (struct chardev){0}), e);
    if (r)
        return r;
    if (side == LOCKSTEP_VIRTUAL)
        r = lab_seam_create(&s->seam, stack_top(&s->session.stack), j->opened, j->stage->uses, &j->shared->progress);
    if (r) {
        session_close(&s->session);
        return error_set(e, -r, "there is not enough memory");
    }
    *out = (struct lockstep_side){.system = s->session.system, .ram_base = o->kind->ram_base, .ram_size = o->kind->guest_ram(o)};
    return 0;
}

static void unmake(void *opaque, unsigned side)
{
    struct side *s = &((struct pair_of_sides *)opaque)->side[side];
    lab_seam_destroy(s->seam);
    session_close(&s->session);
    *s = (struct side){0};
}

/* On the bare machine, since the VM's state may be wrong already; the text is kept in shared memory at once. */
static void before(void *opaque, const struct machine *bare)
{
    struct pair_of_sides *p = opaque;
    struct lab_finding *f = &p->job->shared->finding;
    const va_t pc = machine_get(bare, MACHINE_PC);
    insn_t bits;
    unsigned length;
    p->mode = machine_get(bare, MACHINE_MODE);
    if (!disasm_fetch(bare, pc, &bits))
        return;
    const unsigned row = machine_decode(bare, bits, &length);
    p->row = row == INSN_NONE ? NULL : &bare->isa->rows[row];
    (void)disasm_at(bare, pc, f->instruction, sizeof f->instruction);
}

/* The first eight are enough: one wrong bit of state is soon in many places. */
static void tell_fields(struct lab_finding *f, const struct lockstep_report *r)
{
    if (!r->differences)
        return;
    lab_detail(f, "%-22s %-18s   %s\n", "", "the bare machine", "with your VMM");
    for (unsigned i = 0; i < r->differences && i < FIELDS; i++)
        lab_detail(f, "%-22s 0x%016llx   0x%016llx\n", r->difference[i].name, (unsigned long long)r->difference[i].value[0],
                   (unsigned long long)r->difference[i].value[1]);
    if (r->differences > FIELDS)
        lab_detail(f, "and %u more\n", r->differences - FIELDS);
}

static void tell(struct pair_of_sides *p, const struct lockstep_report *r)
{
    struct lab_finding *f = &p->job->shared->finding;
    char why[512];
    f->instructions += r->retired;
    if (r->verdict == LOCKSTEP_LIMIT && r->waits)
        lab_fault(f, "the guest waits for what does not come");
    else if (r->verdict == LOCKSTEP_LIMIT)
        lab_fault(f, "the guest does not end within %llu instructions", (unsigned long long)LIMIT);
    if (r->verdict != LOCKSTEP_DIVERGED)
        return;
    lockstep_explain(r, p->row, why, sizeof why);
    lab_fault(f, "In virtual %s. %s", about_said_mode(p->options.kind->isa, p->mode), why);
    if (!r->exact)
        lab_detail(f, "It does not come to the same twice: do your functions keep variables of their own?\n");
    lab_place(f, r->retired, r->pc);
    tell_fields(f, r);
}

/* A guest that does not switch off on the bare machine is a fault of ours, and no student is told that his function is wrong. */
int lab_check_guest(struct lab_job *j, const struct lab_code *code, struct error *e)
{
    struct pair_of_sides p = {.job = j};
    struct lockstep_report report;
    int r = lab_options(&p.options, j->lab, code, e);
    const struct lockstep_config c = {
        .maker = {.make = make, .unmake = unmake, .opaque = &p},
        .every = code ? 1 : EVERY_KERNEL,
        .max_insns = LIMIT,
        .before = before,
        .opaque = &p,
    };
    if (r == 0)
        r = lockstep_run(&c, &report, e);
    if (r == 0 && report.verdict == LOCKSTEP_EQUAL && report.result[LOCKSTEP_BARE].end != END_POWEROFF)
        r = error_set(e, EINVAL, "a random guest is wrong by itself, which is no fault of the plug-in: %.200s",
                      report.result[LOCKSTEP_BARE].why);
    if (r == 0)
        tell(&p, &report);
    run_options_free(&p.options);
    return r;
}
