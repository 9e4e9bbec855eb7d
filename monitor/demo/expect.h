/* expect.h - what a run must show, asked of the text that it showed. */
#ifndef TRAPEZE_MONITOR_DEMO_EXPECT_H
#define TRAPEZE_MONITOR_DEMO_EXPECT_H

#include <stdbool.h>

/* Whether a line of the text matches the pattern, which is a regular expression (POSIX, extended); or, unless that has .* or .+, all of it taken
 * as one line, so that it does not matter where a sentence was folded. */
bool demo_matches(const char *text, const char *pattern);
/* The lines of the text that match, or the parts of them that do, to be freed; NULL for want of memory. */
char *demo_filter(const char *text, const char *pattern, bool part);
/* The same text with blanks in place of tabs, in place of which it is: the old one is freed. NULL stays NULL, or for want of memory. */
char *demo_untab(char *text);

#endif
