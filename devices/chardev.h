/* chardev.h - where a serial device's bytes go to and come from: the host side of a UART or console. */
#ifndef TRAPEZE_DEVICES_CHARDEV_H
#define TRAPEZE_DEVICES_CHARDEV_H

#include <stddef.h>
#include <stdint.h>

struct chardev {
    void (*write)(void *opaque, const uint8_t *bytes, size_t count);
    size_t (*read)(void *opaque, uint8_t *bytes, size_t room); /* what is there now; 0: nothing. Never blocks */
    void *opaque;
};

#endif
