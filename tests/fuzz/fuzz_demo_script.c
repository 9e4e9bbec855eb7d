/* fuzz_demo_script.c - scripts of demonstrations: whatever stands in one, it is read or refused with a sentence that names a line; and
 * what is read is whole: each expectation has its command, each question its answer, each command its machines.
 */
#define _GNU_SOURCE
#include "monitor/demo/script.h"
#include "tests/fuzz/memory_file.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const words[] = {"title: T\n",
                                    "minutes: 1\n",
                                    "machine: a = x\n",
                                    "machine: b = \"y z\" -m 1\n",
                                    "needs: f s\n",
                                    "\n== P\n",
                                    "\n? q\n",
                                    "\n= a\n",
                                    "\n> si\n",
                                    "\na|b:0> p\n",
                                    "\n~ x\n",
                                    "\n!~ y\n",
                                    "\n~~\n",
                                    "\n!~~\n",
                                    "\n% 1\n",
                                    "\n$ run\n",
                                    "\n/ z\n",
                                    "\n  figure\n",
                                    "\n",
                                    "\nb>- s\n",
                                    "\n# c\n",
                                    "prose\n"};
static const char head[] = "title: T\nminutes: 1\nmachine: a = x\nmachine: b = \"y z\"\n== P\n";

static void check(bool holds)
{
    if (!holds)
        abort();
}

static size_t text_of(const uint8_t *data, size_t size, char *text, size_t room)
{
    size_t n = size && (data[0] & 1) ? (size_t)snprintf(text, room, "%s", head) : 0;
    for (size_t i = 1; i < size && n + 32 < room; i++) {
        if (data[i] & 0x80)
            n += (size_t)snprintf(text + n, room - n, "%s", words[(data[i] & 0x7f) % (sizeof words / sizeof words[0])]);
        else
            text[n++] = (char)data[i];
    }
    return n;
}

static void look(const struct demo_script *s)
{
    unsigned pages = 0;
    check(s->steps > 0 && s->step[0].kind == DEMO_PAGE && s->title && s->minutes);
    for (unsigned i = 0; i < s->steps; i++) {
        const struct demo_step *step = &s->step[i];
        pages += step->kind == DEMO_PAGE;
        check(step->text && step->line > 0);
        check((step->kind == DEMO_QUESTION) == (step->answer != NULL));
        check((step->kind == DEMO_COMMAND) == (step->machines > 0));
        for (unsigned m = 0; m < step->machines; m++)
            check(step->machine[m] < s->machines && step->level[m] >= DEMO_GUEST && step->level[m] <= 9);
        if (demo_is_expectation(step->kind))
            check(step->command < i && (s->step[step->command].kind == DEMO_COMMAND || s->step[step->command].kind == DEMO_TOOL));
    }
    check(pages == s->pages);
    for (unsigned i = 0; i < s->machines; i++) {
        char *at = s->machine[i].options;
        while (demo_word(&at))
            ;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[1 << 14];
    struct memory_file f;
    struct demo_script s;
    struct error e = {""};
    size_t length = text_of(data, size, text, sizeof text);
    memory_file_make(&f, text, length);
    if (demo_script_load(&s, f.path, &e) == 0) {
        look(&s);
        demo_script_free(&s);
    } else {
        check(e.text[0] && !s.file && !s.step);
    }
    memory_file_close(&f);
    return 0;
}
