/* stub_thread.c - threads: which there are, what they are called, which is selected. A process is a machine, a thread one of its harts. */
#include "monitor/gdb/stub_private.h"

#include <stdio.h>
#include <string.h>

unsigned gdb_pid(const struct gdb_stub *s, unsigned level) { return s->d->stack->depth - level + 1; }

/* Thread numbers begin at 1, for 0 and -1 mean "any" and "all" in packets [gdb "Packets", thread-id syntax]. */
void gdb_thread(const struct gdb_stub *s, unsigned level, unsigned hart, char *text, size_t size)
{
    if (s->multiprocess)
        snprintf(text, size, "p%x.%x", gdb_pid(s, level), hart + 1);
    else
        snprintf(text, size, "%x", gdb_pid(s, level) + hart * (s->d->stack->depth + 1));
}

bool stub_level_of(const struct gdb_stub *s, uint64_t pid, bool any, unsigned *level)
{
    if (any || pid == 0)
        pid = 1;
    *level = s->d->stack->depth + 1 - (unsigned)pid;
    return pid <= s->d->stack->depth + 1;
}

/* At depth 1, with two harts, in hex:
 *
 *     "p1.2"   process 1, its second hart        "3"    no processes: (3 - 1) % 2 + 1 = process 1, its second hart
 *     "p2.-1"  process 2, any of its harts       "0"    any: process 1, the hart that is looked at */
bool stub_thread_of(const struct gdb_stub *s, const char **text, unsigned *level, unsigned *hart)
{
    const unsigned processes = s->d->stack->depth + 1;
    uint64_t pid = 0, tid = 0;
    bool process = **text == 'p', any;
    *text += process;
    any = **text == '-';
    *text += any;
    if (!gdb_number(text, &pid))
        return false;
    if (process && **text == '.') {
        (*text)++;
        const bool any_hart = **text == '-';
        *text += any_hart;
        if (!gdb_number(text, &tid))
            return false;
        tid = any_hart ? 0 : tid;
    } else if (!process && !any && pid > 0) {
        tid = (pid - 1) / processes + 1;
        pid = (pid - 1) % processes + 1;
    }
    *hart = tid ? (unsigned)(tid - 1) : s->d->hart;
    return tid <= s->d->system->harts && stub_level_of(s, pid, any, level);
}

/* --- packets */

/* Below the guest one machine may carry several of its harts: it is named once. */
static bool is_thread(const struct gdb_stub *s, unsigned level, unsigned hart)
{
    const struct machine *m = debugger_machine_of(s->d, level, hart);
    for (unsigned n = 0; n < hart; n++)
        if (debugger_machine_of(s->d, level, n) == m)
            return false;
    return true;
}

enum { THREAD_LIST = 16 * BOARD_CPUS * (STACK_DEPTH_MAX + 1) };

static void add_threads(const struct gdb_stub *s, unsigned level, char list[THREAD_LIST])
{
    for (unsigned hart = 0; hart < s->d->system->harts; hart++)
        if (is_thread(s, level, hart)) {
            char thread[32];
            gdb_thread(s, level, hart, thread, sizeof thread);
            size_t n = strlen(list);
            snprintf(list + n, THREAD_LIST - n, "%s%s", n > 1 ? "," : "", thread);
        }
}

void stub_thread_list(struct gdb_stub *s, const char *text, size_t length)
{
    char list[THREAD_LIST] = "m";
    (void)text, (void)length;
    for (unsigned level = s->d->stack->depth + 1; level-- > 0;)
        if (s->attached[level])
            add_threads(s, level, list);
    gdb_say(s, "%s", list[1] ? list : "l");
}

void stub_thread_list_end(struct gdb_stub *s, const char *text, size_t length) { (void)text, (void)length, gdb_say(s, "l"); }

void stub_thread_current(struct gdb_stub *s, const char *text, size_t length)
{
    char thread[32];
    (void)text, (void)length;
    gdb_thread(s, s->level, s->hart, thread, sizeof thread);
    gdb_say(s, "QC%s", thread);
}

void stub_thread_select(struct gdb_stub *s, const char *text, size_t length)
{
    unsigned level, hart;
    (void)length;
    const char *thread = text + 1;
    if ((*text != 'g' && *text != 'c') || !stub_thread_of(s, &thread, &level, &hart)) {
        gdb_say(s, "E01");
        return;
    }
    if (*text == 'g') {
        s->level = level;
        s->hart = hart;
    }
    gdb_say(s, "OK");
}

void stub_thread_alive(struct gdb_stub *s, const char *text, size_t length)
{
    unsigned level, hart;
    (void)length;
    gdb_say(s, stub_thread_of(s, &text, &level, &hart) && s->attached[level] ? "OK" : "E01");
}

void stub_thread_info(struct gdb_stub *s, const char *text, size_t length)
{
    unsigned level, hart;
    char info[80], hex[2 * sizeof info];
    (void)length;
    if (!stub_thread_of(s, &text, &level, &hart)) {
        gdb_say(s, "E01");
        return;
    }
    const struct machine *m = debugger_machine_of(s->d, level, hart);
    snprintf(info, sizeof info, "%s, hart %u, %s", s->d->stack->name[level], hart,
             debugger_said_mode(s->d, machine_get(m, MACHINE_MODE)));
    gdb_hex((const uint8_t *)info, strlen(info), hex);
    gdb_say(s, "%s", hex);
}
