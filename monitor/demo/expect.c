/* expect.c - see expect.h. */
#include "monitor/demo/expect.h"

#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A folded line goes on in the next row, further in: joined again it is what it was before.
 * Newlines and the blanks behind them become one blank. */
static char *one_line(const char *text)
{
    char *out = malloc(strlen(text) + 1), *to = out;
    for (; out && *text; text++) {
        *to++ = *text == '\n' ? ' ' : *text;
        while (*text == '\n' && text[1] == ' ')
            text++;
    }
    if (out)
        *to = '\0';
    return out;
}

/* Twice: line by line, and as one line. The second would let ".*" reach from one sentence into another, where it means nothing, so
 * such patterns are asked line by line alone. */
bool demo_matches(const char *text, const char *pattern)
{
    regex_t regex;
    char *joined = one_line(text);
    if (!joined || regcomp(&regex, pattern, REG_EXTENDED | REG_NEWLINE | REG_NOSUB) != 0) {
        free(joined);
        return false;
    }
    bool reaches_far = strstr(pattern, ".*") || strstr(pattern, ".+");
    bool found = regexec(&regex, text, 0, NULL, 0) == 0 || (!reaches_far && regexec(&regex, joined, 0, NULL, 0) == 0);
    regfree(&regex);
    free(joined);
    return found;
}

/* The result cannot be longer than the text and a newline: each match is one part of its line. */
char *demo_filter(const char *text, const char *pattern, bool part)
{
    regex_t regex;
    char *out = calloc(1, strlen(text) + 2), *to = out, *copy = strdup(text);
    if (!out || !copy || regcomp(&regex, pattern, REG_EXTENDED) != 0) {
        free(copy);
        free(out);
        return NULL;
    }
    for (char *line = copy, *end; line && *line; line = end ? end + 1 : NULL) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        regmatch_t match;
        if (regexec(&regex, line, 1, &match, 0) != 0)
            continue;
        size_t from = part ? (size_t)match.rm_so : 0, to_end = part ? (size_t)match.rm_eo : strlen(line);
        to += sprintf(to, "%.*s\n", (int)(to_end - from), line + from);
    }
    regfree(&regex);
    free(copy);
    return out;
}

/* Two machines stand side by side in columns, where a tab would depend on the column that the text begins in. */
char *demo_untab(char *text)
{
    enum { STOP = 8 };
    char *out = NULL;
    size_t size, column = 0;
    FILE *f = text ? open_memstream(&out, &size) : NULL;
    for (const char *at = text; f && *at; at++) {
        size_t n = *at == '\t' ? STOP - column % STOP : 1;
        if (*at == '\t')
            fprintf(f, "%*s", (int)n, "");
        else
            fputc(*at, f);
        column = *at == '\n' ? 0 : column + n;
    }
    if (f)
        fclose(f);
    free(text);
    return out;
}
