/* check.c - see check.h.
 *
 *    a stage:  needs one that is not passed -------------------------------------> SKIPPED, `lacks` says which
 *              else child_run(lab_job_run) -- CHILD_DONE, FOUND_NOTHING ---------> PASSED
 *                                          -- CHILD_DONE, FOUND_FAULT ----------> FAILED: the finding's sentence
 *                                          -- crashed, ended, hung -------------> FAILED: the sentence is made of struct lab_progress
 *                                          -- FOUND_UNFIT, FOUND_TROUBLE -------> nothing was checked: the whole check ends
 */
#include "monitor/lab/check.h"

#include "monitor/outfile.h"
#include "monitor/shell_word.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- what a failed stage says */

/* "your function dispatch.csr", as the student's table calls it. */
static void function_name(const struct lab_progress *p, char *out, size_t size)
{
    if (p->inside)
        snprintf(out, size, "your function %s", lab_function_name(p->inside - 1));
    else
        snprintf(out, size, "%s", p->calls ? "the plug-in, outside its functions," : "the plug-in, while it was loaded,");
}

/* Where the child did not come to its end, the place is that of the latest call: the guest has hardly gone on since. Numbers that index
 * something are looked at again, as foreign code may have written over them. */
static void message(const struct lab_check_run *c, const struct lab_job *j, struct stage_result *r)
{
    char who[80];
    function_name(&r->progress, who, sizeof who);
    switch (r->child.end) {
    case CHILD_DONE: memcpy(r->message, r->finding.why, sizeof r->finding.why); break;
    case CHILD_SIGNALED: snprintf(r->message, sizeof r->message, "%s crashed: %s", who, strsignal(r->child.number)); break;
    case CHILD_EXITED: snprintf(r->message, sizeof r->message, "%s ended the process, with status %d", who, r->child.number); break;
    case CHILD_HUNG:
        if (r->progress.inside)
            snprintf(r->message, sizeof r->message, "%s did not return within %u second%s", who, c->seconds,
                     c->seconds == 1 ? "" : "s");
        else
            snprintf(r->message, sizeof r->message, "the virtual machine does not get on: stopped after %u seconds of processor time",
                     c->seconds * 10);
        break;
    }
    if (r->child.end == CHILD_DONE)
        return;
    r->finding.kind = FOUND_FAULT;
    if (r->progress.calls) {
        r->finding.placed = true;
        r->finding.retired = r->progress.retired;
        r->finding.pc = r->progress.pc;
    }
    if (r->finding.guest >= j->stage->guests || r->finding.vm >= (j->stage->vms ? j->stage->vms : 1)) /* it was overwritten */
        r->finding.guest = r->finding.vm = 0;
}

/* --- recordings: the guest as a file, and the command that opens the monitor on it */

static int recording_path(const struct lab_check_run *c, const struct lab_stage *s, char *out, size_t size)
{
    return snprintf(out, size, "%s/recordings/%s.bin", c->folder->path, s->name) < (int)size ? 0 : -ENAMETOOLONG;
}

/* What the student needs to see the fault himself: the guest as a file, and a command that he can paste. Only with a place, for without
 * an instruction there is nothing to go to. The words are quoted for a shell: a folder may have blanks in its name. */
static void record(const struct lab_check_run *c, const struct lab_job *j, struct stage_result *r)
{
    const struct lab_start *start = c->lab->start;
    struct lab_code *code = malloc(sizeof *code);
    char folder[COMMAND], number[40], path[COMMAND] = "";
    struct error e;
    if (!code || !r->finding.placed)
        goto out;
    const bool random = lab_job_guest(j, r->finding.guest, r->finding.vm, code);
    if (random) {
        snprintf(folder, sizeof folder, "%s/recordings", c->folder->path);
        (void)mkdir(folder, 0777); /* that there is none the file tells */
        if (recording_path(c, j->stage, path, sizeof path) != 0)
            goto out;
        if (outfile_write(path, lab_write_guest, code, &e) != 0) {
            snprintf(r->unrecorded, sizeof r->unrecorded, "there is no recording to open in the monitor: %s", e.text);
            goto out;
        }
        snprintf(r->recording, sizeof r->recording, "%s", path);
    }
    snprintf(r->command, sizeof r->command, "trapeze monitor -M %s -m " LAB_RAM, start->machine);
    if (random && start->bios) {
        shell_word_add(r->command, sizeof r->command, "-bios");
        shell_word_add(r->command, sizeof r->command, start->bios);
    }
    if (random)
        shell_word_add(r->command, sizeof r->command, r->recording);
    snprintf(number, sizeof number, "goto %" PRIu64, r->finding.retired);
    shell_word_add(r->command, sizeof r->command, "-ex");
    shell_word_add(r->command, sizeof r->command, number);
out:
    free(code);
}

/* --- the stages */

/* Shared memory is made anew for each stage, so nothing of one can be left in the next. What is copied out of it is ended by us. */
static int carry_out(struct lab_check_run *c, struct lab_job *j, struct stage_result *r, struct error *e)
{
    struct lab_shared *shared = child_memory(sizeof *shared);
    if (!shared)
        return error_set(e, ENOMEM, "there is not enough memory");
    const struct child_work w = {
        .run = lab_job_run, .opaque = j, .progress = &shared->progress, .done = &shared->done, .seconds = c->seconds};
    j->shared = shared;
    int failed = child_run(&w, &r->child, e);
    r->progress = shared->progress;
    r->finding = shared->finding; /* foreign code may have written there */
    r->finding.why[WHY - 1] = r->finding.detail[DETAIL - 1] = r->finding.instruction[DISASM_TEXT - 1] = '\0';
    if (r->progress.inside > LAB_FUNCTIONS)
        r->progress.inside = 0;
    child_memory_free(shared, sizeof *shared);
    return failed;
}

/* The first stage that this one needs and that was not passed; its own number: there is none. */
static unsigned lacking(const struct lab_check_run *c, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (c->lab->stage[n].needs >> i & 1 && c->result[i].state != STAGE_PASSED)
            return i;
    return n;
}

/* The recording of an earlier check goes first, even if the stage is now skipped: a file that is there belongs to this check. */
static enum check_verdict check_stage(struct lab_check_run *c, unsigned n, const char *golden, struct error *e)
{
    struct stage_result *r = &c->result[n];
    struct lab_job j = {.lab = c->lab, .stage = &c->lab->stage[n], .plugin = c->folder->plugin, .golden = golden, .seed = c->seed};
    char old[COMMAND];
    if (recording_path(c, j.stage, old, sizeof old) == 0)
        (void)unlink(old); /* of an earlier check */
    r->lacks = lacking(c, n);
    r->state = STAGE_SKIPPED;
    if (r->lacks != n)
        return VERDICT_CHECKED;
    if (carry_out(c, &j, r, e) != 0)
        return VERDICT_TROUBLE;
    if (r->child.end == CHILD_DONE && (r->finding.kind == FOUND_UNFIT || r->finding.kind == FOUND_TROUBLE)) {
        error_set(e, EINVAL, "%.500s", r->finding.why);
        return r->finding.kind == FOUND_UNFIT ? VERDICT_UNFIT : VERDICT_TROUBLE;
    }
    r->state = r->child.end == CHILD_DONE && r->finding.kind == FOUND_NOTHING ? STAGE_PASSED : STAGE_FAILED;
    c->passed += r->state == STAGE_PASSED;
    if (r->state == STAGE_FAILED) {
        message(c, &j, r);
        record(c, &j, r);
    }
    return VERDICT_CHECKED;
}

enum check_verdict check_stages(struct lab_check_run *c, struct error *e)
{
    char golden[COMMAND];
    enum check_verdict v = VERDICT_CHECKED;
    snprintf(golden, sizeof golden, "%s/handout/golden/traps.log", c->catalog);
    for (unsigned n = 0; v == VERDICT_CHECKED && n < c->lab->stages; n++)
        v = check_stage(c, n, golden, e);
    return v;
}
