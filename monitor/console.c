/* console.c - bytes between the guest's serial port and the command's stdin and stdout.
 *
 * Output is gathered and written when the system polls, idles or the buffer is full. Input is looked at only then, too, so
 * nothing here ever happens in the middle of the guest's instructions.
 *
 * Who calls whom, and when. The guest's side is a chardev (devices/chardev.h), the host's a struct system_host (core/system.h):
 *
 *     UART --write--> output[8192] --flush--> stdout, or monitor.write
 *     UART --read <-- input[4096] ring <-- stdin, key by key, or the script
 *     system_run(): each POLL_EVERY units --> poll: flush, signals, keys, board_input()
 *                   within a device's long work --> glance: the same, but the guest is told of nothing
 *                   all harts wait --> idle: sleeps in real time at a terminal, else goes on at once
 *
 * Bytes are taken from stdin only while the ring has room, so what is typed ahead waits in the terminal and is not lost.
 */
#define _GNU_SOURCE /* ppoll */
#include "monitor/console.h"

#include "devices/clock.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define HOUR_NS UINT64_C(3600000000000)
enum {
    OUTPUT_ROOM = 8192,
    INPUT_ROOM = 4096,
    POLL_EVERY = 200000,        /* clock units: a fraction of a frame of a fast typist's attention */
    NAP_NS = 200 * 1000 * 1000, /* the longest sleep before signals are looked at */
    CTRL_A = 1,
    CTRL_C = 3,
};

struct console {
    struct script *script; /* borrowed; NULL: stdin */
    struct system *system; /* borrowed; NULL: not attached */
    uint8_t output[OUTPUT_ROOM];
    size_t output_count;
    uint8_t input[INPUT_ROOM]; /* ring */
    size_t input_first, input_count;
    bool interactive; /* stdin is a terminal, in raw mode */
    bool silent;      /* nor is anybody told of signals: who runs several machines stops them all at once */
    bool input_ended;
    bool wrote, said_alone;
    uint64_t alone_since;           /* the clock, at the last output or when the input ended */
    bool deaf;                      /* stdin is not the guest's */
    struct console_monitor monitor; /* all zeros: there is none */
    int output_broken;              /* errno */
    bool output_left;               /* the end was asked for while stdout took nothing: the rest is dropped */
    bool waits_for_room;            /* stdout takes nothing at the moment */
    bool escaped;                   /* Ctrl-A was typed */
    int signal;                     /* SIGPIPE when stdout went away */
};

static const char help_text[] = "\n"
                                "Ctrl-A h        this help\n"
                                "Ctrl-A x        end trapeze\n"
                                "Ctrl-A Ctrl-A   send Ctrl-A to the guest\n";

static void read_stdin(struct console *);
/* Is a key that comes now one for the guest, or a command to us? */
static bool hears_keys(const struct console *c)
{
    return c->system && !c->script && !c->deaf && !c->input_ended && c->input_count < INPUT_ROOM;
}

/* Waits until stdout takes something. A signal, or Ctrl-A x, is heard meanwhile; then what was still to be printed is dropped: false. */
static bool room_comes(struct console *c)
{
    struct pollfd p[2] = {{.fd = STDOUT_FILENO, .events = POLLOUT}, {.fd = STDIN_FILENO, .events = POLLIN}};
    while (!c->output_left && poll(p, 1, 0) == 0) {
        const bool ended = c->system && c->system->ended;
        p[1].fd = hears_keys(c) ? STDIN_FILENO : -1;
        c->output_left = !terminal_poll(p, 2);
        c->waits_for_room = true;
        if (!c->output_left && p[1].revents)
            read_stdin(c);
        c->waits_for_room = false;
        c->output_left |= c->system && c->system->ended && !ended;
    }
    return !c->output_left;
}

/* A reader that went away ends the run, as with any command in a pipe. PIPE_BUF bytes at a time fit whenever poll() says that
 * there is room: write() must not sleep, or no signal and no Ctrl-A x would be heard. */
static void write_out(struct console *c, const uint8_t *bytes, size_t count)
{
    if (c->monitor.write) {
        if (count)
            c->monitor.write(c->monitor.opaque, bytes, count);
        return;
    }
    while (count && !c->output_broken && !c->silent && room_comes(c)) {
        ssize_t n = write(STDOUT_FILENO, bytes, count < PIPE_BUF ? count : PIPE_BUF); /* so much never waits when there is room */
        if (n < 0 && errno != EINTR && errno != EAGAIN) {
            c->output_broken = errno;
            c->signal = errno == EPIPE ? SIGPIPE : 0;
        } else if (n > 0) {
            bytes += n;
            count -= (size_t)n;
        }
    }
}

void console_flush(struct console *c)
{
    write_out(c, c->output, c->output_count);
    c->output_count = 0;
}

/* A byte at a time is what a UART has; the terminal gets them together. The script sees them at once, so that it answers after
 * the same instruction in each run. */
static void console_write(void *opaque, const uint8_t *bytes, size_t count)
{
    struct console *c = opaque;
    if (c->script)
        script_output(c->script, bytes, count);
    c->wrote = true;
    for (size_t i = 0; i < count; i++) {
        if (c->output_count == OUTPUT_ROOM)
            console_flush(c);
        c->output[c->output_count++] = bytes[i];
    }
}

static size_t console_read(void *opaque, uint8_t *bytes, size_t room)
{
    struct console *c = opaque;
    if (c->script)
        return script_input(c->script, bytes, room);
    size_t n = 0;
    for (; n < room && c->input_count; n++, c->input_count--) {
        bytes[n] = c->input[c->input_first];
        c->input_first = (c->input_first + 1) % INPUT_ROOM;
    }
    return n;
}

struct chardev console_chardev(struct console *c)
{
    return (struct chardev){.write = console_write, .read = console_read, .opaque = c};
}

/* Bytes that the guest could take now; that some were taken shows in this becoming less. */
static size_t input_pending(const struct console *c) { return c->script ? script_pending(c->script) : c->input_count; }

/* The key after Ctrl-A. The help is not printed while stdout takes nothing: it would wait for the room that we are waiting for. */
static void command(struct console *c, uint8_t key)
{
    if (key == 'x')
        system_end(c->system, END_QUIT, 0, NULL);
    if ((key == 'h' || key == '?') && !c->waits_for_room) {
        console_flush(c);
        write_out(c, (const uint8_t *)help_text, sizeof help_text - 1);
    }
}

/* A key that the monitor wants. After Ctrl-A, Ctrl-C is the guest's as Ctrl-A is. */
static bool monitor_takes(struct console *c, uint8_t key)
{
    bool escaped = c->escaped;
    if (!c->monitor.key || (escaped ? key == CTRL_A || key == CTRL_C : key != CTRL_C))
        return false;
    c->escaped = false;
    return c->monitor.key(c->monitor.opaque, key, escaped);
}

/* A state machine of two states; a monitor, if there is one, is asked first for what it wants of these keys:
 *
 *   plain    Ctrl-A --> escaped        other --> to the guest
 *   escaped  Ctrl-A --> to the guest   Ctrl-C, with a monitor --> to the guest   other --> command()      all --> plain
 */
static void take_key(struct console *c, uint8_t key)
{
    bool for_guest = key == CTRL_A || (c->monitor.key && key == CTRL_C);
    if (monitor_takes(c, key))
        return;
    if (c->escaped && !for_guest) {
        c->escaped = false;
        command(c, key);
    } else if (!c->escaped && key == CTRL_A) {
        c->escaped = true;
    } else {
        c->escaped = false;
        c->input[(c->input_first + c->input_count++) % INPUT_ROOM] = key;
    }
}

/* poll() and not a non-blocking stdin: that would be a property of the terminal, which the shell has after us. */
static bool readable(int timeout_ms)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    return poll(&p, 1, timeout_ms) > 0;
}

/* Deaf at a terminal, a key stops the guest and stays unread: it is the beginning of the person's next command. */
static void read_stdin(struct console *c)
{
    uint8_t bytes[INPUT_ROOM];
    if (c->deaf && c->interactive && readable(0))
        system_pause(c->system);
    if (c->script || c->deaf || c->input_ended || c->input_count == INPUT_ROOM || !readable(0))
        return;
    ssize_t n = read(STDIN_FILENO, bytes, INPUT_ROOM - c->input_count);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        c->input_ended = true;
    for (ssize_t i = 0; i < n; i++)
        take_key(c, bytes[i]);
}

/* Output goes out, signals and keys come in; the guest is told of nothing. */
static void attend(struct console *c)
{
    console_flush(c);
    if (terminal_signal() && !c->silent)
        c->signal = terminal_signal();
    if (c->monitor.key && terminal_take_interrupt())
        c->monitor.key(c->monitor.opaque, CTRL_C, false);
    if (c->signal || c->output_broken || (c->silent && terminal_signal()))
        system_end(c->system, END_QUIT, 0, NULL);
    read_stdin(c);
    if (c->monitor.look)
        c->monitor.look(c->monitor.opaque);
}

static void console_glance(void *opaque) { attend(opaque); }

/* All of that, and input comes in. true: the guest's console took some of it. */
static bool console_look(struct console *c)
{
    attend(c);
    if (c->script && script_quits(c->script))
        system_end(c->system, END_QUIT, 0, NULL);
    size_t before = input_pending(c);
    if (before)
        board_input(c->system->board);
    return input_pending(c) < before;
}

static void console_poll(void *opaque) { console_look(opaque); }

/* Of the host's clock, which only how long one sleeps depends on, and nothing that the guest can see without a terminal. */
static uint64_t host_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Real time of one clock unit, in nanoseconds, is 100 / units_per_tick: a tick is 100 ns. */
static uint64_t ns_of_units(const struct console *c, uint64_t units)
{
    uint32_t per_tick = c->system->clock.units_per_tick;
    const uint64_t tick_ns = 1000000000u / CLOCK_TICK_HZ;
    return units > UINT64_MAX / tick_ns ? UINT64_MAX : units * tick_ns / per_tick;
}

/* Sleeps until `until` in real time or until input. Returns the clock to go to. While nobody types, guest time and real time go
 * alike, so that a clock in the guest is right and an idle guest costs nothing. What comes early, a key or a pause, ends the
 * nap, and the guest has slept as long as the person has. */
static uint64_t idle_at_terminal(struct console *c, uint64_t now, uint64_t until)
{
    uint64_t start = host_ns(), gap = until == UINT64_MAX ? UINT64_MAX : ns_of_units(c, until - now);
    for (;;) {
        uint64_t gone = host_ns() - start;
        if (gone >= gap)
            return until;
        uint64_t nap = gap - gone < NAP_NS ? gap - gone : NAP_NS;
        struct timespec t = {.tv_nsec = (long)nap};
        struct pollfd p = {.fd = c->input_ended || c->input_count == INPUT_ROOM ? -1 : STDIN_FILENO, .events = POLLIN};
        ppoll(&p, 1, &t, NULL);
        bool taken = console_look(c);
        if (taken || c->system->ended || c->system->paused) {
            uint64_t units = (host_ns() - start) * c->system->clock.units_per_tick / (1000000000u / CLOCK_TICK_HZ);
            return units < until - now ? now + units : until;
        }
    }
}

/* The input has ended, and for an hour of its own time the guest has but waited: that it goes on is said once. */
static void says_alone(struct console *c, uint64_t now)
{
    if (!c->input_ended || c->wrote) {
        c->alone_since = now;
        c->wrote = false;
    } else if (!c->said_alone && ns_of_units(c, now - c->alone_since) > HOUR_NS) {
        c->said_alone = true;
        fprintf(stderr, "trapeze: the input has ended, and for an hour of its time the guest has waited; "
                        "a signal ends it, and so does -max-insns\n");
    }
}

/* Without a terminal a wait for a timer is over at once: the run is as fast as it can be, and the same each time. */
static uint64_t console_idle(void *opaque, uint64_t now, uint64_t until)
{
    struct console *c = opaque;
    if (console_look(c) || c->system->ended || c->system->paused)
        return now;
    if (c->interactive)
        return idle_at_terminal(c, now, until);
    if (until != UINT64_MAX) {
        says_alone(c, now);
        return until;
    }
    /* Only input can help now: wait for it where there may be some. */
    while (!c->script && !c->deaf && !c->input_ended && c->input_count < INPUT_ROOM && !c->system->ended) {
        (void)readable(NAP_NS / 1000000);
        if (console_look(c) || c->system->paused)
            return now;
    }
    return UINT64_MAX;
}

/* terminal_enter() is called also for a script, for the signals; raw mode is taken back, since nobody types. */
int console_create(struct console **out, struct script *script, struct error *e)
{
    struct console *c = calloc(1, sizeof *c);
    if (!c)
        return error_set(e, ENOMEM, "there is not enough memory for the console");
    c->script = script;
    c->interactive = terminal_enter() && !script;
    if (!c->interactive)
        terminal_leave();
    *out = c;
    return 0;
}

void console_destroy(struct console *c)
{
    if (!c)
        return;
    console_flush(c);
    terminal_leave();
    free(c);
}

void console_silence(struct console *c)
{
    c->silent = c->input_ended = true;
    c->interactive = false;
    terminal_leave();
}

void console_set_monitor(struct console *c, const struct console_monitor *m) { c->monitor = *m; }
void console_listen(struct console *c, bool on) { c->deaf = !on; }

void console_type(struct console *c, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count && c->input_count < INPUT_ROOM; i++)
        c->input[(c->input_first + c->input_count++) % INPUT_ROOM] = bytes[i];
}

void console_attach(struct console *c, struct system *s)
{
    c->system = s;
    if (s)
        s->host = (struct system_host){
            .poll = console_poll, .idle = console_idle, .glance = console_glance, .opaque = c, .poll_every = POLL_EVERY};
}

int console_signal(const struct console *c) { return c->signal; }
int console_broken(const struct console *c) { return c->output_broken; }
