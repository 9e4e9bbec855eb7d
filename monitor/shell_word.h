/* shell_word.h - command lines that people may paste. */
#ifndef TRAPEZE_MONITOR_SHELL_WORD_H
#define TRAPEZE_MONITOR_SHELL_WORD_H

#include <stddef.h>

/* Puts a blank and the word behind the line, quoted where a shell would make something else of it. What does not fit is cut off.
 * `size` is that of the line's room; the line ends with a zero in any case. */
void shell_word_add(char *line, size_t size, const char *word);

#endif
