// SPDX-License-Identifier: GPL-3.0-or-later
/* Saved plans: NDJSON files written durably and read back with suspicion. */
#include "core/plan.h"
#include "storage/bytes.h"
#include "utils/error.h"

/* A plan of five million actions is some 4 GB; more than this is not a plan. */
#define MAX_PLAN_BYTES ((uint64_t)16 << 30)

ie_status ie_plan_save(const ie_plan *plan, const char *path, ie_error *err)
{
    size_t size = 0;
    IE_AUTO_FREE char *text = ie_plan_text(plan, &size);
    return ie_write_report(path, text, size, false, err);
}

ie_status ie_plan_load(const char *path, ie_plan **ret_plan, ie_error *err)
{
    ie_bytes *bytes = NULL;
    ie_status status = ie_bytes_open(path, &bytes, err);
    if (status != IE_OK) {
        return status;
    }
    const uint8_t *text = ie_bytes_load(bytes, MAX_PLAN_BYTES);
    if (text == NULL) {
        status = ie_error_errno(err, ie_bytes_errno(bytes), "The plan %s cannot be read",
                                ie_shown(path));
    } else {
        ie_error problem = {0};
        status =
            ie_plan_parse((const char *)text, (size_t)ie_bytes_size(bytes), ret_plan, &problem);
        if (status != IE_OK) {
            ie_error_set(err, status, "The plan %s cannot be used: %s", ie_shown(path),
                         problem.text);
        }
    }
    ie_bytes_close(bytes);
    return status;
}
