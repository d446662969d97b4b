// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/structure.h"

#include <math.h>
#include <string.h>

#define SIDE IE_SKETCH_SIDE
#define LEVELS 3       /* sides 16, 32, 64 */
#define PARAMETERS 8   /* six of the affine map, gain, offset */
#define ROUNDS 12
#define BLOCK 8        /* blocks of so many samples a side */
#define BLOCKS (SIDE / BLOCK)

/* A square grey picture. */
typedef struct plane {
    int side;
    float v[SIDE * SIDE];
} plane;

/* Where a sample of the one lies in the other, both in -1..1 from edge to edge, and how bright it is there:
   x' = p0 + p1 x + p2 y, y' = p3 + p4 x + p5 y, value = p6 * other(x', y') + p7. */
typedef struct warp {
    double p[PARAMETERS];
} warp;

/* How a picture that lies as `turn` says is read: the sample at (x, y) of the turned picture. */
static int turned_index(int side, unsigned turn, int x, int y)
{
    bool across = turn % 4 == 1 || turn % 4 == 2, down = turn % 4 >= 2;
    int from_x = across ? side - 1 - x : x, from_y = down ? side - 1 - y : y;
    return turn >= 4 ? from_x * side + from_y : from_y * side + from_x;
}

static void fill(plane *to, const uint8_t *gray, unsigned turn)
{
    to->side = SIDE;
    for (int y = 0; y < SIDE; y++) {
        for (int x = 0; x < SIDE; x++) {
            to->v[y * SIDE + x] = gray[turned_index(SIDE, turn, x, y)];
        }
    }
}

static void halve(const plane *from, plane *to)
{
    int n = from->side;
    to->side = n / 2;
    for (int y = 0; y < n / 2; y++) {
        for (int x = 0; x < n / 2; x++) {
            const float *v = &from->v[2 * y * n + 2 * x];
            to->v[y * (n / 2) + x] = (v[0] + v[1] + v[n] + v[n + 1]) / 4;
        }
    }
}

/* Smooths by 1 2 1 both ways, so that slopes tell where things are. */
static void soften(plane *p)
{
    int n = p->side;
    plane across = {.side = n};
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            float left = p->v[y * n + (x > 0 ? x - 1 : 0)], right = p->v[y * n + (x < n - 1 ? x + 1 : n - 1)];
            across.v[y * n + x] = (left + 2 * p->v[y * n + x] + right) / 4;
        }
    }
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            float up = across.v[(y > 0 ? y - 1 : 0) * n + x], down = across.v[(y < n - 1 ? y + 1 : n - 1) * n + x];
            p->v[y * n + x] = (up + 2 * across.v[y * n + x] + down) / 4;
        }
    }
}

/* Bilinear, with slopes; false outside. x, y in samples. */
static bool sample(const plane *p, double x, double y, double *ret_value, double *ret_dx, double *ret_dy)
{
    int n = p->side;
    if (!(x >= -0.5 && y >= -0.5 && x <= n - 0.5 && y <= n - 0.5)) {
        return false;
    }
    x = x < 0 ? 0 : x > n - 1 ? n - 1 : x;
    y = y < 0 ? 0 : y > n - 1 ? n - 1 : y;
    int ix = (int)x < n - 1 ? (int)x : n - 2, iy = (int)y < n - 1 ? (int)y : n - 2;
    double fx = x - ix, fy = y - iy;
    const float *v = &p->v[iy * n + ix];
    double top = v[0] + fx * (v[1] - v[0]), bottom = v[n] + fx * (v[n + 1] - v[n]);
    *ret_value = top + fy * (bottom - top);
    *ret_dx = (1 - fy) * (v[1] - v[0]) + fy * (v[n + 1] - v[n]);
    *ret_dy = bottom - top;
    return true;
}

static double unit_of(int index, int side)
{
    return (2.0 * index + 1.0) / side - 1.0;
}

static double index_of(double unit, int side)
{
    return ((unit + 1.0) * side - 1.0) / 2.0;
}

/* Solves m x = r in place by Gauss' elimination; false when it has no good answer. */
static bool solve(double m[PARAMETERS][PARAMETERS], double r[PARAMETERS])
{
    for (int k = 0; k < PARAMETERS; k++) {
        int pivot = k;
        for (int i = k + 1; i < PARAMETERS; i++) {
            pivot = fabs(m[i][k]) > fabs(m[pivot][k]) ? i : pivot;
        }
        if (!(fabs(m[pivot][k]) > 1e-9)) {
            return false;
        }
        for (int j = 0; j < PARAMETERS && pivot != k; j++) {
            double swap = m[k][j];
            m[k][j] = m[pivot][j];
            m[pivot][j] = swap;
        }
        double swap = r[k];
        r[k] = r[pivot];
        r[pivot] = swap;
        for (int i = k + 1; i < PARAMETERS; i++) {
            double factor = m[i][k] / m[k][k];
            for (int j = k; j < PARAMETERS; j++) {
                m[i][j] -= factor * m[k][j];
            }
            r[i] -= factor * r[k];
        }
    }
    for (int k = PARAMETERS - 1; k >= 0; k--) {
        for (int j = k + 1; j < PARAMETERS; j++) {
            r[k] -= m[k][j] * r[j];
        }
        r[k] /= m[k][k];
    }
    return true;
}

/* One step of the fit; what differs by far more than the rest (a watermark) counts less. Returns how far the
   map moved, or -1. */
static double step(const plane *a, const plane *b, warp *w, double spread)
{
    int n = a->side;
    double m[PARAMETERS][PARAMETERS] = {0}, r[PARAMETERS] = {0};
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            double ux = unit_of(x, n), uy = unit_of(y, n), value, dx, dy;
            double at_x = w->p[0] + w->p[1] * ux + w->p[2] * uy, at_y = w->p[3] + w->p[4] * ux + w->p[5] * uy;
            if (!sample(b, index_of(at_x, n), index_of(at_y, n), &value, &dx, &dy)) {
                continue;
            }
            double error = (double)a->v[y * n + x] - (w->p[6] * value + w->p[7]);
            double weight = 1.0 / (1.0 + error * error / (spread * spread));
            double gx = w->p[6] * dx * n / 2.0, gy = w->p[6] * dy * n / 2.0;
            double j[PARAMETERS] = {gx, gx * ux, gx * uy, gy, gy * ux, gy * uy, value, 1.0};
            for (int k = 0; k < PARAMETERS; k++) {
                for (int l = k; l < PARAMETERS; l++) {
                    m[k][l] += weight * j[k] * j[l];
                }
                r[k] += weight * j[k] * error;
            }
        }
    }
    for (int k = 0; k < PARAMETERS; k++) {
        for (int l = 0; l < k; l++) {
            m[k][l] = m[l][k];
        }
        m[k][k] *= 1.0 + 1e-4;
        m[k][k] += 1e-6;
    }
    if (!solve(m, r)) {
        return -1;
    }
    double moved = 0;
    for (int k = 0; k < PARAMETERS; k++) {
        w->p[k] += r[k];
        moved = k < 6 && fabs(r[k]) > moved ? fabs(r[k]) : moved;
    }
    return moved;
}

static void fit(const plane *a, const plane *b, warp *w)
{
    plane small_a[LEVELS], small_b[LEVELS];
    small_a[LEVELS - 1] = *a;
    small_b[LEVELS - 1] = *b;
    for (int level = LEVELS - 2; level >= 0; level--) {
        halve(&small_a[level + 1], &small_a[level]);
        halve(&small_b[level + 1], &small_b[level]);
    }
    *w = (warp){{0, 1, 0, 0, 0, 1, 1, 0}};
    for (int level = 0; level < LEVELS; level++) {
        soften(&small_a[level]);
        soften(&small_b[level]);
        double spread = 40;
        for (int round = 0; round < ROUNDS; round++) {
            double moved = step(&small_a[level], &small_b[level], w, spread);
            if (moved < 0.02 / small_a[level].side) {
                break;
            }
            spread = spread > 12 ? spread * 0.8 : spread;
        }
    }
}

/* `b` as it looks through the map, and which of its samples are there. */
static int look_through(const plane *b, const warp *w, plane *ret_seen, bool *ret_there)
{
    int n = b->side, count = 0;
    ret_seen->side = n;
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            double ux = unit_of(x, n), uy = unit_of(y, n), value = 0, dx, dy;
            double at_x = w->p[0] + w->p[1] * ux + w->p[2] * uy, at_y = w->p[3] + w->p[4] * ux + w->p[5] * uy;
            bool there = sample(b, index_of(at_x, n), index_of(at_y, n), &value, &dx, &dy);
            ret_there[y * n + x] = there;
            ret_seen->v[y * n + x] = (float)value;
            count += there;
        }
    }
    return count;
}

typedef struct sums {
    double n, a, b, aa, bb, ab;
} sums;

static void sums_add(sums *s, double a, double b)
{
    s->n++;
    s->a += a;
    s->b += b;
    s->aa += a * a;
    s->bb += b * b;
    s->ab += a * b;
}

static double variance(double n, double sum, double squares)
{
    double v = n > 0 ? squares / n - sum / n * (sum / n) : 0;
    return v > 0 ? v : 0;
}

/* Pearson's correlation; `floor` is variance that noise alone would have. */
static double correlation(const sums *s, double floor)
{
    if (s->n < 2) {
        return 0;
    }
    double both = s->ab / s->n - s->a / s->n * (s->b / s->n);
    return both / sqrt((variance(s->n, s->a, s->aa) + floor) * (variance(s->n, s->b, s->bb) + floor));
}

/* What is left when the mean of the 5 x 5 samples around is taken off. */
static void keep_detail(const plane *from, plane *to)
{
    int n = from->side;
    to->side = n;
    for (int y = 0; y < n; y++) {
        for (int x = 0; x < n; x++) {
            float sum = 0;
            for (int dy = -2; dy <= 2; dy++) {
                for (int dx = -2; dx <= 2; dx++) {
                    int sx = x + dx < 0 ? 0 : x + dx >= n ? n - 1 : x + dx;
                    int sy = y + dy < 0 ? 0 : y + dy >= n ? n - 1 : y + dy;
                    sum += from->v[sy * n + sx];
                }
            }
            to->v[y * n + x] = from->v[y * n + x] - sum / 25;
        }
    }
}

#define TEXTURE_VARIANCE 12.0 /* grey levels squared: below it a block is sky */
#define BLOCK_MATCH 0.7

static void compare_blocks(const plane *a, const plane *b, const bool *there, ie_likeness *l)
{
    sums whole = {0};
    int textured = 0, matched = 0, seen = 0;
    for (int by = 0; by < BLOCKS; by++) {
        for (int bx = 0; bx < BLOCKS; bx++) {
            sums block = {0};
            for (int i = 0; i < BLOCK * BLOCK; i++) {
                int at = (by * BLOCK + i / BLOCK) * SIDE + bx * BLOCK + i % BLOCK;
                if (there[at]) {
                    sums_add(&block, (double)a->v[at], (double)b->v[at]);
                    sums_add(&whole, (double)a->v[at], (double)b->v[at]);
                }
            }
            if (block.n < BLOCK * BLOCK / 2) {
                continue;
            }
            seen++;
            double va = variance(block.n, block.a, block.aa), vb = variance(block.n, block.b, block.bb);
            if (va > TEXTURE_VARIANCE || vb > TEXTURE_VARIANCE) {
                textured++;
                matched += correlation(&block, 1.0) >= BLOCK_MATCH;
            }
        }
    }
    l->match = correlation(&whole, 1.0);
    l->textured = seen > 0 ? (double)textured / seen : 0;
    l->blocks = textured > 0 ? (double)matched / textured : 0;
}

static void compare_detail(const plane *a, const plane *b, const bool *there, ie_likeness *l)
{
    plane fine_a, fine_b;
    sums s = {0};
    keep_detail(a, &fine_a);
    keep_detail(b, &fine_b);
    for (int i = 0; i < SIDE * SIDE; i++) {
        if (there[i]) {
            sums_add(&s, (double)fine_a.v[i], (double)fine_b.v[i]);
        }
    }
    double va = variance(s.n, s.a, s.aa), vb = variance(s.n, s.b, s.bb);
    l->detail = correlation(&s, 0.5);
    l->fineness = sqrt(va < vb ? va : vb);
}

/* Both as dHash has them (9 x 8 means, each against its right neighbour), so far as both show the cells; scaled to
   64 bits. */
static unsigned compare_gradients(const plane *a, const plane *b, const bool *there)
{
    double mean_a[8][9] = {0}, mean_b[8][9] = {0};
    int count[8][9] = {0};
    for (int i = 0; i < SIDE * SIDE; i++) {
        int y = i / SIDE * 8 / SIDE, x = i % SIDE * 9 / SIDE;
        if (there[i]) {
            mean_a[y][x] += (double)a->v[i];
            mean_b[y][x] += (double)b->v[i];
            count[y][x]++;
        }
    }
    unsigned bits = 0, differ = 0;
    for (int i = 0; i < 64; i++) {
        int y = i / 8, x = i % 8, n = count[y][x], m = count[y][x + 1];
        if (n > 8 && m > 8) {
            bits++;
            differ += (mean_a[y][x + 1] / m > mean_a[y][x] / n) != (mean_b[y][x + 1] / m > mean_b[y][x] / n);
        }
    }
    return bits > 0 ? (differ * 64 + bits / 2) / bits : 64;
}

static void compare_colors(const ie_sketch *a, const ie_sketch *b, unsigned turn, const warp *w, ie_likeness *l)
{
    enum { N = IE_SKETCH_CHROMA };
    sums s = {0};
    double difference = 0, colour_a = 0, colour_b = 0;
    for (int i = 0; i < N * N; i++) {
        double ux = unit_of(i % N, N), uy = unit_of(i / N, N);
        int x = (int)lround(index_of(w->p[0] + w->p[1] * ux + w->p[2] * uy, N));
        int y = (int)lround(index_of(w->p[3] + w->p[4] * ux + w->p[5] * uy, N));
        if (x < 0 || y < 0 || x >= N || y >= N) {
            continue;
        }
        int at = turned_index(N, turn, x, y);
        sums_add(&s, a->a[i], b->a[at]);
        sums_add(&s, a->b[i], b->b[at]);
        difference += hypot(a->a[i] - b->a[at], a->b[i] - b->b[at]);
        colour_a += hypot(a->a[i], a->b[i]);
        colour_b += hypot(b->a[at], b->b[at]);
    }
    double n = s.n > 0 ? s.n / 2 : 1;
    l->chroma = difference / n;
    l->chroma_match = colour_a / n < 3 || colour_b / n < 3 ? NAN : correlation(&s, 4.0);
}

static void describe(const warp *w, ie_likeness *l)
{
    const double *p = w->p;
    l->shift = hypot(p[0], p[3]) / 2;
    l->scale_x = hypot(p[1], p[4]);
    l->scale_y = hypot(p[2], p[5]);
    l->angle = atan2(p[4], p[1]);
    l->shear = l->scale_x > 0 && l->scale_y > 0 ? (p[1] * p[2] + p[4] * p[5]) / (l->scale_x * l->scale_y) : 1;
    l->gain = p[6];
}

ie_likeness ie_structure_compare(const ie_sketch *a, const ie_sketch *b, unsigned turn)
{
    plane first, second, seen;
    bool there[SIDE * SIDE];
    warp w;
    ie_likeness l = {0};
    fill(&first, a->gray, 0);
    fill(&second, b->gray, turn);
    fit(&first, &second, &w);
    /* Between samples lies their mean, which blurs; blurred alike they differ less by where the grid lies. */
    soften(&first);
    soften(&second);
    l.overlap = (double)look_through(&second, &w, &seen, there) / (SIDE * SIDE);
    describe(&w, &l);
    compare_blocks(&first, &seen, there, &l);
    compare_detail(&first, &seen, there, &l);
    l.gradient = compare_gradients(&first, &seen, there);
    compare_colors(a, b, turn, &w, &l);
    return l;
}
