/* write_json.c - a demonstration as JSON: an object a line for each thing that it shows.
 *
 *    {"schema": 1, "demo": "trap", "title": "...", "minutes": 8, "pages": 5, "machines": ["bare", "vm"]}
 *    {"schema": 1, "page": 1, "heading": "One kernel, two places"}
 *    {"schema": 1, "machine": "bare", "command": "p $pc", "text": "$1 = ..."}
 *    {"schema": 1, "line": 12, "of": "p $pc", "met": true}
 *    {"schema": 1, "failures": 0}
 *
 * An object a line, written as it happens: a reader need not wait for the end, and sees how far it came if there is none.
 */
#include "monitor/demo/writer.h"

static struct json open_line(struct demo_writer *w)
{
    struct json j;
    json_open(&j, w->out);
    json_object(&j, NULL);
    json_uint(&j, "schema", DEMO_SCHEMA);
    return j;
}

static void one(struct demo_writer *w, const char *key, const char *text)
{
    struct json j = open_line(w);
    json_string(&j, key, text);
    json_end(&j);
}

static void begin(struct demo_writer *w, const struct demo_script *s, const char *name)
{
    struct json j = open_line(w);
    json_string(&j, "demo", name);
    json_string(&j, "title", s->title);
    json_uint(&j, "minutes", s->minutes);
    json_uint(&j, "pages", s->pages);
    json_array(&j, "machines");
    for (unsigned i = 0; i < s->machines; i++)
        json_string(&j, NULL, s->machine[i].name);
    json_end(&j);
    json_end(&j);
}

static void page(struct demo_writer *w, const char *heading, unsigned number, unsigned of)
{
    struct json j = open_line(w);
    (void)of;
    json_uint(&j, "page", number);
    json_string(&j, "heading", heading);
    json_end(&j);
}

static void prose(struct demo_writer *w, const char *text) { one(w, "prose", text); }
static void question(struct demo_writer *w, const char *text) { one(w, "question", text); }
static void answer(struct demo_writer *w, const char *text) { one(w, "answer", text); }

/* A command on two machines is two objects, one after the other; "error" in place of "text" where the monitor refused it. */
static void command(struct demo_writer *w, const struct demo_shown *s)
{
    for (unsigned i = 0; i < (s->machines ? s->machines : 1); i++) {
        struct json j = open_line(w);
        if (s->machines)
            json_string(&j, "machine", s->machine[i]);
        json_string(&j, s->machines ? "command" : "trapeze", s->command);
        if (s->console[i] && *s->console[i])
            json_string(&j, "console", s->console[i]);
        json_string(&j, s->failed ? "error" : "text", s->text[i] ? s->text[i] : "");
        json_end(&j);
    }
}

static void verdict(struct demo_writer *w, const struct demo_verdict *v)
{
    struct json j = open_line(w);
    json_uint(&j, "line", v->step->line);
    json_string(&j, "of", v->command);
    json_bool(&j, "met", v->met);
    if (!v->met)
        json_string(&j, "error", v->sentence);
    json_end(&j);
}

static void end(struct demo_writer *w, unsigned failures)
{
    struct json j = open_line(w);
    json_uint(&j, "failures", failures);
    json_end(&j);
}

const struct demo_writer_ops demo_json = {.begin = begin,
                                          .page = page,
                                          .prose = prose,
                                          .question = question,
                                          .answer = answer,
                                          .command = command,
                                          .verdict = verdict,
                                          .end = end};
