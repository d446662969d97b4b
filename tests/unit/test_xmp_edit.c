// SPDX-License-Identifier: GPL-3.0-or-later
/* Properties are changed in a packet where they stand, and nothing else is. */
#include "test.h"

#include <math.h>
#include <unistd.h>

#include "storage/sidecar_write.h"
#include "storage/xmp_digest.h"
#include "utils/text.h"

#define HEAD                                                                                       \
    "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\n<x:xmpmeta xmlns:x='adobe:ns:meta/'>"     \
    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n"
#define TAIL "</rdf:RDF></x:xmpmeta>\n<?xpacket end='w'?>   "
#define NS_DC "http://purl.org/dc/elements/1.1/"
#define NS_XMP "http://ns.adobe.com/xap/1.0/"

/* As darktable and others write: attributes, a comment, languages, a namespace that nobody
   knows. */
static const char foreign[] =
    HEAD "<rdf:Description rdf:about='' xmlns:xmp='" NS_XMP "' xmlns:dc='" NS_DC
         "' xmlns:q='urn:unknown/'"
         " xmp:Rating = \"2\" q:a='1 &amp; 2'>\n"
         "<!-- mine --><q:deep><rdf:Bag><rdf:li "
         "rdf:parseType='Resource'><q:x>7</q:x></rdf:li></rdf:Bag></q:deep>\n"
         "<dc:subject><rdf:Bag>\n<rdf:li>sea</rdf:li>\n<rdf:li>old &amp; "
         "grey</rdf:li></rdf:Bag></dc:subject>"
         "<dc:title><rdf:Alt><rdf:li xml:lang='x-default'>Sea</rdf:li><rdf:li "
         "xml:lang='de'>Meer</rdf:li>"
         "</rdf:Alt></dc:title></rdf:Description>\n" TAIL;

static const ie_xmp_change rating = {
    .space = NS_XMP, .prefix = "xmp", .name = "Rating", .form = IE_XMP_TEXT, .text = "5"};

static char *edited(const char *packet, const ie_xmp_change *changes, size_t count)
{
    ie_buffer out = {0};
    ie_error err = {0};
    if (ie_xmp_edit(packet, strlen(packet), changes, count, &out, &err) != IE_OK) {
        fail_msg("%s", err.text);
    }
    return ie_buffer_take(&out);
}

/* The packet with `old` replaced once. */
static char *with(const char *packet, const char *old, const char *new)
{
    const char *at = strstr(packet, old);
    assert_non_null(at);
    return ie_asprintf("%.*s%s%s", (int)(at - packet), packet, new, at + strlen(old));
}

static void a_text_is_changed_where_it_stands_and_every_other_byte_stays(void **state)
{
    (void)state;
    IE_AUTO_FREE char *now = edited(foreign, &rating, 1);
    IE_AUTO_FREE char *wanted = with(foreign, " xmp:Rating = \"2\"", " xmp:Rating=\"5\"");
    assert_string_equal(now, wanted);
    IE_AUTO_FREE char *again = edited(now, &rating, 1);
    assert_string_equal(again, now);
}

static void a_list_gets_what_it_lacks_and_loses_what_it_shall(void **state)
{
    (void)state;
    const char *add[] = {"sea", "a<b"}, *drop[] = {"old & grey"};
    const ie_xmp_change subject = {.space = NS_DC,
                                   .prefix = "dc",
                                   .name = "subject",
                                   .form = IE_XMP_BAG,
                                   .add = {add, 2},
                                   .drop = {drop, 1}};
    IE_AUTO_FREE char *now = edited(foreign, &subject, 1);
    IE_AUTO_FREE char *wanted =
        with(foreign, "\n<rdf:li>old &amp; grey</rdf:li>", "<rdf:li>a&lt;b</rdf:li>");
    assert_string_equal(now, wanted);
}

static void the_default_language_is_set_and_the_others_stay(void **state)
{
    (void)state;
    const ie_xmp_change title = {.space = NS_DC,
                                 .prefix = "dc",
                                 .name = "title",
                                 .form = IE_XMP_LANGUAGE,
                                 .text = "The \"Sea\""};
    IE_AUTO_FREE char *now = edited(foreign, &title, 1);
    assert_non_null(strstr(now, "<rdf:li xml:lang=\"x-default\">The &quot;Sea&quot;</rdf:li>"
                                "<rdf:li xml:lang='de'>Meer</rdf:li>"));
}

static void a_list_whose_last_item_goes_goes_itself(void **state)
{
    (void)state;
    const char *drop[] = {"old & grey", "sea"};
    const ie_xmp_change subject = {
        .space = NS_DC, .prefix = "dc", .name = "subject", .form = IE_XMP_BAG, .drop = {drop, 2}};
    IE_AUTO_FREE char *now = edited(foreign, &subject, 1);
    assert_null(strstr(now, "dc:subject"));
    assert_non_null(strstr(now, "<q:x>7</q:x>"));
}

static void what_is_new_gets_a_description_of_its_own(void **state)
{
    (void)state;
    const ie_xmp_change gone = {
        .space = NS_XMP, .prefix = "xmp", .name = "Label", .form = IE_XMP_TEXT};
    static const char *const packets[] = {
        "", HEAD TAIL, "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>"};
    for (size_t i = 0; i < 3; i++) {
        const ie_xmp_change changes[] = {rating, gone};
        IE_AUTO_FREE char *now = edited(packets[i], changes, 2);
        assert_non_null(strstr(now, "<xmp:Rating>5</xmp:Rating>"));
        assert_null(strstr(now, "Label"));
        ie_hash128 digest;
        assert_true(ie_xmp_digest((const uint8_t *)now, strlen(now), changes, 2, &digest));
        assert_true(ie_hash128_equal(digest, (ie_hash128){0}));
    }
}

/* Adobe's toolkit, which exiv2 uses, reads no packet that has two prefixes for one namespace. */
static void a_namespace_keeps_the_prefix_that_the_packet_has_for_it(void **state)
{
    (void)state;
    static const char *const packets[] = {
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "rdf:about='' xmlns:xap='" NS_XMP "' xap:CreatorTool='x'/></rdf:RDF>",
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description "
        "rdf:about='' xmlns:xap='" NS_XMP
        "'><xap:CreatorTool>x</xap:CreatorTool></rdf:Description></rdf:RDF>"};
    for (size_t i = 0; i < 2; i++) {
        IE_AUTO_FREE char *now = edited(packets[i], &rating, 1);
        assert_non_null(strstr(now, "<xap:Rating>5</xap:Rating>"));
        assert_null(strstr(now, "xmp:"));
    }
}

static void what_is_no_packet_is_refused(void **state)
{
    (void)state;
    static const char *const packets[] = {"no xml", "<a/>", HEAD,
                                          "<!DOCTYPE x [<!ENTITY a 'b'>]>" HEAD TAIL};
    for (size_t i = 0; i < 4; i++) {
        ie_buffer out = {0};
        assert_int_equal(ie_xmp_edit(packets[i], strlen(packets[i]), &rating, 1, &out, NULL),
                         IE_ERR_FORMAT);
    }
    ie_buffer out = {0};
    assert_int_equal(ie_xmp_edit("<\0a\0/\0>\0!", 9, &rating, 1, &out, NULL), IE_ERR_UNSUPPORTED);
}

static ie_hash128 digest_of(const char *packet)
{
    ie_hash128 digest = {0};
    assert_true(ie_xmp_digest((const uint8_t *)packet, strlen(packet), &rating, 1, &digest));
    return digest;
}

static void a_digest_tells_any_other_property_that_changes(void **state)
{
    (void)state;
    IE_AUTO_FREE char *rated = edited(foreign, &rating, 1);
    assert_true(ie_hash128_equal(digest_of(foreign), digest_of(rated)));
    static const char *const changes[][2] = {
        {"<q:x>7", "<q:x>8"},
        {"q:a='1 &amp; 2'", "q:a='1'"},
        {"Meer", "See"},
        {"xml:lang='de'", "xml:lang='fr'"},
        {"<rdf:li>sea</rdf:li>", ""},
        {"urn:unknown/", "urn:known/"},
        {" q:a='1 &amp; 2'", ""},
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        IE_AUTO_FREE char *other = with(foreign, changes[i][0], changes[i][1]);
        assert_false(ie_hash128_equal(digest_of(foreign), digest_of(other)));
    }
}

static void a_digest_does_not_see_how_a_packet_is_spelled(void **state)
{
    (void)state;
    IE_AUTO_FREE char *split = with(foreign, " q:a='1 &amp; 2'>", "><q:a>1 &#38; 2</q:a>");
    assert_true(ie_hash128_equal(digest_of(foreign), digest_of(split)));
    IE_AUTO_FREE char *spelled =
        with(foreign, "<rdf:li rdf:parseType='Resource'><q:x>7</q:x></rdf:li>",
             "<rdf:li>\n <rdf:Description q:x='7'/></rdf:li>");
    assert_true(ie_hash128_equal(digest_of(foreign), digest_of(spelled)));
}

static void a_sidecar_is_written_and_read_back(void **state)
{
    (void)state;
    char path[] = "/tmp/imgengine-xmp-XXXXXX";
    const char *keywords[] = {"Größe", "a & b"}, *tree[] = {"Places|Oslo"},
               *albums[] = {"Best & last", "Trips|Oslo"};
    const char *generated[] = {"a & b|0.710|clip"};
    ie_tag_edit edit = {.rating = 4,
                        .title = "T",
                        .caption = "C",
                        .original_name = "IMG_1.CR2",
                        .add_keywords = {keywords, 2},
                        .hierarchy = {tree, 1},
                        .generated = {generated, 1},
                        .albums = {albums, 2},
                        .has_place = true,
                        .latitude = -33.5,
                        .longitude = 151.25,
                        .has_altitude = true,
                        .altitude_m = -2.5,
                        .has_quality = true,
                        .quality = 0.75};
    ie_photo *photo = NULL;
    close(mkstemp(path));
    assert_int_equal(ie_sidecar_write(path, &edit, NULL), IE_OK);
    assert_int_equal(ie_sidecar_facts(path, &photo, NULL), IE_OK);
    const ie_metadata *m = photo->metadata;
    assert_int_equal(m->keywords.count, 2);
    assert_string_equal(m->keywords.items[0], "Größe");
    assert_string_equal(m->hierarchy.items[0], "Places|Oslo");
    assert_int_equal(m->albums.count, 2);
    assert_string_equal(m->albums.items[0], "Best & last");
    assert_string_equal(m->original_name, "IMG_1.CR2");
    assert_true(fabs(m->latitude + 33.5) < 1e-7 && fabs(m->longitude - 151.25) < 1e-7 &&
                m->altitude_m == -2.5);
    assert_true(m->rating == 4 && m->own_quality == 0.75);
    ie_photo_free(photo);
    const ie_tag_edit forget = {.rating = IE_ABSENT, .forget_generated = true};
    assert_int_equal(ie_sidecar_write(path, &forget, NULL), IE_OK);
    assert_int_equal(ie_sidecar_facts(path, &photo, NULL), IE_OK);
    assert_int_equal(photo->metadata->keywords.count, 1);
    assert_int_equal(photo->metadata->generated.count, 0);
    ie_photo_free(photo);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_text_is_changed_where_it_stands_and_every_other_byte_stays),
        cmocka_unit_test(a_list_gets_what_it_lacks_and_loses_what_it_shall),
        cmocka_unit_test(the_default_language_is_set_and_the_others_stay),
        cmocka_unit_test(a_list_whose_last_item_goes_goes_itself),
        cmocka_unit_test(what_is_new_gets_a_description_of_its_own),
        cmocka_unit_test(a_namespace_keeps_the_prefix_that_the_packet_has_for_it),
        cmocka_unit_test(what_is_no_packet_is_refused),
        cmocka_unit_test(a_digest_tells_any_other_property_that_changes),
        cmocka_unit_test(a_digest_does_not_see_how_a_packet_is_spelled),
        cmocka_unit_test(a_sidecar_is_written_and_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
