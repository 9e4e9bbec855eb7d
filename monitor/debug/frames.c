/* frames.c - see frames.h. */
#include "monitor/debug/frames.h"

#include "monitor/debug/inlined.h"

enum { FRAMES_MAX = 1000 };

void frame_innermost(const struct debugger *d, struct frame *f)
{
    const struct machine *m = debugger_machine(d);
    const struct about_calls *c = about_calls(m->isa);
    *f = (struct frame){.regs = {.calls = c, .pc = about_pc(m), .known = ~UINT32_C(0)}};
    reg_t reg;
    for (unsigned i = 0; c && i < c->registers && i < FRAME_REGISTERS; i++)
        f->regs.x[i] = about_numbered(m->isa, i, &reg) ? machine_get(m, reg) : 0;
}

static unsigned word_of(const struct debugger *d)
{
    const struct about_calls *c = about_calls(debugger_isa(d));
    return c && c->word ? c->word : sizeof(uint64_t);
}

/* What functions put on the stack is a word, and so is an address. */
static bool load(void *opaque, uint64_t at, uint64_t *value)
{
    const unsigned word = word_of(opaque);
    const uint64_t address = word == sizeof(at) ? at : bits_get(at, 0, 8 * word);
    struct error ignored;
    *value = 0;
    return debugger_read(opaque, SPACE_VIRTUAL, address, value, word, &ignored) == 0;
}

/* The test of any guess at a return address: code is there, and an instruction may begin there. */
static bool has_code(const struct debugger *d, va_t pc)
{
    insn_t bits;
    return pc && pc % about_parcel(debugger_isa(d)) == 0 && debugger_fetch(d, pc, &bits) != 0;
}

/* Where functions keep to the convention: the return address and the caller's frame pointer are next to what the frame pointer names. */
/* The offsets are the instruction set's (struct about_calls). For one whose frame pointer names the end of the frame,
 * words of 8 bytes:
 *
 *     higher   |                     |   <- fp: the stack pointer before the call (stack_at = 0)
 *              | return address      |   fp - 8    return_at
 *              | caller's fp         |   fp - 16   frame_at
 *     lower    | locals              |   <- sp
 *
 * Frames lie one above the other. A frame pointer that is not above the frame's stack pointer is none, and following it
 * would go in circles; of the innermost frame nothing can be said yet, for its own function may not have made room. */
static bool by_frame_pointer(const struct debugger *d, const struct about_calls *c, const struct frame *f, struct frame *caller)
{
    uint64_t fp = f->regs.x[c->frame], ra, before;
    void *opaque = (void *)(uintptr_t)d;
    *caller = (struct frame){.regs = f->regs};
    if (!(f->regs.known >> c->frame & 1) || fp & (word_of(d) - 1) || !fp || !load(opaque, fp + (uint64_t)c->return_at, &ra) ||
        !load(opaque, fp + (uint64_t)c->frame_at, &before) || !has_code(d, ra))
        return false;
    caller->regs.pc = ra;
    caller->regs.x[c->frame] = before;
    caller->regs.x[c->stack] = fp + (uint64_t)c->stack_at;
    return f->level == 0 || fp > f->regs.x[c->stack];
}

/* Where the call puts the address on the stack: a function that has not made a frame yet, or has it no more. */
static bool by_stack(const struct debugger *d, const struct frame *f, struct frame *caller)
{
    const struct machine *m = debugger_machine(d);
    const struct about *a = about_of(m->isa);
    const struct about_calls *c = a->calls;
    uint64_t offset, at, ra;
    struct symbols_view view = debugger_view(d);
    const struct symbol *in = f->level == 0 && a->returns ? symbols_at(d->symbols, f->regs.pc, &view, &offset) : NULL;
    *caller = (struct frame){.regs = f->regs};
    if (!in || !a->returns(m, f->regs.pc - offset, f->regs.pc, &at) || !load((void *)(uintptr_t)d, at, &ra))
        return false;
    caller->regs.pc = ra;
    caller->regs.x[c->stack] = at + word_of(d);
    return true;
}

/* A function that has not made a frame yet, or makes none: it returns to where the call put the address. */
/* Only of the innermost frame: further out, the register has been used for other calls. That ra leads into the same
 * function is the sign of a return address which a call from it has left there, and not its caller's. */
static bool by_link(const struct debugger *d, const struct about_calls *c, const struct frame *f, struct frame *caller)
{
    uint64_t ra = f->regs.x[c->link];
    uint64_t offset;
    struct symbols_view view = debugger_view(d);
    const struct symbol *in = symbols_at(d->symbols, f->regs.pc, &view, &offset), *to = symbols_at(d->symbols, ra, &view, &offset);
    *caller = (struct frame){.regs = f->regs};
    caller->regs.pc = ra;
    return c->link != c->stack && f->level == 0 && has_code(d, ra) && (!in || in != to);
}

/* The compiler's tables are right wherever they are; the others are guesses by convention, tried from the surest on. A
 * caller that is the frame itself, pc and stack pointer, is the end: so the outermost frames of many programs look. */
bool frame_caller(const struct debugger *d, const struct frame *f, struct frame *caller)
{
    struct symbols_view view = debugger_view(d);
    struct frame next = {0};
    struct frame here = *f;
    const struct about *a = about_of(debugger_isa(d));
    const struct about_calls *c = a->calls;
    if (!c || f->level >= FRAMES_MAX || (a->framed && !a->framed(debugger_machine(d))))
        return false;
    /* A return address lies behind the call, which may be the last instruction of its function. */
    here.regs.pc -= f->level > 0;
    if (symbols_unwind(d->symbols, &view, &here.regs, load, (void *)(uintptr_t)d, &next.regs))
        next.by_tables = true;
    else if (!by_stack(d, f, &next) && !by_frame_pointer(d, c, f, &next) && !by_link(d, c, f, &next))
        return false;
    if (!has_code(d, next.regs.pc) || (next.regs.pc == f->regs.pc && next.regs.x[c->stack] == f->regs.x[c->stack]))
        return false;
    next.level = f->level + 1;
    next.inlined = 0;
    *caller = next;
    return true;
}

/* --- with what was inlined */

/* A return address lies behind the call, which may be the last instruction of its function. */
static uint64_t lookup_pc(const struct frame *f) { return f->regs.pc - (f->level > 0); }

/* Frames as a person counts them, where f has inlined g, which has inlined h, and main calls f:
 *
 *     #0  h   regs of f's frame   level 0   inlined 0
 *     #1  g   the same            level 0   inlined 1
 *     #2  f   the same            level 0   inlined 2
 *     #3  main                    level 1   inlined 0 */
bool frame_outer(const struct debugger *d, const struct frame *f, struct frame *outer)
{
    struct frame here = *f;
    if (here.inlined >= inlined_calls(d, lookup_pc(f)))
        return frame_caller(d, f, outer);
    here.inlined++;
    *outer = here;
    return true;
}

bool frame_numbered(const struct debugger *d, unsigned number, struct frame *f)
{
    frame_innermost(d, f);
    for (unsigned i = 0; i < number; i++)
        if (i >= FRAMES_MAX || !frame_outer(d, f, f))
            return false;
    return true;
}

void frame_selected(const struct debugger *d, struct frame *f)
{
    if (!frame_numbered(d, d->frame, f))
        frame_innermost(d, f);
}

bool frame_cfa(const struct debugger *d, const struct frame *f, uint64_t *cfa)
{
    struct symbols_view view = debugger_view(d);
    struct frame_registers here = f->regs;
    here.pc = lookup_pc(f);
    return symbols_cfa(d->symbols, &view, &here, load, (void *)(uintptr_t)d, cfa);
}

/* Of a function that has inlined another one: where it called it. */
bool frame_line(const struct debugger *d, const struct frame *f, struct source_line *out)
{
    struct symbols_view view = debugger_view(d);
    if (f->inlined == 0)
        return symbols_line(d->symbols, lookup_pc(f), &view, out);
    return inlined_call_line(d, lookup_pc(f), f->inlined - 1, out);
}
