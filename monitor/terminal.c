/* terminal.c - there is one terminal to a process and signal handlers take no argument: the only mutable file-scope state of
 * the house lives here. */
#define _GNU_SOURCE /* ppoll */
#include "monitor/terminal.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static struct termios before, raw;
enum { END_SECONDS = 10 };
static volatile sig_atomic_t is_raw, wants_raw, ending, interrupted, continued, can_be_raw;

/* Quiet ends are asked for once; who asks twice wants it now. Crashes of our own are not survived. */
static const int end_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

static void handle(int signal_number, void (*handler)(int))
{
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = handler;
    sigemptyset(&a.sa_mask);
    sigaction(signal_number, &a, NULL); /* no SA_RESTART: a sleeping poll() shall return */
}

static void go_raw(void)
{
    wants_raw = 1;
    is_raw = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

void terminal_leave(void)
{
    wants_raw = 0;
    if (!is_raw)
        return;
    is_raw = 0;
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void terminal_die(int signal_number)
{
    terminal_leave();
    handle(signal_number, SIG_DFL);
    raise(signal_number);
}

static void on_end(int signal_number)
{
    if (ending)
        terminal_die(signal_number); /* delivered when this handler returns */
    ending = signal_number;
    alarm(END_SECONDS);
}

/* The end takes too long: somebody waits for who does not read, say. */
static void on_alarm(int signal_number)
{
    (void)signal_number;
    terminal_die(ending);
}

static void on_crash(int signal_number) { terminal_die(signal_number); }

static void on_stop(int signal_number)
{
    int wanted = wants_raw;
    terminal_die(signal_number); /* stops when this handler returns */
    wants_raw = wanted;
}

static void on_continue(int signal_number)
{
    (void)signal_number;
    handle(SIGTSTP, on_stop);
    continued = 1;
    if (wants_raw)
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

void terminal_resume(void)
{
    if (can_be_raw)
        go_raw();
}

static bool is_ignored(int signal_number)
{
    struct sigaction a;
    return sigaction(signal_number, NULL, &a) == 0 && a.sa_handler == SIG_IGN;
}

bool terminal_enter(void)
{
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        if (!is_ignored(end_signals[i])) /* nohup and background jobs mean it */
            handle(end_signals[i], on_end);
    handle(SIGALRM, on_alarm);
    handle(SIGPIPE, SIG_IGN); /* the write says so */
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0)
        return false;
    raw = before;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    atexit(terminal_leave);
    for (size_t i = 0; i < sizeof crash_signals / sizeof crash_signals[0]; i++)
        handle(crash_signals[i], on_crash);
    handle(SIGTSTP, on_stop);
    handle(SIGCONT, on_continue);
    can_be_raw = 1;
    go_raw();
    return true;
}

int terminal_signal(void) { return ending; }

/* The signals are let in while it sleeps, and not just before. */
bool terminal_poll(struct pollfd *p, unsigned count)
{
    sigset_t ends, now;
    sigemptyset(&ends);
    for (size_t i = 0; i < sizeof end_signals / sizeof end_signals[0]; i++)
        sigaddset(&ends, end_signals[i]);
    sigprocmask(SIG_BLOCK, &ends, &now);
    if (!ending && ppoll(p, count, NULL, &now) < 0)
        for (unsigned i = 0; i < count; i++)
            p[i].revents = 0;
    sigprocmask(SIG_SETMASK, &now, NULL);
    return !ending;
}
