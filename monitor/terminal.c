/* terminal.c - there is one terminal to a process and signal handlers take no argument: the only mutable file-scope state of
 * the house lives here.
 *
 * The terminal's two modes, and what leads from the one to the other. "cooked" is `before`: as it was when the command began.
 *
 *     cooked -- terminal_enter(), terminal_resume(), SIGCONT in the foreground --> raw
 *     cooked -- terminal_hush() --> hushed: cooked without echo; below it counts as raw
 *     raw    -- terminal_leave(), exit(), a signal that ends or stops the process --> cooked
 *
 * is_raw says in which it is; wants_raw, in which it is to be when the process goes on after a stop.
 *
 * Signals come in four kinds:
 *
 *     end       INT TERM HUP QUIT     noted, `ending`; a second one, or ten seconds, ends the process by that signal
 *     death     SEGV, XCPU, ...       the terminal is put right, then the signal's default action
 *     stop      TSTP TTIN TTOU        likewise, and raw again when it goes on
 *     attention INT, at a prompt      noted, and taken by terminal_take_interrupt()
 */
#define _GNU_SOURCE /* ppoll */
#include "monitor/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios before, raw, hushed;
static char last_words[TERMINAL_LAST_WORDS];
enum { END_SECONDS = 10 };
static volatile sig_atomic_t is_raw, wants_raw, is_hushed, ending, interrupted, continued, can_be_raw, last_words_size;

/* Quiet ends are asked for once; who asks twice wants it now. The others end the process at once, by their default action [signal(7)];
 * so do the real-time signals. SIGPIPE and SIGXFSZ are missing: the write says so; and SIGALRM has a handler of its own. */
static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const int death_signals[] = {SIGSEGV, SIGBUS,  SIGILL,  SIGFPE,  SIGABRT,   SIGSYS, SIGTRAP,  SIGXCPU,
                                    SIGUSR1, SIGUSR2, SIGPROF, SIGPOLL, SIGVTALRM, SIGPWR, SIGSTKFLT};
static const int stop_signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};

/* Handlers of deaths run here: the stack may be what came to its end. */
static _Alignas(16) char death_stack[16384];

static void handle(int signal_number, void (*handler)(int))
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = handler;
    a.sa_flags = SA_ONSTACK; /* no SA_RESTART: a sleeping poll() shall return */
    sigemptyset(&a.sa_mask);
    sigaction(signal_number, &a, NULL);
}

/* In the background the terminal is somebody else's. */
static bool is_foreground(void) { return tcgetpgrp(STDIN_FILENO) == getpgrp(); }

/* The flags come first: a signal between the two lines restores a terminal that is in order, which does no harm; the other way
 * round it would leave one that is not. */
static void go_raw(void)
{
    wants_raw = 1;
    is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, is_hushed ? &hushed : &raw);
}

/* It may itself be called in a handler: nothing is called here that a handler may not call [signal-safety(7)]. */
void terminal_leave(void)
{
    wants_raw = 0;
    if (!is_raw)
        return;
    is_raw = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

/* A signal may come meanwhile: it finds nothing, or all of it. */
void terminal_last_words(const char *text)
{
    size_t n = strlen(text);
    last_words_size = 0;
    if (n > sizeof last_words)
        return;
    for (size_t i = 0; i < n; i++)
        last_words[i] = text[i];
    last_words_size = (sig_atomic_t)n;
}

/* Whoever has the terminal in a mode of its own, a line editor too, has no say any more. */
static void restore(void)
{
    if (can_be_raw && is_foreground()) {
        (void)!write(STDOUT_FILENO, last_words, (size_t)last_words_size);
        tcsetattr(STDIN_FILENO, TCSANOW, &before);
    }
    is_raw = wants_raw = 0;
}

/* By the signal itself and not by exit(): a shell sees in the status that the user has ended it, and ends its own loop
 * [signal(7)]. */
void terminal_die(int signal_number)
{
    restore();
    handle(signal_number, SIG_DFL);
    raise(signal_number); /* from its own handler: delivered when that returns */
}

/* The run ends by itself when it next looks; alarm() is for a run that no longer looks. */
static void on_end(int signal_number)
{
    if (ending)
        terminal_die(signal_number);
    ending = signal_number;
    alarm(END_SECONDS);
}

/* The end takes too long: somebody waits for who does not read, say. */
static void on_alarm(int signal_number) { terminal_die(ending ? ending : signal_number); }

static void on_death(int signal_number) { terminal_die(signal_number); }

/* Stopping is dying that may be survived: the handler's own signal is let in, and what comes after it runs when the process goes
 * on. In the background the terminal stays as whoever has it wants it. */
static void on_stop(int signal_number)
{
    const int wanted = wants_raw;
    sigset_t this;
    terminal_die(signal_number);
    sigemptyset(&this);
    sigaddset(&this, signal_number);
    sigprocmask(SIG_UNBLOCK, &this, NULL); /* stops here; or does not, when nobody could make it go on (an orphaned process group) */
    handle(signal_number, on_stop);
    if (wanted && is_foreground())
        go_raw();
    wants_raw = wanted;
}

/* After SIGSTOP nobody else puts the terminal right; and a stop's handler goes raw only in the foreground. */
static void on_continue(int signal_number)
{
    (void)signal_number;
    continued = 1;
    if (wants_raw && is_foreground())
        go_raw();
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    interrupted = 1;
}

void terminal_keep_interrupts(void) { handle(SIGINT, on_interrupt); }

bool terminal_take_interrupt(void)
{
    bool was = interrupted != 0;
    interrupted = 0;
    return was;
}

bool terminal_take_continued(void)
{
    bool was = continued != 0;
    continued = 0;
    return was;
}

/* Without a terminal there is nothing to go back to. */
void terminal_resume(void)
{
    is_hushed = 0;
    if (can_be_raw)
        go_raw();
}

void terminal_hush(void)
{
    is_hushed = 1;
    if (can_be_raw)
        go_raw();
}

static bool is_ignored(int signal_number)
{
    struct sigaction a;
    return sigaction(signal_number, NULL, &a) == 0 && a.sa_handler == SIG_IGN;
}

static void handle_unless_ignored(int signal_number, void (*handler)(int))
{
    if (!is_ignored(signal_number)) /* nohup and background jobs mean it */
        handle(signal_number, handler);
}

/* At a terminal: every signal that ends or stops the process. */
static void handle_all(void)
{
    const stack_t stack = {.ss_sp = death_stack, .ss_size = sizeof death_stack};
    stack_t there;
    if (sigaltstack(NULL, &there) == 0 && (there.ss_flags & SS_DISABLE)) /* a sanitizer may have its own */
        sigaltstack(&stack, NULL);
    for (size_t i = 0; i < sizeof death_signals / sizeof death_signals[0]; i++)
        handle_unless_ignored(death_signals[i], on_death);
    for (int n = SIGRTMIN; n <= SIGRTMAX; n++)
        handle_unless_ignored(n, on_death);
    for (size_t i = 0; i < sizeof stop_signals / sizeof stop_signals[0]; i++)
        handle_unless_ignored(stop_signals[i], on_stop);
    handle(SIGCONT, on_continue);
}

/* Raw: no echo, no lines, no signals of keys, no translation of CR and NL on input. Output is left alone (c_oflag), so that a
 * newline of ours still begins a line at the left. */
bool terminal_enter(void)
{
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        handle_unless_ignored(end_signals[i], on_end);
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, SIG_IGN);
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    raw = before;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    hushed = before;
    hushed.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    atexit(terminal_leave);
    can_be_raw = 1;
    handle_all();
    go_raw();
    return true;
}

int terminal_signal(void) { return ending; }

/* The signals are let in while it sleeps, and not just before: one that came between the last look and the sleep would be slept
 * through. */
static bool sleep_until(struct pollfd *p, unsigned count, bool (*stays_awake)(void *), void *opaque)
{
    sigset_t all, now;
    sigemptyset(&all);
    sigaddset(&all, SIGCONT);
    sigaddset(&all, SIGWINCH);
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        sigaddset(&all, end_signals[i]);
    sigprocmask(SIG_BLOCK, &all, &now);
    if (ending || stays_awake(opaque) || ppoll(p, count, NULL, &now) < 0)
        for (unsigned i = 0; i < count; i++)
            p[i].revents = 0;
    sigprocmask(SIG_SETMASK, &now, NULL);
    return !ending;
}

static bool never(void *opaque)
{
    (void)opaque;
    return false;
}

bool terminal_poll(struct pollfd *p, unsigned count) { return sleep_until(p, count, never, NULL); }

struct attention {
    bool (*more)(void *);
    void *opaque;
};

static bool attention_asked(void *opaque)
{
    const struct attention *a = opaque;
    return interrupted || continued || (a->more && a->more(a->opaque));
}

bool terminal_poll_attentive(struct pollfd *p, unsigned count, bool (*more)(void *), void *opaque)
{
    struct attention a = {more, opaque};
    return sleep_until(p, count, attention_asked, &a);
}
