/* terminal_type.c - whether a full screen can be drawn on a type of terminal. Apart, for term.h has macros of everyday names. */
#include "monitor/doctor/doctor.h"

#include <string.h>
#include <unistd.h>

#ifdef TRAPEZE_CURSES
#include <curses.h>
#include <term.h>
#endif

/* setupterm() with a place for its result: without one it would print and exit by itself. That the cursor can be moved is all that a full
 * screen cannot do without. */
const char *doctor_type_lacks(const char *term)
{
    if (!*term)
        return "TERM is not set";
    if (strcmp(term, "dumb") == 0)
        return "TERM=dumb moves no cursor";
#ifdef TRAPEZE_CURSES
    int found = 0;
    if (setupterm(term, STDOUT_FILENO, &found) != OK)
        return "the type that TERM names is not known here";
    if (!cursor_address)
        return "the type that TERM names moves no cursor";
#endif
    return NULL;
}
