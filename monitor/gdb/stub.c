/* stub.c - packets and who answers them; running, stopping, processes [gdb "Remote Protocol"]. */
#include "monitor/gdb/stub_private.h"
#include "monitor/gdb/target.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- words */

/* For what is short. Memory and documents, which may be longer than 2048 bytes or contain a NUL, go to s->send as they
 * are. */
void gdb_say(struct gdb_stub *s, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    s->send(s->opaque, text, n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

void gdb_fail(struct gdb_stub *s, const struct error *e) { gdb_say(s, "E.%s", e->text); }

/* "O" and the text in hex, which GDB shows to the person. Long texts go in pieces. */
void gdb_tell(struct gdb_stub *s, const char *text)
{
    enum { PIECE = 512 };
    char packet[2 * PIECE + 2] = "O";
    for (size_t left = strlen(text), n; left; left -= n, text += n) {
        n = left < PIECE ? left : PIECE;
        gdb_hex((const uint8_t *)text, n, packet + 1);
        s->send(s->opaque, packet, 2 * n + 1);
    }
}

void gdb_changed(struct gdb_stub *s)
{
    struct error e;
    debugger_refresh(s->d);
    if (checkpoints_edited(s->d->past, &e) != 0)
        gdb_tell(s, e.text);
}

/* --- stopping */

static const struct gdb_place *place_of(const struct gdb_stub *s, unsigned number)
{
    const struct gdb_place *p = number ? s->places : NULL;
    while (p && p->number != number)
        p = p->next;
    return p;
}

/* Why, in the words that GDB asked for. An access may begin before what is watched. */
static void stop_cause(const struct gdb_stub *s, char *text, size_t size)
{
    static const char *const watch[] = {"watch", "rwatch", "awatch"};
    const struct stop *stop = &s->d->stop;
    const struct gdb_place *p = place_of(s, stop->number);
    *text = '\0';
    if (!p)
        return;
    if (stop->reason == STOP_WATCHPOINT && p->type >= '2')
        snprintf(text, size, "%s:%llx;", watch[p->type - '2'],
                 (unsigned long long)(p->physical || stop->address - p->at >= p->length ? p->at : stop->address));
    else if (stop->reason == STOP_BREAKPOINT && p->type == '0' && s->swbreak)
        snprintf(text, size, "swbreak:;");
    else if (stop->reason == STOP_BREAKPOINT && p->type == '1' && s->hwbreak)
        snprintf(text, size, "hwbreak:;");
}

/* "T05thread:p1.1;20:1805208000000000;swbreak:;": the signal, the thread, register 0x20 (the PC) in the target's byte
 * order, and why. With the PC in it GDB need not ask for registers after each step. */
void gdb_stop_reply(struct gdb_stub *s, const char *more)
{
    char thread[32], cause[48], pc[17];
    const struct machine *m = debugger_guest(s->d);
    uint64_t at = about_pc(m);
    reg_t reg;
    unsigned bytes = 0;
    (void)gdb_register(m, about_of(m->isa)->gdb_pc, &reg, &bytes);
    gdb_thread(s, s->d->stop.reason == STOP_STEP ? s->stepped : s->d->stack->depth, debugger_moment(s->d).hart, thread, sizeof thread);
    stop_cause(s, cause, sizeof cause);
    gdb_hex((const uint8_t *)&at, bytes < sizeof at ? bytes : sizeof at, pc);
    unsigned number = s->d->stop.reason == STOP_INTERRUPT ? SIGNAL_INT : SIGNAL_TRAP;
    gdb_say(s, "T%02xthread:%s;%x:%s;%s%s", number, thread, (unsigned)about_of(m->isa)->gdb_pc, pc, cause, more);
}

/* W: exited with a status; X: ended by a signal. */
static void end_reply(struct gdb_stub *s)
{
    const struct stop *stop = &s->d->stop;
    const char *of = s->multiprocess ? ";process:1" : "";
    if (stop->reason == STOP_LIMIT) {
        gdb_tell(s, "The limit of instructions (--max-insns) is reached.\n");
        gdb_say(s, "X%02x%s", SIGNAL_CPU_TIME, of);
    } else if (stop->result.end == END_STOPPED || stop->result.end == END_STUCK) {
        gdb_tell(s, stop->result.why);
        gdb_tell(s, "\n");
        gdb_say(s, "X%02x%s", SIGNAL_ABORT, of);
    } else if (stop->result.end == END_QUIT) {
        gdb_say(s, "X%02x%s", SIGNAL_TERM, of);
    } else {
        gdb_say(s, "W%02x%s", (unsigned)stop->result.status & 0xff, of);
    }
}

static bool has_ended(const struct debugger *d) { return d->stop.reason == STOP_ENDED || d->stop.reason == STOP_LIMIT; }

/* Only where GDB has let the guest run does it wait for an answer; a second one would be taken for that of its next
 * packet. */
void gdb_stub_stopped(struct gdb_stub *s)
{
    if (!s->runs)
        return;
    s->runs = false;
    if (s->d->stop.note[0]) {
        gdb_tell(s, s->d->stop.note);
        gdb_tell(s, "\n");
    }
    if (has_ended(s->d))
        end_reply(s);
    else
        gdb_stop_reply(s, "");
}

static void why_stopped(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    if (has_ended(s->d))
        end_reply(s);
    else
        gdb_stop_reply(s, "");
}

/* --- running */

/* Where watchpoints stop the machine before the access, as GDB expects of RISC-V, it makes that one step itself, and then looks. */
static void run(struct gdb_stub *s, uint64_t steps)
{
    s->runs = true;
    debugger_start(s->d, &(struct plan){.steps = steps, .before = !about_of(debugger_isa(s->d))->gdb_behind});
}

/* From another place, where one is named. */
static void run_from(struct gdb_stub *s, const char *text, uint64_t steps)
{
    uint64_t at;
    if (gdb_number(&text, &at)) {
        machine_set(debugger_guest(s->d), MACHINE_PC, about_offset(debugger_guest(s->d), MACHINE_PC, at));
        gdb_changed(s);
    }
    run(s, steps);
}

static void go_on(struct gdb_stub *s, const char *text, size_t length) { (void)length, run_from(s, text, 0); }
static void step(struct gdb_stub *s, const char *text, size_t length) { (void)length, run_from(s, text, 1); }

/* A signal would be the guest's; it has none. */
static void go_on_signal(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    const char *at = strchr(text, ';');
    run_from(s, at ? at + 1 : "", 0);
}

static void step_signal(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    const char *at = strchr(text, ';');
    run_from(s, at ? at + 1 : "", 1);
}

/* The first action decides: all threads are one computer. */
static void resume(struct gdb_stub *s, const char *text, size_t length)
{
    const char *colon = strchr(text, ':'), *thread = colon ? colon + 1 : NULL;
    unsigned level, hart;
    (void)length;
    if (*text != 'c' && *text != 'C' && *text != 's' && *text != 'S') {
        gdb_say(s, "E01");
        return;
    }
    s->stepped = thread && stub_thread_of(s, &thread, &level, &hart) ? level : s->d->stack->depth;
    run(s, *text == 's' || *text == 'S');
}

static void resume_actions(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    gdb_say(s, "vCont;c;C;s;S");
}

/* --- odds and ends */

/* "1": it was there before GDB, which leaves it running when it quits. */
static void was_there(struct gdb_stub *s, const char *text, size_t length) { (void)text, (void)length, gdb_say(s, "1"); }
static void fine(struct gdb_stub *s, const char *text, size_t length) { (void)text, (void)length, gdb_say(s, "OK"); }
static void nothing(struct gdb_stub *s, const char *text, size_t length) { (void)text, (void)length, gdb_say(s, "%s", ""); }
static void qemu_knows(struct gdb_stub *s, const char *text, size_t length) { (void)text, (void)length, gdb_say(s, "PhyMemMode"); }
static void physical_mode(struct gdb_stub *s, const char *text, size_t length)
{
    (void)text, (void)length;
    gdb_say(s, "%d", s->physical);
}

static void set_physical_mode(struct gdb_stub *s, const char *text, size_t length)
{
    (void)length;
    if (strcmp(text, "0") != 0 && strcmp(text, "1") != 0) {
        gdb_say(s, "E22");
        return;
    }
    s->physical = *text == '1';
    gdb_say(s, "OK");
}

/* A packet is answered by the first word that it begins with, "m80200518,4" by "m"; its handler gets the rest. So longer
 * words stand before those they begin with. What is in no row gets an empty packet, by which GDB knows that we do not
 * know it, and does without. */
static const struct {
    const char *word;
    gdb_handler *answer;
} handlers[] = {
    {"?", why_stopped},
    {"!", stub_extended},
    {"g", gdb_registers},
    {"G", gdb_set_registers},
    {"p", gdb_register_get},
    {"P", gdb_register_set},
    {"m", gdb_memory},
    {"M", gdb_set_memory},
    {"X", gdb_set_memory_binary},
    {"Z", gdb_insert},
    {"z", gdb_remove},
    {"bs", gdb_step_back},
    {"bc", gdb_continue_back},
    {"c", go_on},
    {"C", go_on_signal},
    {"s", step},
    {"S", step_signal},
    {"vCont?", resume_actions},
    {"vCont;", resume},
    {"vAttach;", stub_attach},
    {"vKill;", stub_kill_process},
    {"k", stub_kill_guest},
    {"D", stub_detach},
    {"H", stub_thread_select},
    {"T", stub_thread_alive},
    {"qSupported", stub_supported},
    {"qC", stub_thread_current},
    {"qfThreadInfo", stub_thread_list},
    {"qsThreadInfo", stub_thread_list_end},
    {"qThreadExtraInfo,", stub_thread_info},
    {"qAttached", was_there},
    {"qXfer:features:read:target.xml:", gdb_features},
    {"qXfer:memory-map:read::", gdb_memory_map_part},
    {"qRcmd,", gdb_command},
    {"qSymbol:", fine},
    {"qqemu.Supported", qemu_knows},
    {"qqemu.PhyMemMode", physical_mode},
    {"Qqemu.PhyMemMode:", set_physical_mode},
    {"QStartNoAckMode", stub_no_ack},
};

static bool answers(const char *word, const char *body)
{
    size_t n = strlen(word);
    return strncmp(word, body, n) == 0 && !(strcmp(word, "qC") == 0 && body[n]); /* qCRC: is another */
}

/*T:740 A remote debugger asks for what a person asks for, and gets the same answers from the same functions. Machines of all depths are
 * its processes. :*/
void gdb_stub_packet(struct gdb_stub *s, const char *body, size_t length)
{
    if (s->runs) { /* all that may come now is 0x03 */
        gdb_say(s, "E16");
        return;
    }
    for (unsigned i = 0; i < sizeof handlers / sizeof *handlers; i++)
        if (answers(handlers[i].word, body)) {
            size_t n = strlen(handlers[i].word);
            handlers[i].answer(s, body + n, length - n);
            return;
        }
    nothing(s, "", 0); /* "not stub_supported" */
}

/* All that the debugger before has agreed upon is forgotten: the next one negotiates anew. */
void gdb_stub_begin(struct gdb_stub *s, struct debugger *d, void (*send)(void *, const char *, size_t), void *opaque)
{
    *s = (struct gdb_stub){
        .d = d, .send = send, .opaque = opaque, .level = d->stack->depth, .hart = d->hart, .stepped = d->stack->depth};
    s->attached[d->stack->depth] = true;
}

void gdb_stub_end(struct gdb_stub *s)
{
    struct error ignored;
    while (s->places) {
        struct gdb_place *p = s->places;
        s->places = p->next;
        (void)!debugger_break_remove(s->d, p->number, &ignored); /* a person may have deleted it already */
        free(p);
    }
    free(s->xml);
    free(s->map);
    *s = (struct gdb_stub){0};
}
