/* chardev.h - where a serial device's bytes go to and come from: the host side of a UART or console. */
#ifndef TRAPEZE_DEVICES_CHARDEV_H
#define TRAPEZE_DEVICES_CHARDEV_H

#include <stddef.h>
#include <stdint.h>

/* Either end may be missing (NULL): a device that has none to write to drops its bytes, one that has none to read from hears
 * nothing. The host side decides what a byte means; nothing is translated on the way, neither line ends nor control characters. */
struct chardev {
    void (*write)(void *opaque, const uint8_t *bytes, size_t count);
    size_t (*read)(void *opaque, uint8_t *bytes, size_t room); /* what is there now; 0: nothing. Never blocks */
    void *opaque;
};

#endif
