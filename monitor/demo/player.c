/* player.c - pages forwards and backwards. Going back is going back: every machine returns, in reverse, to where the page began, and what
 * is then shown is executed again.
 *
 *    page 0           page 1           page 2
 *    |= mark[0]       |= mark[1]       |= mark[2]       where each machine stood when the page was first shown
 *    |----- commands -|--- ? ----------|-----
 *                           ^ b: back to mark[1], and the page again, without waiting, up to the pause before
 *                     ^ b once more: back to mark[0], and all of page 0, to its end
 *
 * A page that is shown again is executed again. So its output is not kept anywhere, and cannot differ from what the machines say.
 */
#include "monitor/demo/player.h"

#include "monitor/demo/keys.h"
#include "monitor/screen.h"
#include "monitor/terminal.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

/* --- machines */

/* The terminal is asked for once and left again, as in a lesson: keys.c takes it for each pause. */
static int open_machines(struct demo_player *p, struct error *e)
{
    const struct demo_script *s = p->script;
    int r = 0;
    for (; r == 0 && p->opened < s->machines; p->opened += r == 0)
        r = demo_machine_open(&p->machine[p->opened], &s->machine[p->opened], s->path, e);
    if (p->interactive && terminal_enter())
        terminal_leave();
    terminal_keep_interrupts();
    return r;
}

static void close_machines(struct demo_player *p)
{
    while (p->opened)
        demo_machine_close(&p->machine[--p->opened]);
}

/* Where they stand is kept, or they go back there. */
static int begin_page(struct demo_player *p, bool again, struct error *e)
{
    int r = 0;
    if (again)
        demo_busy(p, true);
    for (unsigned i = 0; i < p->opened && r == 0; i++) {
        struct demo_mark *mark = &p->mark[p->page * DEMO_MACHINES + i];
        demo_machine_tidy(&p->machine[i]);
        if (again)
            r = demo_machine_return(&p->machine[i], *mark, e);
        else
            *mark = demo_machine_mark(&p->machine[i]);
    }
    if (again)
        demo_busy(p, false);
    return r;
}

/* --- pages */

/* Of the page behind the last one: the number of steps, which is where that page ends. */
static unsigned first_step(const struct demo_script *s, unsigned page)
{
    unsigned i = 0;
    for (unsigned n = 0; i < s->steps; i++)
        if (s->step[i].kind == DEMO_PAGE && n++ == page)
            break;
    return i;
}

/* The terminal as it is now: whoever shows a page may have made its letters larger since the last one. */
void demo_measure(struct demo_player *p)
{
    unsigned columns = screen_columns();
    p->height = screen_rows();
    p->writer->width = columns > DEMO_COLUMNS ? DEMO_COLUMNS : columns < DEMO_COLUMNS_LEAST ? DEMO_COLUMNS_LEAST : columns;
}

/* p->at stays at the step that the person left by a key: from there go_back() looks for the pause before. */
static void show_page(struct demo_player *p)
{
    const struct demo_script *s = p->script;
    unsigned first = first_step(s, p->page), end = first_step(s, p->page + 1);
    p->key = DEMO_KEY_ON;
    p->reveal = false;
    p->pauses = 0;
    p->writer->rows = 0;
    demo_text_forget(p->writer);
    if (p->interactive)
        demo_measure(p);
    if (p->writer->clears)
        demo_text_again(p->writer);
    p->writer->ops->page(p->writer, s->step[first].text, p->page + 1, s->pages);
    for (p->at = first + 1; p->at < end && p->key == DEMO_KEY_ON; p->at++)
        demo_step(p, &s->step[p->at]);
    p->at -= p->key != DEMO_KEY_ON; /* the step that did not come to its end */
    fflush(p->writer->out);
    if (p->interactive && p->key == DEMO_KEY_ON) {
        p->reveal = false;
        p->skipped = 0;
        demo_pause(p);
    }
}

/* To the pause before the one at hand: of this page, or the last of the page before, which waits whatever is skipped. */
static void go_back(struct demo_player *p)
{
    if (p->pauses > 1) {
        p->skipped = p->pauses - 2;
    } else if (p->page > 0) {
        p->skipped = UINT_MAX;
        p->page--;
    } else {
        p->skipped = 0;
    }
}

/* `seen`: pages from there on are new, and their marks are set; those before are returned to. */
static int play_pages(struct demo_player *p, struct error *e)
{
    unsigned seen = 0;
    while (p->page < p->script->pages && p->key != DEMO_KEY_QUIT) {
        int r = begin_page(p, p->page < seen, e);
        if (r)
            return r;
        seen = p->page + 1 > seen ? p->page + 1 : seen;
        show_page(p);
        if (p->key == DEMO_KEY_BACK) {
            go_back(p);
            continue;
        }
        p->skipped = 0;
        p->page++;
    }
    return 0;
}

int demo_play(struct demo_player *p, struct error *e)
{
    const struct demo_script *s = p->script;
    p->mark = calloc((size_t)s->pages * DEMO_MACHINES, sizeof *p->mark);
    p->failed = calloc(s->steps, sizeof *p->failed);
    int r = -ENOMEM;
    if (!p->mark || !p->failed)
        (void)error_set(e, ENOMEM, "there is not enough memory for the demonstration");
    else
        r = open_machines(p, e);
    if (r == 0) {
        p->writer->ops->begin(p->writer, s, p->name);
        r = play_pages(p, e);
        p->writer->ops->end(p->writer, p->failures);
    }
    demo_forget_output(p);
    demo_text_forget(p->writer);
    while (p->saids)
        free(p->said[--p->saids].text);
    close_machines(p);
    free(p->mark);
    free(p->failed);
    return r;
}
