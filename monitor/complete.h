/* complete.h - what may stand at the cursor of a shell's command line. The command itself is asked, by `trapeze complete-words`, so names stand
 * once, in the tables that parse them; the shells' own scripts (completion/) only pass on.
 *
 * A candidate is a line "WORD\tABOUT". ":files" and ":folders" mean that names of those may stand there, too.
 */
#ifndef TRAPEZE_MONITOR_COMPLETE_H
#define TRAPEZE_MONITOR_COMPLETE_H

#include "monitor/command.h"

/* words[0 .. count): what stands behind `trapeze`; the last is being typed, and may be "". `commands` ends with a name NULL. */
void complete_words(const struct command *commands, int count, char **words);

#endif
