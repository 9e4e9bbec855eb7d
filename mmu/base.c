/* base.c - a failure told as one sentence, beside the -errno that says it to the caller; and zeros. */
#include "mmu/base.h"

#include <stdarg.h>
#include <stdio.h>

const uint8_t zero_page[PAGE_SIZE];

int(error_set)(struct error *e, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    return -code;
}
