/* script.c - a script is read line by line: the first characters say what a line is. What is text stays where it stands in the file.
 *
 *    file     ? Which mode\0 does it see?\0= U. It is\0 a guest.\0         newlines become ends of strings
 *    steps      ^ text, of two lines: joined by a blank where the newline was
 *                                            ^ answer
 *
 * So a step has no memory of its own, and the script is freed as one block. A mistake ends the reading, with the line's number; nothing
 * that a script says is carried out before all of it has been read.
 */
#include "monitor/demo/script_private.h"

#include "core/loader.h"

#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE_MAX_SCRIPT = 1 << 20, NO_COMMAND = -1 };

/* --- steps */

/* Steps may move when the array grows, so what is kept across lines are numbers (p->command), except `grows`, which ends here: a new step
 * is what the next line may go on with. */
static struct demo_step *add(struct demo_parser *p, enum demo_kind kind, char *text)
{
    struct demo_script *s = p->s;
    if (s->steps == p->room) {
        unsigned room = p->room ? 2 * p->room : 64;
        struct demo_step *grown = realloc(s->step, room * sizeof *grown);
        if (!grown)
            return NULL;
        s->step = grown;
        p->room = room;
    }
    p->grows = NULL;
    struct demo_step *step = &s->step[s->steps++];
    *step = (struct demo_step){.kind = kind, .line = p->line, .text = text};
    return step;
}

static int no_memory(struct demo_parser *p)
{
    return error_set(p->error, ENOMEM, "%s: there is not enough memory to read it", p->s->path);
}

/* The text may go on in the next line. */
static int grow(struct demo_parser *p, struct demo_step *step, char *text)
{
    if (!step)
        return no_memory(p);
    p->grows = step;
    p->ends = text + strlen(text);
    return 0;
}

/*
 *    "...first line\0second line\0"   p->ends is at the \0; the second line begins behind it, or further on where blanks were cut
 *    "...first line second line\0"    moved down over what was between: there is room, as the newline's place has become the blank
 */
static void go_on(struct demo_parser *p, char *line)
{
    size_t n = strlen(line);
    *p->ends++ = ' '; /* where the newline was, or before */
    memmove(p->ends, line, n + 1);
    p->ends += n;
}

/* Expectations do not reach back over a heading: whoever goes back a page would have no command to ask. */
static int page(struct demo_parser *p, char *text)
{
    p->s->pages++;
    p->command = NO_COMMAND;
    if (!*text)
        return FAIL(p, "a page has a heading");
    return add(p, DEMO_PAGE, text) ? 0 : no_memory(p);
}

/* A question that nobody answers would stop a class at its own doubt. So the answer must follow at once, before anything else. */
static bool wants_answer(const struct demo_script *s)
{
    return s->steps && s->step[s->steps - 1].kind == DEMO_QUESTION && !s->step[s->steps - 1].answer;
}

static int no_answer(struct demo_parser *p)
{
    return demo_fail_at(p, p->s->step[p->s->steps - 1].line, "a question without an answer: the next line begins with = and has it");
}

static int question(struct demo_parser *p, char *text)
{
    if (!*text)
        return FAIL(p, "a question asks something");
    return grow(p, add(p, DEMO_QUESTION, text), text);
}

static int answer(struct demo_parser *p, char *text)
{
    if (!wants_answer(p->s))
        return FAIL(p, "an answer without a question: the line before it begins with ? and has that");
    if (!*text)
        return FAIL(p, "an answer says something");
    struct demo_step *step = &p->s->step[p->s->steps - 1];
    step->answer = text;
    return grow(p, step, text);
}

static int hint(struct demo_parser *p, char *text) { return grow(p, add(p, DEMO_HINT, text), text); }

static int prose(struct demo_parser *p, char *line) { return grow(p, add(p, DEMO_PROSE, line), line); }

/* --- commands */

/* Those that print what there is to see, and have no prompt. */
static const char *const tools[] = {"run", "classify", "witness", "prove", "verify", "compare", "sweep"};
enum { TOOLS = sizeof tools / sizeof tools[0] };

/* Only those that end by themselves and ask nothing: they run without a terminal, and their text is all there is to see. */
static int tool(struct demo_parser *p, char *text)
{
    size_t n = strcspn(text, " \t");
    for (unsigned i = 0; i < TOOLS; i++) {
        if (strlen(tools[i]) != n || strncmp(text, tools[i], n) != 0)
            continue;
        p->command = (int)p->s->steps;
        return add(p, DEMO_TOOL, text) ? 0 : no_memory(p);
    }
    return FAIL(p, "$ runs run, classify, witness, prove, verify, compare or sweep, not '%.*s'", n < 40 ? (int)n : 40, text);
}

/* NAME or NAME:LEVEL */
static int take_machine(struct demo_parser *p, const char *text, size_t size)
{
    const char *colon = memchr(text, ':', size);
    size_t n = colon ? (size_t)(colon - text) : size;
    int machine = demo_find_machine(p->s, text, n);
    if (machine < 0)
        return FAIL(p, "there is no machine '%.*s'; a line machine: NAME = OPTIONS makes one", (int)n, text);
    if (colon && (size - n != 2 || !isdigit((unsigned char)colon[1])))
        return FAIL(p, "behind the machine's name and : stands a digit, 0 for the bare machine");
    if (p->machines == 2)
        return FAIL(p, "two machines can stand side by side, not more");
    p->level[p->machines] = colon ? colon[1] - '0' : DEMO_GUEST;
    p->machine[p->machines++] = (unsigned)machine;
    return 0;
}

/* One or two with a bar between them; nothing: those of the command before.
 * "bare|vm>" names two; ">" alone means those of the command before, levels and all, or at first the first machine. */
static int take_machines(struct demo_parser *p, const char *names, size_t size)
{
    int r = 0;
    if (size)
        p->machines = 0;
    for (size_t at = 0, n; at < size && r == 0; at += n + 1) {
        n = strcspn(names + at, "|>");
        r = take_machine(p, names + at, n);
    }
    if (r == 0 && !p->machines && p->s->machines) { /* the first is meant */
        p->machines = 1;
        p->level[0] = DEMO_GUEST;
    }
    if (r == 0 && !p->machines)
        r = FAIL(p, "there is no machine; a line machine: NAME = OPTIONS before the first page makes one");
    return r;
}

static int command(struct demo_parser *p, char *names, char *text)
{
    int r = take_machines(p, names, (size_t)(text - names));
    bool quiet = *++text == '-';
    text = demo_blanks(text + quiet);
    if (r)
        return r;
    if (!*text)
        return FAIL(p, "a command of the monitor is missing");
    p->command = (int)p->s->steps;
    struct demo_step *step = add(p, DEMO_COMMAND, text);
    if (!step)
        return no_memory(p);
    step->quiet = quiet;
    memcpy(step->machine, p->machine, sizeof step->machine);
    memcpy(step->level, p->level, sizeof step->level);
    step->machines = p->machines;
    return 0;
}

/* "a > b" is prose and so is "->": names stand at the very beginning, without a blank before '>', and behind it comes a blank, a '-' or the
 * end.
 * The '>' behind names of machines, or NULL: prose may have one anywhere else. */
static char *prompt(char *line)
{
    char *at = line;
    while (isalnum((unsigned char)*at) || *at == '-' || *at == '_' || *at == '|' || *at == ':')
        at++;
    return *at == '>' && (at[1] == '\0' || at[1] == ' ' || at[1] == '\t' || at[1] == '-') ? at : NULL;
}

/* --- expectations */

/* When the script is read, and not when a class is waiting: an author's mistake is then told with its line. The empty one would match
 * all. */
static int check_regex(struct demo_parser *p, const char *text)
{
    regex_t regex;
    char why[120];
    int r = *text ? regcomp(&regex, text, REG_EXTENDED | REG_NOSUB) : REG_BADPAT;
    if (r == 0) {
        regfree(&regex);
        return 0;
    }
    regerror(r, NULL, why, sizeof why);
    return FAIL(p, "'%.60s' is no regular expression: %s", text, *text ? why : "it is empty");
}

static int expect(struct demo_parser *p, enum demo_kind kind, char *text)
{
    if (p->command == NO_COMMAND)
        return FAIL(p, "there is no command before this on the page");
    struct demo_step *of = &p->s->step[p->command];
    if ((kind == DEMO_SAME || kind == DEMO_DIFFERENT) && of->machines != 2)
        return FAIL(p, "only what two machines say can be compared, as in a|b> COMMAND");
    if (kind == DEMO_HOLDS && !*text)
        return FAIL(p, "an expression is missing");
    if (kind == DEMO_HOLDS && of->kind == DEMO_TOOL && text[strspn(text, "0123456789")])
        return FAIL(p, "behind $ it is the exit status, a number, not '%.40s'", text);
    int r = kind == DEMO_MATCH || kind == DEMO_MATCH_NOT ? check_regex(p, text) : 0;
    if (r)
        return r;
    struct demo_step *step = add(p, kind, text);
    if (!step)
        return no_memory(p);
    step->command = (unsigned)p->command;
    return 0;
}

/* What is shown, not what is checked: expectations are asked of the whole text. Two slashes: of each line only the part that matches. */
static int filter(struct demo_parser *p, char *text)
{
    if (p->command == NO_COMMAND)
        return FAIL(p, "there is no command before this on the page");
    bool part = *text == '/';
    text = demo_blanks(text + part);
    int r = check_regex(p, text);
    p->grows = NULL;
    p->s->step[p->command].shown = text;
    p->s->step[p->command].part = part;
    return r;
}

/* --- lines */

/* The first characters decide, the longer ones first: "!~~" before "!~" before "! ". What begins with a blank is a figure, and stays as it
 * is, but for the second line of a question or an answer, which people like to indent. */
static int page_line(struct demo_parser *p, char *line)
{
    char *shell = prompt(line);
    if (wants_answer(p->s) && *line != '=' && !(p->grows && isblank((unsigned char)*line)))
        return no_answer(p);
    if (shell)
        return command(p, line, shell);
    if (strcmp(line, "~~") == 0 || strcmp(line, "!~~") == 0)
        return expect(p, *line == '!' ? DEMO_DIFFERENT : DEMO_SAME, line);
    if (strncmp(line, "!~", 2) == 0)
        return expect(p, DEMO_MATCH_NOT, demo_blanks(line + 2));
    if (*line == '!' && isblank((unsigned char)line[1]))
        return hint(p, demo_blanks(line + 1));
    switch (*line) {
    case '?': return question(p, demo_blanks(line + 1));
    case '=': return answer(p, demo_blanks(line + 1));
    case '$': return tool(p, demo_blanks(line + 1));
    case '/': return filter(p, line + 1);
    case '~': return expect(p, DEMO_MATCH, demo_blanks(line + 1));
    case '%': return expect(p, DEMO_HOLDS, demo_blanks(line + 1));
    default: break;
    }
    bool figure = isblank((unsigned char)*line), in_prose = p->grows && p->grows->kind == DEMO_PROSE;
    if (p->grows && (in_prose ? !figure && !isblank((unsigned char)*p->grows->text) : figure))
        go_on(p, demo_blanks(line));
    else
        return prose(p, line);
    return 0;
}

/* Blanks at the end go first; an empty line ends a paragraph; '#' in the first column is a comment, anywhere. */
static int one_line(struct demo_parser *p, char *line)
{
    for (size_t n = strlen(line); n && isspace((unsigned char)line[n - 1]); n--)
        line[n - 1] = '\0';
    if (*line == '#')
        return 0;
    if (!*line) {
        p->grows = NULL;
        return 0;
    }
    if (strncmp(line, "==", 2) == 0)
        return wants_answer(p->s) ? no_answer(p) : page(p, demo_blanks(line + 2));
    return p->s->pages ? page_line(p, line) : demo_head_line(p, line);
}

/* What no single line can tell: something is missing. Such sentences have line 1, where it would be. */
static int whole(struct demo_parser *p)
{
    if (wants_answer(p->s))
        return no_answer(p);
    p->line = 1;
    if (!p->s->title || !p->s->minutes)
        return FAIL(p, "a script begins with title: and minutes:");
    return p->s->pages ? 0 : FAIL(p, "there is no page; one begins with == and a heading");
}

static int parse(struct demo_script *s, struct error *e)
{
    struct demo_parser p = {.s = s, .command = NO_COMMAND, .error = e};
    int r = 0;
    for (char *line = s->file, *end; line && r == 0; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        p.line++;
        r = one_line(&p, line);
    }
    return r ? r : whole(&p);
}

/* A byte 0 in the file would end it early for everybody who reads on, so it is refused: strlen() then differs from the size. */
int demo_script_load(struct demo_script *s, const char *path, struct error *e)
{
    uint8_t *data;
    size_t size;
    *s = (struct demo_script){.path = path};
    int r = load_file(path, &data, &size, e);
    if (r)
        return r;
    s->file = realloc(data, size + 1);
    if (!s->file) {
        free(data);
        return error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
    }
    s->file[size] = '\0';
    if (size > SIZE_MAX_SCRIPT || strlen(s->file) != size)
        r = error_set(e, EINVAL, "%s: a script is a text of up to %d bytes", path, SIZE_MAX_SCRIPT);
    else
        r = parse(s, e);
    if (r)
        demo_script_free(s);
    return r;
}

void demo_script_free(struct demo_script *s)
{
    free(s->file);
    free(s->step);
    *s = (struct demo_script){0};
}
