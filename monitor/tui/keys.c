/* keys.c - see keys.h. On an empty line the arrows move the panel that has the keys; letters go to the prompt always. */
#include "monitor/tui/keys.h"

#include <stdio.h>
#include <string.h>

enum { CTRL_A = 1, CTRL_L = 12, CTRL_U = 21, CTRL_W = 23, CTRL_X = 24 };

static void say_error(struct tui *t, const struct error *e)
{
    tui_say(t, e->text, strlen(e->text));
    tui_say(t, "\n", 1);
}

/* --- time */

/* To that exit, or the sentence why there is none. The screen is looked at anew in any case: the guest may have come a part of
 * the way. */
static void travel(struct tui *t, const struct traplog_exit *to, const char *none)
{
    struct error e;
    if (!tui_level(t->d))
        none = "The guest runs on the bare machine: there are no exits to go to.\n";
    if (!to)
        tui_say(t, none, strlen(none));
    else if (timeline_go(t->d, to, &e) != 0)
        say_error(t, &e);
    tui_look(t);
}

/* The next exit, be it one that was never seen before. */
static void forwards(struct tui *t)
{
    const struct traplog_exit *to = timeline_ahead(&t->timeline, tui_level(t->d));
    if (to || !tui_level(t->d))
        travel(t, to, "");
    else
        tui_command(t, "until exit");
}

/* Left of the first exit that is known there is the reset, which can be gone back to, too. */
static void time_key(struct tui *t, int key)
{
    static const char none[] = "There is no earlier exit that could be gone back to.\n";
    struct error e;
    if (key == KEY_IS_LEFT && timeline_before(&t->timeline, tui_level(t->d))) {
        travel(t, timeline_before(&t->timeline, tui_level(t->d)), none);
    } else if (key == KEY_IS_RIGHT) {
        forwards(t);
    } else if (key == KEY_IS_LEFT || key == KEY_IS_HOME) {
        if (debugger_goto(t->d, 0, &e) != 0)
            say_error(t, &e);
        tui_look(t);
    }
}

/* --- the panels */

static void scroll(unsigned *up, int by) { *up = by < 0 && *up < (unsigned)-by ? 0 : *up + (unsigned)by; }

static void scroll_output(struct tui *t, int by)
{
    unsigned rows = tui_output_rows(t, t->screen.width), room = tui_output_height(t), most = rows > room ? rows - room : 0;
    scroll(&t->output_up, by);
    if (t->output_up > most)
        t->output_up = most;
}

/* What the arrows do on an empty line, by the panel:
 *
 *              Left, Right              Up, Down
 *   exits      to another exit          the history of lines
 *   walk       to another bit           -
 *   code       -                        scroll
 *   said       -                        scroll
 */
static void panel_key(struct tui *t, enum tui_focus panel, int key)
{
    int by = key == KEY_IS_UP ? 1 : key == KEY_IS_DOWN ? -1 : 0;
    switch (panel) {
    case FOCUS_WALK:
        if (key == KEY_IS_LEFT || key == KEY_IS_RIGHT)
            t->bit = (t->bit + (key == KEY_IS_LEFT ? VIEW_LEAF_BITS - 1 : 1)) % VIEW_LEAF_BITS;
        break;
    case FOCUS_CODE: scroll(&t->code_up, by); break;
    case FOCUS_OUTPUT: scroll_output(t, by); break;
    default: time_key(t, key);
    }
}

/* --- the line */

/* The ring keeps the last 64 lines; history_at is the number of the one shown, counted since the beginning, or the count: the
 * empty line. */
static void history(struct tui *t, int by)
{
    unsigned oldest = t->history_count > TUI_HISTORY ? t->history_count - TUI_HISTORY : 0;
    if (by < 0 ? t->history_at <= oldest : t->history_at >= t->history_count)
        return;
    t->history_at += (unsigned)by;
    const char *line = t->history_at < t->history_count ? t->history[t->history_at % TUI_HISTORY] : "";
    snprintf(t->line, sizeof t->line, "%s", line);
    t->length = (unsigned)strlen(t->line);
}

/* The line is copied first: the command may draw, and the prompt is empty by then. An empty line repeats, as at the prompt,
 * except where the keys are the exits': there Enter asks why. */
static void enter(struct tui *t)
{
    char line[TUI_LINE];
    memcpy(line, t->line, sizeof line);
    t->length = 0;
    t->line[0] = '\0';
    if (*line || t->repl->collecting)
        tui_command(t, line);
    else if (t->focus == FOCUS_TIMELINE && timeline_here(&t->timeline, tui_level(t->d)))
        tui_command(t, "why");
    else
        tui_command(t, "");
}

/* A word and the blanks behind it, as shells cut. */
static void cut(struct tui *t, bool word)
{
    if (!word)
        t->length = 0;
    while (t->length && t->line[t->length - 1] == ' ')
        t->length--;
    while (t->length && t->line[t->length - 1] != ' ')
        t->length--;
    t->line[t->length] = '\0';
}

static void type(struct tui *t, int key)
{
    if (key < ' ' || key > '~' || t->length + 1 >= TUI_LINE)
        return;
    t->line[t->length++] = (char)key;
    t->line[t->length] = '\0';
}

/* --- all of them */

static void two_machines(struct tui *t)
{
    struct error e;
    if (t->pair) {
        pair_close(t->pair);
        t->pair = NULL;
    } else if (pair_open(&t->pair, t->d, &e) != 0) {
        t->pair = NULL;
        say_error(t, &e);
    }
}

static void after_ctrl_x(struct tui *t, int key)
{
    t->after_ctrl_x = false;
    if (key == 'a' || key == CTRL_A)
        t->leave = true;
    else if (key == '2' || (key == '1' && t->pair))
        two_machines(t);
}

static void the_screen(struct tui *t)
{
    static const char none[] = "The guest's board has no screen.\n";
    if (t->d->system->board->ops->screen)
        t->shows_screen = !t->shows_screen;
    else
        tui_say(t, none, sizeof none - 1);
}

static void function_key(struct tui *t, unsigned n)
{
    static const char *const commands[] = {[1] = "help tui", [5] = "continue", [6] = "reverse-stepi", [7] = "stepi", [8] = "nexti"};
    if (n < sizeof commands / sizeof commands[0] && commands[n])
        tui_command(t, commands[n]);
    if (n == 9)
        the_screen(t);
}

void tui_key(struct tui *t, int key)
{
    if (t->after_ctrl_x) {
        after_ctrl_x(t, key);
        return;
    }
    switch (key) {
    case CTRL_X: t->after_ctrl_x = true; break;
    case CTRL_U: cut(t, false); break;
    case CTRL_W: cut(t, true); break;
    case KEY_IS_ENTER:
    case '\n': enter(t); break;
    case KEY_IS_TAB: t->focus = (t->focus + 1) % FOCUSES; break;
    case 8:
    case KEY_IS_BACKSPACE: t->line[t->length ? --t->length : 0] = '\0'; break;
    case KEY_IS_PAGE_UP: scroll_output(t, (int)tui_output_height(t) - 1); break; /* a row stays */
    case KEY_IS_PAGE_DOWN: scroll_output(t, 1 - (int)tui_output_height(t)); break;
    case KEY_IS_UP:
    case KEY_IS_DOWN:
        if (t->length || t->focus == FOCUS_TIMELINE)
            history(t, key == KEY_IS_UP ? -1 : 1);
        else
            panel_key(t, t->focus, key);
        break;
    case KEY_IS_LEFT:
    case KEY_IS_RIGHT:
    case KEY_IS_HOME:
    case KEY_IS_END:
        if (!t->length)
            panel_key(t, t->focus, key);
        break;
    default:
        if (key > KEY_IS_F1 - 1)
            function_key(t, (unsigned)(key - KEY_IS_F1) + 1);
        else
            type(t, key);
    }
}

/* --- the mouse */

/* The panel at a cell of the screen, its title included; FOCUSES: none. */
static enum tui_focus panel_at(const struct tui *t, unsigned x, unsigned y)
{
    for (unsigned i = 0; i < FOCUSES; i++) {
        const struct box *b = &t->panel[i];
        if (x >= b->x && x - b->x < b->width && y + 1 >= b->y && y < b->y + b->height)
            return i;
    }
    return FOCUSES;
}

/* The lines of a breakpoint that are being typed are no place for a `why` that was clicked. */
static void click_exit(struct tui *t, unsigned x, bool again)
{
    bool here = false;
    const struct traplog_exit *to = pane_timeline_cell(t, &t->panel[FOCUS_TIMELINE], x, &here);
    if ((here || again) && timeline_here(&t->timeline, tui_level(t->d))) {
        if (!t->repl->collecting)
            tui_command(t, "why");
    } else if (to) {
        travel(t, to, "");
    }
}

void tui_click(struct tui *t, unsigned x, unsigned y, bool again)
{
    enum tui_focus panel = panel_at(t, x, y);
    t->after_ctrl_x = false;
    if (panel == FOCUSES)
        return;
    t->focus = panel;
    if (panel == FOCUS_TIMELINE && y == t->panel[panel].y)
        click_exit(t, x - t->panel[panel].x, again);
}

/* Rows go by threes, as elsewhere; exits and bits one by one. */
void tui_wheel(struct tui *t, unsigned x, unsigned y, bool up)
{
    enum { ROWS = 3 };
    enum tui_focus panel = panel_at(t, x, y);
    t->after_ctrl_x = false;
    if (panel == FOCUS_CODE || panel == FOCUS_OUTPUT)
        for (unsigned i = 0; i < ROWS; i++)
            panel_key(t, panel, up ? KEY_IS_UP : KEY_IS_DOWN);
    else if (panel != FOCUSES)
        panel_key(t, panel, up ? KEY_IS_LEFT : KEY_IS_RIGHT);
}
