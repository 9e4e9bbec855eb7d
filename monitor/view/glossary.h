/* glossary.h - what the words of the output mean. */
#ifndef TRAPEZE_MONITOR_VIEW_GLOSSARY_H
#define TRAPEZE_MONITOR_VIEW_GLOSSARY_H

#include "isa/about_names.h"

#include <stddef.h>

/* Those that serve for any machine are in glossary.def, those of an instruction set in its struct about. The manual page trapeze-glossary(7)
 * is made of them, too (page/glossary_page.c), so that `help WORD` and the page say the same. */
const struct about_word *glossary_at(unsigned index); /* NULL at the end */
/* By any of its names; a word may have several meanings (R), the first is number 0. Capitals count where that makes a difference (D and d),
 * else not. NULL: it has none, or no more. */
const struct about_word *glossary_find(const char *word, unsigned nth);
/* The length of the word that begins at *names, which moves to the next one. 0: there are no more. */
size_t glossary_name(const char **names, const char **word);

#endif
