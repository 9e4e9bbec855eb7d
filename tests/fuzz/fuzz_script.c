/* fuzz_script.c - console scripts: whatever stands in one, it is read or refused with a sentence; and what is read plays to its end against
 * whatever the guest prints, giving exactly the bytes it says it has.
 */
#define _GNU_SOURCE
#include "monitor/script.h"
#include "tests/fuzz/memory_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"wait ", "send ", "quit\n", "\n", "\\n", "\\x41", "aa", "ab", "# ", "\\"};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static size_t text_of(const uint8_t *data, size_t size, char *text, size_t room)
{
    size_t n = 0;
    for (size_t i = 0; i < size && n + 16 < room; i++) {
        if (data[i] & 0x80)
            n += (size_t)snprintf(text + n, room - n, "%s", words[(data[i] & 0x7f) % (sizeof words / sizeof words[0])]);
        else
            text[n++] = (char)data[i];
    }
    return n;
}

static void take(struct script *s)
{
    uint8_t bytes[7];
    for (size_t pending; (pending = script_pending(s)) > 0;) {
        size_t n = script_input(s, bytes, sizeof bytes);
        check(n == (pending < sizeof bytes ? pending : sizeof bytes));
    }
    check(script_input(s, bytes, sizeof bytes) == 0);
}

static void play(struct script *s, const uint8_t *data, size_t size)
{
    const char *text = NULL;
    for (size_t at = 0; at < size; at += 5) {
        script_output(s, data + at, size - at < 5 ? size - at : 5);
        take(s);
    }
    for (unsigned n = 0; n < 64 && script_unmet(s, &text); n++) { /* and what it waits for */
        check(text != NULL);
        script_output(s, (const uint8_t *)text, strlen(text));
        take(s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[1 << 14];
    struct memory_file f;
    struct script *s;
    struct error e = {""};
    size_t length = text_of(data, size, text, sizeof text);
    memory_file_make(&f, text, length);
    if (script_load(&s, f.path, &e) == 0) {
        play(s, data, size);
        script_destroy(s);
    } else {
        check(e.text[0]);
    }
    memory_file_close(&f);
    return 0;
}
