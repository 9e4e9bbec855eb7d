/* variables.c - see variables.h. */
#include "monitor/debug/variables.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct variable {
    char name[VALUE_NAME];
    struct value value;
    struct variable *next;
};

struct variables {
    struct variable *first; /* owned; by name */
    struct value *history;  /* owned */
    unsigned count, room;
};

int variables_create(struct variables **out)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void variables_destroy(struct variables *v)
{
    while (v && v->first) {
        struct variable *gone = v->first;
        v->first = gone->next;
        free(gone);
    }
    if (v)
        free(v->history);
    free(v);
}

bool variables_get(const struct variables *v, const char *name, struct value *out)
{
    const struct variable *x = v->first;
    while (x && strcmp(x->name, name) != 0)
        x = x->next;
    if (x)
        *out = x->value;
    return x != NULL;
}

/* Kept in the order of names: the place of a new one is found by going past the smaller ones. */
int variables_set(struct variables *v, const char *name, const struct value *value)
{
    struct variable **at = &v->first;
    while (*at && strcmp((*at)->name, name) < 0)
        at = &(*at)->next;
    if (!*at || strcmp((*at)->name, name) != 0) {
        struct variable *x = calloc(1, sizeof *x);
        if (!x || strlen(name) >= sizeof x->name) {
            free(x);
            return -ENOMEM;
        }
        memcpy(x->name, name, strlen(name) + 1);
        x->next = *at;
        *at = x;
    }
    (*at)->value = *value;
    return 0;
}

const char *variables_name(const struct variables *v, unsigned index, struct value *out)
{
    const struct variable *x = v->first;
    while (x && index--)
        x = x->next;
    if (!x)
        return NULL;
    *out = x->value;
    return x->name;
}

/* $1 is history[0]. The array doubles: a script may print a million values, and none is forgotten, for $1 may still be
 * asked for. */
unsigned variables_remember(struct variables *v, const struct value *value)
{
    if (v->count == v->room) {
        unsigned room = v->room ? 2 * v->room : 64;
        struct value *grown = realloc(v->history, room * sizeof *grown);
        if (!grown)
            return 0;
        v->history = grown;
        v->room = room;
    }
    v->history[v->count++] = *value;
    return v->count;
}

unsigned variables_remembered(const struct variables *v) { return v->count; }

bool variables_recall(const struct variables *v, unsigned number, struct value *out)
{
    if (number < 1 || number > v->count)
        return false;
    *out = v->history[number - 1];
    return true;
}
