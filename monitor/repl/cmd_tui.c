/* cmd_tui.c - `tui`: the full screen, and the same as text.
 *
 *    tui                      tui_run(): takes the terminal until Ctrl-X a
 *    tui print 100x30 f7 tab  a screen of its own is made, the keys pressed, and its canvas printed as text; no terminal is asked
 *    tui address, tui first   for the screen that is open: d->repl->tui
 *
 * By `tui print` tests see the screen, and a student can put it into a report.
 */
#include "monitor/repl/repl.h"

#include "monitor/tui/keys.h"
#include "monitor/tui/terminal_curses.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_PLAIN = 80, ROWS_PLAIN = 24, SIZE_MOST = 500 };

/* Keys by name, as `tui print` presses them.
 * "one" and "two" are Ctrl-X 1 and Ctrl-X 2: a digit alone would be typed at the prompt. */
static const struct {
    const char *name;
    int key;
} key_names[] = {{"left", KEY_IS_LEFT}, {"right", KEY_IS_RIGHT},  {"up", KEY_IS_UP},
                 {"down", KEY_IS_DOWN}, {"home", KEY_IS_HOME},    {"end", KEY_IS_END},
                 {"tab", KEY_IS_TAB},   {"enter", KEY_IS_ENTER},  {"one", '1'},
                 {"two", '2'},          {"pgup", KEY_IS_PAGE_UP}, {"pgdn", KEY_IS_PAGE_DOWN}};

/* Of "f7" the 7; 0: it is no function key.
 * "f" alone, "f0" and "f13" are none, and fall through to the names. */
static unsigned function_key(const char *name)
{
    char *end;
    unsigned long n = name[0] == 'f' && isdigit((unsigned char)name[1]) ? strtoul(name + 1, &end, 10) : 0;
    return n >= 1 && n <= 12 && !*end ? (unsigned)n : 0;
}

/* Ctrl-X first where the key is one behind it; F-keys follow each other in keys.h. */
static int press(struct tui *t, const char *name, struct error *e)
{
    unsigned f = function_key(name);
    if (f) {
        tui_key(t, KEY_IS_F1 + (int)f - 1);
        return 0;
    }
    for (size_t i = 0; i < sizeof key_names / sizeof key_names[0]; i++)
        if (strcmp(key_names[i].name, name) == 0) {
            enum { CTRL_X = 24 };
            if (key_names[i].key == '1' || key_names[i].key == '2')
                tui_key(t, CTRL_X);
            tui_key(t, key_names[i].key);
            return 0;
        }
    return error_set(e, EINVAL, "there is no key '%s': left, right, up, down, home, end, pgup, pgdn, tab, enter, f1 to f12, one, two",
                     name);
}

/* Past the screen, which would fold it. */
static void print_canvas(const struct debugger *d, const struct canvas *c)
{
    struct screen *s = d->repl ? d->repl->screen : NULL;
    if (s)
        screen_flush(s);
    canvas_print(c, s ? s->to : d->out);
}

/* "120x40", and *text moves behind it; else nothing of the kind is there.
 * A size too large is kept as one more than the most, so that an absurd one does not wrap round to a small one and pass. */
static void take_size(const char **text, unsigned *width, unsigned *height)
{
    char *x, *end;
    if (!isdigit((unsigned char)**text))
        return;
    unsigned long w = strtoul(*text, &x, 10);
    if (*x != 'x' || !isdigit((unsigned char)x[1]))
        return;
    unsigned long h = strtoul(x + 1, &end, 10);
    if (*end && *end != ' ')
        return;
    *width = w > SIZE_MOST ? SIZE_MOST + 1 : (unsigned)w;
    *height = h > SIZE_MOST ? SIZE_MOST + 1 : (unsigned)h;
    *text = end;
}

/* A screen of its own, so that one that is open keeps its focus and what was typed. It draws the guest, which the keys may have run. */
static int print(struct debugger *d, const char *text, struct error *e)
{
    struct tui t;
    char word[32];
    unsigned width = COLUMNS_PLAIN, height = ROWS_PLAIN;
    take_size(&text, &width, &height);
    if (width > SIZE_MOST || height > SIZE_MOST)
        return error_set(e, EINVAL, "at most %dx%d", SIZE_MOST, SIZE_MOST);
    int r = d->repl ? tui_open(&t, d->repl, width, height, e) : error_set(e, ENOTSUP, "the full screen is the monitor's own");
    if (r)
        return r;
    while (r == 0 && repl_word(&text, word, sizeof word))
        r = press(&t, word, e);
    tui_draw(&t);
    if (r == 0)
        print_canvas(d, &t.canvas);
    tui_close(&t);
    return r;
}

/* `auto` takes back what was said; "" is where the guest stands, which is rarely what the screen would pick. */
static int walk_address(struct tui *t, const char *text, struct error *e)
{
    uint64_t at;
    t->has_address = false;
    if (strcmp(text, "auto") == 0)
        return 0;
    int r = debugger_location(t->d, *text ? text : "$pc", &at, e);
    if (r)
        return r;
    t->has_address = true;
    t->address = at;
    return 0;
}

static int tui(struct debugger *d, const struct repl_args *a, struct error *e)
{
    char word[32];
    const char *rest = a->text;
    struct tui *t = d->repl ? d->repl->tui : NULL;
    if (!repl_word(&rest, word, sizeof word))
        return d->repl ? tui_run(d->repl, e) : error_set(e, ENOTSUP, "the full screen is the monitor's own");
    if (strcmp(word, "print") == 0)
        return print(d, rest, e);
    if (strcmp(word, "address") != 0 && strcmp(word, "first") != 0)
        return error_set(e, EINVAL, "tui, tui print [COLUMNSxROWS] [KEY...], tui address EXPR | auto, or tui first; not 'tui %s'",
                         word);
    if (!t)
        return error_set(e, EINVAL, "'tui %s' is for the full screen; 'tui' opens it", word);
    if (strcmp(word, "address") == 0)
        return walk_address(t, rest, e);
    return t->pair ? pair_first(t->pair, d, e) : error_set(e, EINVAL, "Ctrl-X 2 puts the bare machine beside this one first");
}

extern const struct repl_command repl_screening[];
const struct repl_command repl_screening[] = {
    {"tui", NULL, "[print [WxH] [KEY...] | address A | first]", "the full screen",
     "Code, registers, the walk of the address at hand, the exits, what was said, and the prompt. Ctrl-X a opens and leaves\n"
     "it. Letters go to the prompt. With nothing typed:\n"
     "  Left, Right   to the exit before, or the next one; Home: to the start\n"
     "  Enter         why, of the exit where the guest stands\n"
     "  Tab           the keys go to the next panel: exits, walk (Left, Right: a\n"
     "                bit, and why it is so), code and said (Up, Down: scroll)\n"
     "  F5 c  F6 rsi  F7 si  F8 ni    F1 this    PgUp, PgDn: scroll what was said\n"
     "  F9            the guest's screen, of a board that has one, and back\n"
     "  Ctrl-X 2      the bare machine beside it, in lock step; Ctrl-X 1: back\n"
     "  Ctrl-L draws anew, Ctrl-Z suspends, Ctrl-U and Ctrl-W erase\n"
     "  set mouse on  a click gives a panel the keys, on an exit goes there, a second one there: why; the wheel scrolls, and goes\n"
     "                through exits and bits. Terminals mark no text meanwhile, or with Shift held alone: set mouse off\n"
     "While the guest runs keys are its; Ctrl-C stops it.\n"
     "Exits are lettered by what D made of them: P privileged, its v_i emulated it; F a leaf of the shadow was filled; D a device;\n"
     "X done by the VMM; R reflected, the guest's own; I an interrupt; ! stopped. Dim ones lie ahead.\n"
     "tui print: the screen as text (80x24), after KEYs: left, tab, enter, f7, two ... tui address: which address is walked\n"
     "(auto: the leaf just filled, else the next access, else the pc). tui first: of two machines, to where they part.",
     GROUP_MONITOR, tui, COMPLETE_SYMBOL, false, NEEDS_STOPPED},
    {0},
};
