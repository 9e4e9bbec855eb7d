/* keys.h - what keys do, as words that no terminal has a say in, so that tests press them, too. */
#ifndef TRAPEZE_MONITOR_TUI_KEYS_H
#define TRAPEZE_MONITOR_TUI_KEYS_H

#include "monitor/tui/tui.h"

/* Characters are themselves, Ctrl-A is 1, and so on. */
enum tui_key {
    KEY_IS_ENTER = 13,
    KEY_IS_TAB = 9,
    KEY_IS_BACKSPACE = 127,
    KEY_IS_LEFT = 256,
    KEY_IS_RIGHT,
    KEY_IS_UP,
    KEY_IS_DOWN,
    KEY_IS_HOME,
    KEY_IS_END,
    KEY_IS_PAGE_UP,
    KEY_IS_PAGE_DOWN,
    KEY_IS_F1, /* up to F12 */
};

/* One key; the canvas is out of date afterwards. */
void tui_key(struct tui *, int key);

/* The mouse, at a cell of the canvas as it was drawn last. A click gives the keys to the panel there; on an exit it takes the guest to it, or
 * asks why where the guest stands there already, or `again`: it is the second at this place, soon after the first. The wheel does in
 * the panel under it what the arrow keys do, whichever panel has those. */
void tui_click(struct tui *, unsigned x, unsigned y, bool again);
void tui_wheel(struct tui *, unsigned x, unsigned y, bool up);

#endif
