/* script.h - a console script: what to say to the guest, and after which of its words. Input is keyed to output alone, never to
 * the host's time, so that the same script gives the same run.
 *
 *   wait TEXT   go on once the guest has printed TEXT (since the last match); a space at the end of the line counts
 *   send TEXT   hand TEXT to the guest's console
 *   quit        end the run
 * \n \r \t \e \\ and \xHH stand for their bytes. Empty lines and lines that begin with '#' are skipped.
 */
#ifndef TRAPEZE_MONITOR_SCRIPT_H
#define TRAPEZE_MONITOR_SCRIPT_H

#include "mmu/base.h"

struct script;

/* -EINVAL names file and line: "boot.script:3: 'wiat' is not wait, send or quit". The script is at its first wait then: what
 * stands before is due. */
MUST_CHECK int script_load(struct script **out, const char *path, struct error *);
void script_destroy(struct script *);
/* For each byte that the guest prints script_output(), and script_input() whenever the guest can take some: in this order the
 * course of the guest depends on the script alone. */
void script_output(struct script *, const uint8_t *bytes, size_t count); /* the guest printed this */
size_t script_input(struct script *, uint8_t *bytes, size_t room);       /* takes what is to be sent now */
size_t script_pending(const struct script *);                            /* bytes script_input() would give */
bool script_quits(const struct script *);
/* How far it is, and to go back there. */
struct script_place {
    unsigned now;
    size_t matched, sent, due;
    bool quits;
};
struct script_place script_place(const struct script *);
void script_back(struct script *, const struct script_place *);
unsigned script_unmet(const struct script *, const char **text); /* line of the `wait` it stands at and its text; 0: none */

#endif
