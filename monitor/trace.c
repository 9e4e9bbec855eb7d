/* trace.c - trace events in JSON, after Google's "Trace Event Format": complete events (ph X) with ts and dur, instants (ph i), and
 * metadata (ph M) that names process and tracks. ts is in microseconds.
 *
 * Each event is written into memory first: only then is known whether it still fits.
 *
 * An excerpt; tracks (tid) are 1 for vm1 on the bare machine, 2 for vm2 on vm1 ..., and one more for the guest's mode:
 *
 *     {"displayTimeUnit": "ns", "traceEvents": [
 *      {"name": "thread_name", "ph": "M", "pid": 1, "tid": 1, "ts": 0, "args": {"name": "exits of vm1 to its VMM on the bare
 * machine"}},
 *      {"name": "out", "cat": "emulated", "ph": "X", "ts": 0.002, "pid": 1, "tid": 1, "dur": 0.001, "args": {"retired": 2, ...}},
 *      {"name": "s", "cat": "mode", "ph": "X", "ts": 0.000, "pid": 1, "tid": 2, "dur": 0.128}],
 *      "otherData": {"unit": "1 ns is 1 retired instruction", "events": 27, "dropped": 0}}
 *
 * (In the file all is one line.)
 */
#include "monitor/trace.h"

#include "isa/about.h"
#include "isa/insn.h"
#include "monitor/disasm.h"
#include "monitor/json.h"
#include "monitor/outfile.h"
#include "monitor/stats.h"

#include <errno.h>
#include <stdlib.h>

enum { PROCESS = 1, TAIL = 192 /* bytes to end the file with */ };

struct trace_level {
    struct vm_observer observer;
    struct trace *trace; /* borrowed: whose this is */
    unsigned level;
};

/* One JSON writer for the whole file, whose output goes through `memory`: what an event adds is there before it is written, with
 * its comma. An event that does not fit is dropped there, and the nesting stays right for the tail. */
struct trace {
    struct outfile file;
    const struct stack *stack; /* borrowed */
    uint64_t written, limit, events, dropped;
    FILE *memory; /* writes to text */
    char *text;   /* owned, as the C library does */
    size_t size;
    struct json json; /* into memory */
    struct trace_level level[STACK_DEPTH_MAX + 1];
    uint64_t mode, mode_since; /* the guest's */
    uint64_t last;             /* the end of its latest exit: only there the mode changes */
};

/* --- Events */

static unsigned guest_track(const struct trace *t) { return t->stack->depth + 1; }

static const char *mode_name(const struct trace *t, uint64_t mode) { return about_mode(t->stack->level[0]->isa, mode); }

/* What memory holds goes to the file, if it fits; `always`: the frame around the events, for which there is room. TAIL bytes are
 * kept back for the end, so the file is whole JSON however much was dropped. */
static bool put(struct trace *t, bool always)
{
    fflush(t->memory);
    bool fits = always || t->written + t->size + TAIL <= t->limit;
    if (fits) {
        fwrite(t->text, 1, t->size, t->file.f);
        t->written += t->size;
    }
    rewind(t->memory);
    return fits;
}

static void event_begin(struct trace *t, const char *name, const char *category, const char *phase, unsigned track, uint64_t at)
{
    struct json *j = &t->json;
    json_object(j, NULL);
    json_string(j, "name", name);
    json_string(j, "cat", category);
    json_string(j, "ph", phase);
    json_double(j, "ts", (double)at / 1000, 3);
    json_uint(j, "pid", PROCESS);
    json_uint(j, "tid", track);
}

/* Once one did not fit, none that follows is written: the file is the beginning of the run. */
static void event_end(struct trace *t)
{
    json_end(&t->json);
    if (put(t, false))
        t->events++;
    else
        t->dropped++;
}

/* The guest was in one mode from `mode_since` until now. A slice has a length, so it can be written only when the mode has
 * ended. Of length 0 there is nothing to see. */
static void mode_slice(struct trace *t, uint64_t now)
{
    if (now == t->mode_since || t->dropped)
        return;
    event_begin(t, mode_name(t, t->mode), "mode", "X", guest_track(t), t->mode_since);
    json_double(&t->json, "dur", (double)(now - t->mode_since) / 1000, 3);
    event_end(t);
    t->mode_since = now;
}

/* What the guest gets of it: its own trap, a wait, or nothing. */
static void result_text(const struct trap *r, char *out, size_t size)
{
    switch (r->kind) {
    case TRAP_EXCEPTION: snprintf(out, size, "exception %llu", (unsigned long long)r->cause); break;
    case TRAP_INTERRUPT: snprintf(out, size, "interrupt %llu", (unsigned long long)r->cause); break;
    case TRAP_WAIT: snprintf(out, size, "wait"); break;
    case TRAP_STOP: snprintf(out, size, "stop"); break;
    default: snprintf(out, size, "none"); break;
    }
}

/* "fill": {"va": "0x80202000", "guest": ..., "host": ..., "rights": "rw-", "root": 0}: the leaf that the VMM wrote, and from
 * which of the guest's. */
static void fill_arguments(struct json *j, const struct vm_fill *f)
{
    const char rights[] = {f->r ? 'r' : '-', f->w ? 'w' : '-', f->x ? 'x' : '-', '\0'};
    json_object(j, "fill");
    json_hex(j, "va", f->va);
    json_hex(j, "guest", f->guest);
    json_hex(j, "host", f->host);
    json_string(j, "rights", rights);
    json_uint(j, "root", f->root);
    json_end(j);
}

static void trap_arguments(struct json *j, const struct vm_event *e)
{
    char text[DISASM_TEXT];
    if (e->trap.kind == TRAP_NONE)
        return;
    json_string(j, "reason", account_reason_name(e->trap.reason));
    json_uint(j, "cause", e->trap.cause);
    json_hex(j, "tval", e->trap.tval);
    if (e->trap.length) {
        disasm(e->vm, e->trap.bits, e->pc, text, sizeof text);
        json_string(j, "instruction", text);
    }
}

/* What a person sees who clicks on it. Two modes are there: what the guest believes to be in, and what the host was in. */
static void arguments(const struct trace *t, struct json *j, const struct vm_event *e, const char *result)
{
    json_object(j, "args");
    json_uint(j, "retired", e->retired);
    json_hex(j, "pc", e->pc);
    json_string(j, "mode", mode_name(t, e->virtual_mode));
    json_string(j, "host_mode", mode_name(t, e->real_mode));
    trap_arguments(j, e);
    json_string(j, "owner", vm_owner_name(e->owner));
    json_string(j, "result", result);
    if (e->filled)
        fill_arguments(j, &e->fill);
    json_end(j);
}

/* A word for the slice: the instruction for what was done in its place, else what happened. */
static const char *name_of(const struct vm_event *e, const char *result)
{
    if (e->action == VM_FILLED)
        return "fill";
    if (e->action == VM_STOPPED)
        return "stop";
    if (e->action == VM_REFLECTED || e->action == VM_INTERRUPTED)
        return result;
    return e->trap.row < e->vm->isa->row_count ? e->vm->isa->rows[e->trap.row].name : "instruction";
}

/* It was done in the instruction's place, and lasted as long. */
static bool is_slice(const struct vm_event *e) { return e->action == VM_EMULATED || e->action == VM_INTERPRETED; }

static void exit_event(struct trace *t, unsigned level, const struct vm_event *e)
{
    char result[32];
    result_text(&e->result, result, sizeof result);
    event_begin(t, name_of(e, result), vm_action_name(e->action), is_slice(e) ? "X" : "i", level, e->retired);
    if (is_slice(e))
        json_double(&t->json, "dur", 0.001, 3);
    else
        json_string(&t->json, "s", "t");
    arguments(t, &t->json, e, result);
    event_end(t);
}

/* The guest's mode is looked at where the topmost VM has an exit: without one it cannot change, since what changes it is
 * privileged. */
static void observed(void *opaque, const struct vm_event *e)
{
    const struct trace_level *l = opaque;
    struct trace *t = l->trace;
    if (t->dropped) {
        t->dropped++;
        return;
    }
    if (l->level == t->stack->depth) {
        if (e->virtual_mode != t->mode)
            mode_slice(t, t->last);
        t->mode = e->virtual_mode;
        t->last = e->retired + is_slice(e);
    }
    exit_event(t, l->level, e);
}

/* --- The file */

static void metadata(struct trace *t, const char *what, unsigned track, const char *key, const char *text, uint64_t number)
{
    struct json *j = &t->json;
    json_object(j, NULL);
    json_string(j, "name", what);
    json_string(j, "ph", "M");
    json_uint(j, "pid", PROCESS);
    json_uint(j, "tid", track);
    json_uint(j, "ts", 0);
    json_object(j, "args");
    if (text)
        json_string(j, key, text);
    else
        json_uint(j, key, number);
    json_end(j);
    json_end(j);
}

/* The guest's track stands on top, the bare machine's exits at the bottom. */
static void head(struct trace *t)
{
    struct json *j = &t->json;
    json_object(j, NULL);
    json_string(j, "displayTimeUnit", "ns");
    json_array(j, "traceEvents");
    metadata(t, "process_name", 0, "name", "trapeze", 0);
    metadata(t, "thread_name", guest_track(t), "name", "the guest's mode", 0);
    metadata(t, "thread_sort_index", guest_track(t), "sort_index", NULL, 0);
    for (unsigned i = t->stack->depth; i > 0; i--) {
        char name[64];
        snprintf(name, sizeof name, "exits of %s to its VMM on %s", t->stack->name[i],
                 i == 1 ? "the bare machine" : t->stack->name[i - 1]);
        metadata(t, "thread_name", i, "name", name, 0);
        metadata(t, "thread_sort_index", i, "sort_index", NULL, t->stack->depth + 1 - i);
    }
    (void)put(t, true);
}

static void tail(struct trace *t)
{
    struct json *j = &t->json;
    json_end(j);
    json_object(j, "otherData");
    json_string(j, "unit", "1 ns is 1 retired instruction");
    json_uint(j, "events", t->events);
    json_uint(j, "dropped", t->dropped);
    json_end(j);
    json_end(j);
    (void)put(t, true);
}

/* The observers go first: after that nobody writes into what is freed. */
static void release(struct trace *t)
{
    for (unsigned i = 1; i <= t->stack->depth; i++)
        vm_unobserve(t->stack->level[i], &t->level[i].observer);
    if (t->memory)
        fclose(t->memory);
    free(t->text);
    free(t);
}

/* The file is opened before the run, so that a name that cannot be written is found out then. */
int trace_open(struct trace **out, const char *path, uint64_t limit, const struct stack *stack, struct error *e)
{
    struct trace *t = calloc(1, sizeof *t);
    if (!t)
        return error_set(e, ENOMEM, "there is not enough memory for a trace");
    int r = outfile_open(&t->file, path, e);
    if (r) {
        free(t);
        return r;
    }
    t->stack = stack;
    t->limit = limit;
    t->memory = open_memstream(&t->text, &t->size);
    for (unsigned i = 1; i <= stack->depth; i++) {
        t->level[i] = (struct trace_level){.observer = {.trap = observed, .opaque = &t->level[i]}, .trace = t, .level = i};
        vm_observe(stack->level[i], &t->level[i].observer);
    }
    if (!t->memory) {
        trace_abandon(t);
        return error_set(e, ENOMEM, "there is not enough memory for a trace");
    }
    t->mode = machine_get(stack_top(stack), MACHINE_MODE);
    json_open(&t->json, t->memory);
    head(t);
    *out = t;
    return 0;
}

int trace_close(struct trace *t, uint64_t retired, uint64_t *dropped, struct error *e)
{
    mode_slice(t, retired);
    *dropped = t->dropped;
    tail(t);
    int r = outfile_finish(&t->file, e);
    release(t);
    return r;
}

void trace_abandon(struct trace *t)
{
    if (!t)
        return;
    outfile_abandon(&t->file);
    release(t);
}
