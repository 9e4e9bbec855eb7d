/* screen.c - 80 columns and 25 rows of text at 0xb8000, the cursor in the CRTC's registers 14 and 15, and the same characters to COM1. */
#include "pc.h"

#include <stdarg.h>

enum { COLUMNS = 80, ROWS = 25, CELL = 0x0700, CRTC = 0x3d4, COM1 = 0x3f8 };

static volatile uint16_t *cells(void) { return at(0xb8000); }
static unsigned cursor;

static void cursor_show(void)
{
    out8(CRTC, 14);
    out8(CRTC + 1, (uint8_t)(cursor >> 8));
    out8(CRTC, 15);
    out8(CRTC + 1, (uint8_t)cursor);
}

void screen_clear(void)
{
    for (unsigned n = 0; n < COLUMNS * ROWS; n++)
        cells()[n] = CELL | ' ';
    cursor = 0;
    cursor_show();
}

static void scroll(void)
{
    for (unsigned n = 0; n < COLUMNS * (ROWS - 1); n++)
        cells()[n] = cells()[n + COLUMNS];
    for (unsigned n = COLUMNS * (ROWS - 1); n < COLUMNS * ROWS; n++)
        cells()[n] = CELL | ' ';
    cursor -= COLUMNS;
}

static void serial(char c)
{
    while (!(in8(COM1 + 5) & 0x20))
        ;
    out8(COM1, (uint8_t)c);
}

void put(char c)
{
    if (c == '\n') {
        serial('\r');
        cursor += COLUMNS - cursor % COLUMNS;
    } else if (c == '\b') {
        if (cursor)
            cells()[--cursor] = CELL | ' ';
    } else {
        cells()[cursor++] = (uint16_t)(CELL | (uint8_t)c);
    }
    serial(c);
    if (cursor >= COLUMNS * ROWS)
        scroll();
    cursor_show();
}

static void number(uint32_t value, uint32_t base)
{
    char digits[12];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    while (n)
        put(digits[--n]);
}

void say(const char *format, ...)
{
    const uint32_t flags = interrupts_off(); /* what is said while an interrupt is served is not said in the middle of this */
    va_list list;
    va_start(list, format);
    for (; *format; format++) {
        if (*format != '%') {
            put(*format);
            continue;
        }
        switch (*++format) {
        case 's':
            for (const char *s = va_arg(list, const char *); *s; s++)
                put(*s);
            break;
        case 'c': put((char)va_arg(list, int)); break;
        case 'u': number(va_arg(list, uint32_t), 10); break;
        default: number(va_arg(list, uint32_t), 16); break;
        }
    }
    va_end(list);
    interrupts_restore(flags);
}
