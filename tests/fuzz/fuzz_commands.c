/* fuzz_commands.c - lines typed at the prompt, with a guest behind it: each is carried out, or refused with a sentence, and afterwards the
 * guest can still be run and looked at. Bytes of 0x80 and above become the names of commands and what is often said to them.
 */
#include "tests/fuzz/live.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINE = 200, LINES = 40, DIGITS = 4 };

static const char *const words[] = {
    "$pc",  "$a0", "$sp",      "$mstatus", "kernel_main", "0x80200000",    "*0x80000000",    "if",
    "1",    "end", "commands", "-",        "/x",          "/4i",           "{int}",          "write",
    "read", "any", "off",      "on",       "state",       "--format=json", "--format=table", "ecall",
    "U",    "S",   "M",        "vm1",      "bare",        "all",
};

static const char *word_of(uint8_t byte)
{
    const unsigned count = sizeof words / sizeof words[0];
    if (byte & 0x40)
        return words[(byte & 0x3f) % count];
    const struct repl_command *c = repl_command_at((byte & 0x3f) * 2u);
    return c ? c->name : words[byte % count];
}

/* The next line of the input. Numbers stay small where they count something: what is asked for a billion times takes its time. */
static size_t line_of(const uint8_t *data, size_t size, char line[LINE + 1])
{
    size_t used = 0, n = 0;
    unsigned digits = 0;
    while (used < size && data[used] != '\n') {
        uint8_t c = data[used++];
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (c & 0x80)
            n += (size_t)snprintf(line + n, LINE + 1 - n, "%s ", word_of(c));
        else if (c >= ' ' && c < 127 && digits <= DIGITS)
            line[n++] = (char)c;
        if (n >= LINE)
            break;
    }
    line[n < LINE ? n : LINE] = '\0';
    return used + (used < size);
}

/* Reading commands from a file again and again is a file's matter. */
static bool is_carried_out(const char *line)
{
    char slash[32];
    struct error e;
    const struct repl_command *c = repl_find(&line, slash, sizeof slash, &e);
    return !c || strcmp(c->name, "source") != 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct live l;
    char line[LINE + 1];
    live_open(&l, size ? data[0] % 3 : 1);
    stderr = l.nowhere;
    for (unsigned n = 0; n < LINES && size && !l.repl.quit; n++) {
        size_t used = line_of(data, size, line);
        data += used;
        size -= used;
        if (!is_carried_out(line))
            continue;
        (void)repl_line(&l.repl, line, true);
        repl_run_pending(&l.repl);
        live_run(&l);
    }
    stderr = stdout;
    live_close(&l);
    return 0;
}
