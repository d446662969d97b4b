// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/worker.h"

#include <errno.h>
#include <sched.h>

#include "storage/image_file.h"
#include "storage/image_jpeg.h"
#include "storage/jpeg_file.h"
#include "storage/stamp.h"
#include "utils/error.h"

struct ie_worker {
    const ie_config *config;
    char *catalog;
    ie_scratch *scratch;
    ie_nearby nearby;
    void *states[IE_MAX_ANALYZERS];
    bool opened[IE_MAX_ANALYZERS], broken[IE_MAX_ANALYZERS];
    ie_remark_fn remark;
    void *user;
    ie_error error;
};

ie_worker *ie_worker_new(const ie_config *config, const char *catalog, ie_remark_fn remark,
                         void *user)
{
    ie_worker *worker = ie_alloc(sizeof *worker);
    worker->config = config;
    worker->catalog = catalog != NULL ? ie_strdup(catalog) : NULL;
    worker->remark = remark;
    worker->user = user;
    worker->scratch = ie_scratch_new();
    return worker;
}

void ie_worker_free(ie_worker *worker)
{
    if (worker == NULL) {
        return;
    }
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if (worker->opened[i] && ie_analyzers[i]->close != NULL) {
            ie_analyzers[i]->close(worker->states[i]);
        }
    }
    ie_scratch_free(worker->scratch);
    ie_nearby_clear(&worker->nearby);
    free(worker->catalog);
    free(worker);
}

const ie_error *ie_worker_error(const ie_worker *worker)
{
    return &worker->error;
}

unsigned ie_worker_count(const ie_config *config)
{
    if (config->processing.max_workers > 0) {
        return (unsigned)config->processing.max_workers;
    }
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0) {
        return (unsigned)CPU_COUNT(&cpus);
    }
    return 1;
}

static ie_bytes *open_photo(ie_worker *worker, ie_photo *photo)
{
    ie_bytes *bytes = NULL;
    ie_error err = {0};
    if (ie_bytes_open_near(&worker->nearby, photo->real_path, &bytes, &err) == IE_OK) {
        /* What is analyzed is what was opened, should it have changed since the walk. */
        photo->stamp = ie_bytes_stamp(bytes);
        ie_photo_forget_faults(photo, "open"); /* of a run for which it did not open */
        return bytes;
    }
    const char *code = err.system_errno == ENOENT ? "vanished"
                       : err.system_errno == EACCES || err.system_errno == EPERM ? "denied"
                                                                                 : "unreadable";
    ie_photo_fault(photo, "open", code, "%s", err.text);
    return NULL;
}

/* What failing cards leave of a photo: its name. */
static void tell_lost(ie_photo *photo, const uint8_t *start, size_t head)
{
    size_t zeros = 0;
    while (zeros < head && start[zeros] == 0) {
        zeros++;
    }
    if (head == 0) {
        ie_photo_fault(photo, "format", "empty", "the file is empty");
    } else if (zeros == head) {
        ie_photo_fault(photo, "format", "zeros",
                       "the file begins with zeros where its picture should be");
    }
}

/* `only`: nothing else will be looked at. */
static bool tell_format(ie_bytes *bytes, ie_photo *photo, bool only)
{
    uint64_t size = ie_bytes_size(bytes);
    size_t head = size < IE_SNIFF_BYTES ? (size_t)size : IE_SNIFF_BYTES;
    const uint8_t *start = only ? ie_bytes_only(bytes, 0, head) : ie_bytes_at(bytes, 0, head);
    if (head > 0 && start == NULL) {
        ie_photo_fault(photo, "open", "unreadable", "%s cannot be read: %s", ie_shown(photo->path),
                       strerror(ie_bytes_errno(bytes)));
        return false;
    }
    photo->format = head > 0 ? ie_format_sniff(start, head, photo->path) : IE_FORMAT_UNKNOWN;
    photo->have |= IE_HAVE_FORMAT;
    if (photo->format == IE_FORMAT_UNKNOWN && ie_format_claimed(photo->path) != IE_FORMAT_UNKNOWN) {
        tell_lost(photo, start, head);
    }
    return true;
}

static void remark(ie_worker *worker, const char *text)
{
    if (worker->remark != NULL) {
        worker->remark(worker->user, text);
    }
}

/* An installation that lacks a library is no fault of any photo, and ends the run. What only models
   lack is told, and the run goes on. */
static void cannot_open(ie_worker *worker, const ie_analyzer *analyzer, const ie_error *err)
{
    if (analyzer->check == NULL || worker->config->analysis.require_ml) {
        worker->error = *err;
    } else {
        IE_AUTO_FREE char *text = ie_asprintf("Going on without %s: %s", analyzer->name, err->text);
        remark(worker, text);
    }
}

static bool is_open(ie_worker *worker, size_t index)
{
    const ie_analyzer *analyzer = ie_analyzers[index];
    if (!worker->opened[index] && !worker->broken[index]) {
        ie_error err = {0};
        bool good = analyzer->open == NULL || analyzer->open(worker->config, worker->catalog,
                                                             &worker->states[index], &err) == IE_OK;
        worker->opened[index] = good;
        worker->broken[index] = !good;
        if (!good) {
            cannot_open(worker, analyzer, &err);
        }
    }
    return worker->opened[index];
}

/* The analyzers whose facts are wanted and missing; a video's pixels are not looked at. */
static bool is_due(const ie_analyzer *analyzer, const ie_photo *photo, unsigned wanted)
{
    bool moving = ie_format_kind(photo->format) == IE_KIND_VIDEO;
    return (wanted & analyzer->gives & ~(photo->have | photo->tried)) != 0 &&
           !(moving && analyzer->views != 0);
}

static unsigned due_views(const ie_photo *photo, unsigned wanted)
{
    unsigned views = 0;
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        views |= is_due(ie_analyzers[i], photo, wanted) ? ie_analyzers[i]->views : 0;
    }
    return views;
}

static uint32_t due_side(const ie_config *config, const ie_photo *photo, unsigned wanted)
{
    uint32_t most = 0;
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        const ie_analyzer *analyzer = ie_analyzers[i];
        if (analyzer->color_side != NULL && is_due(analyzer, photo, wanted)) {
            uint32_t side = analyzer->color_side(config);
            most = side > most ? side : most;
        }
    }
    return most;
}

static void pass_remark(ie_worker *worker, size_t index)
{
    const ie_analyzer *analyzer = ie_analyzers[index];
    IE_AUTO_FREE char *text =
        analyzer->remark != NULL ? analyzer->remark(worker->states[index]) : NULL;
    if (text != NULL) {
        remark(worker, text);
    }
}

/* With ret_prepared what takes several photos at a time is left to ie_worker_infer(). */
static void run_analyzer(ie_worker *worker, size_t index, ie_photo *photo, ie_source *source,
                         ie_prepared *ret_prepared)
{
    const ie_analyzer *analyzer = ie_analyzers[index];
    void *state = worker->states[index];
    ie_prepared prepared = {0};
    if (analyzer->run != NULL) {
        analyzer->run(state, photo, source);
    } else if (analyzer->prepare(state, photo, source, &prepared)) {
        if (ret_prepared != NULL && analyzer->batch(state) > 0) {
            *ret_prepared = prepared;
            return;
        }
        analyzer->infer(state, &photo, &prepared, 1);
        free(prepared.data);
    }
    photo->tried |= analyzer->gives;
    pass_remark(worker, index);
}

static void run_analyzers(ie_worker *worker, ie_photo *photo, ie_bytes *bytes, unsigned wanted,
                          ie_prepared *ret_prepared)
{
    const ie_config *config = worker->config;
    ie_source_options options = {
        .max_pixels = (uint64_t)config->limits.max_pixels,
        .max_file_bytes = (uint64_t)config->limits.max_file_bytes,
        .exact = config->analysis.exact,
        .views = due_views(photo, wanted),
        /* Exact mode is for comparing with references, and these drop alpha. */
        .over_white = !config->analysis.exact,
        .color_side = due_side(config, photo, wanted),
    };
    if (options.views != 0) {
        ie_photo_forget_faults(photo, "decode"); /* it is decoded anew, and would say so twice */
    }
    ie_source *source = ie_source_new(bytes, photo, &options, worker->scratch);
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if (is_due(ie_analyzers[i], photo, wanted) && is_open(worker, i)) {
            run_analyzer(worker, i, photo, source, ret_prepared != NULL ? &ret_prepared[i] : NULL);
        }
    }
    ie_source_free(source);
}

/* With only the hash of the bytes wanted, there is nothing to set up. */
static void find_out(ie_worker *worker, ie_photo *photo, ie_bytes *bytes, unsigned wanted,
                     ie_prepared *ret_prepared)
{
    if ((wanted & ~(unsigned)(IE_HAVE_FORMAT | IE_HAVE_XXH3)) != 0) {
        run_analyzers(worker, photo, bytes, wanted, ret_prepared);
    }
    bool moving = ie_format_kind(photo->format) == IE_KIND_VIDEO;
    if ((wanted & IE_HAVE_XXH3 & ~photo->have) != 0 && !moving &&
        ie_bytes_xxh3(bytes, &photo->xxh3)) {
        photo->have |= IE_HAVE_XXH3;
    }
}

/* An analyzer's decoder has told why already, from more than the header. */
static bool was_decoded_in_vain(const ie_photo *photo)
{
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        const ie_analyzer *a = ie_analyzers[i];
        if (a->views != 0 && (a->gives & photo->tried & ~photo->have) != 0) {
            return true;
        }
    }
    return false;
}

static bool jpeg_shape(const uint8_t *data, size_t size, uint64_t max_pixels,
                       ie_image_facts *ret_facts, ie_decode_fault *ret_fault)
{
    ie_jpeg *jpeg = ie_jpeg_open(data, size, max_pixels, ret_fault);
    if (jpeg == NULL) {
        return false;
    }
    *ret_facts = (ie_image_facts){.width = ie_jpeg_get_facts(jpeg)->width,
                                  .height = ie_jpeg_get_facts(jpeg)->height,
                                  .bits = 8,
                                  .frames = 1};
    ie_jpeg_close(jpeg);
    return true;
}

/* What the first bytes of a usual file tell; the rest is then not read for it. */
static bool shape_from_start(const ie_photo *photo, ie_bytes *bytes, uint64_t max_pixels,
                             ie_image_facts *ret_facts)
{
    enum { START_BYTES = 65536 };
    const uint64_t whole = ie_bytes_size(bytes);
    const size_t size = whole < START_BYTES ? (size_t)whole : START_BYTES;
    const bool known = photo->format == IE_FORMAT_JPEG || photo->format == IE_FORMAT_PNG;
    if (photo->format == IE_FORMAT_TIFF) {
        return ie_image_tiff_facts(bytes, max_pixels, ret_facts);
    }
    const uint8_t *start = known ? ie_bytes_at(bytes, 0, size) : NULL;
    ie_decode_fault fault = {0};
    if (start == NULL) {
        return false;
    }
    return photo->format == IE_FORMAT_JPEG
               ? jpeg_shape(start, size, max_pixels, ret_facts, &fault)
               : ie_image_png_facts(start, size, max_pixels, ret_facts);
}

/* False: with a fault, if there is one. */
static bool shape_from_all(ie_photo *photo, ie_bytes *bytes, uint64_t max_bytes,
                           uint64_t max_pixels, ie_image_facts *ret_facts)
{
    const uint8_t *data = ie_bytes_load(bytes, max_bytes);
    const size_t size = (size_t)ie_bytes_size(bytes);
    ie_error err = {0};
    ie_decode_fault fault = {0};
    if (data == NULL) {
        return false;
    }
    bool told = was_decoded_in_vain(photo);
    if (!told) {
        ie_photo_forget_faults(photo, "decode");
    }
    if (photo->format == IE_FORMAT_JPEG) {
        if (!jpeg_shape(data, size, max_pixels, ret_facts, &fault)) {
            if (!told) {
                ie_photo_fault(photo, "decode", fault.code, "%s", fault.text);
            }
            return false;
        }
    } else if (ie_image_probe(data, size, photo->format, max_pixels, ret_facts, &err) != IE_OK) {
        const char *code = err.status == IE_ERR_LIMIT         ? "too_large"
                           : err.status == IE_ERR_UNSUPPORTED ? "unsupported"
                                                              : "corrupt";
        if (!told) {
            ie_photo_fault(photo, "decode", code, "%s", err.text);
        }
        return false;
    }
    return true;
}

/* What a conversion must know beforehand. The header tells it; decoding would take as long as the
   conversion, which decodes by itself and leaves a damaged photo as it is. */
static void tell_shape(const ie_worker *worker, ie_photo *photo, ie_bytes *bytes)
{
    const uint64_t max_pixels = (uint64_t)worker->config->limits.max_pixels;
    const uint64_t max_bytes = (uint64_t)worker->config->limits.max_file_bytes;
    ie_image_facts facts;
    if (ie_format_kind(photo->format) != IE_KIND_PHOTO || ie_bytes_size(bytes) > max_bytes) {
        return;
    }
    if (shape_from_start(photo, bytes, max_pixels, &facts)) {
        if (!was_decoded_in_vain(photo)) {
            ie_photo_forget_faults(photo, "decode");
        }
    } else if (!shape_from_all(photo, bytes, max_bytes, max_pixels, &facts)) {
        return;
    }
    photo->width = facts.width;
    photo->height = facts.height;
    photo->bits = facts.bits;
    photo->has_alpha = facts.has_alpha;
    photo->animated = facts.frames > 1;
}

/* What was concluded from bytes that the disk did not give is forgotten: a cable that is loose
   today makes no damaged photo of it for ever. The next run looks again. What earlier runs found,
   and this one did not look for, stays. */
static void forget_half_read(ie_photo *photo, const ie_bytes *bytes, unsigned had, unsigned tried,
                             bool shaped)
{
    int failed = ie_bytes_errno(bytes);
    if (failed == 0 || failed == EFBIG || failed == ENOMEM || failed == ENODATA) {
        return; /* of the photo's size, or it was cut short meanwhile */
    }
    unsigned looked_for = (photo->have | photo->tried) & ~(had | tried);
    for (size_t i = 0; ie_analyzers[i] != NULL; i++) {
        if ((looked_for & ie_analyzers[i]->gives) != 0) {
            shaped = shaped || ie_analyzers[i]->views != 0;
            ie_photo_forget_faults(photo, ie_analyzers[i]->name);
        }
    }
    if (shaped) {
        ie_photo_forget_faults(photo, "decode");
    }
    ie_photo_fault(photo, "open", "unreadable", "%s cannot be read: %s", ie_shown(photo->path),
                   strerror(failed));
    photo->have &= had | IE_HAVE_FORMAT;
    photo->tried &= tried;
}

/* What no photo can be decoded without is nothing that is wrong with this one, nor may it be
   remembered as that. */
static void heed_missing_library(ie_worker *worker, const ie_photo *photo)
{
    for (uint32_t i = 0; i < photo->fault_count; i++) {
        if (strcmp(photo->faults[i].code, "unsupported") == 0 &&
            strcmp(photo->faults[i].stage, "decode") == 0) {
            ie_status status = ie_image_ready(&worker->error);
            (void)status;
            return;
        }
    }
}

static void analyze_bytes(ie_worker *worker, ie_photo *photo, ie_bytes *bytes, unsigned wanted,
                          uint64_t shape_formats, ie_prepared *ret_prepared)
{
    unsigned had = photo->have, tried = photo->tried;
    bool only = (wanted & ~(unsigned)IE_HAVE_FORMAT) == 0 && shape_formats == 0;
    bool readable = (photo->have & IE_HAVE_FORMAT) != 0 || tell_format(bytes, photo, only);
    if (readable && photo->format != IE_FORMAT_UNKNOWN) {
        find_out(worker, photo, bytes, wanted, ret_prepared);
        if ((shape_formats >> photo->format & 1) != 0 && photo->bits == 0) {
            tell_shape(worker, photo, bytes);
        }
    }
    forget_half_read(photo, bytes, had, tried, shape_formats != 0);
    heed_missing_library(worker, photo);
}

static void analyze(ie_worker *worker, ie_photo *photo, unsigned wanted, uint64_t shape_formats,
                    ie_prepared *ret_prepared)
{
    ie_bytes *bytes = open_photo(worker, photo);
    if (bytes != NULL) {
        analyze_bytes(worker, photo, bytes, wanted, shape_formats, ret_prepared);
        ie_bytes_close(bytes);
    }
}

void ie_worker_analyze(ie_worker *worker, ie_photo *photo, unsigned wanted,
                       uint64_t shape_formats)
{
    analyze(worker, photo, wanted, shape_formats, NULL);
}

/* NULL, with a fault, also when it is not the file any more that equalled the others: its bytes are
   neither theirs nor those that its hash is of. */
static ie_bytes *open_equal(ie_worker *worker, ie_photo *photo)
{
    ie_stamp was = photo->stamp;
    ie_bytes *bytes = open_photo(worker, photo);
    if (bytes == NULL || ie_stamp_still_file(&was, &photo->stamp)) {
        return bytes;
    }
    photo->stamp = was;
    ie_photo_fault(photo, "compare", "changed",
                   "%s changed while it was looked at; it is left alone.", ie_shown(photo->path));
    ie_bytes_close(bytes);
    return NULL;
}

/* Where reading fails, the others have disks of their own. */
void ie_worker_analyze_equals(ie_worker *worker, ie_photo *const *photos, size_t count,
                              unsigned wanted)
{
    ie_bytes *bytes = NULL;
    for (size_t i = 0; i < count;) {
        bool own = bytes == NULL;
        bytes = own ? open_equal(worker, photos[i]) : bytes;
        if (bytes != NULL) {
            analyze_bytes(worker, photos[i], bytes, wanted, 0, NULL);
        }
        bool failed = bytes != NULL && ie_bytes_errno(bytes) != 0;
        if (failed) {
            ie_bytes_close(bytes);
            bytes = NULL;
        }
        i += own || !failed;
    }
    ie_bytes_close(bytes);
}

void ie_worker_prepare(ie_worker *worker, ie_photo *photo, unsigned wanted, uint64_t shape_formats,
                       ie_prepared ret_prepared[IE_MAX_ANALYZERS])
{
    analyze(worker, photo, wanted, shape_formats, ret_prepared);
}

size_t ie_worker_batch(ie_worker *worker, size_t index)
{
    size_t batch = is_open(worker, index) ? ie_analyzers[index]->batch(worker->states[index]) : 1;
    return batch > 0 ? batch : 1;
}

void ie_worker_infer(ie_worker *worker, size_t index, ie_photo **photos,
                     const ie_prepared *prepared, size_t count)
{
    if (!is_open(worker, index)) {
        return;
    }
    ie_analyzers[index]->infer(worker->states[index], photos, prepared, count);
    for (size_t i = 0; i < count; i++) {
        photos[i]->tried |= ie_analyzers[index]->gives;
    }
    pass_remark(worker, index);
}
