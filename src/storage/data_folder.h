// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * Where the program keeps what belongs to the user and not to a photo: models and the runtime that
 * runs them
 * ($XDG_DATA_HOME). Paths; and folders made and taken away, none of which ever holds a photo.
 * Thread-safe as long as nobody changes the environment.
 */
#ifndef IE_STORAGE_DATA_FOLDER_H
#define IE_STORAGE_DATA_FOLDER_H

/* $XDG_DATA_HOME/imgengine/NAME, or below $HOME/.local/share; free() it. NULL when neither
   is set. */
char *ie_data_folder(const char *name);
/* The cache of Hugging Face's tools: $HF_HUB_CACHE, $HF_HOME/hub, or ~/.cache/huggingface/hub. */
char *ie_hub_cache_folder(void);

/* The absolute folder and those above it, private to the user; 0 when they are there, or the
   errno. */
int ie_own_folder_make(const char *folder);
/* The folder with all that is in it, over no symbolic link; what cannot be taken away stays. Only
   for folders that this program made. 0 or the first errno; 0 when there is none. */
int ie_own_folder_remove(const char *folder);
/* `folder` when it is empty, then those above it, as long as they are empty and below `base`. */
void ie_own_folder_prune(const char *base, const char *folder);

#endif
