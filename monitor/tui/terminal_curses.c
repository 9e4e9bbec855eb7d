/* terminal_curses.c - see terminal_curses.h. The canvas goes to the terminal cell by cell, and ncurses sends what is new of it.
 *
 * Who has the terminal, from the prompt on and back to it:
 *
 *     prompt (line editor) -- Ctrl-X a, `tui` --> tui_run(): raw mode off, ncurses on --> loop()
 *     loop(): draw, sleep until a key, a signal or a new size --> tui_key() --> a command that runs the guest --> run()
 *     run():  slices of the guest; between them its output, its keys, Ctrl-C, and a new picture ten times a second
 *     Ctrl-X a, quit, too small --> ncurses off --> prompt
 *
 * run() stands in for the REPL's own loop (repl->run_face) while the screen is there.
 */
#include "monitor/tui/terminal_curses.h"

#include "monitor/repl/run.h"
#include "monitor/terminal.h"
#include "monitor/tui/keys.h"

#include <errno.h>

#ifndef TRAPEZE_CURSES

int tui_run(struct repl *r, struct error *e)
{
    (void)r;
    return error_set(
        e, ENOTSUP,
        "trapeze was built without ncurses (package libncurses-dev): there is no full screen; 'tui print' shows it as text");
}

#else

#include <curses.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <term.h>
#include <time.h>
#include <unistd.h>

enum { SLICE = 2000000, REDRAW_MS = 100, ESCAPE_MS = 25, TWICE_MS = 500 };

/* --- showing */

/* Colour by meaning; a letter or mark on the canvas says the same, so bold, dim and reverse do without. Colours that are one to some eyes
 * (protanopia: yellow and green, magenta and blue; deuteranopia: green and red) differ in an attribute, too. */
static const struct {
    short color; /* -1: the terminal's own */
    attr_t attr;
} looks[STYLES] = {
    [STYLE_PLAIN] = {-1, A_NORMAL},
    [STYLE_TITLE] = {-1, A_BOLD},
    [STYLE_FOCUS] = {-1, A_BOLD | A_REVERSE},
    [STYLE_BORDER] = {-1, A_DIM},
    [STYLE_DIM] = {-1, A_DIM},
    [STYLE_CHANGED] = {COLOR_YELLOW, A_BOLD},
    [STYLE_HERE] = {-1, A_REVERSE},
    [STYLE_PRIVILEGED] = {COLOR_MAGENTA, A_BOLD},
    [STYLE_RESOURCE] = {COLOR_CYAN, A_NORMAL},
    [STYLE_DEVICE] = {COLOR_YELLOW, A_NORMAL},
    [STYLE_GUEST] = {COLOR_BLUE, A_BOLD | A_UNDERLINE},
    [STYLE_INTERRUPT] = {COLOR_GREEN, A_UNDERLINE},
    [STYLE_ALARM] = {COLOR_RED, A_BOLD | A_REVERSE},
};

static void colors(bool wanted)
{
    if (!wanted || !has_colors() || start_color() == ERR)
        return;
    use_default_colors();
    for (int i = 0; i < STYLES; i++)
        init_pair((short)(i + 1), looks[i].color, -1);
}

/* All cells are given to ncurses, which sends those that are new. The cursor is where the next letter goes. */
static void show(struct tui *t)
{
    const struct canvas *c = &t->canvas;
    bool color = t->d->color && has_colors();
    tui_draw(t);
    for (unsigned y = 0; y < c->height; y++)
        for (unsigned x = 0; x < c->width; x++) {
            const struct cell *cell = &c->cell[(size_t)y * c->width + x];
            attr_t attr = looks[cell->style].attr | (color ? (attr_t)COLOR_PAIR(cell->style + 1) : 0);
            mvaddch((int)y, (int)x, (chtype)(unsigned char)cell->c | attr);
        }
    unsigned column = (unsigned)sizeof "(trapeze) " - 1 + t->length;
    move((int)c->height - 1, (int)(column < c->width ? column : c->width - 1));
    refresh();
}

/* --- keys */

/* What ncurses calls a key is said in the words of keys.h; 0 for a key that means nothing here. */
static int key_of(int c)
{
    static const struct {
        int curses, key;
    } keys[] = {{KEY_LEFT, KEY_IS_LEFT},          {KEY_RIGHT, KEY_IS_RIGHT},     {KEY_UP, KEY_IS_UP},
                {KEY_DOWN, KEY_IS_DOWN},          {KEY_HOME, KEY_IS_HOME},       {KEY_END, KEY_IS_END},
                {KEY_PPAGE, KEY_IS_PAGE_UP},      {KEY_NPAGE, KEY_IS_PAGE_DOWN}, {KEY_ENTER, KEY_IS_ENTER},
                {KEY_BACKSPACE, KEY_IS_BACKSPACE}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].curses == c)
            return keys[i].key;
    if (c > KEY_F0 && c <= KEY_F(12))
        return KEY_IS_F1 + c - KEY_F(1);
    return c < 256 ? c : 0;
}

static void resized(struct tui *t)
{
    struct error e;
    int high, wide;
    getmaxyx(stdscr, high, wide);
    clear();
    if (tui_resize(t, (unsigned)wide, (unsigned)high, &e) != 0) {
        t->leave = true;
        t->too_small = e;
    }
}

/* In raw mode the terminal makes no signal of Ctrl-Z, so it is made here, when the terminal is as the shell wants it. */
static void suspend(void)
{
    endwin();
    raise(SIGTSTP);
    refresh();
}

/* --- the mouse: at the person's wish, since a terminal that reports it marks no text meanwhile */

static uint64_t milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* What a signal that kills has to send to leave the full screen is put together now: a handler may not ask terminfo for it. Where terminfo
 * does not say how the mouse is given back (XM), ncurses takes it by xterm's mode 1000. */
static void prepare_end(bool mouse)
{
    char last[TERMINAL_LAST_WORDS + 1];
    char xm[] = "XM";
    const char *format = mouse ? tigetstr(xm) : NULL;
    const char *release = !mouse ? "" : format && format != (char *)-1 ? tiparm(format, 0) : "\033[?1000l";
    snprintf(last, sizeof last, "%s%s%s%s", release ? release : "", exit_ca_mode ? exit_ca_mode : "",
             cursor_normal ? cursor_normal : "", exit_attribute_mode ? exit_attribute_mode : "");
    terminal_last_words(last);
}

/* As `set mouse` has it by now. ncurses itself gives the mouse back at endwin(), and takes it again behind it. The press alone is asked
 * for: to tell a click from it ncurses would wait for what comes next. */
static void follow_mouse(struct tui *t)
{
    const bool wanted = t->repl->mouse;
    if (wanted == t->mouse.on)
        return;
    t->mouse.on = wanted;
    t->mouse.asked = true;
    prepare_end(true); /* a signal may come before mousemask() has done it */
    mouseinterval(0);
    mousemask(wanted ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
    prepare_end(wanted);
}

/* The time runs from when the first click's work is done: it may take long, and the second waits. */
static void take_event(struct tui *t, const MEVENT *m)
{
    const bool click = m->bstate & BUTTON1_PRESSED;
    const unsigned x = (unsigned)m->x, y = (unsigned)m->y;
    const bool again = click && x == t->mouse.x && y == t->mouse.y && milliseconds() < t->mouse.twice_until;
    if (click)
        tui_click(t, x, y, again);
    else if (m->bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED))
        tui_wheel(t, x, y, m->bstate & BUTTON4_PRESSED);
    t->mouse.x = x;
    t->mouse.y = y;
    t->mouse.twice_until = click && !again ? milliseconds() + TWICE_MS : 0;
}

/* Of a terminal that reports what it was not asked for ncurses takes the head of a report alone: digits to an M follow. */
static void drop_report(void)
{
    const bool waits = !is_nodelay(stdscr);
    int c;
    nodelay(stdscr, TRUE);
    do
        c = getch();
    while ((c >= '0' && c <= '9') || c == ';');
    if (c != ERR && c != 'M' && c != 'm')
        ungetch(c);
    nodelay(stdscr, !waits);
}

/* One KEY_MOUSE may stand for several that came at once, and the latest is the first that ncurses gives. While the guest runs keys are
 * its, and it has no mouse. */
static void take_mouse(struct tui *t, bool heed)
{
    MEVENT event[8]; /* as many as ncurses keeps */
    unsigned n = 0;
    if (!t->mouse.asked)
        drop_report();
    while (n < sizeof event / sizeof event[0] && getmouse(&event[n]) == OK)
        n++;
    while (n-- > 0)
        if (heed && t->mouse.on)
            take_event(t, &event[n]);
}

static void take_key(struct tui *t, int c)
{
    enum { CTRL_L = 12, CTRL_Z = 26 };
    if (c == KEY_RESIZE)
        resized(t);
    else if (c == CTRL_L)
        clearok(curscr, TRUE);
    else if (c == CTRL_Z)
        suspend();
    else if (c == KEY_MOUSE)
        take_mouse(t, true);
    else
        tui_key(t, key_of(c));
}

/* --- while the guest runs: keys are its, Ctrl-C ours */

/* A key above 255 is ncurses' name for a sequence. Two of them have a byte of their own; the others have none that a serial line
 * would know. */
static void keys_of_guest(struct tui *t)
{
    enum { CTRL_C = 3 };
    for (int c; (c = getch()) != ERR;) {
        uint8_t byte = (uint8_t)(c == KEY_BACKSPACE ? 127 : c == KEY_ENTER ? 13 : c);
        if (c == CTRL_C)
            debugger_interrupt(t->d);
        else if (c == KEY_RESIZE)
            resized(t);
        else if (c == KEY_MOUSE)
            take_mouse(t, false);
        else if (t->d->console && (c < 256 || byte != (uint8_t)c))
            console_type(t->d->console, &byte, 1);
    }
}

/* true: the guest was run here, and the REPL need not do it. */
static bool run(struct repl *r)
{
    struct tui *t = r->tui;
    uint64_t shown = milliseconds();
    bool stopped;
    nodelay(stdscr, TRUE);
    do {
        stopped = debugger_slice(t->d, SLICE);
        if (t->d->console)
            console_flush(t->d->console);
        keys_of_guest(t);
        if (terminal_take_interrupt() || terminal_signal())
            debugger_interrupt(t->d);
        if (!stopped && milliseconds() - shown >= REDRAW_MS) {
            timeline_look(&t->timeline, t->d->traplog);
            show(t);
            shown = milliseconds();
        }
    } while (!stopped);
    nodelay(stdscr, FALSE);
    return true;
}

/* --- the whole */

/* The terminal's size, if it is not the screen's: opaque is the struct winsize, or NULL. */
static bool has_new_size(void *opaque)
{
    struct winsize ours, *now = opaque ? opaque : &ours;
    int high, wide;
    getmaxyx(stdscr, high, wide);
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, now) == 0 && now->ws_row && now->ws_col && (now->ws_row != high || now->ws_col != wide);
}

/* A line editor, too, may have the signal for it: whatever woke us, the size is asked for. */
static void look_at_size(struct tui *t)
{
    struct winsize now;
    if (!has_new_size(&now))
        return;
    resizeterm(now.ws_row, now.ws_col);
    resized(t);
}

/* It sleeps in poll() and not in getch(), since that would not wake for SIGCONT and would miss a signal that came just before. */
static void loop(struct tui *t)
{
    while (!t->leave && !t->repl->quit) {
        look_at_size(t);
        if (t->leave)
            break;
        follow_mouse(t);
        show(t);
        struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
        if (!terminal_poll_attentive(&p, 1, has_new_size, NULL) || (p.revents && !(p.revents & POLLIN))) {
            t->repl->quit = true;
            break;
        }
        if (terminal_take_continued()) {
            endwin();
            clearok(curscr, TRUE);
        }
        (void)terminal_take_interrupt();
        nodelay(stdscr, TRUE);
        for (int c; !t->leave && (c = getch()) != ERR;) {
            nodelay(stdscr, FALSE);
            take_key(t, c);
            nodelay(stdscr, TRUE);
        }
        nodelay(stdscr, FALSE);
    }
}

static void on_resize(int signal_number) { (void)signal_number; } /* it only wakes whoever sleeps */

/* Asked before newterm(), which keeps memory of a type that it does not know. */
static bool type_is_known(void)
{
    int found = 0;
    if (setupterm(NULL, STDOUT_FILENO, &found) != OK)
        return false;
    del_curterm(cur_term);
    return true;
}

static SCREEN *open_terminal(bool color)
{
    if (!type_is_known())
        return NULL;
    use_tioctl(TRUE); /* before what LINES and COLUMNS say */
    SCREEN *s = newterm(NULL, stdout, stdin);
    if (!s)
        return NULL;
    set_escdelay(ESCAPE_MS);
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    colors(color);
    prepare_end(false);
    return s;
}

static void close_terminal(SCREEN *s)
{
    endwin();
    delscreen(s);
    terminal_last_words("");
}

int tui_run(struct repl *r, struct error *e)
{
    struct tui t;
    struct sigaction before, wakes = {.sa_handler = on_resize};
    if (!r->interactive)
        return error_set(e, ENOTTY, "the full screen needs a terminal; 'tui print' shows it as text");
    if (r->tui)
        return error_set(e, EBUSY, "this is the full screen; Ctrl-X a leaves it");
    terminal_leave();
    fflush(stdout);
    SCREEN *s = open_terminal(r->d->color);
    if (!s)
        return error_set(e, ENOTSUP, "the terminal type '%s' is not known here", getenv("TERM") ? getenv("TERM") : "");
    sigaction(SIGWINCH, &wakes, &before);
    int high, wide;
    getmaxyx(stdscr, high, wide);
    int result = tui_open(&t, r, (unsigned)wide, (unsigned)high, e);
    if (result == 0) {
        r->tui = &t;
        r->run_face = run;
        loop(&t);
        r->tui = NULL;
        r->run_face = NULL;
        if (t.too_small.text[0])
            result = error_set(e, EINVAL, "%s", t.too_small.text);
        tui_close(&t);
    }
    close_terminal(s);
    sigaction(SIGWINCH, &before, NULL);
    if (!r->quit)
        run_tell(r->d, NULL, false); /* where it stands now */
    return result;
}

#endif
