// SPDX-License-Identifier: GPL-3.0-or-later
#include "analyzers/detect.h"

#include <math.h>
#include <string.h>

#include "utils/error.h"

#define MAX_OVERLAP 0.45

typedef struct found {
    ie_detection *items;
    size_t count;
} found;

/* Keeps the best: in a full list the last gives way. Equal scores stay in the order they came. */
static void keep(found *f, const ie_detection *detection)
{
    size_t at = f->count;
    while (at > 0 && f->items[at - 1].score < detection->score) {
        at--;
    }
    if (at == IE_DETECTIONS_MAX) {
        return;
    }
    size_t last = f->count < IE_DETECTIONS_MAX ? f->count++ : IE_DETECTIONS_MAX - 1;
    memmove(&f->items[at + 1], &f->items[at], (last - at) * sizeof *f->items);
    f->items[at] = *detection;
}

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static uint32_t largest(const float *values, size_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++) {
        best = values[i] > values[best] ? i : best;
    }
    return best;
}

static void set_box(ie_detection *d, double cx, double cy, double w, double h)
{
    d->left = cx - w / 2;
    d->top = cy - h / 2;
    d->right = cx + w / 2;
    d->bottom = cy + h / 2;
}

static bool is_sane(const ie_detection *d)
{
    return isfinite(d->score) && isfinite(d->left) && isfinite(d->top) && isfinite(d->right) &&
           isfinite(d->bottom);
}

/* logits [1, queries, classes], boxes [1, queries, 4] with centre and size. */
static bool queries_fit(const ie_tensor *logits, const ie_tensor *boxes)
{
    return logits->rank == 3 && boxes->rank == 3 && logits->shape[0] == 1 && boxes->shape[0] == 1 &&
           logits->shape[1] == boxes->shape[1] && logits->shape[2] >= 2 && boxes->shape[2] == 4;
}

static void read_queries(bool softmax, const ie_tensor *logits, const ie_tensor *boxes,
                         double threshold, found *f)
{
    size_t classes = (size_t)logits->shape[2];
    const float *row = logits->data, *box = boxes->data;
    for (int64_t q = 0; q < logits->shape[1]; q++, row += classes, box += 4) {
        ie_detection d = {.kind = largest(row, softmax ? classes - 1 : classes)};
        if (softmax) {
            double top = row[largest(row, classes)], sum = 0;
            for (size_t i = 0; i < classes; i++) {
                sum += exp(row[i] - top);
            }
            d.score = exp(row[d.kind] - top) / sum;
        } else {
            d.score = sigmoid(row[d.kind]);
        }
        set_box(&d, box[0], box[1], box[2], box[3]);
        if (d.score > threshold && is_sane(&d)) {
            keep(f, &d);
        }
    }
}

static double overlap(const ie_detection *a, const ie_detection *b)
{
    double w = fmin(a->right, b->right) - fmax(a->left, b->left);
    double h = fmin(a->bottom, b->bottom) - fmax(a->top, b->top);
    if (w <= 0 || h <= 0) {
        return 0;
    }
    double both = w * h;
    double area_a = (a->right - a->left) * (a->bottom - a->top),
           area_b = (b->right - b->left) * (b->bottom - b->top);
    return both / (area_a + area_b - both);
}

/* Of boxes that show the same thing the best stays. */
static void suppress(found *f)
{
    size_t kept = 0;
    for (size_t i = 0; i < f->count; i++) {
        bool again = false;
        for (size_t k = 0; k < kept; k++) {
            again = again || (f->items[k].kind == f->items[i].kind &&
                              overlap(&f->items[k], &f->items[i]) > MAX_OVERLAP);
        }
        if (!again) {
            f->items[kept++] = f->items[i];
        }
    }
    f->count = kept;
}

/* [1, 5 + classes, rows, columns]: objectness, box, classes of each cell. */
static void read_grid(const ie_tensor *map, double threshold, found *f)
{
    size_t classes = (size_t)map->shape[1] - 5, rows = (size_t)map->shape[2],
           columns = (size_t)map->shape[3];
    size_t cells = rows * columns;
    const float *at = map->data;
    for (size_t cell = 0; cell < cells; cell++, at++) {
        ie_detection d = {.kind = 0};
        for (uint32_t c = 1; c < classes; c++) {
            d.kind = at[(5 + c) * cells] > at[(5 + d.kind) * cells] ? c : d.kind;
        }
        d.score = pow(at[0], 0.6) * pow(at[(5 + d.kind) * cells], 0.4);
        double cx = ((double)(cell % columns) + tanh(at[cells])) / (double)columns;
        double cy = ((double)(cell / columns) + tanh(at[2 * cells])) / (double)rows;
        set_box(&d, cx, cy, sigmoid(at[3 * cells]), sigmoid(at[4 * cells]));
        if (d.score > threshold && is_sane(&d)) {
            keep(f, &d);
        }
    }
    suppress(f);
}

size_t ie_detect_outputs(ie_model_layout layout, const char *ret_names[2])
{
    if (layout == IE_LAYOUT_GRID) {
        ret_names[0] = NULL;
        return 1;
    }
    ret_names[0] = "logits";
    ret_names[1] = "pred_boxes";
    return 2;
}

ie_status ie_detect(ie_model_layout layout, const ie_tensor *outputs, double threshold,
                    ie_detection ret_found[IE_DETECTIONS_MAX], size_t *ret_count, ie_error *err)
{
    found f = {.items = ret_found};
    bool fits = false;
    if (layout == IE_LAYOUT_GRID) {
        const ie_tensor *map = &outputs[0];
        fits = map->rank == 4 && map->shape[0] == 1 && map->shape[1] > 5 && map->shape[2] > 0 &&
               map->shape[3] > 0;
        if (fits) {
            read_grid(map, threshold, &f);
        }
    } else if (layout != IE_LAYOUT_CLIP) {
        fits = queries_fit(&outputs[0], &outputs[1]);
        if (fits) {
            read_queries(layout == IE_LAYOUT_DETR, &outputs[0], &outputs[1], threshold, &f);
        }
    }
    if (!fits) {
        return ie_error_set(err, IE_ERR_FORMAT,
                            "The detector gives tensors of shapes that its layout does not have.");
    }
    *ret_count = f.count;
    return IE_OK;
}
