/* engine.c - engine.def as a list of names. */
#include "isa/engine.h"

#include <string.h>

/* The table once more as words of the command line: a row of engine.def is a name there, and a kind in
 * isa/engine.h. */
static const struct {
    const char *name, *about;
} engines[ENGINES] = {
#define ENGINE(name, about) {#name, about},
#include "isa/engine.def"
#undef ENGINE
};

/* "|interpreter|simple"; what people read begins behind the first bar (ENGINE_SYNTAX). */
const char engine_bars[] =
#define ENGINE(name, about) "|" #name
#include "isa/engine.def"
#undef ENGINE
    ;

const char *engine_name(enum engine_kind kind) { return engines[kind].name; }
const char *engine_about(enum engine_kind kind) { return engines[kind].about; }

enum engine_kind engine_find(const char *name)
{
    unsigned kind = 0;
    while (kind < ENGINES && strcmp(name, engines[kind].name) != 0)
        kind++;
    return (enum engine_kind)kind;
}
