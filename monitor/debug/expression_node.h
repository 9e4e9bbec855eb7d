/* expression_node.h - the tree behind struct expression; for expression.c, which builds it, and evaluate.c, which walks it. */
#ifndef TRAPEZE_MONITOR_DEBUG_EXPRESSION_NODE_H
#define TRAPEZE_MONITOR_DEBUG_EXPRESSION_NODE_H

#include "monitor/debug/expression.h"

enum node_op {
    NODE_VALUE,
    NODE_REGISTER,
    NODE_VARIABLE,
    NODE_OBJECT,
    NODE_ADDRESS, /* of the object `a` */
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

#endif
