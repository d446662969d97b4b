// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the program keeps what belongs to the user and not to a photo: models and the runtime that runs them.
 * Paths only; nothing is made. Thread-safe as long as nobody changes the environment.
 */
#ifndef IE_STORAGE_DATA_FOLDER_H
#define IE_STORAGE_DATA_FOLDER_H

/* $XDG_DATA_HOME/imgengine/NAME, or below $HOME/.local/share; free() it. NULL when neither is set. */
char *ie_data_folder(const char *name);
/* The cache of Hugging Face's tools: $HF_HUB_CACHE, $HF_HOME/hub, or ~/.cache/huggingface/hub. */
char *ie_hub_cache_folder(void);

#endif
