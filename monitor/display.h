/* display.h - `-display text`: the screen of the guest's board on the terminal. What has changed is drawn while the guest runs, as often as eyes see
 * it; at the end the whole of it. Where stdout is no terminal there is only that, as plain lines. The guest notices nothing of it.
 */
#ifndef TRAPEZE_MONITOR_DISPLAY_H
#define TRAPEZE_MONITOR_DISPLAY_H

#include "monitor/console.h"

struct display;

/* From now on what the guest writes to its serial port is not shown. -errno with the sentence: its board has no screen. */
MUST_CHECK int display_create(struct display **out, const struct system * /* borrowed */, struct console *, struct error *);
/* After the run and before what follows it on the terminal: at one, the cursor is below the picture then. */
void display_finish(struct display *); /* of no effect on NULL, as the next */
void display_destroy(struct display *);

#endif
