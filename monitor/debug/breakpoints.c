/* breakpoints.c - places and events where the guest stops. Executions, accesses and kinds of instructions are the machine's triggers
 * (breakpoint_trigger.c), which cost nothing but where they lie; the rest is looked at trap by trap, or instruction by instruction. */
#include "monitor/debug/debugger_private.h"

#include "monitor/debug/classes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool breakpoint_is_watch(const struct breakpoint *b)
{
    return b->kind == BREAK_WRITE || b->kind == BREAK_READ || b->kind == BREAK_ACCESS;
}

bool breakpoints_stepped(const struct debugger *d)
{
    const struct breakpoint *b = d->breakpoints;
    while (b && !(b->enabled && b->watched))
        b = b->next;
    return b;
}

/* --- making */

/* The triggers first: a slot that is set and belongs to nobody would stop the guest, and on_trigger() would let it pass
 * each time. */
static void destroy(struct debugger *d, struct breakpoint *b)
{
    breakpoint_disarm(d, b);
    for (char **line = b->commands; line && *line; line++)
        free(*line);
    free(b->commands);
    free(b->text);
    free(b->condition_text);
    expression_free(b->condition);
    expression_free(b->watched);
    free(b);
}

/* What cannot be read counts as 0: a watchpoint may be set before its page is mapped, and the value appears as a change
 * then. */
uint64_t breakpoint_value(struct debugger *d, const struct breakpoint *b)
{
    uint64_t bits = 0;
    struct value v = {0};
    struct error ignored;
    if (b->watched)
        return debugger_evaluate(d, b->watched, &v, &ignored) == 0 ? v.bits : 0;
    size_t n = b->length < sizeof bits ? b->length : sizeof bits;
    return debugger_read(d, b->physical ? SPACE_PHYSICAL : SPACE_VIRTUAL, b->address, &bits, n, &ignored) == 0 ? bits : 0;
}

/* The new one is complete before the old one goes: a condition that is mistyped leaves the breakpoint as it was. */
static int set_condition(struct debugger *d, struct breakpoint *b, const char *text, struct error *e)
{
    struct expression *x = NULL;
    char *copy = text ? strdup(text) : NULL;
    int r = text && !copy ? error_set(e, ENOMEM, "there is not enough memory") : 0;
    if (r == 0 && text)
        r = debugger_parse(d, text, NULL, &x, e);
    if (r == 0 && expression_assigns(x))
        r = error_set(e, EINVAL, "a condition compares with ==, and sets nothing");
    if (r) {
        free(copy);
        expression_free(x);
        return r;
    }
    free(b->condition_text);
    expression_free(b->condition);
    b->condition_text = copy;
    b->condition = x;
    return 0;
}

/* What `like` does not say is set here, not taken over: pointers in it are the caller's. It is armed before it is in any
 * list, so one that the machine has no trigger for has left no trace. */
static int make(struct debugger *d, const struct breakpoint *like, const char *condition, const char *watched, struct breakpoint **out,
                struct error *e)
{
    struct breakpoint *b = calloc(1, sizeof *b);
    if (!b)
        return error_set(e, ENOMEM, "there is not enough memory");
    *b = *like;
    b->text = like->text ? strdup(like->text) : NULL;
    b->condition_text = NULL;
    b->condition = b->watched = NULL;
    b->commands = NULL;
    b->next = NULL;
    b->pending = false;
    b->slots = 0;
    b->enabled = true;
    b->hits = 0;
    int r = like->text && !b->text ? error_set(e, ENOMEM, "there is not enough memory") : set_condition(d, b, condition, e);
    if (r == 0 && watched)
        r = debugger_parse(d, watched, NULL, &b->watched, e);
    if (r == 0)
        r = breakpoint_arm(d, b, e);
    if (r) {
        destroy(d, b);
        return r;
    }
    b->value = breakpoint_is_watch(b) ? breakpoint_value(d, b) : 0;
    *out = b;
    return 0;
}

int debugger_break_add(struct debugger *d, const struct breakpoint *like, const char *condition, const char *watched, unsigned *number,
                       struct error *e)
{
    struct breakpoint *b = NULL, **end = &d->breakpoints;
    int r = make(d, like, condition, watched, &b, e);
    if (r)
        return r;
    *number = b->number = ++d->last_number;
    while (*end)
        end = &(*end)->next;
    *end = b;
    return 0;
}

/* The guard is for recursion: `next` over a call waits behind it, and a deeper call of the same function comes by there
 * as well, with a lower stack pointer; so may an interrupt handler, in another mode. */
int debugger_break_internal(struct debugger *d, va_t at, bool guarded, struct error *e)
{
    const struct breakpoint like = {.kind = BREAK_EXECUTE, .address = at};
    const struct machine *m = debugger_guest(d);
    struct breakpoint *b = NULL;
    int r = make(d, &like, NULL, NULL, &b, e);
    if (r)
        return r;
    b->guarded = guarded;
    b->mode = (unsigned)machine_get(m, MACHINE_MODE);
    b->guard_sp = about_stack(m);
    b->next = d->internal;
    d->internal = b;
    return 0;
}

int debugger_break_mode(struct debugger *d, unsigned mode, struct error *e)
{
    const struct breakpoint like = {.kind = BREAK_MODE, .mode = mode};
    struct breakpoint *b = NULL;
    int r = make(d, &like, NULL, NULL, &b, e);
    if (r)
        return r;
    b->next = d->internal;
    d->internal = b;
    return 0;
}

void breakpoints_forget_internal(struct debugger *d)
{
    while (d->internal) {
        struct breakpoint *b = d->internal;
        d->internal = b->next;
        destroy(d, b);
    }
}

/* --- changing */

struct breakpoint *debugger_break_find(struct debugger *d, unsigned number)
{
    struct breakpoint *b = d->breakpoints;
    while (b && b->number != number)
        b = b->next;
    return b;
}

static int no_such(const struct debugger *d, unsigned number, struct error *e)
{
    return error_set(e, ENOENT, "there is no breakpoint number %u%s", number, d->breakpoints ? " (info breakpoints)" : "");
}

int debugger_break_remove(struct debugger *d, unsigned number, struct error *e)
{
    for (struct breakpoint **at = &d->breakpoints; *at; at = &(*at)->next)
        if ((*at)->number == number) {
            struct breakpoint *b = *at;
            *at = b->next;
            destroy(d, b);
            return 0;
        }
    return no_such(d, number, e);
}

void debugger_break_clear(struct debugger *d)
{
    breakpoints_forget_internal(d);
    while (d->breakpoints) {
        struct breakpoint *b = d->breakpoints;
        d->breakpoints = b->next;
        destroy(d, b);
    }
}

int debugger_break_condition(struct debugger *d, unsigned number, const char *condition, struct error *e)
{
    struct breakpoint *b = debugger_break_find(d, number);
    return b ? set_condition(d, b, condition, e) : no_such(d, number, e);
}

int debugger_break_enable(struct debugger *d, unsigned number, bool enable, struct error *e)
{
    struct breakpoint *b = debugger_break_find(d, number);
    if (!b)
        return no_such(d, number, e);
    int r = enable ? breakpoint_arm(d, b, e) : 0;
    if (r == 0 && !enable)
        breakpoint_disarm(d, b);
    if (r == 0)
        b->enabled = enable;
    return r;
}

/* --- meeting them. Conditions are about the guest, whatever level is looked at. */

static bool condition_holds(struct debugger *d, const struct breakpoint *b)
{
    struct value v;
    struct error e;
    unsigned level = d->level;
    if (!b->condition)
        return true;
    d->level = d->stack->depth;
    int r = debugger_evaluate(d, b->condition, &v, &e);
    d->level = level;
    if (r) /* a person must know, or the breakpoint would be silently lost */
        snprintf(d->stop.note, sizeof d->stop.note, "its condition %s cannot be evaluated: %.200s", b->condition_text, e.text);
    return r != 0 || v.bits != 0;
}

static bool guard_holds(const struct debugger *d, const struct breakpoint *b)
{
    const struct machine *m = debugger_guest(d);
    return !b->guarded || (machine_get(m, MACHINE_MODE) == b->mode && about_stack(m) >= b->guard_sp);
}

/* In this order, since each counts only what the one before let through: on, in the right frame, true, and met often
 * enough. */
bool breakpoint_stops(struct debugger *d, struct breakpoint *b)
{
    if (!b->enabled || !guard_holds(d, b) || !condition_holds(d, b))
        return false;
    b->hits++;
    if (b->ignore) {
        b->ignore--;
        return false;
    }
    return true;
}

static bool is_at(const struct debugger *d, const struct breakpoint *b, va_t pc, pa_t pa, bool mapped)
{
    uint64_t address = b->physical ? b->address * debugger_cell(d) : b->address;
    return b->kind == BREAK_EXECUTE && (b->physical ? mapped && address == pa : address == pc);
}

/* Numbered ones first: they are what a person asked for. All that are met count. */
struct breakpoint *breakpoints_at(struct debugger *d, va_t pc)
{
    struct breakpoint *lists[] = {d->breakpoints, d->internal}, *stops = NULL;
    pa_t pa;
    struct pt_walk walk;
    bool mapped = about_find(debugger_guest(d), pc, &pa, &walk);
    for (unsigned i = 0; i < 2; i++)
        for (struct breakpoint *b = lists[i]; b; b = b->next)
            if (is_at(d, b, pc, pa, mapped) && breakpoint_stops(d, b) && !stops)
                stops = b;
    return stops;
}

struct breakpoint *breakpoints_of_trap(struct debugger *d, const struct trap *t)
{
    struct breakpoint *stops = NULL;
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->kind == BREAK_TRAP && (b->any || (b->cause == t->cause && b->is_interrupt == (t->kind == TRAP_INTERRUPT))) &&
            breakpoint_stops(d, b) && !stops)
            stops = b;
    return stops;
}

static bool is_of(struct debugger *d, const struct breakpoint *b, insn_t bits)
{
    struct about_named named;
    const struct machine *m = debugger_guest(d);
    if (b->kind == BREAK_CSR)
        return about_named(m, bits, &named) && named.reg == b->csr;
    if (b->kind != BREAK_CLASS)
        return false;
    struct insn_class c = classes_of(d->classes, m, bits);
    return b->class == CLASS_SENSITIVE ? c.sensitive != 0 : b->class == CLASS_PRIVILEGED ? c.privileged : c.critical;
}

struct breakpoint *breakpoints_of_instruction(struct debugger *d)
{
    struct breakpoint *stops = NULL;
    const struct machine *m = debugger_guest(d);
    insn_t bits;
    unsigned length;
    bool any = false;
    for (const struct breakpoint *b = d->breakpoints; b; b = b->next)
        any |= b->enabled && (b->kind == BREAK_CSR || b->kind == BREAK_CLASS);
    if (!any)
        return NULL;
    bool fetched = debugger_fetch_guest(d, about_pc(m), &bits) != 0;
    unsigned row = fetched ? machine_decode(m, bits, &length) : INSN_NONE;
    for (struct breakpoint *b = d->breakpoints; b && row != INSN_NONE; b = b->next)
        if (is_of(d, b, bits) && breakpoint_stops(d, b) && !stops)
            stops = b;
    return stops;
}

struct breakpoint *breakpoints_of_mode(struct debugger *d, unsigned mode)
{
    struct breakpoint *stops = NULL;
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->kind == BREAK_MODE && b->mode == mode && breakpoint_stops(d, b) && !stops)
            stops = b;
    return stops;
}

/* --- exits */

bool exit_is_wanted(const struct exit_wish *w, unsigned level, const struct vm_event *e)
{
    if (w->level != level)
        return false;
    if (w->interrupt)
        return e->action == VM_INTERRUPTED;
    if (w->reason != REASON_NONE && (e->trap.kind != TRAP_EXCEPTION || e->trap.reason != w->reason))
        return false;
    return w->owner == VM_OWNER_NOBODY || (e->owner == w->owner && e->trap.kind != TRAP_NONE);
}

struct breakpoint *breakpoints_of_exit(struct debugger *d, unsigned level, const struct vm_event *e)
{
    struct breakpoint *stops = NULL;
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->kind == BREAK_EXIT && exit_is_wanted(&b->exit, level, e) && breakpoint_stops(d, b) && !stops)
            stops = b;
    return stops;
}

/* --- watchpoints, after the access. To write what is there already is no change; to write much is one. */

/* The value is taken up whether or not it stops the guest: the next access is compared with what is there then. */
static bool changes(struct debugger *d, struct breakpoint *b, struct stop *s)
{
    unsigned level = d->level;
    d->level = d->stack->depth;
    uint64_t old = b->value, now = breakpoint_value(d, b);
    d->level = level;
    b->value = now;
    bool counts = b->kind != BREAK_WRITE || (!b->watched && b->length > sizeof now) || now != old;
    if (!counts || !breakpoint_stops(d, b))
        return false;
    s->old_value = old;
    s->new_value = now;
    s->address = b->watched ? 0 : b->access;
    return true;
}

/* Several may watch the same place. The stop is of the first; the others count their hit, and what they found goes into
 * `other`. */
struct breakpoint *breakpoints_of_access(struct debugger *d, struct stop *s)
{
    struct breakpoint *stops = NULL;
    struct stop other;
    for (struct breakpoint *b = d->breakpoints; b; b = b->next) {
        if (b->pending && changes(d, b, stops ? &other : s) && !stops)
            stops = b;
        b->pending = false;
    }
    return stops;
}

struct breakpoint *breakpoints_of_expression(struct debugger *d, struct stop *s)
{
    struct breakpoint *stops = NULL;
    struct stop other;
    for (struct breakpoint *b = d->breakpoints; b; b = b->next)
        if (b->enabled && b->watched && changes(d, b, stops ? &other : s) && !stops)
            stops = b;
    return stops;
}
