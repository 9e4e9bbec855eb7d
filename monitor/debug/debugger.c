/* debugger.c - the level it looks at, registers, and what expressions are evaluated with. */
#include "monitor/debug/debugger_private.h"
#include "monitor/debug/variables.h"
#include "monitor/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t debugger_retired(const struct debugger *d) { return d->system->retired; }

/* From the guest's hart down, host by host: a hart of the guest is a machine of its own at the top, and what carries it
 * is found by asking it. Two harts may end in the same machine below. */
struct machine *debugger_machine_of(const struct debugger *d, unsigned level, unsigned hart)
{
    struct machine *m = system_hart(d->system, hart);
    for (unsigned at = d->stack->depth; at > level; at--)
        m = vm_host(m);
    return m;
}

void debugger_refresh(struct debugger *d)
{
    const struct isa *isa = debugger_isa(d);
    for (unsigned i = 0; i < isa->reg_count; i++)
        d->now[i] = machine_get(debugger_machine(d), isa->regs[i].reg);
}

/* What is remembered is of another machine. */
static void look_elsewhere(struct debugger *d)
{
    d->frame = 0;
    d->has_before = false;
    debugger_refresh(d);
}

int debugger_set_level(struct debugger *d, unsigned level, struct error *e)
{
    if (level > d->stack->depth)
        return error_set(e, EINVAL, "there is no level %u: the guest runs at level %u, the bare machine is level 0", level,
                         d->stack->depth);
    d->level = level;
    look_elsewhere(d);
    return 0;
}

int debugger_set_hart(struct debugger *d, unsigned hart, struct error *e)
{
    if (hart >= d->system->harts)
        return error_set(e, EINVAL, "there is no hart %u: the guest has %u, from 0 on", hart, d->system->harts);
    d->hart = hart;
    look_elsewhere(d);
    return 0;
}

const char *debugger_mode_name(const struct debugger *d, uint64_t mode) { return about_mode(debugger_isa(d), mode); }
const char *debugger_said_mode(const struct debugger *d, uint64_t mode) { return about_said_mode(debugger_isa(d), mode); }

/* --- registers */

const struct reg_desc *debugger_register(const struct debugger *d, const char *name)
{
    return about_register_find(debugger_isa(d), name);
}

static const char *register_name(const void *isa, unsigned i)
{
    const struct isa *set = isa;
    return i < set->reg_count ? set->regs[i].name : NULL;
}

/* Whoever changes the guest by hand takes another course from here on. */
static int changed(struct debugger *d, struct error *e)
{
    debugger_refresh(d);
    return checkpoints_edited(d->past, e);
}

/* EXPRESSION_PLACE marks a register that is an offset and is meant as an address: with segments, $pc is where the
 * instruction lies, and the register's own name is the number that it holds. Setting goes the other way. */
static uint64_t get(void *opaque, reg_t r)
{
    const struct machine *m = debugger_machine(opaque);
    const reg_t whole = EXPRESSION_REGISTER(r);
    if (r & EXPRESSION_PLACE)
        return about_place(m, whole);
    const uint64_t v = machine_get(m, whole);
    return EXPRESSION_WIDTH(r) ? bits_get(v, EXPRESSION_LOW(r), EXPRESSION_WIDTH(r)) : v;
}

/* What is constant, read-only or of the machine's own making is not a person's to set; the register says so by not changing. */
static int set(void *opaque, reg_t r, uint64_t value, struct error *e)
{
    struct debugger *d = opaque;
    struct machine *m = debugger_machine(d);
    const reg_t named = r;
    r = EXPRESSION_REGISTER(named);
    uint64_t before = machine_get(m, r);
    if (named & EXPRESSION_PLACE)
        value = about_offset(m, r, value);
    else if (EXPRESSION_WIDTH(named))
        value = bits_set(before, EXPRESSION_LOW(named), EXPRESSION_WIDTH(named), value);
    if (d->level != d->stack->depth)
        return error_set(e, EPERM, "level %u belongs to the VMM on it: its registers can be looked at, the guest's set (level %u)",
                         d->level, d->stack->depth);
    machine_set(m, r, value);
    if (value != before && machine_get(m, r) == before)
        return error_set(e, EINVAL, "the register does not take that value: it stays 0x%llx", (unsigned long long)before);
    return changed(d, e);
}

/* An address of the paper's machine names a cell, of which a part cannot be read: at least one cell is. */
static int load(void *opaque, uint64_t at, unsigned size, uint64_t *value, struct error *e)
{
    *value = 0;
    return debugger_read(opaque, SPACE_VIRTUAL, at, value, debugger_cell(opaque) > size ? debugger_cell(opaque) : size, e);
}

static int store(void *opaque, uint64_t at, unsigned size, uint64_t value, struct error *e)
{
    int r = debugger_write(opaque, SPACE_VIRTUAL, at, &value, debugger_cell(opaque) > size ? debugger_cell(opaque) : size, e);
    return r ? r : changed(opaque, e);
}

/* Names with a $ that are no registers are variables, so a register that is misspelt ends here. Hence the guess. */
static int variable(void *opaque, const char *name, struct value *out, struct error *e)
{
    const struct debugger *d = opaque;
    if (variables_get(d->variables, name, out))
        return 0;
    const char *near = near_word(name, register_name, debugger_isa(d));
    return error_set(e, EINVAL, "there is no register or variable $%s%s%s%s", name, near ? "; is $" : "", near ? near : "",
                     near ? " meant?" : "");
}

static int set_variable(void *opaque, const char *name, const struct value *value, struct error *e)
{
    const struct debugger *d = opaque;
    return variables_set(d->variables, name, value) ? error_set(e, ENOMEM, "there is not enough memory for $%s", name) : 0;
}

static int object(void *opaque, const char *path, bool address, struct value *out, struct error *e)
{
    struct debugger *d = opaque;
    return d->parts->object(d, path, address, out, e);
}

static int far(void *opaque, uint64_t segment, uint64_t offset, uint64_t *address, struct error *e)
{
    if (about_far(debugger_machine(opaque), segment, offset, address))
        return 0;
    return error_set(e, EINVAL, "0x%llx selects no segment as the machine is now", (unsigned long long)segment);
}

/* Expressions know no machine (expression.h); these are the hands by which one reaches the level that is looked at. */
static struct expression_context context(struct debugger *d)
{
    return (struct expression_context){.name = debugger_find_name,
                                       .far = about_is_far(debugger_isa(d)) ? far : NULL,
                                       .get = get,
                                       .set = set,
                                       .load = load,
                                       .store = store,
                                       .variable = variable,
                                       .set_variable = set_variable,
                                       .object = object,
                                       .opaque = d};
}

int debugger_parse(struct debugger *d, const char *text, const char **rest, struct expression **out, struct error *e)
{
    const struct expression_context c = context(d);
    return expression_parse(text, &c, rest, out, e);
}

int debugger_evaluate(struct debugger *d, const struct expression *x, struct value *out, struct error *e)
{
    const struct expression_context c = context(d);
    return expression_evaluate(x, &c, out, e);
}

int debugger_address_of(struct debugger *d, const struct expression *x, struct value *out, struct error *e)
{
    const struct expression_context c = context(d);
    return expression_address(x, &c, out, e);
}

int debugger_value(struct debugger *d, const char *text, struct value *out, struct error *e)
{
    struct expression *x;
    int r = debugger_parse(d, text, NULL, &x, e);
    if (r)
        return r;
    r = debugger_evaluate(d, x, out, e);
    expression_free(x);
    return r;
}

int debugger_count(struct debugger *d, const char *text, uint64_t *count, struct error *e)
{
    struct value v = {0};
    int r = debugger_value(d, text, &v, e);
    if (r == 0 && v.type.is_signed && (int64_t)v.bits < 0)
        r = error_set(e, EINVAL, "a count is not negative: '%.60s' is %lld", text, (long long)v.bits);
    *count = v.bits;
    return r;
}

/* Returns `text`, so that a caller may look at its first letter in the same breath: "" says that nobody knows the
 * address. */
const char *debugger_symbol(const struct debugger *d, uint64_t address, char *text, size_t size)
{
    uint64_t offset;
    struct symbols_view view = debugger_view(d);
    const struct symbol *s = symbols_at(d->symbols, address, &view, &offset);
    if (!s)
        *text = '\0';
    else if (offset)
        snprintf(text, size, "<%s+%llu>", s->name, (unsigned long long)offset);
    else
        snprintf(text, size, "<%s>", s->name);
    return text;
}
