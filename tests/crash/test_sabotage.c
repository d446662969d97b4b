// SPDX-License-Identifier: GPL-3.0-or-later
/* The proofs that stand between writing tags and the photo's place: the last writer does its work,
   and then something is spoilt in what it wrote. Each kind of damage must be found, the temporary
   file must go, and the photo must be there as it was, to the byte and the nanosecond. */
#include "../unit/tree.h"
#include "core/config.h"
#include "storage/exif_keep_xmp.h"

#define MADE "made.jpg"
#define NOTES "IMG:PowerShot G1 X Mark II JPEG" /* stands in the camera's notes */
#define XMP_HEAD "http://ns.adobe.com/xap/1.0/"
#define PACKET                                                                                     \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "           \
    "rdf:about='' "                                                                                \
    "xmlns:mine='urn:nobody:knows' mine:word='kept as it is'/></rdf:RDF>"
#define IPTC "Photoshop 3.0\0" "8BIM\4\4\0\0\0\0\0\x0b" "\x1c\2\x5a\0\6Tromso\0"

typedef void sabotage(uint8_t *bytes, size_t *size);
static sabotage *spoil;

static uint8_t *place_of(uint8_t *bytes, size_t size, const char *text)
{
    uint8_t *place = memmem(bytes, size, text, strlen(text));
    assert_non_null(place);
    return place;
}

static void nothing(uint8_t *bytes, size_t *size)
{
    (void)bytes;
    (void)size;
}

static void the_picture(uint8_t *bytes, size_t *size)
{
    uint8_t *place = bytes + *size - 40;
    *place = *place == 0x11 ? 0x12 : 0x11;
}

static void the_end(uint8_t *bytes, size_t *size)
{
    (void)bytes;
    *size -= 40;
}

static void the_structure(uint8_t *bytes, size_t *size)
{
    uint8_t *scan = bytes + *size - 3;
    while (scan[0] != 0xff || scan[1] != 0xda) {
        scan--;
    }
    scan[1] = 0xd9; /* the end, before the picture began */
}

static void the_notes(uint8_t *bytes, size_t *size)
{
    place_of(bytes, *size, NOTES)[1] = 'm';
}

static void a_namespace_that_nobody_knows(uint8_t *bytes, size_t *size)
{
    memcpy(place_of(bytes, *size, "kept as it is"), "kepp", 4);
}

static void iptc(uint8_t *bytes, size_t *size)
{
    place_of(bytes, *size, "Tromso")[5] = 'a';
}

static void the_camera(uint8_t *bytes, size_t *size)
{
    place_of(bytes, *size, "Canon PowerShot")[0] = 'K';
}

static void the_new_title(uint8_t *bytes, size_t *size)
{
    place_of(bytes, *size, "A new title")[0] = 'B';
}

ie_status __real_ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes,
                                     size_t count, const char *path, ie_error *err);
ie_status __wrap_ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes,
                                     size_t count, const char *path, ie_error *err);

/* The last that writes into the temporary file. */
ie_status __wrap_ie_xmp_kept_restore(const ie_xmp_kept *kept, const ie_xmp_change *changes,
                                     size_t count, const char *path, ie_error *err)
{
    ie_status status = __real_ie_xmp_kept_restore(kept, changes, count, path, err);
    struct stat st;
    int fd = open(path, O_RDWR);
    assert_int_equal(status, IE_OK);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    size_t size = (size_t)st.st_size;
    uint8_t *bytes = ie_alloc(size);
    assert_int_equal(pread(fd, bytes, size, 0), size);
    spoil(bytes, &size);
    assert_int_equal(pwrite(fd, bytes, size, 0), size);
    assert_int_equal(ftruncate(fd, (off_t)size), 0);
    close(fd);
    free(bytes);
    return IE_OK;
}

static void add_segment(ie_buffer *file, uint8_t marker, const void *head, size_t head_size,
                        const void *body, size_t body_size)
{
    size_t size = head_size + body_size + 2;
    ie_buffer_add(file, (uint8_t[]){0xff, marker, (uint8_t)(size >> 8), (uint8_t)size}, 4);
    ie_buffer_add(file, head, head_size);
    ie_buffer_add(file, body, body_size);
}

/* A photo with a camera's notes, given XMP that nobody knows and IPTC of others. */
static ie_buffer photo_bytes(const char *folder)
{
    IE_AUTO_FREE char *path = ie_path_join(folder, "photos/meta-jpeg/Piexif/r_canon.jpg");
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    size_t size = (size_t)st.st_size;
    IE_AUTO_FREE uint8_t *bytes = ie_alloc(size);
    assert_int_equal(read(fd, bytes, size), size);
    close(fd);
    size_t exif = 4 + (size_t)(bytes[4] << 8 | bytes[5]); /* SOI, then APP1 */
    assert_int_equal(bytes[3], 0xe1);
    ie_buffer file = {0};
    ie_buffer_add(&file, bytes, exif);
    add_segment(&file, 0xe1, XMP_HEAD, sizeof XMP_HEAD, PACKET, sizeof PACKET - 1);
    add_segment(&file, 0xed, IPTC, sizeof IPTC - 1, "", 0);
    ie_buffer_add(&file, bytes + exif, size - exif);
    return file;
}

static void write_photo(const char *root, const ie_buffer *bytes)
{
    IE_AUTO_FREE char *path = ie_path_join(root, MADE);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0640);
    assert_int_equal(write(fd, bytes->data, bytes->size), bytes->size);
    const struct timespec times[2] = {{.tv_sec = 1500000000},
                                      {.tv_sec = 1400000001, .tv_nsec = 123456789}};
    assert_int_equal(futimens(fd, times), 0);
    close(fd);
}

/* Tags the photo; what happened to it, "" for nothing wrong; free() it. */
static char *tag(const char *root, char ret_id[40])
{
    ie_plan *plan = ie_plan_new("tag");
    ie_action *action = tree_plan(plan, IE_ACTION_REPLACE, root, MADE, MADE, 0);
    ie_tag_edit *edit = ie_action_tags(plan, action);
    edit->title = "A new title";
    ie_text_list_add(&edit->add_keywords, plan->arena, "sea");
    ie_config *config = ie_config_new();
    const ie_apply_options options = {.config = config};
    ie_error err = {0};
    if (ie_apply_run(plan, &options, ret_id, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    bool failed = action->outcome == IE_OUTCOME_FAILED;
    assert_true(failed || action->outcome == IE_OUTCOME_DONE);
    char *problem = ie_strdup(failed ? action->problem : "");
    ie_config_free(config);
    ie_plan_free(plan);
    return problem;
}

static void expect_unharmed(const char *root, const ie_buffer *was)
{
    IE_AUTO_FREE char *path = ie_path_join(root, MADE);
    struct stat st;
    int fd = open(path, O_RDONLY);
    assert_true(fd >= 0 && fstat(fd, &st) == 0);
    assert_int_equal(st.st_size, was->size);
    assert_int_equal(st.st_mtim.tv_sec, 1400000001);
    assert_int_equal(st.st_mtim.tv_nsec, 123456789);
    IE_AUTO_FREE char *bytes = ie_alloc(was->size);
    assert_int_equal(read(fd, bytes, was->size), was->size);
    close(fd);
    assert_memory_equal(bytes, was->data, was->size);
}

static void count_file(void *user, const char *path)
{
    struct stat st;
    *(int *)user +=
        lstat(path, &st) == 0 && S_ISREG(st.st_mode) && strstr(path, "/.imgengine/tmp/") != NULL;
}

static void try(const char *root, const ie_buffer *photo, sabotage *how, const char *expected)
{
    char id[40] = "";
    int left = 0;
    write_photo(root, photo);
    spoil = how;
    IE_AUTO_FREE char *problem = tag(root, id);
    if (strstr(problem, expected) == NULL) {
        fail_msg("\"%s\" is told as \"%s\"", expected, problem);
    }
    expect_unharmed(root, photo);
    tree_walk(root, true, count_file, &left);
    assert_int_equal(left, 0);
}

static void what_writing_spoils_is_found_and_the_photo_stays_as_it_was(void **state)
{
    (void)state;
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    char *root = tree_new();
    ie_buffer photo = photo_bytes(folder);
    try(root, &photo, the_picture, "writing tags would have changed the picture itself");
    try(root, &photo, the_end, "writing tags would have changed the picture itself");
    try(root, &photo, the_structure, "its jpeg structure is damaged");
    try(root, &photo, the_notes, "writing tags would have changed the camera's notes");
    try(root, &photo, a_namespace_that_nobody_knows,
        "writing tags would have changed XMP that other programs wrote");
    try(root, &photo, iptc, "writing tags would have changed IPTC that other programs wrote");
    try(root, &photo, the_camera, "its camera would not read as it should");
    try(root, &photo, the_new_title, "its title would not read as it should");
    ie_buffer_free(&photo);
    tree_remove(root);
    free(root);
}

/* The same photo, unspoilt, is written and comes back: the cases above failed for what was spoilt
   alone. */
static void unspoilt_it_is_written_and_comes_back(void **state)
{
    (void)state;
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    char *root = tree_new(), id[40] = "";
    ie_buffer photo = photo_bytes(folder);
    write_photo(root, &photo);
    spoil = nothing;
    IE_AUTO_FREE char *problem = tag(root, id);
    assert_string_equal(problem, "");
    ie_undo_counts counts;
    ie_error err = {0};
    if (tree_undo(root, id, &counts, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(counts.restored, 1);
    expect_unharmed(root, &photo);
    ie_buffer_free(&photo);
    tree_remove(root);
    free(root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_writing_spoils_is_found_and_the_photo_stays_as_it_was),
        cmocka_unit_test(unspoilt_it_is_written_and_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
