/* words.h - makes a JSON text small for a page that has a program to expand it: what occurs often becomes one character. */
#ifndef TRAPEZE_MONITOR_REPORT_WORDS_H
#define TRAPEZE_MONITOR_REPORT_WORDS_H

#include <stddef.h>
#include <stdio.h>

#include "mmu/base.h"

/* Writes {"words":[...],"data":"..."}: every character U+E000 + n of data stands for words[n], and what results is the text, as
 * JSON goes. No '<' is in it, so it can stand inside a script element. 0 or -ENOMEM. */
MUST_CHECK int words_write(FILE *, const char *text, size_t size);

#endif
