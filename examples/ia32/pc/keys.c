/* keys.c - a US keyboard's codes of set 1, as the controller translates them. */
#include "pc.h"

static const char plain[] = "\0\0331234567890-=\b\tqwertyuiop[]\n\0asdfghjkl;'`\0\\zxcvbnm,./\0*\0 ";
static const char shifted[] = "\0\033!@#$%^&*()_+\b\tQWERTYUIOP{}\n\0ASDFGHJKL:\"~\0|ZXCVBNM<>?\0*\0 ";

char key(uint8_t code)
{
    static int shift;
    const uint8_t which = code & 0x7f;
    if (which == 0x2a || which == 0x36) {
        shift = !(code & 0x80);
        return 0;
    }
    if (code & 0x80 || which >= sizeof plain)
        return 0;
    return (shift ? shifted : plain)[which];
}
