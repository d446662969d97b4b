// SPDX-License-Identifier: GPL-3.0-or-later
#include "test.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "storage/catalog.h"
#include "utils/text.h"

static char home[PATH_MAX];

static int enter_empty_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    char name[PATH_MAX - 64];
    snprintf(name, sizeof name, "%s/ie_catalog_XXXXXX", base != NULL ? base : "/tmp");
    return mkdtemp(name) == NULL || chdir(name) != 0 || realpath(".", home) == NULL;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st, (void)type, (void)walk;
    return remove(path);
}

static int leave_folder(void **state)
{
    (void)state;
    return chdir("/") != 0 || nftw(home, remove_one, 32, FTW_DEPTH | FTW_PHYS) != 0;
}

static const ie_fact_version versions[] = {
    {"format", IE_HAVE_FORMAT, 1, 0, 0},
    {"metadata", IE_HAVE_METADATA, 3, 0, 0},
    {"hashes", IE_HAVE_HASHES, 1, 0xabc, 0},
    {"quality", IE_HAVE_QUALITY, 1, 0xabc, 0},
};
#define ALL 4

static ie_catalog *open_catalog(void)
{
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    if (ie_catalog_open("c.db", true, &catalog, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    return catalog;
}

/* A photo as an analysis leaves it, last changed a day ago. */
static ie_photo *analyzed(const char *path)
{
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, path);
    int64_t yesterday = ((int64_t)time(NULL) - 86400) * 1000000000;
    photo->stamp = (ie_stamp){
        .size = 5, .mtime_ns = yesterday, .ctime_ns = yesterday, .inode = UINT64_MAX, .device = 7};
    photo->format = IE_FORMAT_JPEG;
    photo->width = 40, photo->height = 30;
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_HASHES | IE_HAVE_QUALITY;
    ie_photo_own_metadata(photo)->model = "EOS";
    ie_photo_own_content(photo)->phash = 0x1234;
    ie_photo_own_content(photo)->quality = 0.5;
    return photo;
}

/* What the walk knows: path and stamp. */
static ie_photo *unread(const ie_photo *known)
{
    ie_photo *photo = ie_photo_new();
    photo->path = photo->real_path = ie_arena_strdup(photo->arena, known->real_path);
    photo->stamp = known->stamp;
    return photo;
}

static void store(ie_catalog *catalog, const ie_fact_version *of, size_t count,
                  const ie_photo *photo)
{
    assert_int_equal(ie_catalog_store(catalog, of, count, photo, NULL), IE_OK);
    assert_int_equal(ie_catalog_commit(catalog, NULL), IE_OK);
}

/* The `have` bits that are found for the photo's path and stamp; 0 when nothing is. */
static unsigned found(ie_catalog *catalog, const ie_fact_version *of, size_t count,
                      const ie_photo *known)
{
    ie_photo *photo = unread(known);
    unsigned have = ie_catalog_find(catalog, of, count, photo) ? photo->have : 0;
    ie_photo_free(photo);
    return have;
}

static void what_was_stored_is_found_again(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a/b\n\xe9.jpg");
    ie_photo_fault(photo, "metadata", "damaged", "odd");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_catalog_close(catalog);
    assert_int_equal(ie_catalog_open("c.db", false, &catalog, NULL), IE_OK);
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find(catalog, versions, ALL, back));
    IE_AUTO_FREE char *before = ie_photo_json(photo);
    IE_AUTO_FREE char *after = ie_photo_json(back);
    assert_string_equal(before, after);
    assert_int_equal(ie_catalog_photo_count(catalog), 1);
    ie_photo_free(back);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void what_is_only_printed_is_found_as_it_was_written(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a/b\n\xe9.jpg");
    photo->have |= IE_HAVE_SKETCH;
    ie_sketch sketch = {.gray = {1, 2, 3}};
    photo->sketch = &sketch;
    ie_catalog *catalog = open_catalog();
    ie_fact_version more[ALL + 1];
    memcpy(more, versions, sizeof versions[0] * ALL);
    more[ALL] = (ie_fact_version){"similar", IE_HAVE_SKETCH, 1, 0, 0};
    store(catalog, more, ALL + 1, photo);
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find_text(catalog, more, ALL + 1, back));
    assert_non_null(back->stored);
    assert_int_equal(back->have, photo->have);
    assert_int_equal(back->format, IE_FORMAT_JPEG);
    IE_AUTO_FREE char *before = ie_photo_json(photo), *after = ie_photo_json(back);
    assert_string_equal(before, after);
    IE_AUTO_FREE char *row = ie_photo_csv(photo), *row_back = ie_photo_csv(back);
    assert_string_equal(row, row_back);
    ie_photo_free(back);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

/* Finds the photo for printing; is that by its facts? */
static bool taken_apart(ie_catalog *catalog, const ie_fact_version *of, const ie_photo *known)
{
    ie_photo *photo = unread(known);
    assert_true(ie_catalog_find_text(catalog, of, ALL, photo));
    bool apart = photo->stored == NULL;
    ie_photo_free(photo);
    return apart;
}

static void facts_of_another_model_are_stale_and_whoever_knows_no_model_keeps_them(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    ie_fact_version by_model[ALL], by_another[ALL];
    memcpy(by_model, versions, sizeof by_model);
    memcpy(by_another, versions, sizeof by_another);
    by_model[2].files = 0x12;
    by_another[2].files = 0x123;
    store(catalog, by_model, ALL, photo);
    assert_int_equal(found(catalog, by_model, ALL, photo), photo->have);
    assert_int_equal(found(catalog, versions, ALL, photo), photo->have);
    assert_int_equal(found(catalog, by_another, ALL, photo),
                     photo->have & ~(unsigned)IE_HAVE_HASHES);
    /* Stored anew by one who does not know: they are the first model's still. */
    store(catalog, versions, ALL, photo);
    assert_int_equal(found(catalog, by_model, ALL, photo), photo->have);
    assert_int_equal(found(catalog, by_another, ALL, photo),
                     photo->have & ~(unsigned)IE_HAVE_HASHES);
    /* Facts from before models were noted. */
    ie_photo *earlier = analyzed("/b");
    store(catalog, versions, ALL, earlier);
    assert_int_equal(found(catalog, by_model, ALL, earlier),
                     photo->have & ~(unsigned)IE_HAVE_HASHES);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
    ie_photo_free(earlier);
}

static void a_record_with_faults_stale_facts_or_from_two_runs_is_taken_apart(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    assert_false(taken_apart(catalog, versions, photo));
    ie_fact_version other[ALL];
    memcpy(other, versions, sizeof other);
    other[2].settings = 0xabcd;
    assert_true(taken_apart(catalog, other, photo));
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA;
    store(catalog, versions, 2, photo);
    assert_true(taken_apart(catalog, versions, photo));
    ie_photo *faulty = analyzed("/b");
    ie_photo_fault(faulty, "metadata", "damaged", "odd");
    store(catalog, versions, ALL, faulty);
    assert_true(taken_apart(catalog, versions, faulty));
    ie_catalog_close(catalog);
    ie_photo_free(photo);
    ie_photo_free(faulty);
}

static void a_record_that_was_changed_since_is_taken_apart(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_catalog_close(catalog);
    /* Within the file, so that it needs no other SQLite: the camera's name. */
    FILE *file = fopen("c.db", "r+b");
    assert_non_null(file);
    static char bytes[1 << 18];
    size_t size = fread(bytes, 1, sizeof bytes, file);
    char *at = memmem(bytes, size, "\"EOS\"", 5);
    assert_non_null(at);
    assert_int_equal(fseek(file, at - bytes + 1, SEEK_SET), 0);
    assert_int_equal(fputs("D50", file) < 0, 0);
    assert_int_equal(fclose(file), 0);
    catalog = open_catalog();
    assert_true(taken_apart(catalog, versions, photo));
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void while_held_a_catalog_shows_what_was_there_at_first(void **state)
{
    (void)state;
    ie_photo *first = analyzed("/a"), *second = analyzed("/b");
    ie_catalog *writer = open_catalog(), *reader = NULL;
    store(writer, versions, ALL, first);
    assert_int_equal(ie_catalog_open("c.db", false, &reader, NULL), IE_OK);
    ie_catalog_hold(reader);
    assert_int_not_equal(found(reader, versions, ALL, first), 0);
    store(writer, versions, ALL, second);
    assert_int_equal(found(reader, versions, ALL, second), 0);
    ie_catalog_hold(reader);
    assert_int_not_equal(found(reader, versions, ALL, second), 0);
    ie_catalog_let_go(reader);
    ie_catalog_close(reader);
    ie_catalog_close(writer);
    ie_photo_free(first);
    ie_photo_free(second);
}

/* Every third number is stored, some of them below a folder that sorts between its neighbours. */
static void numbered_path(char path[40], unsigned number)
{
    snprintf(path, 40, number % 7 == 0 ? "/p/%03u.d/x/y.jpg" : "/p/%03u.jpg", number);
}

static void a_held_catalog_finds_each_file_in_any_order(void **state)
{
    (void)state;
    char path[40];
    ie_photo *photo = analyzed("/p");
    ie_catalog *writer = open_catalog();
    for (unsigned i = 0; i < 300; i += 3) {
        numbered_path(path, i);
        photo->real_path = path;
        photo->stamp.size = i;
        assert_int_equal(ie_catalog_store(writer, versions, ALL, photo, NULL), IE_OK);
    }
    assert_int_equal(ie_catalog_commit(writer, NULL), IE_OK);
    ie_catalog *reader = open_catalog();
    ie_catalog_hold(reader);
    /* As they come; each twice; far apart, forwards and backwards; from before the first to behind
       the last. */
    static const unsigned strides[] = {1, 3, 10, 20, 299, 151, 77, 0};
    for (size_t s = 0; s < sizeof strides / sizeof *strides; s++) {
        for (unsigned n = 0, i = 0; n < 640;
             n++, i = strides[s] == 0 ? n / 2 : (i + strides[s]) % 320) {
            numbered_path(path, i);
            photo->real_path = path;
            photo->stamp.size = i;
            bool there = i < 300 && i % 3 == 0;
            assert_int_equal(found(reader, versions, ALL, photo), there ? photo->have : 0);
        }
    }
    ie_catalog_close(reader);
    ie_catalog_close(writer);
    ie_photo_free(photo);
}

static void a_changed_file_is_not_found(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    const ie_stamp good = photo->stamp;
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    uint64_t *const parts[] = {&photo->stamp.size, (uint64_t *)&photo->stamp.mtime_ns,
                               (uint64_t *)&photo->stamp.ctime_ns, &photo->stamp.inode};
    for (size_t i = 0; i < 4; i++) {
        ++*parts[i];
        assert_int_equal(found(catalog, versions, ALL, photo), 0);
        photo->stamp = good;
    }
    photo->stamp.device++; /* a share that was mounted again */
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    photo->real_path = "/b";
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void a_raised_version_or_other_settings_make_only_their_facts_stale(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_fact_version other[ALL];
    memcpy(other, versions, sizeof other);
    other[2].settings = 0xabcd;
    assert_int_equal(found(catalog, other, ALL, photo), photo->have & ~(unsigned)IE_HAVE_HASHES);
    other[1].version++;
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find(catalog, other, ALL, back));
    assert_int_equal(back->have, IE_HAVE_FORMAT | IE_HAVE_QUALITY);
    assert_null(back->metadata->model);
    assert_int_equal(back->content->phash, 0);
    ie_photo_free(back);
    other[0].version++;
    assert_int_equal(found(catalog, other, ALL, photo), 0);
    assert_int_equal(found(catalog, versions, 2, photo), IE_HAVE_FORMAT | IE_HAVE_METADATA);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void a_run_that_asked_for_less_keeps_the_other_facts(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    photo->have = IE_HAVE_FORMAT | IE_HAVE_METADATA;
    ie_photo_own_metadata(photo)->model = "D5";
    store(catalog, versions, 2, photo);
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find(catalog, versions, ALL, back));
    assert_string_equal(back->metadata->model, "D5");
    assert_int_equal(back->content->phash, 0x1234);
    assert_int_equal(back->have,
                     IE_HAVE_FORMAT | IE_HAVE_METADATA | IE_HAVE_HASHES | IE_HAVE_QUALITY);
    ie_photo_free(back);
    photo->stamp.mtime_ns--; /* but not those of other bytes */
    store(catalog, versions, 2, photo);
    assert_int_equal(found(catalog, versions, ALL, photo), IE_HAVE_FORMAT | IE_HAVE_METADATA);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void what_was_tried_in_vain_is_remembered_with_its_fault(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    photo->have = IE_HAVE_FORMAT;
    photo->tried = IE_HAVE_HASHES;
    ie_photo_fault(photo, "decode", "truncated", "cut");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find(catalog, versions, ALL, back));
    assert_int_equal(back->have, IE_HAVE_FORMAT);
    assert_int_equal(back->tried, IE_HAVE_FORMAT | IE_HAVE_HASHES);
    assert_int_equal(back->fault_count, 1);
    ie_photo_free(back);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

/* Digits below the second show a fine clock: 50 ms are enough there. */
static void a_file_stored_right_after_its_change_is_looked_at_again(void **state)
{
    (void)state;
    struct timespec now;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    clock_gettime(CLOCK_REALTIME, &now);
    photo->stamp.mtime_ns = photo->stamp.ctime_ns =
        ((int64_t)now.tv_sec * 1000000000 + now.tv_nsec) | 1;
    store(catalog, versions, ALL, photo);
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    photo->stamp.mtime_ns -= 300000000;
    photo->stamp.ctime_ns -= 300000000;
    photo->stamp.mtime_ns += photo->stamp.mtime_ns % 1000000000 == 0;
    photo->stamp.ctime_ns = photo->stamp.mtime_ns;
    store(catalog, versions, ALL, photo);
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void on_a_coarse_clock_two_seconds_after_a_change_are_not_trusted(void **state)
{
    (void)state;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    const int64_t second = 1000000000;
    photo->stamp.mtime_ns = photo->stamp.ctime_ns =
        (int64_t)now.tv_sec * second; /* not a second ago */
    store(catalog, versions, ALL, photo);
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 100000000}, NULL);
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    store(catalog, versions, ALL, photo); /* looked at again: clean */
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    photo->stamp.mtime_ns += 1000 * second; /* a camera's clock, set to the future */
    photo->stamp.ctime_ns -= 1000 * second;
    store(catalog, versions, ALL, photo);
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void files_that_are_no_photo_are_stored_too(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/notes.txt");
    photo->format = IE_FORMAT_UNKNOWN;
    photo->have = IE_HAVE_FORMAT;
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_photo *back = unread(photo);
    assert_true(ie_catalog_find(catalog, versions, ALL, back));
    assert_int_equal(back->format, IE_FORMAT_UNKNOWN);
    assert_int_equal(back->have, IE_HAVE_FORMAT);
    assert_int_equal(ie_catalog_photo_count(catalog), 0);
    ie_photo_free(back);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void restamp(ie_photo *photo, const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    photo->stamp = (ie_stamp){
        .size = (uint64_t)st.st_size,
        .mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
        .ctime_ns = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec,
        .inode = st.st_ino,
        .device = st.st_dev,
    };
}

static void a_row_follows_a_renamed_file_and_goes_when_forgotten(void **state)
{
    (void)state;
    const struct timespec old[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
    int fd = open("x", O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0 && futimens(fd, old) == 0);
    close(fd);
    ie_photo *photo = analyzed("x");
    restamp(photo, "x");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    int64_t before = photo->stamp.ctime_ns;
    assert_int_equal(rename("x", "y"), 0);
    assert_int_equal(ie_catalog_moved(catalog, "x", "y", NULL), IE_OK);
    assert_int_equal(ie_catalog_commit(catalog, NULL), IE_OK);
    restamp(photo, "y");
    assert_int_not_equal(photo->stamp.ctime_ns, before);
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    photo->real_path = "y";
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    assert_int_equal(ie_catalog_forget(catalog, "y", NULL), IE_OK);
    assert_int_equal(ie_catalog_commit(catalog, NULL), IE_OK);
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static char runs_seen[512];

static ie_status on_run(void *user, const char *id, const char *when, const char *command,
                        bool undone, const char *const *roots, size_t root_count)
{
    size_t used = strlen(runs_seen);
    snprintf(runs_seen + used, sizeof runs_seen - used, "%s %s %s %zu %s|", id, when, command,
             root_count, root_count > 0 ? roots[root_count - 1] : "");
    return user != NULL ? *(ie_status *)user : IE_OK;
}

static void runs_come_newest_first(void **state)
{
    (void)state;
    ie_catalog *catalog = open_catalog();
    const char *roots[] = {"/z", "/caf\xe9"};
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(ie_catalog_add_run(catalog, "r9", "t", "dedupe", roots, 2, NULL), IE_OK);
        assert_int_equal(ie_catalog_add_run(catalog, "r1", "t", "rename", roots, 1, NULL), IE_OK);
    }
    runs_seen[0] = 0;
    assert_int_equal(ie_catalog_runs(catalog, on_run, NULL, NULL), IE_OK);
    assert_string_equal(runs_seen, "r1 t rename 1 /z|r9 t dedupe 2 /caf\xe9|");
    ie_status stop = IE_ERR_CANCELLED;
    runs_seen[0] = 0;
    assert_int_equal(ie_catalog_runs(catalog, on_run, &stop, NULL), IE_ERR_CANCELLED);
    assert_string_equal(runs_seen, "r1 t rename 1 /z|");
    ie_catalog_close(catalog);
}

static char volumes_seen[200];

static void on_volume(void *user, const char *root, const char *volume, const char *place)
{
    (void)user;
    size_t used = strlen(volumes_seen);
    snprintf(volumes_seen + used, sizeof volumes_seen - used, "%s %s%s|", root, volume,
             place != NULL ? place : "");
}

static void the_disk_of_a_root_is_remembered_replaced_and_forgotten(void **state)
{
    (void)state;
    ie_catalog *catalog = open_catalog();
    assert_int_equal(ie_catalog_set_volume(catalog, "/z", "1", NULL, NULL), IE_OK);
    assert_int_equal(ie_catalog_set_volume(catalog, "/caf\xe9", "2", " here", NULL), IE_OK);
    assert_int_equal(ie_catalog_set_volume(catalog, "/z", "3", NULL, NULL), IE_OK);
    volumes_seen[0] = 0;
    assert_int_equal(ie_catalog_volumes(catalog, on_volume, NULL, NULL), IE_OK);
    assert_string_equal(volumes_seen, "/caf\xe9 2 here|/z 3|");
    assert_int_equal(ie_catalog_set_volume(catalog, "/z", NULL, NULL, NULL), IE_OK);
    volumes_seen[0] = 0;
    assert_int_equal(ie_catalog_volumes(catalog, on_volume, NULL, NULL), IE_OK);
    assert_string_equal(volumes_seen, "/caf\xe9 2 here|");
    ie_catalog_close(catalog);
}

static char apart_seen[200];

static void on_apart(void *user, const ie_apart *pair)
{
    (void)user;
    size_t used = strlen(apart_seen);
    snprintf(apart_seen + used, sizeof apart_seen - used, "%s %s|", pair->name_a, pair->name_b);
}

static void what_is_kept_apart_is_one_pair_in_either_order(void **state)
{
    (void)state;
    ie_catalog *catalog = open_catalog();
    const ie_hash128 one = ie_hash128_of("1", 1), two = ie_hash128_of("2", 1),
                     three = ie_hash128_of("3", 1);
    const ie_apart pair = {.a = one, .b = two, .name_a = "/1", .name_b = "/2"};
    const ie_apart turned = {.a = two, .b = one, .name_a = "/2", .name_b = "/1"};
    const ie_apart forgotten = {.a = two, .b = one, .forget = true};
    const ie_apart other = {.a = one, .b = three, .name_a = "/1", .name_b = "/3"};
    assert_int_equal(ie_catalog_set_apart(catalog, &pair, 1, NULL), IE_OK);
    assert_int_equal(ie_catalog_set_apart(catalog, &turned, 1, NULL), IE_OK);
    apart_seen[0] = 0;
    assert_int_equal(ie_catalog_apart(catalog, on_apart, NULL, NULL), IE_OK);
    assert_int_equal(strlen(apart_seen), 6);
    assert_int_equal(ie_catalog_set_apart(catalog, &other, 1, NULL), IE_OK);
    assert_int_equal(ie_catalog_set_apart(catalog, &forgotten, 1, NULL), IE_OK);
    apart_seen[0] = 0;
    assert_int_equal(ie_catalog_apart(catalog, on_apart, NULL, NULL), IE_OK);
    assert_non_null(strstr(apart_seen, "/3"));
    assert_int_equal(strlen(apart_seen), 6);
    ie_catalog_close(catalog);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_true(file != NULL && fwrite(bytes, 1, size, file) == size && fclose(file) == 0);
}

static size_t read_whole(const char *path, uint8_t *bytes, size_t room)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t size = fread(bytes, 1, room, file);
    fclose(file);
    return size;
}

/* Opening must fail with IE_ERR_FORMAT, name the file and leave every byte as it is. */
static void assert_refused(const char *path, const char *says)
{
    static uint8_t before[1 << 20], after[1 << 20];
    size_t size = read_whole(path, before, sizeof before);
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    assert_int_equal(ie_catalog_open(path, true, &catalog, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, path));
    assert_non_null(strstr(err.text, says));
    assert_int_equal(read_whole(path, after, sizeof after), size);
    assert_memory_equal(before, after, size);
}

/* An SQLite file without tables (https://www.sqlite.org/fileformat.html). */
static void write_empty_database(const char *path, uint8_t version, const char id[4])
{
    uint8_t page[4096] = "SQLite format 3";
    const uint8_t head[] = {0x10, 0, 1, 1, 0, 64, 32, 32, 0, 0, 0, 1, 0, 0, 0, 1};
    memcpy(page + 16, head, sizeof head);
    page[47] = 4, page[59] = 1, page[63] = version;
    memcpy(page + 68, id, 4);
    page[95] = 1;
    page[100] = 0x0d, page[105] = 0x10;
    write_file(path, page, sizeof page);
}

static void foreign_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    char text[3000];
    memset(text, 'x', sizeof text);
    write_file("letter.txt", text, sizeof text);
    assert_refused("letter.txt", "no catalog of Image Engine");
    write_empty_database("other.db", 0, "MPBX");
    assert_refused("other.db", "another program's database");
    write_empty_database("older.db", 3, "\0\0\0");
    assert_refused("older.db", "another program's database");
    assert_int_equal(mkdir("folder", 0700), 0);
    ie_catalog *catalog = NULL;
    assert_int_not_equal(ie_catalog_open("folder", true, &catalog, NULL), IE_OK);
}

static void a_newer_catalog_is_refused_and_left_alone(void **state)
{
    (void)state;
    ie_catalog_close(open_catalog());
    static uint8_t bytes[1 << 20];
    size_t size = read_whole("c.db", bytes, sizeof bytes);
    bytes[63] = 99;
    write_file("c.db", bytes, size);
    assert_refused("c.db", "newer");
}

static void an_older_catalog_is_brought_up_to_date_by_a_writer_only(void **state)
{
    (void)state;
    write_empty_database("c.db", 0, "IMGC");
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    assert_int_equal(ie_catalog_open("c.db", false, &catalog, &err), IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "older"));
    ie_photo *photo = analyzed("/a");
    catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    assert_int_equal(ie_catalog_open("c.db", false, &catalog, NULL), IE_OK);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void a_damaged_catalog_finds_nothing_and_says_so_when_written(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    ie_catalog_close(catalog);
    static uint8_t bytes[1 << 20];
    size_t size = read_whole("c.db", bytes, sizeof bytes);
    size_t page = (size_t)bytes[16] << 8 | bytes[17];
    assert_true(page >= 4096 && size > 2 * page);
    memset(bytes + page, 0x5a, size - page);
    write_file("c.db", bytes, size);
    catalog = open_catalog();
    assert_int_equal(found(catalog, versions, ALL, photo), 0);
    ie_error err = {0};
    ie_status status = ie_catalog_store(catalog, versions, ALL, photo, &err);
    if (status == IE_OK) {
        status = ie_catalog_commit(catalog, &err);
    }
    assert_int_equal(status, IE_ERR_FORMAT);
    assert_non_null(strstr(err.text, "damaged"));
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

static void the_folders_of_the_default_place_are_made_and_private(void **state)
{
    (void)state;
    ie_catalog *catalog = NULL;
    struct stat st;
    IE_AUTO_FREE char *data = ie_asprintf("%s/new", home);
    IE_AUTO_FREE char *folder = ie_asprintf("%s/imgengine", data);
    assert_int_equal(setenv("XDG_DATA_HOME", data, 1), 0);
    IE_AUTO_FREE char *path = ie_catalog_default_path();
    assert_int_equal(ie_catalog_open(path, false, &catalog, NULL), IE_ERR_NOT_FOUND);
    assert_int_equal(ie_catalog_open(path, true, &catalog, NULL), IE_OK);
    ie_catalog_close(catalog);
    unsetenv("XDG_DATA_HOME");
    assert_true(stat(folder, &st) == 0 && (st.st_mode & 0777) == 0700);
    assert_true(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600);
    assert_int_equal(ie_catalog_open(":memory:", true, &catalog, NULL), IE_OK);
    ie_catalog_close(catalog);
    assert_int_equal(access(":memory:", F_OK), 0); /* a name like any other */
}

static void a_named_catalog_in_a_folder_that_is_not_there_is_an_error_that_names_it(void **state)
{
    (void)state;
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    assert_int_equal(ie_catalog_open("no/such/c.db", true, &catalog, &err), IE_ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "no/such "));
    assert_non_null(strstr(err.text, "--catalog"));
    assert_int_not_equal(access("no", F_OK), 0);
    assert_int_equal(mkdir("there", 0755), 0);
    assert_int_equal(ie_catalog_open("there/c.db", true, &catalog, &err), IE_OK);
    ie_catalog_close(catalog);
}

static void a_folder_that_may_not_be_written_gives_a_clear_error(void **state)
{
    (void)state;
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    ie_status status = ie_catalog_open("/proc/nowhere/c.db", true, &catalog, &err);
    assert_int_not_equal(status, IE_OK);
    assert_non_null(strstr(err.text, "/proc/nowhere"));
    assert_non_null(strstr(err.text, "--catalog"));
}

static void a_full_disk_stops_the_run_and_leaves_the_catalog_whole(void **state)
{
    (void)state;
    ie_photo *photo = analyzed("/a");
    ie_catalog *catalog = open_catalog();
    store(catalog, versions, ALL, photo);
    pid_t child = fork();
    if (child == 0) {
        /* A file size limit is what a test can have; its error is EFBIG, no ENOSPC. */
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit small = {65536, 65536};
        ie_catalog *own = NULL;
        ie_error err = {0};
        ie_status status = setrlimit(RLIMIT_FSIZE, &small) == 0
                               ? ie_catalog_open("c.db", true, &own, &err)
                               : IE_OK;
        char path[32];
        for (int i = 0; status == IE_OK && i < 5000; i++) {
            snprintf(path, sizeof path, "/photo/%d", i);
            photo->real_path = path;
            status = ie_catalog_store(own, versions, ALL, photo, &err);
        }
        _exit(status == IE_ERR_IO || status == IE_ERR_NO_SPACE ? 0 : 1);
    }
    int result = -1;
    assert_true(child > 0 && waitpid(child, &result, 0) == child);
    assert_int_equal(result, 0);
    assert_int_not_equal(found(catalog, versions, ALL, photo), 0);
    ie_catalog_close(catalog);
    ie_photo_free(photo);
}

#define EACH 1500

static int write_many(int who)
{
    ie_catalog *catalog = NULL;
    ie_error err = {0};
    ie_status status = ie_catalog_open("c.db", true, &catalog, &err);
    char path[32];
    ie_photo *photo = analyzed("");
    for (int i = 0; status == IE_OK && i < EACH; i++) {
        snprintf(path, sizeof path, "/%d/%d.jpg", who, i);
        photo->real_path = path;
        status = ie_catalog_store(catalog, versions, ALL, photo, &err);
        if (status == IE_OK && i % 50 == 0) {
            status = ie_catalog_commit(catalog, &err);
        }
    }
    if (status == IE_OK) {
        status = ie_catalog_commit(catalog, &err);
    }
    ie_photo_free(photo);
    ie_catalog_close(catalog);
    if (status != IE_OK) {
        fprintf(stderr, "%s\n", err.text);
    }
    return status != IE_OK;
}

static void two_processes_create_and_write_one_catalog_together(void **state)
{
    (void)state;
    pid_t children[2];
    for (int who = 0; who < 2; who++) {
        children[who] = fork();
        if (children[who] == 0) {
            _exit(write_many(who));
        }
    }
    for (int who = 0; who < 2; who++) {
        int result = -1;
        assert_int_equal(waitpid(children[who], &result, 0), children[who]);
        assert_int_equal(result, 0);
    }
    ie_catalog *catalog = open_catalog();
    assert_int_equal(ie_catalog_photo_count(catalog), 2 * EACH);
    ie_catalog_close(catalog);
}

static void the_default_place_follows_the_environment(void **state)
{
    (void)state;
    setenv("XDG_DATA_HOME", "/data", 1);
    IE_AUTO_FREE char *xdg = ie_catalog_default_path();
    assert_string_equal(xdg, "/data/imgengine/catalog.db");
    unsetenv("XDG_DATA_HOME");
    setenv("HOME", "/me", 1);
    IE_AUTO_FREE char *plain = ie_catalog_default_path();
    assert_string_equal(plain, "/me/.local/share/imgengine/catalog.db");
    unsetenv("HOME");
    assert_null(ie_catalog_default_path());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, enter_empty_folder, leave_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_stored_is_found_again),
        TEST(what_is_only_printed_is_found_as_it_was_written),
        TEST(facts_of_another_model_are_stale_and_whoever_knows_no_model_keeps_them),
        TEST(a_record_with_faults_stale_facts_or_from_two_runs_is_taken_apart),
        TEST(a_record_that_was_changed_since_is_taken_apart),
        TEST(while_held_a_catalog_shows_what_was_there_at_first),
        TEST(a_held_catalog_finds_each_file_in_any_order),
        TEST(a_changed_file_is_not_found),
        TEST(a_raised_version_or_other_settings_make_only_their_facts_stale),
        TEST(a_run_that_asked_for_less_keeps_the_other_facts),
        TEST(what_was_tried_in_vain_is_remembered_with_its_fault),
        TEST(a_file_stored_right_after_its_change_is_looked_at_again),
        TEST(on_a_coarse_clock_two_seconds_after_a_change_are_not_trusted),
        TEST(files_that_are_no_photo_are_stored_too),
        TEST(a_row_follows_a_renamed_file_and_goes_when_forgotten),
        TEST(runs_come_newest_first),
        TEST(what_is_kept_apart_is_one_pair_in_either_order),
        TEST(the_disk_of_a_root_is_remembered_replaced_and_forgotten),
        TEST(foreign_files_are_refused_and_left_alone),
        TEST(a_newer_catalog_is_refused_and_left_alone),
        TEST(an_older_catalog_is_brought_up_to_date_by_a_writer_only),
        TEST(a_damaged_catalog_finds_nothing_and_says_so_when_written),
        TEST(the_folders_of_the_default_place_are_made_and_private),
        TEST(a_named_catalog_in_a_folder_that_is_not_there_is_an_error_that_names_it),
        TEST(a_folder_that_may_not_be_written_gives_a_clear_error),
        TEST(a_full_disk_stops_the_run_and_leaves_the_catalog_whole),
        TEST(two_processes_create_and_write_one_catalog_together),
        TEST(the_default_place_follows_the_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
