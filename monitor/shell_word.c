/* shell_word.c - see shell_word.h. */
#include "monitor/shell_word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void shell_word_add(char *line, size_t size, const char *word)
{
    size_t at = strlen(line);
    bool plain = *word && word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./,:@+%")] == '\0';
    if (at < size)
        at += (size_t)snprintf(line + at, size - at, plain ? " " : " '");
    for (; *word && at < size; word++)
        at += (size_t)snprintf(line + at, size - at, *word == '\'' ? "'\\''" : "%c", *word);
    if (!plain && at < size)
        snprintf(line + at, size - at, "'");
}
