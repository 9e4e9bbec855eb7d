/* trees.c - AVL trees [Adelson-Velsky, Landis, 1962], recursive, as in a course on data structures: numbers come and go, ranges are summed,
 * and after each round the tree's order and balance are looked at.
 */
#include "tests/bench/work.h"

enum { NODES = 16384, KEYS = 20000, STEPS = 3000 };

typedef struct Node *Tree;
struct Node {
    Tree left, right;
    uint32_t key, value;
    int height;
};

typedef struct {
    Tree free;
    unsigned used, size;
    struct Node nodes[NODES];
} Forest;

static int Height(Tree t) { return t ? t->height : 0; }

static void Measure(Tree t)
{
    int left = Height(t->left), right = Height(t->right);
    t->height = 1 + (left > right ? left : right);
}

static Tree NewNode(Forest *f, uint32_t key, uint32_t value)
{
    Tree t = f->free;
    if (t)
        f->free = t->left;
    else if (f->used < NODES)
        t = &f->nodes[f->used++];
    else
        return NULL;
    t->left = t->right = NULL;
    t->key = key;
    t->value = value;
    t->height = 1;
    f->size++;
    return t;
}

static Tree RotateRight(Tree t)
{
    Tree top = t->left;
    t->left = top->right;
    top->right = t;
    Measure(t);
    Measure(top);
    return top;
}

static Tree RotateLeft(Tree t)
{
    Tree top = t->right;
    t->right = top->left;
    top->left = t;
    Measure(t);
    Measure(top);
    return top;
}

static Tree Balance(Tree t)
{
    int lean = Height(t->left) - Height(t->right);
    if (lean > 1) {
        if (Height(t->left->left) < Height(t->left->right))
            t->left = RotateLeft(t->left);
        return RotateRight(t);
    }
    if (lean < -1) {
        if (Height(t->right->right) < Height(t->right->left))
            t->right = RotateRight(t->right);
        return RotateLeft(t);
    }
    Measure(t);
    return t;
}

static Tree Insert(Forest *f, Tree t, uint32_t key, uint32_t value)
{
    if (!t)
        return NewNode(f, key, value);
    if (key < t->key)
        t->left = Insert(f, t->left, key, value);
    else if (key > t->key)
        t->right = Insert(f, t->right, key, value);
    else
        t->value += value;
    return Balance(t);
}

static Tree TakeLeast(Tree t, Tree *least)
{
    if (!t->left) {
        *least = t;
        return t->right;
    }
    t->left = TakeLeast(t->left, least);
    return Balance(t);
}

static Tree Delete(Forest *f, Tree t, uint32_t key)
{
    if (!t)
        return NULL;
    if (key < t->key) {
        t->left = Delete(f, t->left, key);
    } else if (key > t->key) {
        t->right = Delete(f, t->right, key);
    } else {
        Tree left = t->left, right = t->right, next;
        t->left = f->free;
        f->free = t;
        f->size--;
        if (!right)
            return left;
        right = TakeLeast(right, &next);
        next->left = left;
        next->right = right;
        t = next;
    }
    return Balance(t);
}

static uint64_t SumOfRange(Tree t, uint32_t from, uint32_t to)
{
    if (!t)
        return 0;
    if (t->key < from)
        return SumOfRange(t->right, from, to);
    if (t->key > to)
        return SumOfRange(t->left, from, to);
    return SumOfRange(t->left, from, to) + t->value + SumOfRange(t->right, from, to);
}

/* How many nodes there are, if each is in order and in balance; -1 else. */
static int Check(Tree t, uint32_t low, uint32_t high)
{
    if (!t)
        return 0;
    int lean = Height(t->left) - Height(t->right);
    if (t->key < low || t->key > high || lean < -1 || lean > 1)
        return -1;
    int left = t->key > low ? Check(t->left, low, t->key - 1) : t->left ? -1 : 0, right = Check(t->right, t->key + 1, high);
    return left < 0 || right < 0 ? -1 : left + right + 1;
}

uint64_t work_trees(uint64_t n)
{
    Forest *f = (void *)arena;
    Tree root = NULL;
    uint64_t seed = 12, h = 2;
    f->free = NULL;
    f->used = f->size = 0;
    for (uint64_t round = 0; round < n; round++) {
        for (unsigned i = 0; i < STEPS; i++) {
            uint64_t draw = random_next(&seed);
            uint32_t key = (uint32_t)(draw >> 8) % KEYS;
            if ((draw & 3) == 0 || f->size > NODES * 3 / 4)
                root = Delete(f, root, key);
            else
                root = Insert(f, root, key, (uint32_t)(draw >> 40) & 0xff);
            if ((draw & 0xff) == 0x55)
                h = mix(h, SumOfRange(root, key, key + 200));
        }
        if (Check(root, 0, UINT32_MAX - 1) != (int)f->size)
            return UNFITTED_WRONG;
        h = mix(h, f->size + (uint64_t)Height(root) * 65536);
    }
    return h;
}
