/* line_readline.c - lines by GNU Readline's callback interface: history, completion, the person's own keys (~/.inputrc, where this
 * program is called trapeze). Readline's callbacks take no argument: its state lives in file scope.
 */
#include "monitor/outfile.h"
#include "monitor/repl/repl.h"
#include "monitor/state_folder.h"

#ifdef TRAPEZE_READLINE
#include <readline/history.h>
#include <readline/readline.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HISTORY_LINES = 2000 };

static struct line_reader reader;
/* $XDG_STATE_HOME/trapeze/history, or below ~/.local/state as the XDG base directory specification says. "" when there is no
 * home. */
static char history_path[1024];
/* shown: Readline's handler is installed, so it has the terminal; offers_console: Ctrl-A c was typed, and is told after Readline has
 * returned. Told from inside its callback, the guest would run in front within Readline's own read. */
static bool shown, offers_console;

/* --- completion */

/* Asked for by Readline before it looks for the word at the cursor: which characters end a word depends on the command. */
static char *word_breaks(void)
{
    static char breaks[48]; /* Readline wants to be able to write to it */
    snprintf(breaks, sizeof breaks, "%s", repl_word_breaks(rl_line_buffer, (size_t)rl_point));
    return breaks;
}

/* Readline wants the common start of them all first.
 * The answer of rl_attempted_completion_function: [0] replaces the word, [1] to [n-1] are shown, NULL ends it. Of one word it is the word
 * alone, which Readline then ends with a blank. Takes over the list and its words. */
static char **with_common_start(char **words)
{
    unsigned n = 0;
    size_t same = strlen(words[0]);
    for (; words[n]; n++)
        while (strncmp(words[0], words[n], same) != 0)
            same--;
    char **all = calloc(n + 2, sizeof *all), *start = strndup(words[0], same);
    if (!all || !start) {
        free(all);
        free(start);
        return NULL;
    }
    all[0] = start;
    if (n > 1)
        memcpy(all + 1, words, n * sizeof *words);
    else
        free(words[0]);
    free(words);
    return all;
}

/* Without names of files Readline must not try its own, which it would do where nothing fits. */
static char **complete(const char *word, int start, int end)
{
    bool files = false;
    (void)end;
    char **words = repl_completions(reader.repl->d, rl_line_buffer, (size_t)start, word, &files);
    rl_attempted_completion_over = !files;
    return words ? with_common_start(words) : NULL;
}

/* --- lines */

/* The same line twice is kept once in the history. NULL is Ctrl-D on an empty line. */
static void on_line(char *line)
{
    shown = false;
    rl_callback_handler_remove(); /* the terminal is as it was while the line is carried out */
    if (line && *line) {
        const HIST_ENTRY *last = history_length ? history_get(history_base + history_length - 1) : NULL;
        if (!last || strcmp(last->line, line) != 0)
            add_history(line);
    }
    if (!line)
        fputc('\n', stdout);
    reader.line(reader.opaque, line);
    free(line);
}

static int on_console_key(int count, int key)
{
    (void)count, (void)key;
    offers_console = true;
    return 0;
}

/* Ctrl-X a, as gdb has it: what was typed goes, and the full screen comes. */
static int on_screen_key(int count, int key)
{
    rl_replace_line("tui", 0);
    return rl_newline(count, key);
}

/* Ctrl-A c and Ctrl-X a are bound before ~/.inputrc is read, at the first prompt, so a person may still take these keys for other
 * things. Signals stay with terminal.c, which undoes the raw mode on all ways out. */
static void open(const struct line_reader *r)
{
    reader = *r;
    rl_readline_name = "trapeze";
    rl_change_environment = 0; /* LINES and COLUMNS are the person's */
    rl_catch_signals = 0;
    rl_attempted_completion_function = complete;
    rl_completion_word_break_hook = word_breaks;
    rl_bind_keyseq("\001c", on_console_key);
    rl_bind_keyseq("\030a", on_screen_key);
    rl_bind_keyseq("\030\001", on_screen_key);
    using_history();
    stifle_history(HISTORY_LINES);
    if (state_path("history", history_path, sizeof history_path))
        read_history(history_path);
}

static void prompt(const char *p)
{
    rl_callback_handler_install(p, on_line);
    shown = true;
}

/* What was typed so far comes back with the prompt. */
static char *typed; /* owned */
static int typed_point;

/* Not by rl_save_prompt() alone: while the handler is installed the terminal is in Readline's mode, and what the guest prints would be
 * stairs. So the row is wiped ("\033[K" erases to its end), and the handler goes. */
static void hide(void)
{
    if (!shown)
        return;
    typed = strdup(rl_line_buffer);
    typed_point = rl_point;
    rl_save_prompt();
    rl_replace_line("", 0);
    rl_redisplay();
    fputs("\r\033[K", stdout);
    fflush(stdout);
    rl_restore_prompt();
    rl_callback_handler_remove();
    shown = false;
}

static void prompt_again(const char *p)
{
    prompt(p);
    if (typed && *typed) {
        rl_insert_text(typed);
        rl_point = typed_point;
        rl_redisplay();
    }
    free(typed);
    typed = NULL;
}

static void read_some(void)
{
    rl_callback_read_char();
    if (offers_console) {
        offers_console = false;
        reader.console(reader.opaque);
    }
}

/* As a shell does it: the row stays, with what was typed, and a new prompt comes below. */
static void interrupt(void)
{
    rl_callback_sigcleanup();
    rl_free_line_state();
    rl_replace_line("", 0);
    fputc('\n', stdout);
    rl_callback_handler_remove();
    shown = false;
}

/* All of the list each time: outfile_write() replaces the file whole, so two monitors that end at once leave one history and no mixture. */
static int write_lines(FILE *f, const void *what, struct error *e)
{
    (void)what, (void)e;
    for (HIST_ENTRY **entry = history_list(); entry && *entry; entry++)
        fprintf(f, "%s\n", (*entry)->line);
    return 0;
}

static void close_reader(void)
{
    struct error e;
    if (shown)
        rl_callback_handler_remove();
    rl_deprep_terminal();
    free(typed);
    typed = NULL;
    if (!*history_path)
        return;
    state_make_folders(history_path);
    if (outfile_write(history_path, write_lines, NULL, &e) != 0)
        fprintf(stderr, "trapeze: the history is not kept: %s\n", e.text);
}

static const struct line_source by_readline = {open, prompt_again, hide, read_some, interrupt, close_reader};
const struct line_source *const line_editing = &by_readline;
#else
const struct line_source *const line_editing = NULL;
#endif
