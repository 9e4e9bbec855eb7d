/* shell_word.c - see shell_word.h. */
#include "monitor/shell_word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Examples, behind "trapeze monitor":
 *
 *   kernel.elf     -->   kernel.elf
 *   goto 129       -->   'goto 129'
 *   it's           -->   'it'\''s'        the quote cannot stand between quotes: they end, and begin again
 *   (empty)        -->   ''
 */
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
