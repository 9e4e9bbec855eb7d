/* script.c - a console script is a list of steps; output moves it past `wait`, everything else happens at once.
 *
 * A script, and where it stands as the guest talks:
 *
 *     wait login:         <-- now = 0, matched = 0         the guest prints "log", "in:"     matched 3, 6: met
 *     send root\n                                          due = 5: script_input() gives it as the UART has room
 *     wait $              <-- now = 2
 *     quit                                                 as soon as it is reached: script_quits()
 *
 * `now` is the step that waits for output; sends before it are due, those behind it are not yet.
 */
#include "monitor/script.h"

#include "core/loader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_SHOWN = 40 };

enum step_kind { STEP_WAIT, STEP_SEND, STEP_QUIT };

struct step {
    enum step_kind kind;
    unsigned line;
    char *text; /* escapes resolved; borrowed from script->file */
    size_t length;
};

/* The steps' texts lie in `file`, where their escapes were resolved in place: a text only grows shorter by that. */
struct script {
    char *file;        /* owned */
    struct step *step; /* owned */
    unsigned count, now;
    size_t matched; /* bytes of the current wait that the latest output ends with */
    size_t sent;    /* of the sends before `now`, bytes already taken, counted over all of them */
    size_t due;     /* bytes of all sends before `now` */
    bool quits;
};

/* | 0x20 makes capitals small; of other characters it makes none of these sixteen. -1: no digit. */
static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Resolves escapes in place; false: an unknown one. */
static bool unescape(char *text, size_t *length)
{
    char *to = text;
    int high, low;
    for (const char *from = text; *from; from++) {
        if (*from != '\\') {
            *to++ = *from;
            continue;
        }
        switch (*++from) {
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'e': *to++ = '\033'; break;
        case '\\': *to++ = '\\'; break;
        case 'x':
            high = hex(from[1]);
            low = high < 0 ? -1 : hex(from[2]);
            if (low < 0)
                return false;
            *to++ = (char)(high * 16 + low);
            from += 2;
            break;
        default: return false;
        }
    }
    *length = (size_t)(to - text);
    return true;
}

/* The start of what may be no text at all, as a script would spell it. */
static const char *printable(char out[4 * WORD_SHOWN + 1], const char *text, size_t count)
{
    char *to = out;
    *to = '\0';
    for (size_t i = 0; i < count && i < WORD_SHOWN; i++) {
        unsigned char c = (unsigned char)text[i];
        to += snprintf(to, 5, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", c);
    }
    return out;
}

/* "send" alone is refused as well as "quit now": each word needs a text, or has none. */
static int parse_line(struct script *s, char *line, unsigned number, const char *path, struct error *e)
{
    static const struct {
        const char *word;
        enum step_kind kind;
        bool text;
    } words[] = {
        {"wait", STEP_WAIT, true},
        {"send", STEP_SEND, true},
        {"quit", STEP_QUIT, false},
    };
    line += strspn(line, " \t");
    if (!*line || *line == '#')
        return 0;
    size_t n = strcspn(line, " \t");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i].word) != n || strncmp(line, words[i].word, n) != 0)
            continue;
        struct step *step = &s->step[s->count];
        *step = (struct step){.kind = words[i].kind, .line = number, .text = line + n + (line[n] != '\0')};
        if (!unescape(step->text, &step->length))
            return error_set(e, EINVAL, "%s:%u: an escape is \\n, \\r, \\t, \\e, \\\\ or \\xHH", path, number);
        if (words[i].text != (step->length > 0))
            return error_set(e, EINVAL, "%s:%u: '%s' %s", path, number, words[i].word,
                             words[i].text ? "needs a text" : "stands alone");
        s->count++;
        return 0;
    }
    char word[4 * WORD_SHOWN + 1];
    return error_set(e, EINVAL, "%s:%u: '%s' is not wait, send or quit", path, number, printable(word, line, n));
}

/* Past everything that needs no output. */
static void script_advance(struct script *s)
{
    while (s->now < s->count && s->step[s->now].kind != STEP_WAIT && !s->quits) {
        const struct step *step = &s->step[s->now];
        if (step->kind == STEP_QUIT)
            s->quits = true;
        else
            s->due += step->length;
        s->now++;
    }
    s->matched = 0;
}

/* There are at most as many steps as lines, which are counted first: no step moves once it is there. */
static int script_parse(struct script *s, const char *path, struct error *e)
{
    unsigned number = 1, lines = 1;
    for (const char *p = s->file; (p = strchr(p, '\n')); p++)
        lines++;
    s->step = calloc(lines, sizeof *s->step);
    if (!s->step)
        return error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
    for (char *line = s->file, *end; line; line = end ? end + 1 : NULL, number++) {
        end = strchr(line, '\n');
        if (end)
            *end = '\0';
        int r = parse_line(s, line, number, path, e);
        if (r)
            return r;
    }
    script_advance(s);
    return 0;
}

int script_load(struct script **out, const char *path, struct error *e)
{
    struct script *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
    uint8_t *data;
    size_t size;
    int r = load_file(path, &data, &size, e);
    if (r == 0) {
        s->file = realloc(data, size + 1);
        if (!s->file) {
            free(data);
            r = error_set(e, ENOMEM, "%s: there is not enough memory to read it", path);
        } else {
            s->file[size] = '\0';
            r = script_parse(s, path, e);
        }
    }
    if (r) {
        script_destroy(s);
        return r;
    }
    *out = s;
    return 0;
}

void script_destroy(struct script *s)
{
    if (!s)
        return;
    free(s->step);
    free(s->file);
    free(s);
}

/* The longest start of `text` that ends the output seen, once `byte` follows `matched` bytes of it. The text is searched as it
 * comes, byte for byte. When the next byte does not fit, what was matched may still end with a shorter start of the text: of
 * "aab" after "aa" comes another 'a', and "aa" is matched again. Texts are short, so the shorter start is looked for anew each
 * time.
 */
static size_t match(const char *text, size_t matched, char byte)
{
    for (;;) {
        if (text[matched] == byte)
            return matched + 1;
        if (matched == 0)
            return 0;
        size_t shorter = matched - 1;
        while (shorter && memcmp(text, text + matched - shorter, shorter) != 0)
            shorter--;
        matched = shorter;
    }
}

/* After a match the next step begins with nothing matched: one word of the guest's cannot serve two waits. */
void script_output(struct script *s, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count && s->now < s->count && !s->quits; i++) {
        const struct step *step = &s->step[s->now];
        s->matched = match(step->text, s->matched, (char)bytes[i]);
        if (s->matched == step->length) {
            s->now++;
            script_advance(s);
        }
    }
}

size_t script_pending(const struct script *s) { return s->due - s->sent; }
bool script_quits(const struct script *s) { return s->quits; }

/* All sends together are one stream, of which `sent` bytes were taken; a UART may take one byte at a time. */
size_t script_input(struct script *s, uint8_t *bytes, size_t room)
{
    size_t given = 0, start = 0; /* of the step's text, counted over all sends */
    for (unsigned i = 0; i < s->now && given < room; i++) {
        const struct step *step = &s->step[i];
        if (step->kind != STEP_SEND)
            continue;
        while (s->sent < start + step->length && given < room)
            bytes[given++] = (uint8_t)step->text[s->sent++ - start];
        start += step->length;
    }
    return given;
}

unsigned script_unmet(const struct script *s, const char **text)
{
    if (s->quits || s->now == s->count)
        return 0;
    *text = s->step[s->now].text;
    return s->step[s->now].line;
}

struct script_place script_place(const struct script *s)
{
    return (struct script_place){.now = s->now, .matched = s->matched, .sent = s->sent, .due = s->due, .quits = s->quits};
}

void script_back(struct script *s, const struct script_place *p)
{
    s->now = p->now;
    s->matched = p->matched;
    s->sent = p->sent;
    s->due = p->due;
    s->quits = p->quits;
}
