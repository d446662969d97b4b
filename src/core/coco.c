// SPDX-License-Identifier: GPL-3.0-or-later
/* The categories of COCO (Lin et al. 2014) by their ids. */
#include <string.h>

#include "core/model.h"

static const char *const names[] = {
    "N/A",          "person",         "bicycle",
    "car",          "motorcycle",     "airplane",
    "bus",          "train",          "truck",
    "boat",         "traffic light",  "fire hydrant",
    "N/A",          "stop sign",      "parking meter",
    "bench",        "bird",           "cat",
    "dog",          "horse",          "sheep",
    "cow",          "elephant",       "bear",
    "zebra",        "giraffe",        "N/A",
    "backpack",     "umbrella",       "N/A",
    "N/A",          "handbag",        "tie",
    "suitcase",     "frisbee",        "skis",
    "snowboard",    "sports ball",    "kite",
    "baseball bat", "baseball glove", "skateboard",
    "surfboard",    "tennis racket",  "bottle",
    "N/A",          "wine glass",     "cup",
    "fork",         "knife",          "spoon",
    "bowl",         "banana",         "apple",
    "sandwich",     "orange",         "broccoli",
    "carrot",       "hot dog",        "pizza",
    "donut",        "cake",           "chair",
    "couch",        "potted plant",   "bed",
    "N/A",          "dining table",   "N/A",
    "N/A",          "toilet",         "N/A",
    "tv",           "laptop",         "mouse",
    "remote",       "keyboard",       "cell phone",
    "microwave",    "oven",           "toaster",
    "sink",         "refrigerator",   "N/A",
    "book",         "clock",          "vase",
    "scissors",     "teddy bear",     "hair drier",
    "toothbrush",
};

enum { NAMES = sizeof names / sizeof *names };

const char *ie_coco_label(bool gaps, size_t index)
{
    if (gaps) {
        return index < NAMES ? names[index] : NULL;
    }
    for (size_t i = 0; i < NAMES; i++) {
        if (strcmp(names[i], "N/A") != 0 && index-- == 0) {
            return names[i];
        }
    }
    return NULL;
}
