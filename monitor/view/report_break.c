/* report_break.c - what is said of breakpoints and watchpoints: when they are made, and when they stop the guest. */
#include "monitor/debug/format.h"
#include "monitor/debug/trap_name.h"
#include "monitor/view/report.h"

#include <stdio.h>

enum { SYMBOL_TEXT = 96, CAUSE_TEXT = 48 };

static const char *const class_names[] = {"sensitive", "privileged", "critical"};

static const char *csr_name(const struct debugger *d, reg_t reg)
{
    const struct isa *isa = debugger_isa(d);
    for (unsigned i = 0; i < isa->reg_count; i++)
        if (isa->regs[i].reg == reg)
            return isa->regs[i].name;
    return "?";
}

/* What `info breakpoints` has in its last column, and a stop between number and place:
 *
 *     BREAK_EXECUTE   0x0000000080200518 <kernel_main>      BREAK_TRAP    trap: load page fault, or trap
 *     BREAK_PORT      access to port 0x60                   BREAK_MODE    mode becomes U
 *     BREAK_EXIT      exit of vm1: privilege                BREAK_CLASS   critical instruction
 *
 * A physical address has no symbol: names are of virtual addresses. */
const char *report_breakpoint(const struct debugger *d, const struct breakpoint *b, char *text, size_t size)
{
    char symbol[SYMBOL_TEXT];
    const struct trap t = {.kind = b->is_interrupt ? TRAP_INTERRUPT : TRAP_EXCEPTION, .cause = b->cause};
    char name[CAUSE_TEXT];
    switch (b->kind) {
    case BREAK_TRAP:
        snprintf(text, size, "trap%s%s", b->any ? "" : ": ", b->any ? "" : trap_name(debugger_isa(d), &t, name, sizeof name));
        break;
    case BREAK_CSR: snprintf(text, size, "instruction with csr %s", csr_name(d, b->csr)); break;
    case BREAK_MODE: snprintf(text, size, "mode becomes %s", debugger_mode_name(d, b->mode)); break;
    case BREAK_EXIT:
        snprintf(text, size, "exit of %s%s%s", d->stack->name[b->exit.level], *exit_wish_word(&b->exit) ? ": " : "",
                 exit_wish_word(&b->exit));
        break;
    case BREAK_PORT:
        if (b->length > 1)
            snprintf(text, size, "access to a port from 0x%llx to 0x%llx", (unsigned long long)b->address,
                     (unsigned long long)(b->address + b->length - 1));
        else
            snprintf(text, size, "access to port 0x%llx", (unsigned long long)b->address);
        break;
    case BREAK_CLASS: snprintf(text, size, "%s instruction", class_names[b->class]); break;
    default:
        debugger_symbol(d, b->address, symbol, sizeof symbol);
        snprintf(text, size, "%s0x%016llx%s%s", b->physical ? "physical " : "", (unsigned long long)b->address,
                 *symbol && !b->physical ? " " : "", b->physical ? "" : symbol);
    }
    return text;
}

static const char *watch_word(enum breakpoint_kind k)
{
    return k == BREAK_READ ? "read watchpoint" : k == BREAK_ACCESS ? "access (read/write) watchpoint" : "watchpoint";
}

/* gdb's words, to the letter, for people and tools know them. "Software" is one that the guest is stepped for: an
 * expression that is no place in memory. Of a read that changed nothing there is one value to tell, of a write both,
 * even when a wide one left its first eight bytes, which are all that is kept, as they were. */
void report_watch(const struct debugger *d, const struct breakpoint *b)
{
    unsigned size = b->watched || b->length > 8 ? 8 : b->length;
    char old[FORMAT_TEXT], now[FORMAT_TEXT];
    format_number('x', size, d->stop.old_value, false, old, sizeof old);
    format_number('x', size, d->stop.new_value, false, now, sizeof now);
    fprintf(d->out, "\n%s %s %u: %s\n\n", b->watched ? "Software" : "Hardware", watch_word(b->kind), b->number, b->text);
    if (b->kind == BREAK_WRITE || d->stop.old_value != d->stop.new_value)
        fprintf(d->out, "Old value = %s\nNew value = %s\n", old, now);
    else
        fprintf(d->out, "Value = %s\n", now);
}

/* The line is left open: report_place() goes on in it. The place of a breakpoint at an address is the place where the
 * guest stands, and need not be said twice. */
void report_break(const struct debugger *d, const struct breakpoint *b)
{
    char text[160];
    fprintf(d->out, "\n%s %u, ", b->temporary ? "Temporary breakpoint" : "Breakpoint", b->number);
    if (b->kind != BREAK_EXECUTE)
        fprintf(d->out, "%s, ", report_breakpoint(d, b, text, sizeof text));
}
