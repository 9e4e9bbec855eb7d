/* keys.c - see keys.h. */
#include "monitor/demo/keys.h"

#include "monitor/terminal.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const shown[] = {"Enter on, b back, r reveal all, q quit", "Enter on, b back, r reveal all, m monitor, q quit"};

enum { ESCAPE = 27, CTRL_C = 3, CTRL_D = 4, CTRL_Z = 26, CONTINUED = 256 };

/* -1: there will be no more. Keys of several bytes begin with an escape, are read at once, and none of them means anything.
 * An escape alone is the key Escape, which means nothing either. A signal that ends the process is -1, Ctrl-C the key it would be in raw
 * mode; anything else that woke us up is 0, no key, unless the process was stopped meanwhile. */
static int read_key(void)
{
    unsigned char bytes[32];
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!terminal_poll(&p, 1))
        return -1;
    if (terminal_take_continued())
        return CONTINUED;
    if (!p.revents)
        return terminal_take_interrupt() ? CTRL_C : 0;
    ssize_t n = read(STDIN_FILENO, bytes, 1);
    if (n <= 0)
        return -1;
    if (bytes[0] == ESCAPE && poll(&p, 1, 0) > 0 && read(STDIN_FILENO, bytes + 1, sizeof bytes - 1) > 0)
        return 0;
    return bytes[0];
}

/* The row with the keys is wiped by blanks and not by a control sequence: any terminal knows blanks. */
enum demo_key demo_key(bool machine)
{
    enum demo_key key = DEMO_KEY_QUIT;
    fputs(shown[machine], stdout);
    fflush(stdout);
    terminal_resume();
    for (bool known = false; !known;) {
        known = true;
        switch (read_key()) {
        case '\r':
        case '\n':
        case ' ': key = DEMO_KEY_ON; break;
        case 'b': key = DEMO_KEY_BACK; break;
        case 'r': key = DEMO_KEY_ALL; break;
        case 'm': key = DEMO_KEY_MONITOR, known = machine; break;
        case CTRL_Z: /* raw mode makes no signal of it; behind the signal it goes on here */
            raise(SIGTSTP);
            /* fall through */
        case CONTINUED: key = DEMO_KEY_AGAIN; break;
        case 'q':
        case CTRL_C:
        case CTRL_D:
        case -1: key = DEMO_KEY_QUIT; break;
        default: known = false; break;
        }
    }
    terminal_leave();
    (void)terminal_take_continued();
    printf("\r%*s\r", (int)strlen(shown[machine]), "");
    fflush(stdout);
    return key;
}
