// SPDX-License-Identifier: GPL-3.0-or-later
/* Facts beyond date, camera and exposure: people and areas, trees of keywords, makers,
   identifiers. */
#include "test.h"

#include <math.h>

#include "core/record.h"
#include "storage/metadata_file.h"
#include "utils/text.h"

#define PACKET(namespaces, inside)                                                                 \
    "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF "                                                \
    "xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"                                     \
    "<rdf:Description " namespaces ">" inside "</rdf:Description></rdf:RDF></x:xmpmeta>"
#define MWG                                                                                        \
    "xmlns:mwg-rs='http://www.metadataworkinggroup.com/schemas/regions/' "                         \
    "xmlns:stArea='http://ns.adobe.com/xmp/sType/Area#' "                                          \
    "xmlns:stDim='http://ns.adobe.com/xap/1.0/sType/Dimensions#'"
#define MP                                                                                         \
    "xmlns:MP='http://ns.microsoft.com/photo/1.2/' "                                               \
    "xmlns:MPRI='http://ns.microsoft.com/photo/1.2/t/RegionInfo#' "                                \
    "xmlns:MPReg='http://ns.microsoft.com/photo/1.2/t/Region#'"

static ie_photo *photo_of(const char *packet)
{
    ie_photo *photo = ie_photo_new();
    ie_metadata_merge_sidecar((const uint8_t *)packet, strlen(packet), photo);
    assert_int_equal(photo->fault_count, 0);
    return photo;
}

static void assert_box(const ie_region *region, double left, double top, double right,
                       double bottom)
{
    assert_true(fabs(region->box[0] - left) < 1e-9 && fabs(region->box[1] - top) < 1e-9);
    assert_true(fabs(region->box[2] - right) < 1e-9 && fabs(region->box[3] - bottom) < 1e-9);
}

static void faces_of_the_metadata_working_group_are_given_by_their_centres(void **state)
{
    ie_photo *photo = photo_of(PACKET(
        MWG,
        "<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:AppliedToDimensions stDim:w='4000' "
        "stDim:h='3000' stDim:unit='pixel'/><mwg-rs:RegionList><rdf:Bag>"
        "<rdf:li><rdf:Description mwg-rs:Name='Ann' mwg-rs:Type='Face'><mwg-rs:Area stArea:x='0.5' "
        "stArea:y='0.4' stArea:w='0.2' stArea:h='0.3' stArea:unit='normalized'/></rdf:Description>"
        "</rdf:li><rdf:li rdf:parseType='Resource'><mwg-rs:Type>Pet</mwg-rs:Type><mwg-rs:Name>Rex"
        "</mwg-rs:Name><mwg-rs:Area rdf:parseType='Resource'><stArea:x>0.1</stArea:x><stArea:y>0.9"
        "</stArea:y><stArea:w>0.4</stArea:w><stArea:h>0.1</stArea:h></mwg-rs:Area></rdf:li>"
        "<rdf:li><rdf:Description mwg-rs:Name='Far' mwg-rs:Type='Focus'><mwg-rs:Area "
        "stArea:x='500' "
        "stArea:y='400' stArea:w='20' stArea:h='30' "
        "stArea:unit='pixel'/></rdf:Description></rdf:li>"
        "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"));
    const ie_metadata *m = photo->metadata;
    assert_int_equal(m->region_count, 2);
    assert_string_equal(m->regions[0].name, "Ann");
    assert_string_equal(m->regions[0].type, "Face");
    assert_box(&m->regions[0], 0.4, 0.25, 0.6, 0.55);
    assert_string_equal(m->regions[1].type, "Pet");
    assert_box(&m->regions[1], 0, 0.85, 0.3, 0.95);
    assert_int_equal(m->people.count, 1); /* a pet is none */
    assert_string_equal(m->people.items[0], "Ann");
    ie_photo_free(photo);
}

static void microsofts_faces_are_given_by_their_corner_and_told_once(void **state)
{
    ie_photo *photo = photo_of(PACKET(
        MWG " " MP,
        "<MP:RegionInfo><rdf:Description><MPRI:Regions><rdf:Bag>"
        "<rdf:li MPReg:Rectangle='0.4, 0.25, 0.2, 0.3' MPReg:PersonDisplayName='Ann'/>"
        "<rdf:li><rdf:Description><MPReg:PersonDisplayName>Bo</MPReg:PersonDisplayName>"
        "</rdf:Description></rdf:li></rdf:Bag></MPRI:Regions></rdf:Description></MP:RegionInfo>"
        "<mwg-rs:Regions><rdf:Description><mwg-rs:RegionList><rdf:Bag><rdf:li><rdf:Description "
        "mwg-rs:Name='Ann' mwg-rs:Type='Face'><mwg-rs:Area stArea:x='0.5' stArea:y='0.4' "
        "stArea:w='0.2' stArea:h='0.3'/></rdf:Description></rdf:li></rdf:Bag></mwg-rs:RegionList>"
        "</rdf:Description></mwg-rs:Regions>"));
    const ie_metadata *m = photo->metadata;
    assert_int_equal(m->region_count, 1);
    assert_box(&m->regions[0], 0.4, 0.25, 0.6, 0.55);
    assert_int_equal(m->people.count, 2); /* one of them is not marked in the picture */
    assert_string_equal(m->people.items[1], "Bo");
    ie_photo_free(photo);
}

static void trees_of_keywords_are_read_in_both_spellings(void **state)
{
    ie_photo *photo = photo_of(
        PACKET("xmlns:lr='http://ns.adobe.com/lightroom/1.0/' "
               "xmlns:digiKam='http://www.digikam.org/ns/1.0/'",
               "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|Norway|Oslo</rdf:li><rdf:li>alone"
               "</rdf:li></rdf:Bag></lr:hierarchicalSubject><digiKam:TagsList><rdf:Seq><rdf:li>"
               "Places/Norway/Oslo</rdf:li><rdf:li>People/Ann</rdf:li></rdf:Seq>"
               "</digiKam:TagsList>"));
    const ie_text_list *tree = &photo->metadata->hierarchy;
    assert_int_equal(tree->count, 2);
    assert_string_equal(tree->items[0], "Places|Norway|Oslo");
    assert_string_equal(tree->items[1], "People|Ann");
    ie_photo_free(photo);
}

static void albums_are_read_from_catalog_sets_and_from_collections_in_all_spellings(void **state)
{
    (void)state;
    ie_photo *photo = photo_of(
        PACKET("xmlns:mediapro='http://ns.iview-multimedia.com/mediapro/1.0/' "
               "xmlns:coll='http://www.metadataworkinggroup.com/schemas/collections/'",
               "<mediapro:CatalogSets><rdf:Bag><rdf:li>Trips|Norway</rdf:li></rdf:Bag></"
               "mediapro:CatalogSets>"
               "<coll:Collections><rdf:Bag><rdf:li rdf:parseType='Resource'>"
               "<coll:CollectionName>Holidays</coll:CollectionName><coll:CollectionURI>urn:a</"
               "coll:CollectionURI></rdf:li>"
               "<rdf:li><rdf:Description><coll:CollectionURI>urn:b</coll:CollectionURI>"
               "<coll:CollectionName>Best of</coll:CollectionName></rdf:Description></rdf:li>"
               "<rdf:li coll:CollectionName='Print' coll:CollectionURI='urn:c'/>"
               "<rdf:li><rdf:Description "
               "coll:CollectionName='Trips|Norway'/></rdf:li></rdf:Bag></coll:Collections>"
               "<mediapro:People><rdf:Bag><rdf:li>Ann</rdf:li></rdf:Bag></mediapro:People>"));
    const ie_text_list *albums = &photo->metadata->albums;
    assert_int_equal(albums->count, 4);
    assert_string_equal(albums->items[0], "Trips|Norway");
    assert_string_equal(albums->items[1], "Holidays");
    assert_string_equal(albums->items[2], "Best of");
    assert_string_equal(albums->items[3], "Print");
    assert_int_equal(photo->metadata->people.count, 1);
    ie_photo_free(photo);
}

static void who_where_and_with_what_is_read_from_xmp(void **state)
{
    ie_photo *photo = photo_of(PACKET(
        "xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xmp='http://ns.adobe.com/xap/1.0/' "
        "xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' "
        "xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' xmlns:exif='http://ns.adobe.com/exif/1.0/' "
        "xmp:Label='Red' xmp:CreatorTool='darktable 4.4' photoshop:City='Oslo' "
        "photoshop:Country='Norway' aux:LensInfo='240/10 700/10 0/0 0/0' "
        "exif:ExposureBiasValue='-2/3' exif:MeteringMode='5' exif:WhiteBalance='1'",
        "<dc:creator><rdf:Seq><rdf:li>Ann</rdf:li><rdf:li>Bo</rdf:li></rdf:Seq></dc:creator>"
        "<dc:rights><rdf:Alt><rdf:li xml:lang='de'>frei</rdf:li><rdf:li xml:lang='x-default'>free"
        "</rdf:li></rdf:Alt></dc:rights>"));
    const ie_metadata *m = photo->metadata;
    assert_string_equal(m->label, "Red");
    assert_string_equal(m->software, "darktable 4.4");
    assert_string_equal(m->city, "Oslo");
    assert_string_equal(m->country, "Norway");
    assert_string_equal(m->creator, "Ann; Bo");
    assert_string_equal(m->copyright, "free");
    assert_string_equal(m->metering, "pattern");
    assert_string_equal(m->white_balance, "manual");
    assert_true(fabs(m->bias_ev + 2.0 / 3) < 1e-12);
    assert_true(m->lens_min_mm == 24 && m->lens_max_mm == 70);
    ie_photo_free(photo);
}

/* As an attribute, as an element, as an item, as the name of an album and of an area. */
static void a_text_of_too_many_bytes_is_left_out_and_told(void **state)
{
    static const char *const packets[] = {
        PACKET("xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Label='%s' xmp:Rating='3'", ""),
        PACKET("xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'",
               "<xmp:Label>%s</xmp:Label>"),
        PACKET("xmlns:dc='http://purl.org/dc/elements/1.1/' "
               "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'",
               "<dc:subject><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:subject>"),
        PACKET("xmlns:mwg-coll='http://www.metadataworkinggroup.com/schemas/collections/' "
               "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'",
               "<mwg-coll:Collections><rdf:Bag><rdf:li mwg-coll:CollectionName='%s'/></rdf:Bag>"
               "</mwg-coll:Collections>"),
        PACKET(MWG " xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='3'",
               "<mwg-rs:Regions rdf:parseType='Resource'><mwg-rs:RegionList><rdf:Bag>"
               "<rdf:li rdf:parseType='Resource'><mwg-rs:Name>%s</mwg-rs:Name></rdf:li>"
               "</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>"),
    };
    for (size_t i = 0; i < sizeof packets / sizeof *packets; i++) {
        for (int over = 0; over < 2; over++) {
            char text[65536 + 2];
            memset(text, 'a', sizeof text);
            memset(text + 1000, '\n', 60); /* parsers hand texts over in pieces */
            text[65536 + over] = 0;
            IE_AUTO_FREE char *packet = ie_asprintf(packets[i], text);
            ie_photo *photo = ie_photo_new();
            ie_metadata_merge_sidecar((const uint8_t *)packet, strlen(packet), photo);
            const ie_metadata *m = photo->metadata;
            assert_int_equal(photo->fault_count, over);
            assert_int_equal(
                (m->label != NULL) + m->keywords.count + m->albums.count + m->people.count, !over);
            assert_int_equal(m->rating, 3); /* the rest is read */
            if (over) {
                assert_string_equal(photo->faults[0].code, "too_long");
            }
            ie_photo_free(photo);
        }
    }
}

static void the_standards_lens_goes_before_adobes_whichever_comes_first(void **state)
{
    static const char *const orders[] = {"aux:Lens='by aux' aux:SerialNumber='1' "
                                         "exifEX:LensModel='by exifEX' exifEX:BodySerialNumber='2'",
                                         "exifEX:LensModel='by exifEX' exifEX:BodySerialNumber='2' "
                                         "aux:Lens='by aux' aux:SerialNumber='1'"};
    for (size_t i = 0; i < 2; i++) {
        IE_AUTO_FREE char *packet =
            ie_asprintf(PACKET("xmlns:aux='http://ns.adobe.com/exif/1.0/aux/' "
                               "xmlns:exifEX='http://cipa.jp/exif/1.0/' %s",
                               ""),
                        orders[i]);
        ie_photo *photo = photo_of(packet);
        assert_string_equal(photo->metadata->lens, "by exifEX");
        assert_string_equal(photo->metadata->serial, "2");
        ie_photo_free(photo);
    }
}

/* Every kind of fact, written as a record and read back, is written the same again. */
static void a_record_with_all_of_it_survives_the_way_there_and_back(void **state)
{
    ie_photo *photo = photo_of(
        PACKET(MP " xmlns:lr='http://ns.adobe.com/lightroom/1.0/' "
                  "xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmp:Rating='-1' xmp:Label='Red'",
               "<lr:hierarchicalSubject><rdf:Bag><rdf:li>a|b</rdf:li></rdf:Bag>"
               "</lr:hierarchicalSubject><MP:RegionInfo><MPRI:Regions><rdf:Bag>"
               "<rdf:li MPReg:Rectangle='0.4, 0.25, 0.2, 0.3' MPReg:PersonDisplayName='Ann'/>"
               "</rdf:Bag></MPRI:Regions></MP:RegionInfo>"));
    photo->path = photo->real_path = "a.jpg";
    photo->have = IE_HAVE_METADATA;
    ie_photo_own_metadata(photo)->duration_s = 1.25;
    ie_photo_own_metadata(photo)->bias_ev = 0;
    ie_photo_own_metadata(photo)->flash = 0;
    ie_photo_own_metadata(photo)->captured_reason = "for a reason";
    ie_photo_own_metadata(photo)->captured = (ie_datetime){.year = 2023, .month = 7, .day = 14};
    IE_AUTO_FREE char *first = ie_photo_json(photo);
    json_t *parsed;
    assert_int_equal(ie_json_parse(first, strlen(first), "it", &parsed, NULL), IE_OK);
    ie_photo *back = ie_photo_new();
    back->path = back->real_path = "a.jpg";
    assert_true(ie_record_read(parsed, back));
    IE_AUTO_FREE char *second = ie_photo_json(back);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "\"box\":[0.4,0.25,0.6,0.55]"));
    assert_non_null(strstr(first, "\"bias_ev\":0"));
    assert_non_null(strstr(first, "\"reason\":\"for a reason\""));
    json_decref(parsed);
    ie_photo_free(photo);
    ie_photo_free(back);
}

static void a_live_photo_and_its_video_share_an_identifier(void **state)
{
    const char *folder = testdata();
    if (folder == NULL) {
        printf("skipped: IMGENGINE_TESTDATA is not set\n");
        skip();
    }
    static const char *const names[] = {"jpg", "mov"};
    ie_photo *photos[2];
    for (int i = 0; i < 2; i++) {
        IE_AUTO_FREE char *path =
            ie_asprintf("%s/photos/livephoto/Lychee/train.%s", folder, names[i]);
        ie_bytes *bytes;
        photos[i] = ie_photo_new();
        photos[i]->format = i == 0 ? IE_FORMAT_JPEG : IE_FORMAT_MOV;
        assert_int_equal(ie_bytes_open(path, &bytes, NULL), IE_OK);
        ie_metadata_read(bytes, photos[i]);
        ie_bytes_close(bytes);
    }
    assert_string_equal(photos[0]->metadata->content_id, "E905E6C6-C747-4805-942F-9904A0281F02");
    assert_string_equal(photos[1]->metadata->content_id, photos[0]->metadata->content_id);
    assert_true(fabs(photos[1]->metadata->duration_s - 1.233) < 0.01);
    assert_true(isnan(photos[0]->metadata->duration_s));
    ie_photo_free(photos[0]);
    ie_photo_free(photos[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faces_of_the_metadata_working_group_are_given_by_their_centres),
        cmocka_unit_test(microsofts_faces_are_given_by_their_corner_and_told_once),
        cmocka_unit_test(trees_of_keywords_are_read_in_both_spellings),
        cmocka_unit_test(albums_are_read_from_catalog_sets_and_from_collections_in_all_spellings),
        cmocka_unit_test(who_where_and_with_what_is_read_from_xmp),
        cmocka_unit_test(a_text_of_too_many_bytes_is_left_out_and_told),
        cmocka_unit_test(the_standards_lens_goes_before_adobes_whichever_comes_first),
        cmocka_unit_test(a_record_with_all_of_it_survives_the_way_there_and_back),
        cmocka_unit_test(a_live_photo_and_its_video_share_an_identifier),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
