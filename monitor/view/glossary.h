/* glossary.h - what the words of the output mean (glossary.def). */
#ifndef TRAPEZE_MONITOR_VIEW_GLOSSARY_H
#define TRAPEZE_MONITOR_VIEW_GLOSSARY_H

#include <stddef.h>

/* One paragraph of glossary.def: TERM("VM, virtual machine", "A machine that the VMM makes on a host: ...", "host,
 * vcpu"). The same table is the manual page trapeze-glossary(7) (page/glossary_page.c), so that `help WORD` and the page
 * say the same. */
struct glossary_term {
    const char *names; /* separated by commas; the first is the word */
    const char *text;  /* sentences, in one paragraph */
    const char *see;   /* words and commands, separated by commas; "" */
};

const struct glossary_term *glossary_at(unsigned index); /* NULL at the end */
/* By any of its names. Capitals count where that makes a difference (D and d), else not. NULL: it is no word of the glossary. */
const struct glossary_term *glossary_find(const char *word);
/* The length of the word that begins at *names, which moves to the next one. 0: there are no more. */
size_t glossary_name(const char **names, const char **word);

#endif
