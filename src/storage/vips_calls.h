// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * The functions of libvips, and of GLib below it, that we call, loaded at first use: see
 * utils/late.h. Only for image_vips.h. After ie_vips_ready() a call stands in the code as it would
 * with the library linked.
 */
#ifndef IE_STORAGE_VIPS_CALLS_H
#define IE_STORAGE_VIPS_CALLS_H

#include <vips/vips.h>

#include "utils/late.h"

#define IE_VIPS_CALLS(X)                                                                           \
    X(vips_avg)                                                                                    \
    X(vips_black) X(vips_block_untrusted_set) X(vips_cache_operation_buildp) X(vips_cache_set_max) \
        X(vips_cache_set_max_files) X(vips_cache_set_max_mem) X(vips_cast) X(vips_cast_uchar) X(   \
            vips_colourspace) X(vips_concurrency_set) X(vips_copy) X(vips_error_clear)             \
            X(vips_extract_band) X(vips_flatten) X(vips_flip) X(vips_format_sizeof_unsafe) X(      \
                vips_heifsave) X(vips_heifsave_buffer) X(vips_icc_transform)                       \
                X(vips_image_copy_memory) X(vips_image_get_blob) X(vips_image_get_fields) X(       \
                    vips_image_get_int) X(vips_image_get_n_pages) X(vips_image_get_string)         \
                    X(vips_image_get_type) X(vips_image_get_typeof) X(vips_image_hasalpha) X(      \
                        vips_image_new_from_memory) X(vips_image_new_from_memory_copy)             \
                        X(vips_image_remove) X(vips_image_write_to_memory) X(vips_init) X(         \
                            vips_jpegsave) X(vips_jxlsave) X(vips_min) X(vips_object_get_type)     \
                            X(vips_object_unref_outputs) X(vips_operation_block_set) X(            \
                                vips_operation_get_type) X(vips_operation_new) X(vips_pngsave)     \
                                X(vips_rot) X(vips_rshift_const1) X(vips_source_new_from_memory)   \
                                    X(vips_thread_shutdown) X(vips_tiffsave) X(vips_type_find)     \
                                        X(vips_webpsave) X(vips_image_generate) X(vips_image_new)  \
                                            X(vips_image_pipelinev) X(vips_region_new)             \
                                                X(vips_region_prepare) X(vips_region_region)       \
                                                    X(vips_start_one) X(vips_stop_one)             \
                                                        X(vips_image_set_blob_copy) X(vips_maplut)

/* GLib's are found among what libvips brings along. Newer headers have macros of some names. */
#undef g_free
#undef g_log_set_handler
#undef g_object_get
#undef g_object_ref
#undef g_object_set
#undef g_object_set_data_full
#undef g_object_unref
#undef g_strfreev
#undef g_type_check_instance_cast
#define IE_GLIB_CALLS(X)                                                                           \
    X(g_free) X(g_log_set_handler) X(g_object_get) X(g_object_ref) X(g_object_set)                 \
    X(g_object_set_data_full) X(g_object_unref) X(g_strfreev) X(g_type_check_instance_cast)

typedef struct ie_vips_calls {
    IE_VIPS_CALLS(IE_LATE_MEMBER)
    IE_GLIB_CALLS(IE_LATE_MEMBER)
} ie_vips_calls;

extern ie_vips_calls ie_vips; /* filled by ie_vips_ready() */

#define vips_avg (ie_vips.vips_avg)
#define vips_black (ie_vips.vips_black)
#define vips_block_untrusted_set (ie_vips.vips_block_untrusted_set)
#define vips_cache_operation_buildp (ie_vips.vips_cache_operation_buildp)
#define vips_cache_set_max (ie_vips.vips_cache_set_max)
#define vips_cache_set_max_files (ie_vips.vips_cache_set_max_files)
#define vips_cache_set_max_mem (ie_vips.vips_cache_set_max_mem)
#define vips_cast (ie_vips.vips_cast)
#define vips_cast_uchar (ie_vips.vips_cast_uchar)
#define vips_colourspace (ie_vips.vips_colourspace)
#define vips_concurrency_set (ie_vips.vips_concurrency_set)
#define vips_copy (ie_vips.vips_copy)
#define vips_error_clear (ie_vips.vips_error_clear)
#define vips_extract_band (ie_vips.vips_extract_band)
#define vips_flatten (ie_vips.vips_flatten)
#define vips_flip (ie_vips.vips_flip)
#define vips_format_sizeof_unsafe (ie_vips.vips_format_sizeof_unsafe)
#define vips_heifsave (ie_vips.vips_heifsave)
#define vips_heifsave_buffer (ie_vips.vips_heifsave_buffer)
#define vips_icc_transform (ie_vips.vips_icc_transform)
#define vips_image_copy_memory (ie_vips.vips_image_copy_memory)
#define vips_image_get_blob (ie_vips.vips_image_get_blob)
#define vips_image_get_fields (ie_vips.vips_image_get_fields)
#define vips_image_get_int (ie_vips.vips_image_get_int)
#define vips_image_get_n_pages (ie_vips.vips_image_get_n_pages)
#define vips_image_get_string (ie_vips.vips_image_get_string)
#define vips_image_get_type (ie_vips.vips_image_get_type)
#define vips_image_get_typeof (ie_vips.vips_image_get_typeof)
#define vips_image_hasalpha (ie_vips.vips_image_hasalpha)
#define vips_image_new_from_memory (ie_vips.vips_image_new_from_memory)
#define vips_image_new_from_memory_copy (ie_vips.vips_image_new_from_memory_copy)
#define vips_image_remove (ie_vips.vips_image_remove)
#define vips_image_write_to_memory (ie_vips.vips_image_write_to_memory)
#define vips_init (ie_vips.vips_init)
#define vips_jpegsave (ie_vips.vips_jpegsave)
#define vips_jxlsave (ie_vips.vips_jxlsave)
#define vips_min (ie_vips.vips_min)
#define vips_object_get_type (ie_vips.vips_object_get_type)
#define vips_object_unref_outputs (ie_vips.vips_object_unref_outputs)
#define vips_operation_block_set (ie_vips.vips_operation_block_set)
#define vips_operation_get_type (ie_vips.vips_operation_get_type)
#define vips_operation_new (ie_vips.vips_operation_new)
#define vips_pngsave (ie_vips.vips_pngsave)
#define vips_rot (ie_vips.vips_rot)
#define vips_rshift_const1 (ie_vips.vips_rshift_const1)
#define vips_source_new_from_memory (ie_vips.vips_source_new_from_memory)
#define vips_thread_shutdown (ie_vips.vips_thread_shutdown)
#define vips_tiffsave (ie_vips.vips_tiffsave)
#define vips_type_find (ie_vips.vips_type_find)
#define vips_webpsave (ie_vips.vips_webpsave)
#define vips_image_generate (ie_vips.vips_image_generate)
#define vips_image_new (ie_vips.vips_image_new)
#define vips_image_pipelinev (ie_vips.vips_image_pipelinev)
#define vips_region_new (ie_vips.vips_region_new)
#define vips_region_prepare (ie_vips.vips_region_prepare)
#define vips_region_region (ie_vips.vips_region_region)
#define vips_start_one (ie_vips.vips_start_one)
#define vips_stop_one (ie_vips.vips_stop_one)
#define vips_image_set_blob_copy (ie_vips.vips_image_set_blob_copy)
#define vips_maplut (ie_vips.vips_maplut)

#define g_free (ie_vips.g_free)
#define g_log_set_handler (ie_vips.g_log_set_handler)
#define g_object_get (ie_vips.g_object_get)
#define g_object_ref (ie_vips.g_object_ref)
#define g_object_set (ie_vips.g_object_set)
#define g_object_set_data_full (ie_vips.g_object_set_data_full)
#define g_object_unref (ie_vips.g_object_unref)
#define g_strfreev (ie_vips.g_strfreev)
#define g_type_check_instance_cast (ie_vips.g_type_check_instance_cast)

#endif
