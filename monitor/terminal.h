/* terminal.h - raw mode of the terminal at stdin, undone on every way out: return, exit, signal, stop and continue. */
#ifndef TRAPEZE_MONITOR_TERMINAL_H
#define TRAPEZE_MONITOR_TERMINAL_H

#include <poll.h>
#include <stdbool.h>

/* Catches the signals that end or stop the command, and goes raw when stdin is a terminal: true. A command's use of it, in
 * order; what ends the process in between puts the terminal right by itself:
 *
 *   terminal_enter() --> run, with terminal_poll() for sleeping --> terminal_leave() --> print --> terminal_die(terminal_signal())
 */
bool terminal_enter(void);
enum { TERMINAL_LAST_WORDS = 127 };
/* What the terminal is sent, too, when a signal ends or stops the process; "": nothing. What is longer than that many bytes is not. */
void terminal_last_words(const char *);
void terminal_leave(void);  /* may be called at any time, any number of times, in a signal handler too */
void terminal_resume(void); /* raw again after terminal_leave(), when terminal_enter() said true */
/* Until terminal_leave() or terminal_resume(): what is typed meanwhile is not shown, and waits; keys still make signals. */
void terminal_hush(void);
/* From now on SIGINT asks for attention instead of the end. */
void terminal_keep_interrupts(void);
bool terminal_take_interrupt(void); /* whether it was asked for since the last call */
bool terminal_take_continued(void); /* whether the process was stopped and went on since the last call */
int terminal_signal(void);          /* the signal that asked for the end, or 0. Who does not end within ten seconds of it is ended */
/* poll() without a time limit. false: a signal has asked for the end, before or meanwhile. */
bool terminal_poll(struct pollfd *, unsigned count);
/* The same, and it ends, too, when SIGINT or SIGCONT came that nobody has taken yet, or when more(opaque) says that there is
 * something to do; that is asked once, when no signal of these and no SIGWINCH can come unnoticed any more. more may be NULL. */
bool terminal_poll_attentive(struct pollfd *, unsigned count, bool (*more)(void *), void *opaque);
/* Ends the process the way the signal would have. */
void terminal_die(int signal);

#endif
