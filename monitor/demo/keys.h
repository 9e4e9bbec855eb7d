/* keys.h - the person in front of a demonstration. */
#ifndef TRAPEZE_MONITOR_DEMO_KEYS_H
#define TRAPEZE_MONITOR_DEMO_KEYS_H

#include <stdbool.h>

/* AGAIN: the process was stopped and goes on; somebody else has written on the screen meanwhile. */
enum demo_key { DEMO_KEY_ON, DEMO_KEY_BACK, DEMO_KEY_ALL, DEMO_KEY_MONITOR, DEMO_KEY_AGAIN, DEMO_KEY_QUIT };

/* Shows the keys below what is there and waits for one of them; the terminal is raw meanwhile, and the line is gone afterwards. `machine`: there
 * is one to look at, so the monitor is among them. */
enum demo_key demo_key(bool machine);

#endif
