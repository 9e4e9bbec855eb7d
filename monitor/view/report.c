/* report.c - see report.h. Text for people, an object "stop" for programs. */
#include "monitor/view/report.h"
#include "monitor/debug/classes.h"
#include "monitor/debug/format.h"
#include "monitor/debug/source.h"
#include "monitor/debug/trap_name.h"
#include "monitor/debug/traplog.h"
#include "monitor/disasm.h"

#include <stdio.h>
#include <string.h>

enum { SYMBOL_TEXT = 96, CAUSE_TEXT = 48, FATE_TEXT = 256 };

/* --- instructions */

static uint64_t pc_of(const struct debugger *d) { return about_pc(debugger_machine(d)); }

/* The mark stands only where it says something: most instructions are innocuous, and a page of "# innocuous" hides the
 * others. */
bool report_instruction(const struct debugger *d, va_t at, bool marks, unsigned *length)
{
    const struct machine *m = debugger_machine(d);
    insn_t bits;
    char symbol[SYMBOL_TEXT], text[DISASM_TEXT];
    *length = debugger_fetch(d, at, &bits);
    if (!*length)
        return false;
    struct insn_class c = classes_of(d->classes, m, bits);
    disasm_in(m, d->syntax, bits, at, text, sizeof text);
    debugger_symbol(d, at, symbol, sizeof symbol);
    fprintf(d->out, "%s%c%s0x%llx%s", at == pc_of(d) ? "=>" : "  ", marks && debugger_translated(d, at) ? TRANSLATED_MARK : ' ',
            tint(d, TINT_ADDRESS), (unsigned long long)at, tint(d, TINT_NONE));
    if (*symbol)
        fprintf(d->out, " %s%s%s", tint(d, TINT_SYMBOL), symbol, tint(d, TINT_NONE));
    fprintf(d->out, ":\t%s", text);
    if (class_mark(&c) != ' ')
        fprintf(d->out, "\t%s# %s%s", tint(d, TINT_MARK), class_name(&c), tint(d, TINT_NONE));
    fputc('\n', d->out);
    return true;
}

/* Whether it would trap now, in words; "" when there is nothing to say. */
/* In a VM four things may happen, and which one decides who does the work:
 *
 *     host traps   the guest's own fault   what is said
 *     no           no                      nothing, or the device that it reaches
 *     no           yes                     traps: load page fault (V is 0 in the PTE at L1 ...)
 *     yes          no                      traps to the VMM, whose v_i does it
 *     yes          yes                     traps to the VMM, which gives the guest its ... */
static const char *fate(const struct debugger *d, const struct effects *f, char *text, size_t size)
{
    char name[CAUSE_TEXT];
    const char *cause = is_exception(&f->trap) ? trap_name(debugger_isa(d), &f->trap, name, sizeof name) : NULL;
    *text = '\0';
    if (f->interpreted)
        snprintf(text, size, "interpreted%s%s%s%s%s",
                 cause       ? ", and traps: "
                 : f->device ? ", and reaches the device "
                             : "",
                 cause       ? cause
                 : f->device ? f->device
                             : "",
                 cause && *f->why ? " (" : "", cause ? f->why : "", cause && *f->why ? ")" : "");
    else if (f->host_traps && cause)
        snprintf(text, size, "traps to the VMM, which gives the guest its %s", cause);
    else if (f->host_traps)
        snprintf(text, size, "traps to the VMM, whose v_i does it");
    else if (cause)
        snprintf(text, size, "traps: %s%s%s%s", cause, *f->why ? " (" : "", f->why, *f->why ? ")" : "");
    else if (f->device)
        snprintf(text, size, d->level ? "reaches the device %s: the VMM does the access" : "reaches the device %s", f->device);
    return text;
}

void report_next(const struct debugger *d)
{
    struct effects f;
    unsigned length;
    char text[FATE_TEXT];
    if (!report_instruction(d, pc_of(d), false, &length)) {
        fprintf(d->out, "=> 0x%llx:\tcannot be fetched\n", (unsigned long long)pc_of(d));
        return;
    }
    effects_predict(d, &f);
    if (*fate(d, &f, text, sizeof text))
        fprintf(d->out, "   %s(%s)%s\n", tint(d, TINT_DIM), text, tint(d, TINT_NONE));
}

/* --- places */

/* gdb's form, "ADDRESS in FUNCTION () at FILE:LINE", with what it lacks behind it: the mode, and how many instructions
 * have retired, which is the time to give to `goto`. The symbol comes as "<name+4>", and goes without its angle
 * brackets. */
void report_place(const struct debugger *d)
{
    struct source_line line;
    struct symbols_view view = debugger_view(d);
    char symbol[SYMBOL_TEXT];
    uint64_t pc = pc_of(d);
    fprintf(d->out, "%s0x%016llx%s", tint(d, TINT_ADDRESS), (unsigned long long)pc, tint(d, TINT_NONE));
    if (*debugger_symbol(d, pc, symbol, sizeof symbol))
        fprintf(d->out, " in %s%.*s%s ()", tint(d, TINT_SYMBOL), (int)strlen(symbol) - 2, symbol + 1, tint(d, TINT_NONE));
    if (symbols_line(d->symbols, pc, &view, &line))
        fprintf(d->out, " at %s:%u", source_name(&line), line.line);
    fprintf(d->out, " (%s, %llu retired)\n", debugger_said_mode(d, machine_get(debugger_machine(d), MACHINE_MODE)),
            (unsigned long long)debugger_retired(d));
}

/* A number that is another one for each line of each file. */
static uint64_t line_key(const struct source_line *line)
{
    uint64_t key = line->line;
    for (const char *c = line->file; *c; c++)
        key = (key ^ (uint8_t)*c) * UINT64_C(0x100000001b3); /* FNV-1a */
    return key ? key : 1;
}

/* The text of the line, unless the stop before was at the same one and nothing but instructions are stepped. */
static void report_source(struct debugger *d)
{
    struct source_line line;
    struct symbols_view view = debugger_view(d);
    size_t length;
    uint64_t before = d->told_line;
    bool known = symbols_line(d->symbols, pc_of(d), &view, &line);
    d->told_line = known ? line_key(&line) : 0;
    if (!known || (d->stop.reason == STOP_STEP && !d->by_line && d->told_line == before))
        return;
    const char *text = sources_line(d->sources, line.file, line.line, &length);
    if (text)
        fprintf(d->out, "%u\t%.*s\n", line.line, (int)length, text);
    else if (d->by_line)
        fprintf(d->out, "%u\tin %s\n", line.line, line.file);
}

/* --- what changed */

/* Clocks and counters change always, and the pc is shown anyway. */
static bool is_news(const struct debugger *d, unsigned i)
{
    const struct reg_desc *r = &debugger_isa(d)->regs[i];
    bool view = about_register(debugger_isa(d), r) & ABOUT_ECHO;
    return r->part != PART_NONDET && r->reg != MACHINE_PC && !view && d->before[i] != d->now[i];
}

/* "   t0          0x0000000080203000 -> 0x0000000080203008 <pool+8>", and the mode by its name. */
static void report_registers(const struct debugger *d)
{
    const struct isa *isa = debugger_isa(d);
    for (unsigned i = 0; d->has_before && i < isa->reg_count; i++) {
        char symbol[SYMBOL_TEXT];
        if (!is_news(d, i))
            continue;
        if (isa->regs[i].reg == MACHINE_MODE) {
            fprintf(d->out, "   %s%-12s%s -> %s%s\n", tint(d, TINT_CHANGED), isa->regs[i].name, debugger_mode_name(d, d->before[i]),
                    debugger_mode_name(d, d->now[i]), tint(d, TINT_NONE));
            continue;
        }
        *symbol = '\0'; /* of what has room for an address */
        if (isa->regs[i].width == 64)
            debugger_symbol(d, d->now[i], symbol, sizeof symbol);
        fprintf(d->out, "   %s%-12s0x%016llx -> 0x%016llx%s%s%s\n", tint(d, TINT_CHANGED), isa->regs[i].name,
                (unsigned long long)d->before[i], (unsigned long long)d->now[i], tint(d, TINT_NONE), *symbol ? " " : "", symbol);
    }
}

/* Memory that the instruction, as it was before the step, was going to write. */
/* A device has no old value to compare with, and reading it might change it: `readable` is false there. */
static void report_stores(const struct debugger *d, const struct effects *f)
{
    for (unsigned i = 0; f && i < f->accesses; i++) {
        const struct effect_access *a = &f->access[i];
        uint64_t now = 0;
        struct error ignored;
        char symbol[SYMBOL_TEXT];
        if (!a->is_store || !a->readable || debugger_read(d, SPACE_VIRTUAL, a->at, &now, a->size, &ignored) != 0)
            continue;
        debugger_symbol(d, a->at, symbol, sizeof symbol);
        fprintf(d->out, "   %s[0x%llx]%s%s  0x%0*llx -> 0x%0*llx%s\n", tint(d, TINT_CHANGED), (unsigned long long)a->at,
                *symbol ? " " : "", symbol, (int)a->size * 2, (unsigned long long)a->old, (int)a->size * 2, (unsigned long long)now,
                tint(d, TINT_NONE));
    }
}

/* Of the exit that it stopped for, as `log traps` has it. */
static void report_exit(const struct debugger *d)
{
    if (!d->stop.exit_level)
        return;
    traplog_line(d->traplog, d->out, "   exit:", d->stop.exit_level, &d->stop.exit);
}

static void report_trap(const struct debugger *d)
{
    const struct trap *t = &d->stop.trap;
    char name[CAUSE_TEXT], symbol[SYMBOL_TEXT];
    if (t->kind != TRAP_EXCEPTION && t->kind != TRAP_INTERRUPT)
        return;
    debugger_symbol(d, d->stop.trap_pc, symbol, sizeof symbol);
    fprintf(d->out, "   trap: %s (%s %llu) at 0x%llx%s%s", trap_name(debugger_isa(d), t, name, sizeof name),
            t->kind == TRAP_INTERRUPT ? "interrupt" : "cause", (unsigned long long)t->cause, (unsigned long long)d->stop.trap_pc,
            *symbol ? " " : "", symbol);
    if (t->kind == TRAP_EXCEPTION && t->tval)
        fprintf(d->out, ", value 0x%llx", (unsigned long long)t->tval);
    fputc('\n', d->out);
}

/* --- ends */

static void report_end(const struct debugger *d)
{
    const struct system_result *r = &d->stop.result;
    unsigned long long n = debugger_retired(d);
    switch (r->end) {
    case END_POWEROFF:
        if (d->system->board->ops->has_power)
            fprintf(d->out, "The guest has powered off with status %d after %llu instructions%s%s.\n", r->status, n,
                    *r->why ? ": " : "", r->why);
        else
            fprintf(d->out, "The guest has halted after %llu instructions.\n", n);
        break;
    case END_REBOOT: fprintf(d->out, "The guest wants to reboot, after %llu instructions.\n", n); break;
    case END_STOPPED: fprintf(d->out, "The VMM stopped the guest after %llu instructions: %s.\n", n, r->why); break;
    case END_QUIT: fprintf(d->out, "The console has ended the run after %llu instructions.\n", n); break;
    default: fprintf(d->out, "The guest is stuck after %llu instructions: %s.\n", n, r->why); break;
    }
}

static void report_reason(struct debugger *d)
{
    const struct breakpoint *b = d->stop.number ? debugger_break_find(d, d->stop.number) : NULL;
    if (b && d->stop.reason == STOP_BREAKPOINT)
        report_break(d, b);
    else if (b)
        report_watch(d, b);
    else if (d->stop.reason == STOP_INTERRUPT)
        fprintf(d->out, "\nStopped, ");
    else if (d->stop.reason == STOP_LIMIT)
        fprintf(d->out, "\nThe limit of %llu instructions (--max-insns) is reached, ", (unsigned long long)d->options->max_insns);
}

/* A plain step does not say where it is: the line of the next instruction does. What is reached by `goto` or `until`
 * says it, unless it counts as a step. */
static void stop_text(struct debugger *d, const struct effects *before, bool changes)
{
    if (d->stop.reason == STOP_ENDED) {
        report_end(d);
    } else {
        report_reason(d);
        if (d->stop.reason != STOP_STEP && !(changes && d->stop.reason == STOP_REACHED))
            report_place(d);
        report_exit(d);
        report_trap(d);
        report_source(d);
        if (changes) {
            report_registers(d);
            report_stores(d, before);
        }
        report_next(d);
    }
    if (*d->stop.note)
        fprintf(d->out, "%s\n", d->stop.note);
}

/* --- for programs */

void json_symbol(const struct debugger *d, uint64_t address)
{
    uint64_t offset;
    struct symbols_view view = debugger_view(d);
    const struct symbol *s = symbols_at(d->symbols, address, &view, &offset);
    if (!s)
        return;
    json_string(d->json, "symbol", s->name);
    json_uint(d->json, "offset", offset);
}

static const char *const reason_names[] = {
    [STOP_START] = "start",           [STOP_STEP] = "step",           [STOP_BREAKPOINT] = "breakpoint",
    [STOP_WATCHPOINT] = "watchpoint", [STOP_CONDITION] = "condition", [STOP_REACHED] = "reached",
    [STOP_INTERRUPT] = "interrupt",   [STOP_LIMIT] = "limit",         [STOP_ENDED] = "ended",
};

static void json_source(const struct debugger *d)
{
    struct source_line line;
    struct symbols_view view = debugger_view(d);
    size_t length;
    char text[512];
    if (!symbols_line(d->symbols, pc_of(d), &view, &line))
        return;
    json_string(d->json, "file", line.file);
    json_uint(d->json, "line", line.line);
    const char *source = sources_line(d->sources, line.file, line.line, &length);
    if (!source)
        return;
    snprintf(text, sizeof text, "%.*s", (int)(length < sizeof text ? length : sizeof text - 1), source);
    json_string(d->json, "source", text);
}

static void json_changes(const struct debugger *d)
{
    const struct isa *isa = debugger_isa(d);
    json_array(d->json, "changed");
    for (unsigned i = 0; d->has_before && i < isa->reg_count; i++) {
        if (!is_news(d, i))
            continue;
        json_object(d->json, NULL);
        json_string(d->json, "register", isa->regs[i].name);
        json_hex(d->json, "old", d->before[i]);
        json_hex(d->json, "new", d->now[i]);
        json_end(d->json);
    }
    json_end(d->json);
}

static void json_trap(const struct debugger *d)
{
    const struct trap *t = &d->stop.trap;
    char name[CAUSE_TEXT];
    if (t->kind != TRAP_EXCEPTION && t->kind != TRAP_INTERRUPT)
        return;
    json_object(d->json, "trap");
    json_string(d->json, "name", trap_name(debugger_isa(d), t, name, sizeof name));
    json_bool(d->json, "interrupt", t->kind == TRAP_INTERRUPT);
    json_uint(d->json, "cause", t->cause);
    json_hex(d->json, "tval", t->tval);
    json_hex(d->json, "pc", d->stop.trap_pc);
    json_end(d->json);
}

static void json_next(const struct debugger *d)
{
    const struct machine *m = debugger_machine(d);
    struct effects f;
    char text[FATE_TEXT];
    effects_predict(d, &f);
    if (!f.fetched)
        return;
    struct insn_class c = classes_of(d->classes, m, f.bits);
    disasm_in(m, d->syntax, f.bits, pc_of(d), text, sizeof text);
    json_string(d->json, "instruction", text);
    json_string(d->json, "class", class_name(&c));
    json_bool(d->json, "traps_to_vmm", f.host_traps);
    json_bool(d->json, "interpreted", f.interpreted);
    json_bool(d->json, "traps_in_guest", is_exception(&f.trap));
    if (*fate(d, &f, text, sizeof text))
        json_string(d->json, "fate", text);
}

/* Members appear when they say something: programs ask whether one is there. `reason` always is, and `pc`, `mode`,
 * `retired`. */
static void stop_json(const struct debugger *d, bool changes)
{
    struct json *j = d->json;
    json_object(j, "stop");
    json_string(j, "reason", reason_names[d->stop.reason]);
    if (d->stop.number)
        json_uint(j, "number", d->stop.number);
    json_hex(j, "pc", pc_of(d));
    json_symbol(d, pc_of(d));
    json_source(d);
    json_string(j, "mode", debugger_mode_name(d, machine_get(debugger_machine(d), MACHINE_MODE)));
    json_uint(j, "retired", debugger_retired(d));
    if (d->stop.reason == STOP_WATCHPOINT) {
        json_hex(j, "address", d->stop.address);
        json_hex(j, "old", d->stop.old_value);
        json_hex(j, "new", d->stop.new_value);
    }
    json_trap(d);
    if (d->stop.reason == STOP_ENDED) {
        json_string(j, "end", account_end_name(d->stop.result.end));
        json_int(j, "status", d->stop.result.status);
        json_string(j, "why", d->stop.result.why);
    } else {
        json_next(d);
    }
    if (changes)
        json_changes(d);
    if (*d->stop.note)
        json_string(j, "note", d->stop.note);
    json_end(j);
}

void report_stop(struct debugger *d, const struct effects *before, bool changes)
{
    if (d->json)
        stop_json(d, changes);
    else
        stop_text(d, before, changes);
}
