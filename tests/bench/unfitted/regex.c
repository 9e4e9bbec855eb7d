/* regex.c - regular expressions with . [] [^] () | * + ? are compiled to a program, as Thompson did [CACM 11(6), 1968], and the program is run
 * in two ways: by trying one way after the other and going back, and by following all ways at once. Both must find the same matches.
 */
#include "tests/bench/work.h"

enum opcode { CHAR, ANY, SET, SPLIT, JUMP, MATCH };
enum { PROGRAM = 128, SETS = 8, TEXT = 3000 };

struct instruction {
    enum opcode op;
    int x, y; /* CHAR: the letter; SET: which; SPLIT: first and second way; JUMP: where to */
};

struct regex {
    struct instruction code[PROGRAM];
    int length, sets;
    uint8_t set[SETS][32];
    const char *p; /* what is left to compile */
};

/* --- compiling, by recursive descent; each function appends the code of what it reads */

static void alternatives(struct regex *r);

static int emit(struct regex *r, enum opcode op, int x, int y)
{
    struct instruction *i = &r->code[r->length];
    i->op = op;
    i->x = x;
    i->y = y;
    return r->length++;
}

/* Makes room for an instruction at `at`: all that was compiled from there on moves, and its targets with it. */
static void insert(struct regex *r, int at, enum opcode op)
{
    for (int i = r->length++; i > at; i--) {
        r->code[i] = r->code[i - 1];
        if (r->code[i].op == SPLIT || r->code[i].op == JUMP) {
            r->code[i].x += r->code[i].x >= at;
            r->code[i].y += r->code[i].y >= at;
        }
    }
    r->code[at].op = op;
}

static void set_of(struct regex *r)
{
    uint8_t *set = r->set[r->sets];
    int not = *r->p == '^';
    for (int i = 0; i < 32; i++)
        set[i] = 0;
    for (r->p += not ; *r->p != ']'; r->p++) {
        uint8_t from = (uint8_t)*r->p, to = from;
        if (r->p[1] == '-')
            r->p += 2, to = (uint8_t)*r->p;
        for (unsigned c = from; c <= to; c++)
            set[c / 8] |= (uint8_t)(1 << c % 8);
    }
    r->p++;
    for (int i = 0; not &&i < 32; i++)
        set[i] = (uint8_t)~set[i];
    emit(r, SET, r->sets++, 0);
}

static void atom(struct regex *r)
{
    char c = *r->p++;
    if (c == '(') {
        alternatives(r);
        r->p++;
    } else if (c == '[') {
        set_of(r);
    } else if (c == '.') {
        emit(r, ANY, 0, 0);
    } else {
        emit(r, CHAR, c, 0);
    }
}

static void sequence(struct regex *r)
{
    while (*r->p && *r->p != '|' && *r->p != ')') {
        int begin = r->length;
        atom(r);
        switch (*r->p) {
        case '*':
            insert(r, begin, SPLIT);
            emit(r, JUMP, begin, 0);
            r->code[begin].x = begin + 1;
            r->code[begin].y = r->length;
            break;
        case '+': emit(r, SPLIT, begin, r->length + 1); break;
        case '?':
            insert(r, begin, SPLIT);
            r->code[begin].x = begin + 1;
            r->code[begin].y = r->length;
            break;
        default: continue;
        }
        r->p++;
    }
}

static void alternatives(struct regex *r)
{
    int begin = r->length;
    sequence(r);
    while (*r->p == '|') {
        r->p++;
        insert(r, begin, SPLIT);
        int jump = emit(r, JUMP, 0, 0);
        r->code[begin].x = begin + 1;
        r->code[begin].y = r->length;
        sequence(r);
        r->code[jump].x = r->length;
    }
}

static void compile(struct regex *r, const char *pattern)
{
    r->length = r->sets = 0;
    r->p = pattern;
    alternatives(r);
    emit(r, MATCH, 0, 0);
}

/* --- running */

static int accepts(const struct regex *r, const struct instruction *i, uint8_t c)
{
    switch (i->op) {
    case CHAR: return c == i->x;
    case ANY: return c != '\n' && c != '\0';
    case SET: return r->set[i->x][c / 8] >> c % 8 & 1;
    default: return 0;
    }
}

/* The end of the match that begins at s, or NULL: the first way that leads to one. */
static const char *backtrack(const struct regex *r, int pc, const char *s)
{
    for (;;) {
        const struct instruction *i = &r->code[pc];
        if (i->op == MATCH)
            return s;
        if (i->op == JUMP) {
            pc = i->x;
        } else if (i->op == SPLIT) {
            const char *end = backtrack(r, i->x, s);
            if (end)
                return end;
            pc = i->y;
        } else if (accepts(r, i, (uint8_t)*s) && *s) {
            pc++, s++;
        } else {
            return NULL;
        }
    }
}

/* The places where the automaton is, the preferred first. */
struct places {
    int list[PROGRAM], count, seen[PROGRAM];
};

static void follow(const struct regex *r, struct places *at, int pc, int mark)
{
    if (at->seen[pc] == mark)
        return;
    at->seen[pc] = mark;
    if (r->code[pc].op == JUMP) {
        follow(r, at, r->code[pc].x, mark);
    } else if (r->code[pc].op == SPLIT) {
        follow(r, at, r->code[pc].x, mark);
        follow(r, at, r->code[pc].y, mark);
    } else {
        at->list[at->count++] = pc;
    }
}

static const char *simulate(const struct regex *r, const char *s)
{
    struct places places[2], *now = &places[0], *next = &places[1];
    const char *end = NULL;
    int mark = 1;
    for (int i = 0; i < r->length; i++)
        now->seen[i] = next->seen[i] = 0;
    now->count = 0;
    follow(r, now, 0, mark);
    for (; now->count > 0; s++) {
        struct places *swap = now;
        next->count = 0;
        mark++;
        for (int k = 0; k < now->count; k++) {
            const struct instruction *i = &r->code[now->list[k]];
            if (i->op == MATCH) {
                end = s;
                break; /* what comes later is less preferred */
            }
            if (*s && accepts(r, i, (uint8_t)*s))
                follow(r, next, now->list[k] + 1, mark);
        }
        now = next;
        next = swap;
    }
    return end;
}

/* --- a text of lines like those of a log */

static char *put_word(char *to, const char *word)
{
    while (*word)
        *to++ = *word++;
    return to;
}

static void make_text(char *text, uint64_t *seed)
{
    static const char *const words[] = {
        "error ", "warn: ", "abab", "cddc", "user=", "127.0.0.1",  "x=",    "42", "0x7f", "foo@bar.org",
        " ",      ", ",     "\n",   "aaa",  "b",     "GET /index", ".html", "e",  "-"};
    char *to = text;
    while (to < text + TEXT - 16)
        to = put_word(to, words[random_next(seed) % (sizeof words / sizeof *words)]);
    *to = '\0';
}

uint64_t work_regex(uint64_t n)
{
    static const char *const patterns[] = {"[a-z]+@[a-z]+[.](org|com)",
                                           "(ab|cd|dc)*b?a",
                                           "[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+",
                                           "(error|warn:) .*=",
                                           "GET /[a-z]*([.]html)?[ ,]",
                                           "0x[0-9a-f]+|[1-9][0-9]*",
                                           "(a|aa|b)+[^a-c \n]"};
    static struct regex r;
    char *text = (char *)arena;
    uint64_t seed = 14, h = 4;
    for (uint64_t round = 0; round < n; round++) {
        make_text(text, &seed);
        compile(&r, patterns[round % (sizeof patterns / sizeof *patterns)]);
        for (const char *s = text; *s;) {
            const char *end = backtrack(&r, 0, s);
            if (end != simulate(&r, s))
                return UNFITTED_WRONG;
            if (end)
                h = mix(h, (uint64_t)(s - text) << 16 | (uint64_t)(end - s));
            s = end && end > s ? end : s + 1;
        }
    }
    return h;
}
