/* script_head.c - what a script says before its first page: title, minutes, machines, and what it needs.
 *
 *    title: From an instruction to D
 *    minutes: 8                                of a class, about
 *    machine: vm = -m 32 guest.elf             NAME = the options of `trapeze run`, with quotes where a word has blanks
 *    needs: CACHE/linux/Image it is fetched by a script        a file, and what to tell whoever has it not
 */
#include "monitor/demo/script_private.h"

#include "monitor/options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE = 57 };

/* PATH:LINE: SENTENCE, as compilers have it, so that editors jump there. */
int demo_fail_at(struct demo_parser *p, unsigned line, const char *format, ...)
{
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return error_set(p->error, EINVAL, "%s:%u: %s", p->s->path, line, text);
}

/* Quotes of either kind, without escapes: an option that needs both kinds is not one that a demonstration has. */
char *demo_word(char **text)
{
    char *at = *text + strspn(*text, " \t"), *word = at;
    bool quoted = *at == '"' || *at == '\'';
    const char quote[] = {*at, '\0'};
    if (!*at)
        return NULL;
    word += quoted;
    size_t n = strcspn(word, quoted ? quote : " \t");
    *text = word + n + (word[n] != '\0');
    word[n] = '\0';
    return word;
}

char *demo_blanks(char *at) { return at + strspn(at, " \t"); }

static int set_title(struct demo_parser *p, char *value)
{
    p->s->title = value;
    return strlen(value) <= TITLE ? 0 : FAIL(p, "a title has up to %d letters, so that the list of demonstrations fits", TITLE);
}

static int set_minutes(struct demo_parser *p, char *value)
{
    char *end;
    unsigned long n = strtoul(value, &end, 10);
    if (!isdigit((unsigned char)*value) || *end || n == 0 || n > 240)
        return FAIL(p, "minutes are a number from 1 to 240, not '%.40s'", value);
    p->s->minutes = (unsigned)n;
    return 0;
}

/* Such letters alone, for a name stands before '>', '|' and ':' in a command. */
static bool is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (!isalnum((unsigned char)text[i]) && text[i] != '-' && text[i] != '_')
            return false;
    return size > 0;
}

int demo_find_machine(const struct demo_script *s, const char *name, size_t size)
{
    for (unsigned i = 0; i < s->machines; i++)
        if (strlen(s->machine[i].name) == size && strncmp(s->machine[i].name, name, size) == 0)
            return (int)i;
    return -1;
}

static int add_machine(struct demo_parser *p, char *value)
{
    struct demo_script *s = p->s;
    char *equals = strchr(value, '=');
    size_t n = strcspn(value, " \t=");
    if (!equals || !is_name(value, n) || demo_blanks(value + n) != equals)
        return FAIL(p, "a machine is NAME = OPTIONS of trapeze run");
    if (s->machines == DEMO_MACHINES)
        return FAIL(p, "there is room for %d machines", DEMO_MACHINES);
    if (demo_find_machine(s, value, n) >= 0)
        return FAIL(p, "there is a machine '%.*s' already", (int)n, value);
    value[n] = '\0';
    s->machine[s->machines++] = (struct demo_machine_desc){value, demo_blanks(equals + 1), p->line};
    return 0;
}

static int add_need(struct demo_parser *p, char *value)
{
    struct demo_script *s = p->s;
    char *path = demo_word(&value);
    if (!path || !*demo_blanks(value))
        return FAIL(p, "needs has a file, and a sentence for whoever has it not");
    if (s->needs == DEMO_MACHINES)
        return FAIL(p, "there is room for %d needs", DEMO_MACHINES);
    s->need[s->needs++] = (struct demo_need){path, demo_blanks(value), p->line};
    return 0;
}

static const struct key {
    const char *name;
    int (*set)(struct demo_parser *, char *value);
} keys[] = {{"title", set_title}, {"minutes", set_minutes}, {"machine", add_machine}, {"needs", add_need}};
enum { KEYS = sizeof keys / sizeof keys[0] };

static const char *key_name(const void *list, unsigned i)
{
    (void)list;
    return i < KEYS ? keys[i].name : NULL;
}

/* Before the first page only keys are allowed: prose there would be shown by nobody. */
int demo_head_line(struct demo_parser *p, char *line)
{
    char *colon = strchr(line, ':');
    if (!colon)
        return FAIL(p, "before the first page, which begins with ==, a line is KEY: VALUE");
    *colon = '\0';
    char *value = demo_blanks(colon + 1);
    for (unsigned i = 0; i < KEYS; i++)
        if (strcmp(line, keys[i].name) == 0)
            return *value ? keys[i].set(p, value) : FAIL(p, "'%s' has no value", line);
    const char *near = nearest_word(line, key_name, NULL);
    return FAIL(p, "there is no '%.40s'%s%s%s", line, near ? "; is '" : " (title, minutes, machine, needs)", near ? near : "",
                near ? "' meant?" : "");
}
