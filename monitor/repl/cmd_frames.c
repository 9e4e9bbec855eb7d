/* cmd_frames.c - commands about frames: who called whom, which one names are looked up in, and its variables.
 *
 *    #0  0x0000000080200536 in kernel_main (hart=0, device_tree=2279604224) at kernel.c:214      innermost
 *    #1  0x000000008020002c in _start () at start.S:14                                            its caller: the return address
 *
 *    d->frame    0 ------------> `up`: 1        `down`: back to 0; each stop of the guest selects 0 again
 *
 * Two things go by the selected frame: in which function a name is looked up, and what `list` and `info locals` are about. Registers do
 * not: $pc and $sp stay the machine's, whichever frame is selected.
 */
#include "monitor/debug/frames.h"
#include "monitor/debug/inlined.h"
#include "monitor/debug/object.h"
#include "monitor/debug/source.h"
#include "monitor/repl/command.h"
#include "monitor/view/print.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_DEFAULT = 64 };

/* --- one frame as a line */

/* The debugging information's name goes first: it knows functions that were inlined, which have no symbol. Of a caller the pc is a return
 * address, which may be the first of the next function where a call is the last instruction; hence one less. */
static const char *function_name(const struct debugger *d, const struct frame *f)
{
    struct symbols_view view = debugger_view(d);
    uint64_t offset;
    const char *name = object_function(d, f);
    const struct symbol *s = name ? NULL : symbols_at(d->symbols, f->regs.pc - (f->level > 0), &view, &offset);
    return name ? name : s ? s->name : NULL;
}

/* A frame's arguments in one row: structs and arrays are "...", or one call would fill the screen. */
static void frame_text(struct debugger *d, unsigned number, const struct frame *f)
{
    static const struct object_style brief = {"=", ", ", true};
    struct source_line line;
    const char *name = function_name(d, f);
    fprintf(d->out, "#%-3u%s0x%016llx%s in %s%s%s (", number, tint(d, TINT_ADDRESS), (unsigned long long)f->regs.pc,
            tint(d, TINT_NONE), tint(d, TINT_SYMBOL), name ? name : "??", tint(d, TINT_NONE));
    (void)!object_each(d, f, OBJECT_ARGUMENTS, &brief, d->out);
    fputc(')', d->out);
    if (frame_line(d, f, &line))
        fprintf(d->out, " at %s:%u", source_name(&line), line.line);
    fputc('\n', d->out);
}

/* "inlined" says that there is no frame of its own on the stack: whoever counts return addresses must leave it out. */
static void frame_json(struct debugger *d, unsigned number, const struct frame *f)
{
    struct source_line line;
    json_object(d->json, NULL);
    json_uint(d->json, "level", number);
    json_hex(d->json, "pc", f->regs.pc);
    json_string(d->json, "function", function_name(d, f));
    if (f->inlined < inlined_calls(d, f->regs.pc - (f->level > 0)))
        json_bool(d->json, "inlined", true);
    if (frame_line(d, f, &line)) {
        json_string(d->json, "file", line.file);
        json_uint(d->json, "line", line.line);
    }
    json_end(d->json);
}

/* Bounded, as a stack that the guest has overwritten may lead round in circles: what lies behind 64 frames is told in one line. */
static int backtrace(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct frame f;
    struct value count = {FRAMES_DEFAULT, {8, true, 0}};
    int r = *a->text ? debugger_value(d, a->text, &count, e) : 0;
    if (r)
        return r;
    if (d->json)
        json_array(d->json, "frames");
    frame_innermost(d, &f);
    bool more = true;
    for (unsigned i = 0; i < count.bits && more; i++) {
        if (d->json)
            frame_json(d, i, &f);
        else
            frame_text(d, i, &f);
        more = frame_outer(d, &f, &f);
    }
    if (d->json)
        json_end(d->json);
    else if (more)
        fprintf(d->out, "(More stack frames follow...)\n");
    return 0;
}

/* --- the selected one */

/* Nothing where no line is known or the file is not found: the frame's own line has named it already. */
static void source_text(struct debugger *d, const struct frame *f)
{
    struct source_line line;
    size_t length;
    if (!frame_line(d, f, &line))
        return;
    const char *text = sources_line(d->sources, line.file, line.line, &length);
    if (text)
        fprintf(d->out, "%u\t%.*s\n", line.line, (int)length, text);
}

/* `list` begins at the frame that was just selected, and not where it went on before. */
static int tell(struct debugger *d)
{
    struct frame f;
    frame_selected(d, &f);
    d->listed.end = 0; /* list begins here */
    if (d->json) {
        json_array(d->json, "frames");
        frame_json(d, d->frame, &f);
        json_end(d->json);
    } else {
        frame_text(d, d->frame, &f);
        source_text(d, &f);
    }
    return 0;
}

/* Without a number it shows the selected one again. The sentence is gdb's, as programs on top of gdb look for it. */
static int frame(struct debugger *d, const struct repl_args *a, struct error *e)
{
    uint64_t number = d->frame;
    struct frame f;
    int r = *a->text ? debugger_count(d, a->text, &number, e) : 0;
    if (r == 0 && (number > UINT32_MAX || !frame_numbered(d, (unsigned)number, &f)))
        r = error_set(e, EINVAL, "No frame at level %.40s.", a->text);
    if (r)
        return r;
    d->frame = (unsigned)number;
    return tell(d);
}

/* As far as it goes: "up 10" in a stack of three ends at the outermost frame. Only where nothing moved at all it is a mistake. Frames are
 * numbered from the innermost, so going down needs no stack. */
static int move(struct debugger *d, const char *text, bool up, struct error *e)
{
    uint64_t count = 1;
    struct frame f;
    int r = *text ? debugger_count(d, text, &count, e) : 0;
    if (r)
        return r;
    unsigned at = d->frame;
    while (count && up && frame_numbered(d, at + 1, &f)) {
        at++;
        count--;
    }
    if (!up && count) {
        unsigned down = count < at ? (unsigned)count : at;
        at -= down;
        count = down ? 0 : count;
    }
    if (at == d->frame && count)
        return error_set(e, EINVAL,
                         up ? "Initial frame selected; you can't go up." : "Bottom (innermost) frame selected; you can't go down.");
    d->frame = at;
    return tell(d);
}

static int up(struct debugger *d, const struct repl_args *a, struct error *e) { return move(d, a->text, true, e); }
static int down(struct debugger *d, const struct repl_args *a, struct error *e) { return move(d, a->text, false, e); }

/*
 *    Stack level 0, frame at 0x80247010:              the CFA: where the stack pointer was before the call [DWARF 5, 6.4]
 *     pc = 0x80200534 in kernel_main (kernel.c:212)
 *     called from 0x8020002c, sp there 0x80247010, found by frame tables
 *
 * How the caller was found is said, since the ways are not equally good: a frame pointer may be anything in code that keeps none. */
static int info_frame(struct debugger *d, const struct repl_args *a, struct error *e)
{
    struct frame f, caller;
    struct source_line line;
    uint64_t cfa;
    int r = repl_no_more(a->text, e);
    if (r)
        return r;
    frame_selected(d, &f);
    const char *name = function_name(d, &f);
    bool has_cfa = frame_cfa(d, &f, &cfa);
    fprintf(d->out, "Stack level %u", d->frame);
    if (has_cfa)
        fprintf(d->out, ", frame at 0x%llx", (unsigned long long)cfa);
    fprintf(d->out, ":\n pc = 0x%llx in %s", (unsigned long long)f.regs.pc, name ? name : "??");
    if (frame_line(d, &f, &line))
        fprintf(d->out, " (%s:%u)", source_name(&line), line.line);
    if (f.inlined < inlined_calls(d, f.regs.pc - (f.level > 0)))
        fprintf(d->out, "\n inlined into frame %u", d->frame + 1);
    fputc('\n', d->out);
    if (frame_caller(d, &f, &caller))
        fprintf(d->out, " called from 0x%llx, sp there 0x%llx, found by %s\n", (unsigned long long)caller.regs.pc,
                (unsigned long long)caller.regs.x[about_calls(debugger_isa(d))->stack],
                caller.by_tables ? "frame tables" : "the frame pointer or where the call put it");
    else
        fprintf(d->out, " caller not known\n");
    return 0;
}

/* --- its variables */

/* `none` is said where the function is known and has none of them; a function that nothing is known of is an error. */
static int variables(struct debugger *d, const char *text, enum object_group group, const char *none, struct error *e)
{
    static const struct object_style style = {" = ", "\n", false};
    struct frame f;
    int r = repl_no_more(text, e);
    if (r)
        return r;
    frame_selected(d, &f);
    if (!symbols_have_lines())
        return error_set(e, ENOTSUP, "this trapeze was built without libdw, which reads what is known of variables");
    if (!object_function(d, &f))
        return error_set(e, ENOENT, "No symbol table info available.");
    fprintf(d->out, "%s\n", object_each(d, &f, group, &style, d->out) ? "" : none);
    return 0;
}

/* Innermost block first; of two variables of one name the inner one is what an expression means. */
static int info_locals(struct debugger *d, const struct repl_args *a, struct error *e)
{
    return variables(d, a->text, OBJECT_LOCALS, "No locals.", e);
}

static int info_args(struct debugger *d, const struct repl_args *a, struct error *e)
{
    return variables(d, a->text, OBJECT_ARGUMENTS, "No arguments.", e);
}

/* Written to memory first, so that a failure half way through a struct leaves nothing printed behind "type = ". */
static int type_of(struct debugger *d, const char *text, bool expand, struct error *e)
{
    char *out = NULL;
    size_t size;
    FILE *f = *text ? open_memstream(&out, &size) : NULL;
    if (!f)
        return *text ? error_set(e, ENOMEM, "there is not enough memory") : error_set(e, EINVAL, "of which variable or type?");
    int r = object_type(d, text, expand, f, e);
    fclose(f);
    if (r == 0)
        fprintf(d->out, "type = %s\n", out);
    free(out);
    return r;
}

static int ptype(struct debugger *d, const struct repl_args *a, struct error *e) { return type_of(d, a->text, true, e); }
static int whatis(struct debugger *d, const struct repl_args *a, struct error *e) { return type_of(d, a->text, false, e); }

extern const struct repl_command repl_framing[];
const struct repl_command repl_framing[] = {
    {"backtrace", "bt, where", "[COUNT]", "who called whom",
     "Callers are found by the frame tables of the symbol file where it has them, else by the frame\n"
     "pointer s0 or ebp (code compiled with -fno-omit-frame-pointer), and at a function's start by ra,\n"
     "or the stack. Calls that the compiler inlined are frames, too.",
     GROUP_SOURCE, backtrace, COMPLETE_NOTHING, false, NEEDS_CALLS},
    {"frame", "f", "[N]", "select the frame whose variables are meant, and show it",
     "0 is the innermost; every stop selects it. Registers stay the machine's.", GROUP_SOURCE, frame, COMPLETE_NOTHING, false,
     NEEDS_CALLS},
    {"up", NULL, "[N]", "select the caller's frame", NULL, GROUP_SOURCE, up, COMPLETE_NOTHING, true, NEEDS_CALLS},
    {"down", NULL, "[N]", "select the frame that the selected one called", NULL, GROUP_SOURCE, down, COMPLETE_NOTHING, true,
     NEEDS_CALLS},
    {"info frame", NULL, "", "where the selected frame is, and who called it", NULL, GROUP_SOURCE, info_frame, COMPLETE_NOTHING, false,
     NEEDS_CALLS},
    {"info locals", NULL, "", "the local variables of the selected frame",
     "Innermost block first. <optimized out>: the compiler kept no value of it here.", GROUP_SOURCE, info_locals, COMPLETE_NOTHING,
     false, NEEDS_CALLS},
    {"info args", NULL, "", "the arguments of the selected frame", NULL, GROUP_SOURCE, info_args, COMPLETE_NOTHING, false,
     NEEDS_CALLS},
    {"ptype", NULL, "VARIABLE | TYPE", "what a type consists of", "  ptype struct process          ptype p->root", GROUP_SOURCE, ptype,
     COMPLETE_SYMBOL, false, 0},
    {"whatis", NULL, "VARIABLE | TYPE", "the name of a type", NULL, GROUP_SOURCE, whatis, COMPLETE_SYMBOL, false, 0},
    {0},
};
