/* traplog_log.c - the command `log traps`, and the lines that it writes.
 *
 * The formats: `table`, columns that stay; `json`, an object a line; `asu`, the lines that the trap-and-emulate assignment of a course
 * on xv6 prints: a privileged instruction, or an environment call.
 */
#include "monitor/debug/traplog_private.h"

#include "monitor/debug/host_file.h"
#include "monitor/debug/trap_name.h"
#include "monitor/disasm.h"
#include "monitor/options.h"
#include "monitor/repl/command.h"
#include "monitor/repl/repl.h"
#include "monitor/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- lines */

/* Which trap the line is about: the host's, or, where there was none, the virtual machine's own. */
static const struct trap *subject(const struct vm_event *e) { return e->trap.kind == TRAP_NONE ? &e->result : &e->trap; }

static const char *cause_word(const struct isa *isa, const struct trap *t, char *out, size_t size)
{
    bool is_interrupt;
    uint64_t cause;
    const char *word;
    if (t->kind == TRAP_WAIT || t->kind == TRAP_STOP)
        return t->kind == TRAP_WAIT ? "wait" : "stop";
    for (unsigned i = 0; (word = trap_word(isa, i)); i++)
        if (trap_cause(isa, word, &is_interrupt, &cause) && is_interrupt == (t->kind == TRAP_INTERRUPT) && cause == t->cause)
            return word;
    snprintf(out, size, "%llu", (unsigned long long)t->cause);
    return out;
}

static void instruction(const struct vm_event *e, char out[DISASM_TEXT])
{
    const struct trap *t = subject(e);
    *out = '\0';
    if (t->length)
        disasm(e->vm, trap_insn(t), e->pc, out, DISASM_TEXT);
}

/* The first of those that the machine carries. */
static unsigned hart_of(const struct traplog *t, unsigned level, const struct vm_event *e)
{
    unsigned hart = 0;
    while (hart + 1 < t->harts && debugger_machine_of(t->d, level, hart) != e->vm)
        hart++;
    return hart;
}

/* What became of it, in few words. */
static void became(const struct traplog *t, unsigned level, const struct vm_event *e, char *out, size_t size)
{
    char word[24];
    if (level == 0)
        snprintf(out, size, "%s", traplog_level(t, 0, hart_of(t, level, e))->entry.by_firmware ? "served by firmware" : "delivered");
    else if (e->action == VM_FILLED)
        snprintf(out, size, "filled %c%c%c in root %u", e->fill.r ? 'r' : '-', e->fill.w ? 'w' : '-', e->fill.x ? 'x' : '-',
                 e->fill.root);
    else if (e->action == VM_REFLECTED || e->action == VM_INTERRUPTED)
        snprintf(out, size, "%s: %s", vm_action_name(e->action), cause_word(debugger_isa(t->d), &e->result, word, sizeof word));
    else if (e->owner == VM_OWNER_V_I && e->trap.row < debugger_isa(t->d)->row_count)
        snprintf(out, size, "v_%s", debugger_isa(t->d)->rows[e->trap.row].name);
    else
        snprintf(out, size, "%s, %s", vm_owner_name(e->owner), vm_action_name(e->action));
}

/* The trap, and behind the stroke what D did. Addresses have at least so many digits. */
/* One event, as D has decided it:
 *
 *     # insn-cnt vm   h m pc                 cause            tval               | text
 *              7 vm2  0 S 0x000000008020001c store-page       0x0000000080202000 | sd zero, 0(t0): filled rwx in root 0
 *     `---------------------------------- trap ---------------------------------' `---------- end -----------------'
 *
 * On a terminal that is too narrow `end` goes to a row of its own, and addresses have 8 digits at least instead of 16. */
struct line {
    char trap[160], end[DISASM_TEXT + 80];
};

static void line_make(struct line *l, const struct traplog *t, unsigned level, const struct vm_event *e, int digits)
{
    const struct trap *s = subject(e);
    char word[24], text[DISASM_TEXT], what[64];
    instruction(e, text);
    became(t, level, e, what, sizeof what);
    snprintf(l->trap, sizeof l->trap, "%10llu %-4s %u %s 0x%0*llx %-16s 0x%0*llx", (unsigned long long)e->retired,
             t->d->stack->name[level], hart_of(t, level, e), debugger_mode_name(t->d, e->virtual_mode), digits,
             (unsigned long long)e->pc, cause_word(debugger_isa(t->d), s, word, sizeof word), digits, (unsigned long long)s->tval);
    snprintf(l->end, sizeof l->end, "| %s%s%s", text, *text ? ": " : "", what);
}

enum { DIGITS = 16, DIGITS_NARROW = 8, INDENT_NARROW = 11 };

static void line_table(const struct traplog *t, FILE *out, unsigned level, const struct vm_event *e)
{
    struct line l;
    line_make(&l, t, level, e, DIGITS);
    fprintf(out, "%s %s\n", l.trap, l.end);
}

void traplog_line(const struct traplog *t, FILE *out, const char *prefix, unsigned level, const struct vm_event *e)
{
    struct line l;
    line_make(&l, t, level, e, DIGITS);
    bool narrow = t->d->width && strlen(prefix) + strlen(l.trap) + 1 + strlen(l.end) > t->d->width;
    if (narrow)
        line_make(&l, t, level, e, DIGITS_NARROW);
    fprintf(out, "%s%s%s%*s%s\n", prefix, l.trap, narrow ? "\n" : "", narrow ? (int)strlen(prefix) + INDENT_NARROW : 1, "", l.end);
}

static void line_json(const struct traplog *t, FILE *out, unsigned level, const struct vm_event *e)
{
    const struct trap *s = subject(e);
    char word[24], text[DISASM_TEXT], what[64];
    struct json j;
    instruction(e, text);
    became(t, level, e, what, sizeof what);
    json_open(&j, out);
    json_object(&j, NULL);
    json_uint(&j, "schema", 1);
    json_uint(&j, "retired", e->retired);
    json_string(&j, "vm", t->d->stack->name[level]);
    json_uint(&j, "hart", hart_of(t, level, e));
    json_string(&j, "mode", debugger_mode_name(t->d, e->virtual_mode));
    json_hex(&j, "pc", e->pc);
    json_string(&j, "cause", cause_word(debugger_isa(t->d), s, word, sizeof word));
    json_hex(&j, "tval", s->tval);
    json_string(&j, "reason", account_reason_name(s->reason));
    json_string(&j, "instruction", *text ? text : NULL);
    json_string(&j, "result", what);
    json_end(&j);
}

static void line_asu(const struct isa *isa, FILE *out, const struct vm_event *e)
{
    char line[128];
    about_of(isa)->assignment(subject(e), e->pc, line, sizeof line);
    if (*line)
        fprintf(out, "%s\n", line);
}

static void log_off(struct traplog *t)
{
    if (t->file.f)
        outfile_abandon(&t->file);
    free(t->path);
    t->path = NULL;
    t->on = false;
}

/* A log that cannot be written ends there and then, and it is said; the guest runs on. */
static void look_after_file(struct traplog *t)
{
    struct error e;
    if (!t->file.f || outfile_so_far(&t->file, &e) == 0)
        return;
    log_off(t);
    repl_complain(t->d->repl, &e);
}

/* `told` keeps what is run through again from being written again. It compares counts of instructions, so of a place at
 * which the log stood still several lines may have come before: they are those of e->retired == told, and come once
 * more. */
void traplog_tell(struct traplog *t, unsigned level, const struct vm_event *e)
{
    FILE *out = t->file.f ? t->file.f : t->d->out;
    if (!t->on || ((t->d->plan.quiet || t->d->plan.again) && e->retired < t->told))
        return;
    t->told = e->retired;
    if (t->form == FORM_TABLE)
        line_table(t, out, level, e);
    else if (t->form == FORM_JSON)
        line_json(t, out, level, e);
    else if (level == t->asu_level)
        line_asu(debugger_isa(t->d), out, e);
    look_after_file(t);
}

/* --- log traps [on|off] [--format=FORM] [FILE] */

static const char *const form_names[] = {"table", "json", "asu", NULL};

static const char *form_at(const void *list, unsigned i) { return ((const char *const *)list)[i]; }

static int form_of(const char *word, enum form *out, struct error *e)
{
    for (unsigned i = 0; form_names[i]; i++)
        if (strcmp(word, form_names[i]) == 0) {
            *out = (enum form)i;
            return 0;
        }
    const char *near = near_word(word, form_at, form_names);
    return error_set(e, EINVAL, "there is no format '%.40s'%s%s%s; there are table, json and asu", word, near ? "; is " : "",
                     near ? near : "", near ? " meant?" : "");
}

/* What was logged so far takes its place. */
static int log_finish(struct traplog *t, struct error *e)
{
    int r = t->file.f ? outfile_finish(&t->file, e) : 0;
    log_off(t);
    return r;
}

void traplog_end(struct traplog *t)
{
    struct error e;
    if (log_finish(t, &e) != 0)
        repl_complain(t->d->repl, &e);
}

struct wish {
    bool off;
    enum form form;
    const char *path;
};

static int parse_log(const char *text, struct wish *w, char *path, size_t size, struct error *e)
{
    char word[512];
    while (repl_word(&text, word, sizeof word)) {
        int r = 0;
        if (strcmp(word, "on") == 0 || strcmp(word, "off") == 0) {
            w->off = word[1] == 'f';
        } else if (strncmp(word, "--format=", 9) == 0) {
            r = form_of(word + 9, &w->form, e);
        } else if (word[0] == '-' || w->path) {
            r = error_set(e, EINVAL, "log traps takes on, off, --format=table|json|asu and a file, not '%.60s'", word);
        } else {
            snprintf(path, size, "%s", word);
            w->path = path;
        }
        if (r)
            return r;
    }
    return 0;
}

static int log_open(struct traplog *t, const char *name, struct error *e)
{
    int r = host_file(t->d, name, &t->path, e);
    if (r == 0)
        r = outfile_open(&t->file, t->path, e);
    if (r)
        log_off(t);
    return r;
}

static int log_traps(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct traplog *t = d->traplog;
    struct wish w = {.form = FORM_TABLE};
    char path[512];
    int r = parse_log(a->text, &w, path, sizeof path, e);
    if (r)
        return r;
    if (w.form == FORM_ASU && !about_of(debugger_isa(d))->assignment)
        return error_set(e, ENOTSUP, "the format asu is of RISC-V instructions; table and json serve the paper's machine");
    r = log_finish(t, e);
    if (r || w.off)
        return r;
    r = w.path ? log_open(t, w.path, e) : 0;
    if (r)
        return r;
    t->on = true;
    t->form = w.form;
    t->asu_level = d->level ? d->level : d->stack->depth;
    t->told = debugger_retired(d);
    if (w.form == FORM_TABLE)
        fprintf(t->file.f ? t->file.f : d->out, "# insn-cnt vm   h m pc                 cause            tval               | text\n");
    return 0;
}

extern const struct repl_command repl_logging[];
const struct repl_command repl_logging[] = {
    {"log traps", NULL, "[on | off] [--format=table|json|asu] [FILE]", "every trap, as it happens, here or into a file",
     "table: instructions retired, machine, hart, virtual mode, pc, cause, tval | instruction: what became of it.\n"
     "json: an object a line. Both tell of every virtual machine; on the bare machine of what is delivered.\n"
     "asu: of the machine looked at, privileged instructions and environment calls, as the trap-and-emulate\n"
     "assignment for xv6 prints them: (PI at 0x...) op = 73, rd = b, funct3 = 2, rs1 = 0, uimm = f14; (EC at 0x...).\n"
     "A file is written whole or not at all: it is there once the log has ended (log traps off, or quit).",
     GROUP_VMM, log_traps, COMPLETE_FILE, false, 0},
    {0},
};
