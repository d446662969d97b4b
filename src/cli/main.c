// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "imgengine.h"

int main(void)
{
    printf("imgengine %s\n", ie_version());
    return 0;
}
