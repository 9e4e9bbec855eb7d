/* expression_node.h - the tree behind struct expression; for expression*.c, which build it, and evaluate.c, which walks it. */
#ifndef TRAPEZE_MONITOR_DEBUG_EXPRESSION_NODE_H
#define TRAPEZE_MONITOR_DEBUG_EXPRESSION_NODE_H

#include "monitor/debug/expression.h"

#include <ctype.h>

enum node_op {
    NODE_VALUE,
    NODE_REGISTER,
    NODE_VARIABLE,
    NODE_OBJECT,
    NODE_ADDRESS, /* of `a`, an object or a LOAD */
    NODE_NEGATE,
    NODE_NOT,
    NODE_COMPLEMENT,
    NODE_LOAD,
    NODE_CAST, /* LOAD: from what `a` points to */
    NODE_MUL,
    NODE_DIV,
    NODE_MOD,
    NODE_ADD,
    NODE_SUB,
    NODE_SHL,
    NODE_SHR,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE,
    NODE_EQ,
    NODE_NE,
    NODE_AND,
    NODE_XOR,
    NODE_OR,
    NODE_INDEX, /* the address of an element */
    NODE_FAR,   /* the address of an offset in a segment */
    NODE_LOGICAL_AND,
    NODE_LOGICAL_OR,
    NODE_CHOOSE,
    NODE_ASSIGN,
};

struct expression {
    enum node_op op;
    unsigned height;              /* of the tree from here on: 1 for a leaf */
    struct value value;           /* NODE_VALUE */
    reg_t reg;                    /* NODE_REGISTER */
    struct value_type type;       /* of REGISTER and CAST */
    char *name;                   /* NODE_VARIABLE, NODE_OBJECT (its path); owned */
    struct expression *a, *b, *c; /* owned */
};

/* --- Of expression*.c: the text at hand. A failure is kept in it with its sentence, and then a tree is NULL. */

struct parser {
    const char *at;
    const struct expression_context *context;
    struct error *error;
    int failed; /* -errno */
    unsigned depth;
    bool choosing; /* between ? and :, which is no address's then */
};

/* expression.c */
void expression_blanks(struct parser *);                                 /* goes past them */
struct expression *expression_fail(struct parser *, int result);         /* -errno, kept if it is the first; always NULL */
struct expression *expression_wanted(struct parser *, const char *what); /* fails: that is expected here; always NULL */
/* Takes its operands over, whether or not it succeeds. */
struct expression *expression_node(struct parser *, enum node_op, struct expression *a, struct expression *b, struct expression *c);

/* expression_leaf.c */
static inline bool expression_is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }
/* false: there is none, and the text is where it was but for blanks. */
bool expression_type_name(struct parser *, struct value_type *);
struct expression *expression_number(struct parser *);
struct expression *expression_character(struct parser *);
struct expression *expression_named(struct parser *); /* symbol, $register, $variable, object of the program */

#endif
