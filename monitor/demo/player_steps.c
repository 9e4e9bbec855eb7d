/* player_steps.c - what a line of the script does. A failed expectation is told at once, with what there was instead. */
#define _GNU_SOURCE /* asprintf */
#include "monitor/demo/player.h"

#include "monitor/demo/expect.h"
#include "monitor/demo/keys.h"
#include "monitor/demo/tool.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

void demo_forget_output(struct demo_player *p)
{
    for (unsigned i = 0; i < 2; i++) {
        free(p->text[i]);
        free(p->console[i]);
        p->text[i] = p->console[i] = NULL;
    }
}

/* --- failures */

static void put_excerpt(FILE *f, const char *text)
{
    enum { LINES = 40 };
    unsigned n = 0;
    for (; *text && n < LINES; n++) {
        size_t length = strcspn(text, "\n");
        fprintf(f, "    %.*s\n", (int)length, text);
        text += length + (text[length] == '\n');
    }
    if (*text)
        fprintf(f, "    ...\n");
}

/* On stderr at once, and counted once: a page that is shown again on the way back would otherwise count twice. */
static void fail(struct demo_player *p, const struct demo_step *step, const char *sentence, bool with_output)
{
    size_t index = (size_t)(step - p->script->step);
    if (p->failed[index])
        return;
    p->failed[index] = true;
    p->failures++;
    fflush(p->writer->out);
    fprintf(stderr, "trapeze: %s:%u: %s\n", p->script->path, step->line, sentence);
    for (unsigned i = 0; with_output && i < 2; i++) {
        if (p->console[i] && *p->console[i])
            put_excerpt(stderr, p->console[i]);
        if (p->text[i])
            put_excerpt(stderr, p->text[i]);
    }
}

/* --- commands */

/* A key that somebody presses meanwhile is for the next pause. Its echo would stand in the page. */
void demo_busy(const struct demo_player *p, bool busy)
{
    static const char note[] = "one moment ...";
    if (p->interactive && busy)
        terminal_hush();
    else if (p->interactive)
        terminal_leave();
    if (!p->writer->clears)
        return;
    if (busy)
        fputs(note, stdout);
    else
        printf("\r%*s\r", (int)strlen(note), "");
    fflush(stdout);
}

/* With the level, as the script has it. */
static const char *machine_name(const struct demo_player *p, const struct demo_step *step, unsigned i, char *text, size_t size)
{
    const char *name = p->script->machine[step->machine[i]].name;
    if (step->level[i] == DEMO_GUEST)
        return name;
    snprintf(text, size, "%.60s:%d", name, step->level[i]);
    return text;
}

/* A quiet command is shown after all when it failed: without it nobody would know what the sentence is about. */
static void show(struct demo_player *p, const struct demo_step *step, bool failed)
{
    struct demo_shown shown = {.command = step->text, .machines = step->machines, .failed = failed};
    char *filtered[2] = {NULL, NULL}, name[2][64];
    for (unsigned i = 0; i < 2; i++) {
        if (i < step->machines)
            shown.machine[i] = machine_name(p, step, i, name[i], sizeof name[i]);
        if (step->shown && p->text[i] && !failed)
            filtered[i] = demo_filter(p->text[i], step->shown, step->part);
        shown.text[i] = filtered[i] ? filtered[i] : p->text[i];
        shown.console[i] = p->console[i];
    }
    if (!step->quiet || failed)
        p->writer->ops->command(p->writer, &shown);
    free(filtered[0]);
    free(filtered[1]);
}

/* Both machines are asked before anything is shown, since the rows of both stand side by side. Ctrl-C during a command ends the
 * demonstration: the machine stands somewhere that no page speaks of. */
static void command(struct demo_player *p, const struct demo_step *step)
{
    unsigned columns = demo_columns(p->writer, step->machines);
    demo_forget_output(p);
    p->result = 0;
    demo_busy(p, true);
    for (unsigned i = 0; i < step->machines; i++) {
        struct demo_machine *m = &p->machine[step->machine[i]];
        int r = demo_machine_command(m, step->level[i], step->text, columns, &p->text[i], &p->console[i]);
        p->result = p->result ? p->result : r;
        if (terminal_signal() || demo_machine_interrupted(m))
            p->key = DEMO_KEY_QUIT;
    }
    demo_busy(p, false);
    show(p, step, p->result != 0);
    if (p->result)
        fail(p, step, "the monitor refuses this command:", true);
}

/* Whether the script says itself which exit status it expects. */
static bool expects_status(const struct demo_script *s, unsigned command)
{
    for (unsigned i = command + 1; i < s->steps && demo_is_expectation(s->step[i].kind); i++)
        if (s->step[i].kind == DEMO_HOLDS)
            return true;
    return false;
}

/* `prove` and its like take seconds and say the same each time; a class that goes back a page shall not wait for them again.
 * What it said before, or what it says now. */
static int ask_tool(struct demo_player *p, const char *words, struct error *e)
{
    for (unsigned i = 0; i < p->saids; i++) {
        if (strcmp(p->said[i].words, words) != 0)
            continue;
        p->status = p->said[i].status;
        p->text[0] = strdup(p->said[i].text);
        return p->text[0] ? 0 : error_set(e, ENOMEM, "there is not enough memory");
    }
    demo_busy(p, true);
    int r = demo_tool(words, &p->text[0], &p->status, e);
    demo_busy(p, false);
    char *copy = r == 0 && p->saids < DEMO_SAID && !terminal_signal() ? strdup(p->text[0]) : NULL;
    if (copy)
        p->said[p->saids++] = (struct demo_said){words, copy, p->status};
    return r;
}

static void tool(struct demo_player *p, const struct demo_step *step)
{
    struct error e;
    demo_forget_output(p);
    p->result = ask_tool(p, step->text, &e);
    if (terminal_signal() || terminal_take_interrupt())
        p->key = DEMO_KEY_QUIT;
    if (p->result) {
        fail(p, step, e.text, false);
        return;
    }
    show(p, step, false);
    if (p->status != 0 && !expects_status(p->script, (unsigned)(step - p->script->step))) {
        char why[200];
        snprintf(why, sizeof why, "expected status 0 of 'trapeze %.100s'; it is %d, and it says:", step->text, p->status);
        fail(p, step, why, true);
    }
}

/* --- expectations */

static bool has_line(const struct demo_player *p, const char *regex)
{
    for (unsigned i = 0; i < 2; i++)
        if ((p->text[i] && demo_matches(p->text[i], regex)) || (p->console[i] && demo_matches(p->console[i], regex)))
            return true;
    return false;
}

static bool both_say(const struct demo_player *p)
{
    return p->text[0] && p->text[1] && strcmp(p->text[0], p->text[1]) == 0 && p->console[0] && p->console[1] &&
           strcmp(p->console[0], p->console[1]) == 0;
}

static bool status_is(const struct demo_player *p, const struct demo_step *step) { return p->status == strtol(step->text, NULL, 10); }

/* "" when it holds on every machine of the command, else what is wrong.
 * On each machine of the command, at its level: "bare|vm> ..." with "% $a0 == 42" asks both. */
static void holds(struct demo_player *p, const struct demo_step *step, const struct demo_step *of, char *why, size_t size)
{
    struct error e;
    bool yes;
    *why = '\0';
    for (unsigned i = 0; i < of->machines && !*why; i++) {
        const char *name = p->script->machine[of->machine[i]].name;
        if (demo_machine_holds(&p->machine[of->machine[i]], of->level[i], step->text, &yes, &e) != 0)
            snprintf(why, size, "'%.100s' has no value on the machine '%s': %.200s", step->text, name, e.text);
        else if (!yes)
            snprintf(why, size, "expected that '%.100s' is true on the machine '%s'; it is 0", step->text, name);
    }
}

static void judge(struct demo_player *p, const struct demo_step *step, const struct demo_step *of, char *why, size_t size)
{
    bool met = true;
    const char *wants = "";
    switch (step->kind) {
    case DEMO_MATCH:
        met = has_line(p, step->text);
        wants = "expected a line that matches";
        break;
    case DEMO_MATCH_NOT:
        met = !has_line(p, step->text);
        wants = "expected no line that matches";
        break;
    case DEMO_SAME:
    case DEMO_DIFFERENT:
        met = both_say(p) == (step->kind == DEMO_SAME);
        snprintf(why, size, "expected %s from both machines, of '%.100s'; they say:",
                 step->kind == DEMO_SAME ? "the same" : "something different", of->text);
        break;
    default:
        if (of->kind == DEMO_COMMAND) {
            holds(p, step, of, why, size);
            return;
        }
        met = status_is(p, step);
        snprintf(why, size, "expected status %s of 'trapeze %.100s'; it is %d, and it says:", step->text, of->text, p->status);
        break;
    }
    if (*wants)
        snprintf(why, size, "%s '%.150s', of '%.100s'; it says:", wants, step->text, of->text);
    if (met)
        *why = '\0';
}

/* A command that was refused has said so: what it should have shown would only be told again. */
static void expectation(struct demo_player *p, const struct demo_step *step)
{
    const struct demo_step *of = &p->script->step[step->command];
    char why[480] = "";
    if (p->result) /* it was told that there is nothing to look at */
        return;
    judge(p, step, of, why, sizeof why);
    p->writer->ops->verdict(p->writer, &(struct demo_verdict){.step = step, .command = of->text, .met = !*why, .sentence = why});
    if (*why)
        fail(p, step, why, step->kind != DEMO_HOLDS || of->kind == DEMO_TOOL);
}

/* --- pauses */

static struct demo_machine *latest_machine(struct demo_player *p)
{
    for (unsigned i = p->at; i-- > 0;)
        if (p->script->step[i].kind == DEMO_COMMAND)
            return &p->machine[p->script->step[i].machine[0]];
    return p->opened ? &p->machine[0] : NULL;
}

/* A process of its own has machines of its own: whatever is done to them, the demonstration's stand where they stood.
 * fork() copies all of the machines' memory for nothing, page by page as it is written. The child gets the terminal with its prompt. */
static void monitor(struct demo_player *p)
{
    struct demo_machine *m = latest_machine(p);
    int status;
    printf("The monitor, at the machine %s. `quit` comes back to the demonstration.\n", m->desc->name);
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        demo_machine_monitor(m);
        terminal_leave();
        fflush(NULL);
        _exit(0);
    }
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        if (terminal_signal())
            kill(pid, SIGTERM);
    terminal_take_interrupt(); /* that was for the monitor */
    if (p->writer->clears)
        demo_text_again(p->writer);
    else
        printf("Back in the demonstration.\n");
}

/* Each counts. Nobody waits at those that are skipped, where a page is shown again, nor where the rest of it was asked for. */
void demo_pause(struct demo_player *p)
{
    fflush(p->writer->out);
    if (!p->interactive)
        return;
    p->writer->rows = 0;
    if (p->pauses++ < p->skipped || p->reveal)
        return;
    while ((p->key = (int)demo_key(latest_machine(p) != NULL)) == DEMO_KEY_MONITOR || p->key == DEMO_KEY_AGAIN)
        if (p->key == DEMO_KEY_MONITOR)
            monitor(p);
        else if (p->writer->clears)
            demo_text_again(p->writer);
    if (p->key == DEMO_KEY_ALL) {
        p->reveal = true;
        p->key = DEMO_KEY_ON;
    }
}

/* --- steps */

void demo_step(struct demo_player *p, const struct demo_step *step)
{
    switch (step->kind) {
    case DEMO_PAGE: break;
    case DEMO_PROSE: p->writer->ops->prose(p->writer, step->text); break;
    case DEMO_QUESTION:
        p->writer->ops->question(p->writer, step->text);
        if (p->key == DEMO_KEY_ON) /* else the person has left from the full screen before it */
            demo_pause(p);
        if (p->key == DEMO_KEY_ON)
            p->writer->ops->answer(p->writer, step->answer);
        break;
    case DEMO_COMMAND: command(p, step); break;
    case DEMO_TOOL: tool(p, step); break;
    default: expectation(p, step); break;
    }
}
