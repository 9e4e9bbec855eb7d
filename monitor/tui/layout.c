/* layout.c - which panel is where. Wide screens have the output beside the rest, narrow ones below; two machines share the width.
 *
 * One machine on 80x24, as `tui print` shows it, less some rows; the panels' names are those of enum tui_focus, registers take no keys:
 *
 *     - vm1: code -------------------------------|- registers ------------------------
 *     <_start+28>                                |pc 8020001c  mode S
 *       11  sd      zero, 0(t0)                  |sp        *0000000080247010
 *     =>  8020001c  sd zero, 0(t0)               |t0        *0000000080202000
 *       12  addi    t0, t0, 8                    |t1        *0000000080247010
 *     next: stores 8 bytes at 0x80202000         |a1         0000000087e00000
 *     - 0x80202000 <process>: the leaf just filled -----------------------------------
 *     guest: untranslated                      shadow: root 0 (untranslated, PM)
 *                                              L2 088040010 0000000022010401 -------V
 *                                              L0 088042010 00000000200808df DA-UXWRV
 *     bits R .>1  W .>1  X .>1  U .>1  A .>1  D .>1  G .>0  V .>1  guest > shadow
 *     R: granted by the guest, and the page is RAM
 *     -[exits of vm1]-----------------------------------------------------------------
 *     FF<
 *     F exit 1 at 7: sd zero, 0(t0), store page fault; a leaf of the shadow was filled
 *     - said -------------------------------------------------------------------------
 *
 *     vm1 virtual S / real U  depth 1  7 retired  2 exits
 *     (trapeze)  <- -> exits   Enter why   Tab panel   F7 si  F5 c   Ctrl-X a leaves
 *
 * From 160 columns on `said` is the right third of the screen, from top to bottom; with two machines the top is both, each with its
 * registers below, and the walk has no room.
 */
#include "monitor/tui/tui.h"

#include <stdio.h>
#include <string.h>

enum { WIDE = 160, TALL = 28, WALK = 7, WALK_LOW = 6, TIMELINE = 2, REGISTERS = 36, STATUS = 2 /* and the prompt */ };

/* Rows from the top for what is above the walk, each panel with its title. */
struct plan_of_rows {
    unsigned top, walk, output; /* rows without titles; output 0: it is beside */
};

/* What is left of the height when the lines that are always there have theirs. A narrow screen gives a third of that to the
 * output, a low one three rows: the code is what one looks at. With two machines the walk and its title are not there. */
static struct plan_of_rows rows_of(const struct tui *t, bool wide)
{
    unsigned height = t->canvas.height, titles = wide ? 3 : 4;
    struct plan_of_rows r = {.walk = t->pair ? 0 : height < TALL ? WALK_LOW : WALK};
    unsigned left = height - STATUS - titles + (t->pair ? 1 : 0) - TIMELINE - r.walk;
    r.output = wide ? 0 : left < 12 ? 3 : left / 3;
    r.top = left - r.output;
    return r;
}

static void titled(struct tui *t, struct box b, enum tui_focus focus, const char *title)
{
    canvas_title(&t->canvas, &b, focus < FOCUSES && t->focus == focus, title);
    if (focus < FOCUSES)
        t->panel[focus] = b;
}

/* One machine: its code beside its registers. These have one column of names and values, or two once there is
 * width for two and a readable line of code. */
static void single(struct tui *t, unsigned width, unsigned rows)
{
    unsigned right = width >= 2 * REGISTERS + 60 ? width / 2 : REGISTERS;
    const struct box code = {0, 1, width - right - 1, rows}, registers = {width - right, 1, right, rows};
    const char *name = view_level_name(t->d, t->d->level);
    char title[48];
    snprintf(title, sizeof title, "%s: code", name);
    titled(t, code, FOCUS_CODE, title);
    titled(t, registers, FOCUSES, "registers");
    canvas_bar(&t->canvas, width - right - 1, 0, rows + 1);
    pane_code(t, t->d, &t->canvas, &code);
    pane_registers(t, t->d, &t->canvas, &registers);
}

/* The same guest twice, bare at the left. */
static void both(struct tui *t, unsigned width, unsigned rows)
{
    unsigned half = (width - 1) / 2, code = rows * 3 / 5;
    const struct debugger *machine[2] = {pair_bare(t->pair), t->d};
    for (unsigned i = 0; i < 2; i++) {
        const struct box top = {i ? half + 1 : 0, 1, half, code}, below = {top.x, top.y + code, half, rows - code};
        char title[64];
        snprintf(title, sizeof title, i ? "%s" : "bare, in lock step", view_level_name(t->d, t->d->level));
        titled(t, top, i ? FOCUS_CODE : FOCUSES, title);
        pane_code(t, machine[i], &t->canvas, &top);
        pane_registers(t, machine[i], &t->canvas, &below);
    }
    canvas_bar(&t->canvas, half, 0, rows + 1);
}

/* The title says why it is this address: it moves by itself, and who has not asked for it would wonder. */
static void walk(struct tui *t, unsigned width, unsigned y, unsigned rows)
{
    const struct box b = {0, y, width, rows};
    const char *why;
    char title[192], symbol[VIEW_SYMBOL];
    va_t va = tui_address(t, &why);
    debugger_symbol(t->d, va, symbol, sizeof symbol);
    snprintf(title, sizeof title, "0x%llx %s: %s", (unsigned long long)va, symbol, why);
    titled(t, b, FOCUS_WALK, title);
    pane_walk(t, &t->canvas, &b);
}

static void timeline(struct tui *t, unsigned width, unsigned y)
{
    const struct box b = {0, y, width, TIMELINE};
    char title[64];
    unsigned level = tui_level(t->d);
    snprintf(title, sizeof title, "exits of %s", level ? view_level_name(t->d, level) : "nobody");
    titled(t, b, FOCUS_TIMELINE, title);
    pane_timeline(t, &t->canvas, &b);
}

/* Scrolling has to know it before anything is drawn. */
unsigned tui_output_height(const struct tui *t)
{
    bool wide = t->canvas.width >= WIDE;
    return wide ? t->canvas.height - STATUS - 1 : rows_of(t, false).output;
}

static void output(struct tui *t, struct box b)
{
    titled(t, b, FOCUS_OUTPUT, "said");
    pane_output(t, &t->canvas, &b);
}

/* The prompt with what was typed; its end is where the cursor is. */
static void prompt(struct tui *t)
{
    const struct box b = {0, t->canvas.height - 1, t->canvas.width, 1};
    const char *p = t->repl->collecting ? "> " : "(trapeze) ", *line = t->line;
    unsigned room = b.width > strlen(p) + 1 ? b.width - (unsigned)strlen(p) - 1 : 0;
    if (t->length > room)
        line += t->length - room;
    unsigned x = canvas_text(&t->canvas, &b, 0, 0, STYLE_PLAIN, "%s%s", p, line);
    if (!t->length)
        canvas_text(&t->canvas, &b, x + 1, 0, STYLE_DIM, "%s",
                    t->shows_screen ? "F9 the panels   F7 si  F5 c   Ctrl-X a leaves"
                                    : "<- -> exits   Enter why   Tab panel   F7 si  F5 c   Ctrl-X a leaves");
}

/* The guest's screen, and below it what was said as far as there is room. */
static void screen(struct tui *t)
{
    enum { SCREEN = 25 };
    const unsigned room = t->canvas.height - STATUS - 1, rows = room < SCREEN + 2 ? room : SCREEN;
    const struct box b = {0, 1, t->canvas.width, rows};
    titled(t, b, FOCUSES, "the guest's screen");
    pane_screen(t, &t->canvas, &b);
    if (rows < room)
        output(t, (struct box){0, rows + 2, t->canvas.width, room - rows - 1});
}

static void panels(struct tui *t)
{
    bool wide = t->canvas.width >= WIDE;
    unsigned width = wide ? t->canvas.width * 2 / 3 : t->canvas.width;
    const struct plan_of_rows r = rows_of(t, wide);
    unsigned y = r.top + 2;
    if (t->pair)
        both(t, width, r.top);
    else
        single(t, width, r.top);
    if (r.walk) {
        walk(t, width, y, r.walk);
        y += r.walk + 1;
    }
    timeline(t, width, y);
    if (wide)
        canvas_bar(&t->canvas, width, 0, t->canvas.height - STATUS);
    output(t, wide ? (struct box){width + 1, 1, t->canvas.width - width - 1, tui_output_height(t)}
                   : (struct box){0, y + TIMELINE + 1, width, tui_output_height(t)});
}

void tui_draw(struct tui *t)
{
    const struct box status = {0, t->canvas.height - STATUS, t->canvas.width, 1};
    canvas_clear(&t->canvas);
    memset(t->panel, 0, sizeof t->panel);
    if (t->shows_screen)
        screen(t);
    else
        panels(t);
    pane_status(t, &t->canvas, &status);
    prompt(t);
}
