/* run_drive.h - the option -drive, of machines that have drives. */
#ifndef TRAPEZE_MONITOR_RUN_DRIVE_H
#define TRAPEZE_MONITOR_RUN_DRIVE_H

#include "monitor/run_options.h"

/* "file=PATH,format=raw,if=INTERFACE,snapshot=on,...": the next drive. -EINVAL with the sentence. `interface` is the one that
 * the board has ("virtio", "ide"): another one in the text is refused. The first drive is number 0, and so on in the order of
 * the options. */
MUST_CHECK int run_drive_add(struct run_options *, const char *interface, const char *value, struct error *);

#endif
