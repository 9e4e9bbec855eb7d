/* parts.c - libraries that were there when the command was built, programs that are used beside it, and the terminal. */
#define _GNU_SOURCE /* asprintf */
#include "monitor/doctor/doctor.h"

#include "monitor/disasm.h"
#include "monitor/screen.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The build defines these for what it found; here they become values, so that the code below is compiled either way. */
#ifdef TRAPEZE_READLINE
static const bool has_readline = true;
#else
static const bool has_readline = false;
#endif
#ifdef TRAPEZE_DWARF
static const bool has_dwarf = true;
#else
static const bool has_dwarf = false;
#endif
#ifdef TRAPEZE_CURSES
static const bool has_curses = true;
#else
static const bool has_curses = false;
#endif

enum { COLUMNS_WANTED = 80, ROWS_WANTED = 24 };

/* More than DOCTOR_LINES are dropped: the list is of our own making and has fewer. */
void doctor_say(struct doctor *d, enum doctor_state state, const char *name, const char *package, const char *format, ...)
{
    if (d->lines == DOCTOR_LINES)
        return;
    struct doctor_line *l = &d->line[d->lines++];
    *l = (struct doctor_line){.state = state, .name = name, .package = package};
    va_list args;
    va_start(args, format);
    vsnprintf(l->text, sizeof l->text, format, args);
    va_end(args);
}

/* --- parts */

/* What a build left out is a note with the package that would bring it in, for both halves of a sentence: what it does, what is without
 * it. */
static void part(struct doctor *d, bool there, const char *name, const char *package, const char *with, const char *without)
{
    if (there)
        doctor_say(d, DOCTOR_OK, name, NULL, "built in: %s", with);
    else
        doctor_say(d, DOCTOR_NOTE, name, package, "not built in: %s. Install the package and build trapeze again", without);
}

/* Three states: it may have been left out of the build, or be built in and not be there now, as it is loaded when it is needed. */
static void capstone(struct doctor *d)
{
    const char *library = disasm_library();
    if (!library)
        doctor_say(d, DOCTOR_NOTE, "Capstone", "libcapstone-dev",
                   "not built in: the table's own printer shows instructions. Install the package and build trapeze again");
    else if (!disasm_library_loads())
        doctor_say(d, DOCTOR_NOTE, "Capstone", "libcapstone5", "%s does not load: the table's own printer shows instructions",
                   library);
    else
        doctor_say(d, DOCTOR_OK, "Capstone", NULL, "%s loads: it prints instructions", library);
}

void doctor_look_at_parts(struct doctor *d)
{
    capstone(d);
    part(d, has_readline, "Readline", "libreadline-dev", "the monitor edits and completes lines", "the monitor reads plain lines");
    part(d, has_curses, "ncurses", "libncurses-dev", "the monitor has a full screen", "the monitor has no full screen");
    part(d, has_dwarf, "libdw", "libdw-dev", "the monitor shows source lines and call frames",
         "the monitor shows no source lines, and frames without names");
}

/* --- programs */

/* A file that may be executed; a folder may, too, and is none. */
static bool is_program(const char *folder, size_t length, const char *name)
{
    struct stat st;
    char *path;
    if (asprintf(&path, "%.*s/%s", (int)length, length ? folder : ".", name) < 0)
        return false;
    bool is = length && stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
    free(path);
    return is;
}

/* As the shell looks for it; but an empty part of PATH, which stands for the folder at hand, is passed over. */
static bool on_path(const char *name)
{
    const char *path = getenv("PATH");
    for (size_t length; path; path = path[length] ? path + length + 1 : NULL) {
        length = strcspn(path, ":");
        if (is_program(path, length, name))
            return true;
    }
    return false;
}

void doctor_look_for(struct doctor *d, const char *program, const char *package, const char *does)
{
    bool there = on_path(program);
    doctor_say(d, there ? DOCTOR_OK : DOCTOR_NOTE, program, there ? NULL : package, "%s%s", there ? "" : "not found; it ", does);
}

void doctor_look_at_programs(struct doctor *d)
{
    doctor_look_for(d, "gdb-multiarch", "gdb-multiarch", "debugs a guest from outside (trapeze run -s)");
    doctor_look_for(d, "make", "make", "builds the plug-ins of assignments (trapeze lab)");
    doctor_look_for(d, "cc", "gcc", "compiles them");
    doctor_look_for(d, "man", "man-db", "shows the manual pages");
}

/* --- the terminal */

/* Notes, not faults: without a terminal, or on a small one, all commands work, and some show less. A dumb terminal gets no package
 * recommended, since none would help it. */
void doctor_look_at_terminal(struct doctor *d)
{
    const char *term = getenv("TERM") ? getenv("TERM") : "", *lacks = doctor_type_lacks(term);
    unsigned columns = screen_columns(), rows = screen_rows();
    if (lacks)
        doctor_say(d, DOCTOR_NOTE, "terminal type", *term && strcmp(term, "dumb") != 0 ? "ncurses-term" : NULL,
                   "%s: no full screen, the plain monitor serves", lacks);
    else
        doctor_say(d, DOCTOR_OK, "terminal type", NULL, "%s", term);
    bool small = columns < COLUMNS_WANTED || rows < ROWS_WANTED;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        doctor_say(d, DOCTOR_NOTE, "terminal", NULL, "input or output is no terminal here: demonstrations are printed, nothing asks");
    doctor_say(d, small ? DOCTOR_NOTE : DOCTOR_OK, "terminal size", NULL, "%u columns and %u rows%s", columns, rows,
               small ? "; demonstrations and the full screen want 80 and 24" : "");
}
