// SPDX-License-Identifier: GPL-3.0-or-later
/* A root that is missing: deleted, or on a disk that is away? */
#include "tree.h"

#include <sys/mount.h>

#include "engine/whereabouts.h"

typedef struct scene {
    char *above, *root;
    char *noted;
} scene;

/* On a disk, since older tmpfs keep no time of birth. */
static int scene_set(void **state)
{
    scene *s = ie_alloc(sizeof *s);
    char name[] = "/tmp/ie-where-XXXXXX";
    assert_non_null(mkdtemp(name));
    s->above = ie_path_join(name, "disk");
    s->root = ie_path_join(s->above, "photos");
    assert_true(mkdir(s->above, 0755) == 0 && mkdir(s->root, 0755) == 0);
    *state = s;
    return 0;
}

static int scene_clear(void **state)
{
    scene *s = *state;
    umount(s->root);
    umount(s->above);
    IE_AUTO_FREE char *top = ie_path_directory(s->above);
    tree_remove(top);
    free(s->above);
    free(s->root);
    free(s->noted);
    free(s);
    return 0;
}

static void note(scene *s)
{
    s->noted = ie_whereabouts_note(s->root);
    if (s->noted == NULL) {
        printf("the file system of /tmp keeps no time of birth: not tested here\n");
        skip();
    }
}

static void a_folder_that_is_gone_from_where_it_lay_was_deleted(void **state)
{
    scene *s = *state;
    note(s);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_STRIPPED);
    assert_int_equal(rmdir(s->root), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_DELETED);
    nanosleep(&(struct timespec){.tv_nsec = 50000000},
              NULL); /* a file system's clock ticks some 100 times a second */
    assert_int_equal(mkdir(s->root, 0755), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_ANEW);
}

static void a_disk_that_is_not_mounted_is_never_taken_for_deleted(void **state)
{
    scene *s = *state;
    if (mount("tmpfs", s->above, "tmpfs", 0, "size=1m") != 0) {
        printf("needs the right to mount: not tested here\n");
        skip();
    }
    /* The root below the mount point, … */
    assert_int_equal(mkdir(s->root, 0755), 0);
    s->noted = ie_whereabouts_note(s->root);
    assert_int_equal(umount(s->above), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted),
                     IE_ROOT_AWAY); /* an empty folder shows through */
    assert_int_equal(rmdir(s->root), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
    assert_int_equal(rmdir(s->above), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted),
                     IE_ROOT_AWAY); /* no mount point either */
    /* … and the mount point as the root. */
    assert_true(mkdir(s->above, 0755) == 0 && mkdir(s->root, 0755) == 0);
    assert_int_equal(mount("tmpfs", s->root, "tmpfs", 0, "size=1m"), 0);
    free(s->noted);
    s->noted = ie_whereabouts_note(s->root);
    assert_int_equal(umount(s->root), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
    assert_int_equal(rmdir(s->root), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
}

static void another_folder_in_the_place_of_the_one_above_means_away(void **state)
{
    scene *s = *state;
    note(s);
    IE_AUTO_FREE char *moved = ie_asprintf("%s.old", s->above);
    assert_int_equal(rename(s->above, moved), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
    assert_int_equal(mkdir(s->above, 0755), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
    assert_int_equal(mkdir(s->root, 0755), 0);
    assert_int_equal(ie_whereabouts_tell(s->root, s->noted), IE_ROOT_AWAY);
}

static void where_nothing_was_noted_it_is_away(void **state)
{
    scene *s = *state;
    assert_int_equal(ie_whereabouts_tell(s->root, NULL), IE_ROOT_AWAY);
    assert_int_equal(ie_whereabouts_tell(s->root, ""), IE_ROOT_AWAY);
    assert_int_equal(ie_whereabouts_tell(s->root, "nonsense"), IE_ROOT_AWAY);
    assert_int_equal(ie_whereabouts_tell(s->root, " "), IE_ROOT_AWAY);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, scene_set, scene_clear)
    const struct CMUnitTest tests[] = {
        SCENE(a_folder_that_is_gone_from_where_it_lay_was_deleted),
        SCENE(a_disk_that_is_not_mounted_is_never_taken_for_deleted),
        SCENE(another_folder_in_the_place_of_the_one_above_means_away),
        SCENE(where_nothing_was_noted_it_is_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
