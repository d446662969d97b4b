// SPDX-License-Identifier: GPL-3.0-or-later
#include "storage/xmp_regions.h"

#include <math.h>
#include <string.h>

#include "utils/text.h"

#define MAX_REGIONS 1000
#define NS_MWG "http://www.metadataworkinggroup.com/schemas/regions/"
#define NS_AREA "http://ns.adobe.com/xmp/sType/Area#"
#define NS_MP "http://ns.microsoft.com/photo/1.2/"
#define NS_MP_REGION "http://ns.microsoft.com/photo/1.2/t/Region#"

enum { STYLE_NONE, STYLE_MWG, STYLE_MP };

bool ie_xmp_regions_enter(ie_xmp_regions *r, const char *property)
{
    r->style = strcmp(property, NS_MWG " Regions") == 0      ? STYLE_MWG
               : strcmp(property, NS_MP " RegionInfo") == 0 ? STYLE_MP
                                                            : STYLE_NONE;
    r->item_depth = 0;
    return r->style != STYLE_NONE;
}

void ie_xmp_regions_leave(ie_xmp_regions *r)
{
    r->style = STYLE_NONE;
}

void ie_xmp_regions_begin(ie_xmp_regions *r, int depth, bool is_item)
{
    if (is_item && r->item_depth == 0) {
        r->item_depth = depth;
        r->name = r->type = NULL;
        r->x = r->y = r->w = r->h = NAN;
        r->pixels = r->corner = false;
    }
}

static bool same_box(const ie_region *a, const ie_region *b)
{
    bool same = true;
    for (int i = 0; i < 4; i++) {
        same = same && fabs(a->box[i] - b->box[i]) < 0.01;
    }
    return same;
}

/* Programs write the same face in both styles. */
static bool is_known(const ie_metadata *m, const ie_region *region)
{
    for (uint32_t i = 0; i < m->region_count; i++) {
        const char *name = m->regions[i].name;
        bool same_name = name == region->name || (name != NULL && region->name != NULL &&
                                                  strcmp(name, region->name) == 0);
        if (same_name && same_box(&m->regions[i], region)) {
            return true;
        }
    }
    return false;
}

static void add(ie_xmp_regions *r, const ie_region *region)
{
    ie_metadata *m = r->m;
    if (m->region_count >= MAX_REGIONS || is_known(m, region)) {
        return;
    }
    if (m->region_count == r->room) {
        r->room = r->room == 0 ? 4 : r->room * 2;
        ie_region *regions = ie_arena_alloc(r->arena, r->room * sizeof *regions);
        if (m->region_count > 0) {
            memcpy(regions, m->regions, m->region_count * sizeof *regions);
        }
        m->regions = regions;
    }
    m->regions[m->region_count++] = *region;
}

static double within(double share)
{
    return fmin(fmax(share, 0), 1);
}

void ie_xmp_regions_end(ie_xmp_regions *r, int depth)
{
    if (depth != r->item_depth || depth == 0) {
        return;
    }
    r->item_depth = 0;
    bool face = r->type == NULL || strcmp(r->type, "Face") == 0;
    if (r->name != NULL && face) {
        ie_text_list_add(&r->m->people, r->arena, r->name);
    }
    if (r->pixels || !(r->w >= 0 && r->w <= 1 && r->h >= 0 && r->h <= 1) ||
        !(fabs(r->x) <= 2 && fabs(r->y) <= 2)) {
        return;
    }
    double left = r->corner ? r->x : r->x - r->w / 2, top = r->corner ? r->y : r->y - r->h / 2;
    ie_region region = {
        .name = r->name,
        .type = r->type != NULL ? r->type : r->style == STYLE_MP ? "Face" : NULL,
        .box = {within(left), within(top), within(left + r->w), within(top + r->h)},
    };
    add(r, &region);
}

static void take_rectangle(ie_xmp_regions *r, const char *value)
{
    double *const sides[] = {&r->x, &r->y, &r->w, &r->h};
    r->corner = true;
    for (int i = 0; i < 4; i++) {
        value += strspn(value, " ,");
        IE_AUTO_FREE char *number = ie_strndup(value, strcspn(value, " ,"));
        if (!ie_parse_real(number, sides[i])) {
            *sides[i] = NAN;
        }
        value += strlen(number);
    }
}

static void take_area(ie_xmp_regions *r, const char *part, const char *value)
{
    double number = NAN;
    if (strcmp(part, "unit") == 0) {
        r->pixels = strcmp(value, "normalized") != 0;
        return;
    }
    if (!ie_parse_real(value, &number)) {
        number = NAN;
    }
    switch (part[0]) {
    case 'x':
        r->x = number;
        break;
    case 'y':
        r->y = number;
        break;
    case 'w':
        r->w = number;
        break;
    case 'h':
        r->h = number;
        break;
    case 'd': /* a circle */
        r->w = r->h = number;
        break;
    default:
        break;
    }
}

void ie_xmp_regions_value(ie_xmp_regions *r, const char *name, const char *value)
{
    if (r->item_depth == 0 || value[strspn(value, " \t\r\n")] == 0) {
        return;
    }
    if (strcmp(name, NS_MWG " Name") == 0 || strcmp(name, NS_MP_REGION " PersonDisplayName") == 0) {
        r->name = ie_facts_text(r->arena, value, strlen(value));
    } else if (strcmp(name, NS_MWG " Type") == 0) {
        r->type = ie_facts_text(r->arena, value, strlen(value));
    } else if (strcmp(name, NS_MP_REGION " Rectangle") == 0) {
        take_rectangle(r, value);
    } else if (ie_starts_with(name, NS_AREA " ")) {
        take_area(r, name + sizeof NS_AREA, value);
    }
}
