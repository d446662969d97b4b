// SPDX-License-Identifier: GPL-3.0-or-later
#include "imgengine.h"

const char *ie_version(void)
{
    return IE_VERSION;
}
