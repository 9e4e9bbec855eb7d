/* lesson.c - see lesson.h. The prompt is the monitor's, with four words more: check, hint, task, skip.
 *
 * The steps of a script, and what becomes of them:
 *
 *    == Heading       shown                              <- l->step is NULL: advance() shows all up to the first question
 *    prose            shown
 *    vm>- tbreak f    carried out before the first task, unseen: where the student begins
 *    ? a task         tell_task(); the prompt            <- l->step
 *    ! a hint         `hint`
 *    vm>- p $pc       `check`: carried out unseen        \
 *    ~ <f>            ... what it printed must match      > the check of this task: up to the next page, prose or question
 *    % $a0 == 5       ... this must hold                 /
 *    prose            shown with the next task
 *
 * Only the machine is asked. A student who comes to the place by another way than the one in mind has done the task.
 */
#include "monitor/tutorial/lesson.h"

#include "monitor/demo/expect.h"
#include "monitor/fold.h"
#include "monitor/terminal.h"
#include "monitor/tui/tui.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool ends_check(enum demo_kind kind) { return kind == DEMO_PAGE || kind == DEMO_PROSE || kind == DEMO_QUESTION; }

unsigned lesson_tasks(const struct demo_script *s)
{
    unsigned n = 0;
    for (unsigned i = 0; i < s->steps; i++)
        n += s->step[i].kind == DEMO_QUESTION;
    return n;
}

/* Before the lesson begins, so that its author hears of a task that could not be done, and no student. */
int lesson_verify(const struct demo_script *s, struct error *e)
{
    if (s->machines != 1)
        return error_set(e, EINVAL, "%s: a lesson has one machine, and this one has %u", s->path, s->machines);
    if (!lesson_tasks(s))
        return error_set(e, EINVAL, "%s: a lesson has a task, a line that begins with ?", s->path);
    for (unsigned i = 0; i < s->steps; i++) {
        bool checks = false;
        if (s->step[i].kind != DEMO_QUESTION)
            continue;
        for (unsigned j = i + 1; j < s->steps && !ends_check(s->step[j].kind); j++)
            checks |= demo_is_expectation(s->step[j].kind);
        if (!checks)
            return error_set(e, EINVAL, "%s:%u: nothing says when this task is done: commands and ~ or %% behind it", s->path,
                             s->step[i].line);
    }
    return 0;
}

/* --- the check */

/* Unfolded, as patterns are about whole lines; and by repl_execute(), so that it is not what Enter repeats. The level is put back: the
 * student may be looking at another machine. Commands of a check are meant to look only; one that runs the guest would move it.
 * A command of the script, as the student would type it, but unseen. NULL for want of memory. */
static char *output_of(struct lesson *l, const struct demo_step *step)
{
    struct debugger *d = &l->machine.debugger;
    unsigned level = d->level, width = d->width;
    char *text = NULL;
    size_t size;
    struct error e;
    enum { UNFOLDED = 10000 };
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    d->width = UNFOLDED;
    if (step->level[0] == DEMO_GUEST || debugger_set_level(d, (unsigned)step->level[0], &e) == 0)
        (void)!repl_execute(d, step->text, f); /* what fails says so in the text */
    (void)!debugger_set_level(d, level, &e);   /* it was there */
    d->width = width;
    fclose(f);
    return demo_untab(text);
}

static bool holds(struct lesson *l, const struct demo_step *step, const struct demo_step *of)
{
    struct error e;
    bool yes;
    return demo_machine_holds(&l->machine, of->level[0], step->text, &yes, &e) == 0 && yes;
}

static bool is_done(struct lesson *l)
{
    const struct demo_script *s = l->script;
    const struct demo_step *end = s->step + s->steps;
    char *text = NULL;
    bool met = true;
    for (const struct demo_step *x = l->step + 1; met && x < end && !ends_check(x->kind); x++) {
        if (x->kind == DEMO_COMMAND) {
            free(text);
            text = output_of(l, x);
        } else if (x->kind == DEMO_MATCH || x->kind == DEMO_MATCH_NOT) {
            met = text && demo_matches(text, x->text) == (x->kind == DEMO_MATCH);
        } else if (x->kind == DEMO_HOLDS) {
            met = holds(l, x, &s->step[x->command]);
        }
    }
    free(text);
    return met;
}

static void say(const struct lesson *l, const char *text) { fold_print(l->writer->out, l->writer->width, text); }

static void hint(const struct lesson *l)
{
    const struct demo_step *end = l->script->step + l->script->steps;
    for (const struct demo_step *x = l->step + 1; x < end && !ends_check(x->kind); x++)
        if (x->kind == DEMO_HINT) {
            say(l, x->text);
            return;
        }
    say(l, "There is no hint for this one.");
}

static void tell_task(const struct lesson *l)
{
    char head[40];
    snprintf(head, sizeof head, "Task %u of %u.", l->task, l->tasks);
    l->writer->ops->prose(l->writer, head);
    l->writer->ops->question(l->writer, l->step->text);
    say(l, "check tells whether it is done. There are hint, task and skip; quit leaves.");
}

/* --- the course of it */

static void show(struct lesson *l, const struct demo_step *step)
{
    if (step->kind == DEMO_PAGE)
        l->writer->ops->page(l->writer, step->text, ++l->page, l->script->pages);
    else if (step->kind == DEMO_PROSE)
        l->writer->ops->prose(l->writer, step->text);
    else if (step->kind == DEMO_COMMAND) /* before the first task: where it begins */
        free(output_of(l, step));
}

/* On to the next task; false: there is none.
 * in_check: what stands behind the task that is left, up to its end, is its check and not to be shown. */
static bool advance(struct lesson *l)
{
    const struct demo_step *end = l->script->step + l->script->steps, *x = l->step ? l->step + 1 : l->script->step;
    for (bool in_check = l->step != NULL; x < end && x->kind != DEMO_QUESTION; x++) {
        in_check &= !ends_check(x->kind);
        if (!in_check)
            show(l, x);
    }
    if (x == end)
        return false;
    l->step = x;
    l->task++;
    tell_task(l);
    return true;
}

/* This task is over, solved or not.
 * The answer is told either way: who skips a task is to know what it was about. */
static void go_on(struct lesson *l, bool solved)
{
    l->solved += solved;
    l->writer->ops->answer(l->writer, l->step->answer);
    l->over = !advance(l);
    if (l->over)
        say(l, "That was the last task. The machine is yours: look around; quit leaves.");
}

/* --- the words of the prompt */

static bool own_word(struct repl *r, const char *line)
{
    static const char *const words[] = {"check", "hint", "task", "skip"};
    struct lesson *l = r->own_data;
    unsigned word = 0;
    while (word < 4 && strcmp(words[word], line) != 0)
        word++;
    if (word == 4)
        return false;
    l->writer->out = r->d->out; /* the prompt's: of the full screen, if that is open */
    if (l->over)
        say(l, "There is no task left; quit leaves.");
    else if (word == 1)
        hint(l);
    else if (word == 2)
        tell_task(l);
    else if (word == 3 || is_done(l))
        go_on(l, word == 0);
    else
        say(l, "Not yet. `task` says it again, `hint` helps, `skip` goes on without.");
    if (r->tui)
        screen_flush(&r->tui->screen);
    else if (r->screen)
        screen_flush(r->screen);
    fflush(stdout);
    return true;
}

/* The terminal is asked for once and left again, so that a signal finds it as it was; the prompt takes it when it needs it. */
int lesson_run(struct lesson *l, struct error *e)
{
    const struct demo_script *s = l->script;
    int r = demo_machine_open(&l->machine, &s->machine[0], s->path, e);
    if (r)
        return r;
    if (terminal_enter())
        terminal_leave();
    terminal_keep_interrupts();
    l->tasks = lesson_tasks(s);
    l->machine.repl.own = own_word;
    l->machine.repl.own_data = l;
    if (advance(l)) {
        fflush(stdout);
        demo_machine_monitor(&l->machine);
    }
    l->writer->out = stdout;
    demo_machine_close(&l->machine);
    return 0;
}
