/* chess.c - all legal moves from positions whose numbers of leaves are well known, counted by making and unmaking each. The board is a
 * square of 16 columns by 8 rows: a square is on it if none of its bits 3 and 7 is set.
 */
#include "tests/bench/work.h"

enum { EMPTY, PAWN, KNIGHT, BISHOP, ROOK, QUEEN, KING, KINDS = 7, BLACK = 8, OFF_BOARD = 0x88, NOWHERE = 0x7f };
enum { WHITE_SHORT = 1, WHITE_LONG = 2, BLACK_SHORT = 4, BLACK_LONG = 8 };
enum { PLAIN, DOUBLE_STEP, EN_PASSANT, CASTLE };
enum { MOVES = 256 };

typedef struct {
    uint8_t square[128];
    uint8_t king[2]; /* where it stands: white's, black's */
    uint8_t side, rights, passant;
} Position;

typedef struct {
    uint8_t from, to, promotion, special;
} Move;

typedef struct {
    uint8_t taken, rights, passant;
} Undo;

typedef struct {
    Move list[MOVES];
    int count;
} MoveList;

static const int8_t knight_steps[] = {33, 31, 18, 14, -14, -18, -31, -33, 0};
static const int8_t king_steps[] = {1, -1, 16, -16, 17, 15, -15, -17, 0};
static const int8_t rook_steps[] = {1, -1, 16, -16, 0};
static const int8_t bishop_steps[] = {17, 15, -15, -17, 0};
static const int8_t *const steps_of[KINDS] = {NULL, NULL, knight_steps, bishop_steps, rook_steps, king_steps, king_steps};

/* --- positions in Forsyth-Edwards notation */

static int piece_of(char c)
{
    static const char letters[] = ".PNBRQK";
    int black = c >= 'a';
    for (int k = PAWN; k < KINDS; k++)
        if (letters[k] == (black ? c - 32 : c))
            return k | (black ? BLACK : 0);
    return EMPTY;
}

static void set_up(Position *p, const char *s)
{
    for (int i = 0; i < 128; i++)
        p->square[i] = EMPTY;
    p->rights = 0;
    p->passant = NOWHERE;
    for (int at = 0x70; *s != ' '; s++) {
        if (*s == '/') {
            at = (at & 0x70) - 16;
        } else if (*s >= '1' && *s <= '8') {
            at += *s - '0';
        } else {
            int piece = piece_of(*s);
            p->square[at] = (uint8_t)piece;
            if ((piece & 7) == KING)
                p->king[piece >> 3] = (uint8_t)at;
            at++;
        }
    }
    p->side = *++s == 'w' ? 0 : BLACK;
    for (s += 2; *s && *s != ' '; s++)
        p->rights |= *s == 'K' ? WHITE_SHORT : *s == 'Q' ? WHITE_LONG : *s == 'k' ? BLACK_SHORT : *s == 'q' ? BLACK_LONG : 0;
}

/* --- who attacks what */

static int steps_to(const Position *p, int target, int by, const int8_t *steps, int one, int other)
{
    for (; *steps; steps++)
        for (int at = target + *steps; !(at & OFF_BOARD); at += *steps) {
            int piece = p->square[at];
            if (piece == EMPTY)
                continue;
            if (piece == (one | by) || piece == (other | by))
                return 1;
            break;
        }
    return 0;
}

static int attacked(const Position *p, int target, int by)
{
    int up = by ? 16 : -16; /* from the target to where a pawn that attacks it stands */
    for (int side = -1; side <= 1; side += 2)
        if (!((target + up + side) & OFF_BOARD) && p->square[target + up + side] == (PAWN | by))
            return 1;
    for (const int8_t *s = knight_steps; *s; s++)
        if (!((target + *s) & OFF_BOARD) && p->square[target + *s] == (KNIGHT | by))
            return 1;
    for (const int8_t *s = king_steps; *s; s++)
        if (!((target + *s) & OFF_BOARD) && p->square[target + *s] == (KING | by))
            return 1;
    return steps_to(p, target, by, rook_steps, ROOK, QUEEN) || steps_to(p, target, by, bishop_steps, BISHOP, QUEEN);
}

/* --- moves, legal or not */

static void add(MoveList *l, int from, int to, int promotion, int special)
{
    Move *m = &l->list[l->count++];
    m->from = (uint8_t)from;
    m->to = (uint8_t)to;
    m->promotion = (uint8_t)promotion;
    m->special = (uint8_t)special;
}

static void add_pawn(MoveList *l, int from, int to)
{
    if ((to & 0x70) != 0 && (to & 0x70) != 0x70)
        add(l, from, to, EMPTY, PLAIN);
    else
        for (int kind = KNIGHT; kind <= QUEEN; kind++)
            add(l, from, to, kind, PLAIN);
}

static void pawn_moves(const Position *p, MoveList *l, int from)
{
    int up = p->side ? -16 : 16, home = p->side ? 0x60 : 0x10;
    if (p->square[from + up] == EMPTY) {
        add_pawn(l, from, from + up);
        if ((from & 0x70) == home && p->square[from + 2 * up] == EMPTY)
            add(l, from, from + 2 * up, EMPTY, DOUBLE_STEP);
    }
    for (int side = -1; side <= 1; side += 2) {
        int to = from + up + side;
        if (to & OFF_BOARD)
            continue;
        if (p->square[to] != EMPTY && (p->square[to] & BLACK) != p->side)
            add_pawn(l, from, to);
        else if (to == p->passant)
            add(l, from, to, EMPTY, EN_PASSANT);
    }
}

static void castle(const Position *p, MoveList *l, int right, int way, int between)
{
    int from = p->king[p->side >> 3], by = p->side ^ BLACK;
    if (!(p->rights & right))
        return;
    for (int i = 1; i <= between; i++)
        if (p->square[from + way * i] != EMPTY)
            return;
    if (!attacked(p, from, by) && !attacked(p, from + way, by))
        add(l, from, from + 2 * way, EMPTY, CASTLE);
}

static void moves_of(const Position *p, MoveList *l)
{
    l->count = 0;
    for (int from = 0; from < 128; from = (from + 9) & ~8) {
        int piece = p->square[from], kind = piece & 7;
        if (piece == EMPTY || (piece & BLACK) != p->side)
            continue;
        if (kind == PAWN) {
            pawn_moves(p, l, from);
            continue;
        }
        for (const int8_t *s = steps_of[kind]; *s; s++)
            for (int to = from + *s; !(to & OFF_BOARD); to += *s) {
                if (p->square[to] != EMPTY && (p->square[to] & BLACK) == p->side)
                    break;
                add(l, from, to, EMPTY, PLAIN);
                if (p->square[to] != EMPTY || kind == KNIGHT || kind == KING)
                    break;
            }
    }
    castle(p, l, p->side ? BLACK_SHORT : WHITE_SHORT, 1, 2);
    castle(p, l, p->side ? BLACK_LONG : WHITE_LONG, -1, 3);
}

/* --- making and unmaking */

/* The rights that are gone once something moves from or to that square. */
static int rights_at(int square)
{
    switch (square) {
    case 0x00: return WHITE_LONG;
    case 0x04: return WHITE_SHORT | WHITE_LONG;
    case 0x07: return WHITE_SHORT;
    case 0x70: return BLACK_LONG;
    case 0x74: return BLACK_SHORT | BLACK_LONG;
    case 0x77: return BLACK_SHORT;
    default: return 0;
    }
}

static void shift_rook(Position *p, const Move *m, int back)
{
    int corner = m->to > m->from ? m->to + 1 : m->to - 2, beside = (m->from + m->to) / 2;
    p->square[back ? corner : beside] = (uint8_t)(ROOK | p->side);
    p->square[back ? beside : corner] = EMPTY;
}

static int make(Position *p, const Move *m, Undo *u)
{
    int piece = p->square[m->from];
    u->taken = p->square[m->to];
    u->rights = p->rights;
    u->passant = p->passant;
    p->square[m->to] = (uint8_t)(m->promotion ? m->promotion | p->side : piece);
    p->square[m->from] = EMPTY;
    p->passant = m->special == DOUBLE_STEP ? (uint8_t)((m->from + m->to) / 2) : NOWHERE;
    if (m->special == EN_PASSANT)
        p->square[(m->from & 0x70) | (m->to & 7)] = EMPTY;
    if (m->special == CASTLE)
        shift_rook(p, m, 0);
    if ((piece & 7) == KING)
        p->king[p->side >> 3] = m->to;
    p->rights &= (uint8_t) ~(rights_at(m->from) | rights_at(m->to));
    int legal = !attacked(p, p->king[p->side >> 3], p->side ^ BLACK);
    p->side ^= BLACK;
    return legal;
}

static void unmake(Position *p, const Move *m, const Undo *u)
{
    p->side ^= BLACK;
    int piece = m->promotion ? PAWN | p->side : p->square[m->to];
    if (m->special == CASTLE)
        shift_rook(p, m, 1);
    if (m->special == EN_PASSANT)
        p->square[(m->from & 0x70) | (m->to & 7)] = (uint8_t)(PAWN | (p->side ^ BLACK));
    p->square[m->from] = (uint8_t)piece;
    p->square[m->to] = u->taken;
    if ((piece & 7) == KING)
        p->king[p->side >> 3] = m->from;
    p->rights = u->rights;
    p->passant = u->passant;
}

static uint64_t leaves(Position *p, int depth)
{
    MoveList l;
    Undo u;
    uint64_t sum = 0;
    if (depth == 0)
        return 1;
    moves_of(p, &l);
    for (int i = 0; i < l.count; i++) {
        if (make(p, &l.list[i], &u))
            sum += leaves(p, depth - 1);
        unmake(p, &l.list[i], &u);
    }
    return sum;
}

uint64_t work_chess(uint64_t n)
{
    static const struct {
        const char *position;
        uint32_t leaves[4]; /* at depth 1, 2 ...: everybody's move generator has to come to these */
    } known[] = {{"r3k2r/p1ppqpb1/bn2pnp1/3PN3/1p2P3/2N2Q1p/PPPBBPPP/R3K2R w KQkq", {48, 2039, 97862, 4085603}},
                 {"8/2p5/3p4/KP5r/1R3p1k/8/4P1P1/8 w -", {14, 191, 2812, 43238}},
                 {"r3k2r/Pppp1ppp/1b3nbN/nP6/BBP1P3/q4N2/Pp1P2PP/R2Q1RK1 w kq", {6, 264, 9467, 422333}},
                 {"rnbqkbnr/pppppppp/8/8/8/8/PPPPPPPP/RNBQKBNR w KQkq", {20, 400, 8902, 197281}},
                 {"rnbq1k1r/pp1Pbppp/2p5/8/2B5/8/PPP1NnPP/RNBQK2R w KQ", {44, 1486, 62379, 2103487}}};
    static const uint8_t depth[] = {3, 4, 3, 3, 3};
    Position p;
    uint64_t h = 8;
    for (uint64_t round = 0; round < n; round++) {
        unsigned which = (unsigned)(round % (sizeof known / sizeof *known));
        set_up(&p, known[which].position);
        uint64_t count = leaves(&p, depth[which]);
        if (count != known[which].leaves[depth[which] - 1])
            return UNFITTED_WRONG;
        h = mix(h, count + round);
    }
    return h;
}
