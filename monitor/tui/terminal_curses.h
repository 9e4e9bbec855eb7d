/* terminal_curses.h - the full screen on a terminal, by ncurses; without that library it is not there. */
#ifndef TRAPEZE_MONITOR_TUI_TERMINAL_CURSES_H
#define TRAPEZE_MONITOR_TUI_TERMINAL_CURSES_H

#include "monitor/tui/tui.h"

/* Has the terminal until the person leaves. -errno with the sentence: too small, no terminal, no ncurses; then it is as before. */
MUST_CHECK int tui_run(struct repl *, struct error *);

#endif
