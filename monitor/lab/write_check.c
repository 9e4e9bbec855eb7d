/* write_check.c - what a check has found: for people, as TAP 14, as JSON.
 *
 *    Assignment dispatch of A. Student
 *     1 dispatch   FAILED  D: whose trap is it, and what it is in the guest's terms
 *        guest 1 of 6, after 0 instructions, at 0x80000000: j 0x80000140
 *        In virtual M-mode. The virtual machine took exception 12 ...           the sentence, folded
 *                               the bare machine     with your VMM              the detail, as it stands
 *        pc                     0x0000000080000140   0x0000000000000000
 *     2 to 9       skipped: they need stage 1, dispatch
 *    0 of 9 stages passed
 */
#include "monitor/fold.h"
#include "monitor/json.h"
#include "monitor/lab/check.h"
#include "monitor/screen.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Calls `each` with every line of a text. */
static void lines(const char *text, void (*each)(FILE *, const char *line, size_t size), FILE *f)
{
    while (*text) {
        const size_t n = strcspn(text, "\n");
        each(f, text, n);
        text += n + (text[n] == '\n');
    }
}

static const char *plural(uint64_t n) { return n == 1 ? "" : "s"; }

/* "guest 3 of 8, after 214 instructions, pc 0x80000a10: csrrw t0, sscratch, a6" */
static void place(const struct lab_stage *s, const struct stage_result *r, char *out, size_t size)
{
    const struct lab_finding *f = &r->finding;
    char vm[24] = "", text[DISASM_TEXT + 2] = "";
    if (s->vms)
        snprintf(vm, sizeof vm, ", vm %u", f->vm);
    if (*f->instruction)
        snprintf(text, sizeof text, ": %s", f->instruction);
    snprintf(out, size, "guest %u of %u%s", f->guest + 1, s->guests, vm);
    const size_t at = strlen(out);
    if (f->placed)
        snprintf(out + at, size - at, ", after %" PRIu64 " instruction%s, at 0x%" PRIx64 "%s", f->retired, plural(f->retired), f->pc,
                 text);
}

/* --- for people */

static void indented(FILE *f, const char *line, size_t size) { fprintf(f, "    %.*s\n", (int)size, line); }

/* Prose is folded; tables of the detail are not, as their columns stand below each other. */
static void sentence(FILE *f, unsigned width, const char *text)
{
    char line[1200];
    snprintf(line, sizeof line, "    %s", text);
    fold_print(f, width, line);
}

static void failed_text(FILE *f, unsigned width, const struct lab_stage *s, const struct stage_result *r)
{
    char where[300];
    place(s, r, where, sizeof where);
    sentence(f, width, where);
    sentence(f, width, r->message);
    lines(r->finding.detail, indented, f);
    if (*r->child.said) {
        fprintf(f, "    It printed:\n");
        lines(r->child.said, indented, f);
    }
    if (*r->unrecorded)
        sentence(f, width, r->unrecorded);
    if (*r->command)
        fprintf(f, "    To look at it, stopped before that instruction:\n    %s\n", r->command);
}

/* Those from n on that need the same stage, and were not tried; returns the last. */
static unsigned skipped_text(FILE *f, const struct lab_check_run *c, unsigned n)
{
    const unsigned lacks = c->result[n].lacks;
    unsigned last = n;
    char numbers[32];
    while (last + 1 < c->lab->stages && c->result[last + 1].state == STAGE_SKIPPED && c->result[last + 1].lacks == lacks)
        last++;
    if (last == n)
        fprintf(f, "%2u %-10s skipped: needs", n + 1, c->lab->stage[n].name);
    else {
        snprintf(numbers, sizeof numbers, "%u %s %u", n + 1, last == n + 1 ? "and" : "to", last + 1);
        fprintf(f, " %-12s skipped: they need", numbers);
    }
    fprintf(f, " stage %u, %s\n", lacks + 1, c->lab->stage[lacks].name);
    return last;
}

void write_check_text(FILE *f, const struct lab_check_run *c)
{
    const unsigned columns = screen_columns(), width = columns > 80 ? 80 : columns;
    fprintf(f, "Assignment %s of %s\n", c->lab->name, c->folder->student);
    for (unsigned n = 0; n < c->lab->stages; n++) {
        const struct lab_stage *s = &c->lab->stage[n];
        const struct stage_result *r = &c->result[n];
        if (r->state == STAGE_SKIPPED) {
            n = skipped_text(f, c, n);
            continue;
        }
        fprintf(f, "%2u %-10s ", n + 1, s->name);
        if (r->state == STAGE_PASSED) {
            fprintf(f, "ok      %u guest%s, %" PRIu64 " instructions\n", s->guests, plural(s->guests), r->finding.instructions);
        } else {
            fprintf(f, "FAILED  %s\n", s->about);
            failed_text(f, width, s, r);
        }
    }
    fprintf(f, "%u of %u stages passed\n", c->passed, c->lab->stages);
}

/* --- TAP 14 */

static void block_line(FILE *f, const char *line, size_t size) { fprintf(f, "    %.*s\n", (int)size, line); }

/* A literal block, "|2": nothing in it needs quoting, whatever the plug-in printed. The 2 says how far it is indented, for a text may begin
 * with a blank. */
static void yaml_block(FILE *f, const char *key, const char *text)
{
    if (!*text)
        return;
    fprintf(f, "  %s: |2\n", key);
    lines(text, block_line, f);
}

/*
 *    not ok 1 - dispatch                   ok 2 - csr # SKIP needs stage 1
 *      ---
 *      message: |2
 *        In virtual M-mode. ...
 *      ...
 *
 * A diagnostic is a YAML block between "---" and "...", indented by two blanks [TAP 14, "YAML Diagnostics"]. */
void write_check_tap(FILE *f, const struct lab_check_run *c)
{
    fprintf(f, "TAP version 14\n1..%u\n", c->lab->stages);
    for (unsigned n = 0; n < c->lab->stages; n++) {
        const struct stage_result *r = &c->result[n];
        char where[300];
        fprintf(f, "%sok %u - %s", r->state == STAGE_FAILED ? "not " : "", n + 1, c->lab->stage[n].name);
        if (r->state == STAGE_SKIPPED)
            fprintf(f, " # SKIP needs stage %u", r->lacks + 1);
        fputc('\n', f);
        if (r->state != STAGE_FAILED)
            continue;
        place(&c->lab->stage[n], r, where, sizeof where);
        fprintf(f, "  ---\n");
        yaml_block(f, "message", r->message);
        yaml_block(f, "at", where);
        yaml_block(f, "detail", r->finding.detail);
        yaml_block(f, "printed", r->child.said);
        yaml_block(f, "unrecorded", r->unrecorded);
        yaml_block(f, "command", r->command);
        fprintf(f, "  ...\n");
    }
}

/* --- JSON */

static const char *const states[] = {"passed", "failed", "skipped"};

static void stage_json(struct json *j, const struct lab_check_run *c, unsigned n)
{
    const struct lab_stage *s = &c->lab->stage[n];
    const struct stage_result *r = &c->result[n];
    json_object(j, NULL);
    json_string(j, "name", s->name);
    json_string(j, "about", s->about);
    json_string(j, "state", states[r->state]);
    json_uint(j, "guests", s->guests);
    if (r->state == STAGE_SKIPPED)
        json_string(j, "needs", c->lab->stage[r->lacks].name);
    else
        json_uint(j, "instructions", r->finding.instructions);
    if (r->state == STAGE_FAILED) {
        json_string(j, "message", r->message);
        json_uint(j, "guest", r->finding.guest + 1);
        if (r->finding.placed) {
            json_uint(j, "retired", r->finding.retired);
            json_hex(j, "pc", r->finding.pc);
        }
        json_string(j, "instruction", *r->finding.instruction ? r->finding.instruction : NULL);
        json_string(j, "detail", r->finding.detail);
        json_string(j, "printed", r->child.said);
        json_string(j, "recording", *r->recording ? r->recording : NULL);
        json_string(j, "unrecorded", *r->unrecorded ? r->unrecorded : NULL);
        json_string(j, "command", *r->command ? r->command : NULL);
    }
    json_end(j);
}

void write_check_json(FILE *f, const struct lab_check_run *c)
{
    struct json j;
    json_open(&j, f);
    json_object(&j, NULL);
    json_uint(&j, "schema", 1);
    json_string(&j, "lab", c->lab->name);
    json_string(&j, "student", c->folder->student);
    json_uint(&j, "passed", c->passed);
    json_array(&j, "stages");
    for (unsigned n = 0; n < c->lab->stages; n++)
        stage_json(&j, c, n);
    json_end(&j);
    json_end(&j);
}
