/* why.c - `why`: the last trap told in a paragraph. `why VA`, `why irq`, `why stuck` are in why_access.c.
 *
 * What is told of the last trap was written down when it happened (traplog.h): state before D decided and after.
 */
#include "monitor/view/why.h"

#include "monitor/debug/classes.h"
#include "monitor/debug/trap_name.h"
#include "monitor/disasm.h"
#include "monitor/stats.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct story {
    const struct debugger *d;
    FILE *f;       /* of the text */
    char name[48]; /* of a trap that has none */
};

static void PRINTF_LIKE(2, 3) say(struct story *s, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    vfprintf(s->f, format, list);
    va_end(list);
}

/* The host's trap is what happened; where the host did not trap, as when a virtual interrupt came due, D's own decision
 * is. */
static const struct trap *subject(const struct vm_event *e) { return e->trap.kind == TRAP_NONE ? &e->result : &e->trap; }

static const char *name_of(struct story *s, const struct trap *t) { return trap_name(debugger_isa(s->d), t, s->name, sizeof s->name); }

/* --- the parts */

/* Done by the hybrid monitor itself: no host ran it. */
static bool is_interpreted(const struct debugger *d, const struct vm_event *e)
{
    struct vm_stats stats;
    vm_stats(e->vm, &stats);
    return stats.hybrid && e->virtual_mode != about_user_mode(debugger_isa(d));
}

static void tell_where(struct story *s, unsigned level, const struct vm_event *e)
{
    char symbol[VIEW_SYMBOL];
    debugger_symbol(s->d, e->pc, symbol, sizeof symbol);
    say(s, "After %llu instructions, at 0x%llx%s%s, ", (unsigned long long)e->retired, (unsigned long long)e->pc, *symbol ? " " : "",
        symbol);
    if (level && is_interpreted(s->d, e))
        say(s, "%s in virtual %s, which the hybrid monitor interprets, ", view_level_name(s->d, level),
            debugger_said_mode(s->d, e->virtual_mode));
    else if (level)
        say(s, "%s in virtual %s, that is in real %s of %s, ", view_level_name(s->d, level), debugger_said_mode(s->d, e->virtual_mode),
            debugger_said_mode(s->d, e->real_mode), view_level_name(s->d, level - 1));
    else
        say(s, "the bare machine in %s ", debugger_said_mode(s->d, e->virtual_mode));
}

static void tell_instruction(struct story *s, const struct vm_event *e)
{
    const struct trap *t = subject(e);
    const struct machine *m = e->vm;
    char text[DISASM_TEXT];
    if (!t->length || t->row >= m->isa->row_count) {
        say(s, t->length ? "met 0x%llx, which is no instruction. " : "had no instruction in hand. ", (unsigned long long)t->bits);
        return;
    }
    const struct insn_desc *row = &m->isa->rows[t->row];
    struct insn_class c = classes_of(s->d->classes, m, t->bits);
    disasm_in(m, s->d->syntax, t->bits, e->pc, text, sizeof text);
    say(s, "came to '%s' (%s; %s, %s [%s]). ", text, row->name, class_name(&c), c.measured ? "measured" : "as the table claims",
        row->manual);
}

static const char *rule_of(enum trap_reason r)
{
    switch (r) {
    case REASON_PRIVILEGE: return "privilege: it would not trap were only the mode raised";
    case REASON_RESOURCE: return "resource: what it needs is not there";
    case REASON_REQUESTED: return "requested: it traps in every mode, because the program asks";
    case REASON_UNDEFINED: return "undefined: it traps in every mode";
    default: return "none";
    }
}

/* Under VMM_PATCH and VMM_TRANSLATE what looks like a trap of the host is the monitor's own: it stopped before the
 * instruction, having read it. */
static void tell_host(struct story *s, unsigned level, const struct vm_event *e)
{
    const char *host = view_level_name(s->d, level - 1);
    struct vm_stats stats;
    if (e->trap.kind == TRAP_NONE)
        return;
    vm_stats(e->vm, &stats);
    if (stats.monitor == VMM_PATCH && e->trap.reason == REASON_PRIVILEGE) {
        say(s,
            "The host, %s, has not executed it: the monitor inspects each instruction before it first runs (--vmm patch), and lets "
            "none through that has a v_i. ",
            host);
        return;
    }
    if (stats.monitor == VMM_TRANSLATE && e->trap.reason == REASON_PRIVILEGE) {
        say(s,
            "The host, %s, has not executed it: the guest's privileged code runs translated (--vmm translate), and where an "
            "instruction has a v_i the translation leaves to the monitor. ",
            host);
        return;
    }
    say(s, "The host, %s, trapped: %s, tval 0x%llx; reason %s. ", host, name_of(s, &e->trap), (unsigned long long)e->trap.tval,
        rule_of(e->trap.reason));
}

static void tell_fill(struct story *s, const struct vm_event *e)
{
    const struct vm_fill *f = &e->fill;
    say(s,
        "The guest's own tables grant the access; only the shadow lacked it. So the leaf of page 0x%llx was written into root %u: "
        "guest-physical 0x%llx, host-physical 0x%llx, rights %c%c%c; and the instruction is tried again. ",
        (unsigned long long)f->va, f->root, (unsigned long long)f->guest, (unsigned long long)f->host, f->r ? 'r' : '-',
        f->w ? 'w' : '-', f->x ? 'x' : '-');
}

/* D's decision, and what came of it. */
/* Whose trap it was (owner) and what was done (action) are two things: a v_i may find that the virtual machine traps,
 * too, and reflect it. */
static void tell_decision(struct story *s, unsigned level, const struct traplog_entry *t)
{
    const struct vm_event *e = &t->event;
    const struct isa *isa = debugger_isa(s->d);
    const char *vm = view_level_name(s->d, level);
    bool known = e->trap.row < isa->row_count;
    switch (e->action) {
    case VM_EMULATED:
        say(s,
            "D gave it to its v_i, v_%s, which asked the virtual machine, not the real one: allowed in virtual %s. It did to the "
            "virtual state what the manual says%s. ",
            known ? isa->rows[e->trap.row].name : "?", debugger_said_mode(s->d, e->virtual_mode),
            e->result.kind == TRAP_WAIT ? "; the virtual machine now waits" : "");
        break;
    case VM_FILLED:
        say(s, "D gave it to the shadow MMU. ");
        tell_fill(s, e);
        break;
    case VM_INTERPRETED:
        say(s,
            "D gave it to the shadow MMU; no leaf can express the access (%s), so the VMM did this one instruction itself, access by "
            "access. ",
            e->owner == VM_OWNER_DEVICE ? "a device is there" : "tr shows why");
        break;
    case VM_REFLECTED:
        if (e->trap.kind == TRAP_NONE) {
            say(s, "By what the manual says %s itself takes a trap: %s. ", vm, name_of(s, &e->result));
            break;
        }
        say(s, "%s, so %s itself takes a trap: %s. ",
            e->owner == VM_OWNER_V_I ? "D gave it to its v_i, and the virtual machine does not allow it"
                                     : "D found it to be the guest's own",
            vm, name_of(s, &e->result));
        break;
    case VM_INTERRUPTED: why_interrupt(s->f, s->d, t); break;
    case VM_STOPPED: say(s, "The VMM stopped the guest: %s. ", machine_stopped(e->vm) ? machine_stopped(e->vm) : "?"); break;
    }
}

static void tell_delivery(struct story *s, const struct traplog_entry *t)
{
    if (t->by_firmware)
        say(s, "The built-in firmware served it. ");
    else if (t->delivered)
        say(s, "It was delivered to the guest, as the architecture says. ");
}

static void tell_cost(struct story *s, unsigned level, const struct traplog_entry *t)
{
    unsigned below = 0;
    if (is_interpreted(s->d, &t->event)) {
        say(s, "Cost: no exit, but the interpretation of every instruction in that mode.");
        return;
    }
    for (unsigned i = 1; i < level; i++)
        below += t->exits[i];
    say(s, "Cost: %u exit%s of %s to the VMM", t->exits[level], t->exits[level] == 1 ? "" : "s", view_level_name(s->d, level - 1));
    if (level > 1)
        say(s, ", %u of the machines below it", below);
    say(s, "; no instruction of a host was executed for it.");
}

/* --- registers, old and new */

static void changes(const struct debugger *d, const struct traplog_entry *t)
{
    const struct reg_desc *r;
    if (d->json)
        json_array(d->json, "changed");
    for (unsigned i = 0; t->before && (r = traplog_register(d->traplog, i)); i++) {
        uint64_t old = t->before[i], new = t->after[i];
        if (old == new)
            continue;
        if (d->json) {
            json_object(d->json, NULL);
            json_string(d->json, "register", r->name);
            json_hex(d->json, "old", old);
            json_hex(d->json, "new", new);
            json_end(d->json);
        } else if (r->reg == MACHINE_MODE) {
            fprintf(d->out, "   %-12s%s -> %s\n", r->name, debugger_mode_name(d, old), debugger_mode_name(d, new));
        } else {
            fprintf(d->out, "   %-12s0x%016llx -> 0x%016llx\n", r->name, (unsigned long long)old, (unsigned long long)new);
        }
    }
    if (d->json)
        json_end(d->json);
}

static void event_json(const struct debugger *d, unsigned level, const struct vm_event *e)
{
    json_uint(d->json, "level", level);
    json_uint(d->json, "retired", e->retired);
    json_hex(d->json, "pc", e->pc);
    json_string(d->json, "mode", debugger_mode_name(d, e->virtual_mode));
    json_string(d->json, "real_mode", debugger_mode_name(d, e->real_mode));
    json_uint(d->json, "cause", subject(e)->cause);
    json_string(d->json, "reason", account_reason_name(subject(e)->reason));
    if (!level)
        return;
    json_string(d->json, "owner", vm_owner_name(e->owner));
    json_string(d->json, "action", vm_action_name(e->action));
}

static void tell(struct story *s, unsigned level, const struct traplog_entry *t)
{
    const struct trap *trap = subject(&t->event);
    tell_where(s, level, &t->event);
    if (trap->kind == TRAP_INTERRUPT && !level)
        why_interrupt(s->f, s->d, t);
    else if (trap->kind != TRAP_INTERRUPT)
        tell_instruction(s, &t->event);
    if (level) {
        tell_host(s, level, &t->event);
        tell_decision(s, level, t);
    } else if (trap->kind == TRAP_EXCEPTION) {
        say(s, "It trapped: %s, tval 0x%llx; reason %s. ", name_of(s, trap), (unsigned long long)trap->tval, rule_of(trap->reason));
    }
    tell_delivery(s, t);
    if (level)
        tell_cost(s, level, t);
}

/* --- no trap */

/* What Theorem 1 forbids has just happened: a sensitive instruction ran in the host without a trap, and used what
 * differs there. A critical one that happened to use what is the same really and virtually did no harm, and `why` tells
 * of the last trap as always. */
bool why_has_untrapped(const struct debugger *d)
{
    const struct executed *x = &d->executed;
    if (!x->known || !x->uses)
        return false;
    struct insn_class c = classes_of(d->classes, debugger_guest(d), x->bits);
    return c.critical;
}

static const char *register_name(const struct debugger *d, reg_t r)
{
    const struct isa *isa = debugger_isa(d);
    for (unsigned i = 0; r != MACHINE_MODE && i < isa->reg_count; i++)
        if (isa->regs[i].reg == r)
            return isa->regs[i].name;
    return "M"; /* the paper's */
}

static void say_value(struct story *s, reg_t r, uint64_t value)
{
    if (r == MACHINE_MODE)
        say(s, "%s", debugger_mode_name(s->d, value));
    else
        say(s, "0x%llx", (unsigned long long)value);
}

static bool tell_uses(struct story *s, const struct executed *x)
{
    bool writes = false;
    for (unsigned i = 0; i < x->uses; i++) {
        const struct executed_use *u = &x->use[i];
        say(s, "%s%s%s %s: real ", i ? ", " : "", u->how & TOUCH_READ ? "read" : "",
            u->how & TOUCH_WRITE ? (u->how & TOUCH_READ ? " and wrote" : "wrote") : "", register_name(s->d, u->reg));
        say_value(s, u->reg, u->real);
        say(s, ", virtual ");
        say_value(s, u->reg, u->virtual);
        writes |= u->how & TOUCH_WRITE;
    }
    return writes;
}

/* D was not called, so there is no event: why_untrapped() makes one up for the sentences that all stories begin with. */
static void tell_untrapped(struct story *s, const struct vm_event *e, const struct executed *x)
{
    const struct debugger *d = s->d;
    tell_where(s, d->stack->depth, e);
    tell_instruction(s, e);
    say(s, "%s ", e->vm->isa->rows[e->trap.row].name);
    bool writes = tell_uses(s, x);
    say(s, "; it is sensitive and not privileged, so D was never called. ");
    say(s, writes ? "What was changed is the host's, and the virtual machine does not know of it. "
                  : "It went by what is true of the host, and no v_i said what is true of the virtual machine. ");
    const bool user = x->virtual_mode == about_user_mode(debugger_isa(d));
    say(s,
        user ? "The hybrid monitor runs virtual %s directly, too, and is no help."
             : "The hybrid monitor (--vmm hybrid) interprets virtual %s, and there D is asked.",
        debugger_said_mode(d, x->virtual_mode));
    enum vmm_monitor m;
    for (unsigned i = 0; vmm_monitor_at(debugger_isa(d), i, &m); i++)
        if (m == VMM_PATCH || (m == VMM_TRANSLATE && !user))
            say(s, " --vmm %s does not let it pass.", vmm_monitor_name(m));
}

static void uses_json(const struct debugger *d, const struct executed *x)
{
    json_array(d->json, "used");
    for (unsigned i = 0; i < x->uses; i++) {
        json_object(d->json, NULL);
        json_string(d->json, "register", register_name(d, x->use[i].reg));
        json_bool(d->json, "read", x->use[i].how & TOUCH_READ);
        json_bool(d->json, "wrote", x->use[i].how & TOUCH_WRITE);
        json_hex(d->json, "real", x->use[i].real);
        json_hex(d->json, "virtual", x->use[i].virtual);
        json_end(d->json);
    }
    json_end(d->json);
}

int why_untrapped(struct debugger *d, struct error *e)
{
    const struct executed *x = &d->executed;
    unsigned length, row = machine_decode(debugger_guest(d), x->bits, &length);
    const struct vm_event event = {.vm = debugger_guest(d),
                                   .retired = x->retired,
                                   .pc = x->pc,
                                   .virtual_mode = x->virtual_mode,
                                   .real_mode = x->real_mode,
                                   .trap = {.kind = TRAP_EXCEPTION,
                                            .row = (uint16_t)row,
                                            .length = (uint8_t)length,
                                            .bits = (uint64_t)x->bits,
                                            .bits_high = (uint64_t)(x->bits >> 64)}};
    char *text = NULL;
    size_t size;
    struct story s = {.d = d, .f = open_memstream(&text, &size)};
    if (!s.f)
        return error_set(e, ENOMEM, "there is not enough memory");
    tell_untrapped(&s, &event, x);
    if (fclose(s.f) != 0) {
        free(text);
        return error_set(e, ENOMEM, "there is not enough memory");
    }
    if (d->json) {
        json_uint(d->json, "retired", x->retired);
        json_hex(d->json, "pc", x->pc);
        json_string(d->json, "story", text);
        uses_json(d, x);
    } else {
        view_paragraph(d, 0, text);
    }
    free(text);
    return 0;
}

/*T:720 Why did it trap, and what did the VMM make of it? The answer is read from an observer's record of D and from the machine's
 * registers before and after; nothing is told from memory. :*/
int why_trap(struct debugger *d, struct error *e)
{
    unsigned level = d->level || !d->stack->depth ? d->level : 1; /* what the bare machine takes is for the VM on it */
    const struct traplog_entry *t = traplog_last(d->traplog, level);
    char *text = NULL;
    size_t size;
    if (!t)
        return error_set(e, ENOENT, "nothing has trapped yet");
    struct story s = {.d = d, .f = open_memstream(&text, &size)};
    if (!s.f)
        return error_set(e, ENOMEM, "there is not enough memory");
    tell(&s, level, t);
    if (fclose(s.f) != 0) {
        free(text);
        return error_set(e, ENOMEM, "there is not enough memory");
    }
    if (d->json) {
        event_json(d, level, &t->event);
        json_string(d->json, "story", text);
    } else {
        view_paragraph(d, 0, text);
    }
    free(text);
    changes(d, t);
    return 0;
}
