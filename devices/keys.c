/* keys.c - two tables: what the controller makes of set 2, and where a character is. The inverse of the first gives codes of set 2. */
#include "devices/keys.h"

#include <string.h>

enum { SHIFT = 0x100, CONTROL = 0x200, KEY_SHIFT = 0x2a, KEY_CONTROL = 0x1d };
enum { TRANSLATED = 0x85 };

static const uint8_t set1_of[TRANSLATED] = {
    0xff, 0x43, 0x41, 0x3f, 0x3d, 0x3b, 0x3c, 0x58, 0x64, 0x44, 0x42, 0x40, 0x3e, 0x0f, 0x29, 0x59, /* 00 */
    0x65, 0x38, 0x2a, 0x70, 0x1d, 0x10, 0x02, 0x5a, 0x66, 0x71, 0x2c, 0x1f, 0x1e, 0x11, 0x03, 0x5b, /* 10 */
    0x67, 0x2e, 0x2d, 0x20, 0x12, 0x05, 0x04, 0x5c, 0x68, 0x39, 0x2f, 0x21, 0x14, 0x13, 0x06, 0x5d, /* 20 */
    0x69, 0x31, 0x30, 0x23, 0x22, 0x15, 0x07, 0x5e, 0x6a, 0x72, 0x32, 0x24, 0x16, 0x08, 0x09, 0x5f, /* 30 */
    0x6b, 0x33, 0x25, 0x17, 0x18, 0x0b, 0x0a, 0x60, 0x6c, 0x34, 0x35, 0x26, 0x27, 0x19, 0x0c, 0x61, /* 40 */
    0x6d, 0x73, 0x28, 0x74, 0x1a, 0x0d, 0x62, 0x6e, 0x3a, 0x36, 0x1c, 0x1b, 0x75, 0x2b, 0x63, 0x76, /* 50 */
    0x55, 0x56, 0x77, 0x78, 0x79, 0x7a, 0x0e, 0x7b, 0x7c, 0x4f, 0x7d, 0x4b, 0x47, 0x7e, 0x7f, 0x6f, /* 60 */
    0x52, 0x53, 0x50, 0x4c, 0x4d, 0x48, 0x01, 0x45, 0x57, 0x4e, 0x51, 0x4a, 0x37, 0x49, 0x46, 0x54, /* 70 */
    0x80, 0x81, 0x82, 0x41, 0x54,
};

uint8_t keys_translate(uint8_t code) { return code < TRANSLATED ? set1_of[code] : code; }

static uint8_t set2_of(uint8_t set1)
{
    for (unsigned code = 1; code < 0x80; code++)
        if (set1_of[code] == set1)
            return (uint8_t)code;
    return 0;
}

/* The rows of the keyboard, each from the key with that code of set 1 on, without and with shift. */
static const struct {
    uint8_t first;
    const char *plain, *shifted;
} rows[] = {
    {0x01,
     "\x1b"
     "1234567890-=\b\t",
     "\x1b"
     "!@#$%^&*()_+\b\t"},
    {0x10, "qwertyuiop[]\r", "QWERTYUIOP{}\r"},
    {0x1e, "asdfghjkl;'`", "ASDFGHJKL:\"~"},
    {0x2b, "\\zxcvbnm,./", "|ZXCVBNM<>?"},
    {0x39, " ", " "},
};

/* The key in set 1, and what is held with it; 0: there is none. */
static unsigned key_of(uint8_t character)
{
    unsigned held = 0;
    if (character == '\n')
        character = '\r';
    if (character == 0x7f)
        character = '\b';
    if (character && character < 0x20 && !strchr("\b\t\r\x1b", character)) {
        held = CONTROL;
        character |= 0x60;
        if (character > 'z') /* Ctrl with [ \ ] ^ _ */
            character &= 0x5f;
    }
    for (unsigned r = 0; character && r < sizeof rows / sizeof rows[0]; r++) {
        const char *at = strchr(rows[r].plain, character);
        if (at)
            return held | (rows[r].first + (unsigned)(at - rows[r].plain));
        at = strchr(rows[r].shifted, character);
        if (at)
            return held | SHIFT | (rows[r].first + (unsigned)(at - rows[r].shifted));
    }
    return 0;
}

static unsigned press(uint8_t *out, uint8_t key, bool down, unsigned set)
{
    if (set == 1) {
        out[0] = (uint8_t)(key | (down ? 0 : 0x80));
        return 1;
    }
    unsigned n = 0;
    if (!down)
        out[n++] = 0xf0;
    out[n++] = set2_of(key);
    return n;
}

/* "A" in set 2 is 12 1c f0 1c f0 12: shift goes down, the key down and up, shift up. Of two modifiers the one that went down
 * last goes up first, as fingers do. */
unsigned keys_type(uint8_t character, unsigned set, uint8_t out[KEYS_SEQUENCE])
{
    static const struct {
        unsigned bit;
        uint8_t key;
    } modifiers[] = {{SHIFT, KEY_SHIFT}, {CONTROL, KEY_CONTROL}};
    const unsigned key = key_of(character);
    unsigned n = 0;
    if (!key)
        return 0;
    for (unsigned m = 0; m < 2; m++)
        n += key & modifiers[m].bit ? press(out + n, modifiers[m].key, true, set) : 0;
    n += press(out + n, (uint8_t)key, true, set);
    n += press(out + n, (uint8_t)key, false, set);
    for (unsigned m = 2; m-- > 0;)
        n += key & modifiers[m].bit ? press(out + n, modifiers[m].key, false, set) : 0;
    return n;
}
