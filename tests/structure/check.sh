#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The architecture's rules as tests, from the sources and the built objects and not from comments.
#   check.sh SOURCE_ROOT BUILD_ROOT
set -u
source=$1 build=$2
cd "$source" || exit 1
failures=0

# verdict NAME TEXT: a rule holds when TEXT (what breaks it) is empty
verdict() {
    if [ -z "$2" ]; then
        echo "[       OK ] $1"
    else
        printf '%s\n' "$2"
        echo "[  FAILED  ] $1"
        failures=$((failures + 1))
    fi
}

# layer: the layers whose headers it may include
layers='utils: utils
core: utils core
storage: utils core storage
analyzers: utils core storage analyzers
processors: utils core processors
engine: utils core storage analyzers processors engine
cli: utils cli'
bad=
while IFS=: read -r layer allowed; do
    while IFS=: read -r file line; do
        used=${line#*\"}
        used=${used%%/*}
        case " $allowed " in *" $used "*) ;; *) bad+="$file includes $used"$'\n' ;; esac
    done < <(grep -oHE '^#include "[a-z]+/' src/"$layer"/*.[ch])
done <<<"$layers"
verdict each_layer_includes_only_what_is_below_it "$bad"

# foreign header: the one file that may include it
foreign='vips/:src/storage/vips_calls.h
gexiv2/:src/storage/exif_tags.c
lcms2.h:src/storage/color_profile.c
libraw/:src/storage/raw_develop.c
jpeglib.h:src/storage/jpeg_codec.h
jerror.h:src/storage/jpeg_codec.h
turbojpeg.h:src/storage/jpeg_turn.c
sqlite3.h:src/storage/database.c
yaml.h:src/storage/config_file.c
jansson.h:src/utils/json.h
utf8proc.h:src/core/unicode.c
expat.h:src/storage/xml.c
curl/:src/storage/http.c
zlib.h:src/storage/meta_png.c
libdeflate.h:src/storage/inflate.c
xxhash.h:src/utils/hash.c
openssl/:src/utils/hash.c
glib:src/storage/none.c'
bad=
while IFS=: read -r header owner; do
    bad+=$(grep -lE "^#include <$header" -r src include | grep -vx "$owner" | sed "s|$| includes $header|")
    case $header in *glib*) ;; *) [ -e "$owner" ] || bad+="$owner is gone"$'\n' ;; esac
done <<<"$foreign"
verdict each_foreign_library_is_included_by_one_file "$bad"

bad=$(find src include demo tests scripts run test meson.build \( -name '*.c' -o -name '*.h' -o -name '*.sh' \
    -o -name '*.py' -o -name meson.build -o -path run -o -path test -o -path 'scripts/*' \) -type f | while read -r file; do
    head -3 "$file" | grep -q 'SPDX-License-Identifier: GPL-3.0-or-later' || echo "$file has no SPDX line"
done)
verdict each_source_file_names_its_licence "$bad"

bad=$(for file in src/*/*.h; do
    sed -n 2p "$file" | grep -q '^/\*' || echo "$file does not open with its model"
done)
verdict each_header_opens_with_its_model "$bad"

bad=$(find src include -name '*.[ch]' | xargs wc -l | awk '$2 != "total" && $1 > 500 && $2 != "include/imgengine.h" {print $2 " has " $1 " lines"}')
verdict no_file_is_longer_than_500_lines "$bad"

bad=$(find src include tests -name '*.[ch]' -print0 | LC_ALL=C.UTF-8 xargs -0 grep -nE '^.{101,}$' | cut -c1-100)
verdict no_line_is_longer_than_100_columns "$bad"

exported=$(nm -D --defined-only "$build"/src/libimgengine.so | awk '{print $3}' | sed 's/@.*//' | sort)
declared=$(tr '\n' ' ' <include/imgengine.h | grep -oE 'IE_API [^;]*;' | grep -oE '\*?ie_[a-z0-9_]+\(' | tr -d '*(' | sort -u)
verdict exported_symbols_equal_the_public_header "$(diff <(echo "$declared") <(echo "$exported") | grep '^[<>]')"

# What changes a file system. The door is utils/fs; the catalog makes its own folder and database.
changers='unlink|unlinkat|rename|renameat|renameat2|link|linkat|symlink|symlinkat|mkdir|mkdirat|rmdir|truncate|ftruncate|truncate64|ftruncate64|chmod|fchmod|fchmodat|chown|fchown|lchown|fchownat|utime|utimes|utimensat|futimens|setxattr|lsetxattr|fsetxattr|removexattr|fremovexattr|write|pwrite|pwrite64|writev|creat|mkstemp|mkstemp64|mkostemp|mkostemp64|mkdtemp|tmpfile|remove|copy_file_range|sendfile|splice|syscall|mknod|mkfifo'
bad=$(find "$build"/src -name '*.a.p' -type d | while read -r folder; do
    for object in "$folder"/*.o; do
        [ -e "$object" ] || continue
        name=$(basename "$object")
        case "$folder/$name" in */libie_utils.a.p/fs*.c.o) continue ;; esac
        calls=$(nm -u "$object" | awk '{print $2}' | sed 's/@.*//' | grep -xE "$changers" | tr '\n' ' ')
        case $name in catalog*.c.o) calls=${calls//mkdir /} ;; esac
        [ -z "$calls" ] || echo "$name calls $calls"
    done
done)
[ "$(find "$build"/src -path '*.a.p/*.o' | wc -l)" -ge 20 ] || bad="no objects to look at in $build"
verdict only_the_fs_door_changes_a_file_system "$bad"

bad=$(grep -nE 'O_WRONLY|O_RDWR|O_CREAT|O_TRUNC' src/*/*.c | grep -vE '^src/utils/fs|^src/storage/catalog_place|/dev/null'
    grep -nE 'fopen\([^)]*"[^"]*[wa+]' src/*/*.c)
verdict only_the_fs_door_opens_files_for_writing "$bad"

# Who may call the door's mutations: apply, undo and what they are made of. ie_fs_shares() and ie_fs_gone() only look.
bad=$(grep -lP 'ie_fs_(?!(shares|gone)\()[a-z_]+\(' src/*/*.c | grep -vE '^src/utils/fs|^src/engine/(apply|undo|derive|purg|verify|forget|whereabouts|recover|takeback|world|survivor|journal|lock|own_|proof|report)|^src/storage/(journal|device_proofs|image_convert|jpeg_app1|exif_boxed|exif_keep|exif_strip|iptc_digest|sidecar_write|data_folder|download|model_store|runtime_store)')
verdict only_apply_undo_and_the_journal_use_the_door "$bad"

# abort() is for running out of memory and for bugs only.
bad=$(grep -nE '\b(exit|_exit|quick_exit)\(' src/*/*.c | grep -v '^src/cli')
verdict nothing_below_the_command_line_exits "$bad"

bad=$(grep -nE '\b(printf|puts|perror|fputs\([^,]*, *stderr|fprintf\(stderr)' src/*/*.c | grep -vE '^src/cli|^src/utils/memory\.c|snprintf|vsnprintf|ie_[a-z_]*printf|asprintf' | grep -vE 'fprintf\(out|: */\* |^[^:]*:[0-9]*:/\*')
verdict nothing_below_the_command_line_prints "$bad"

# Each library that is linked is mapped and relocated before main() begins; the others wait (utils/late.h).
bad=
if [ -e "$build/src/libimgengine.so.0" ]; then
    bad=$(readelf -d "$build/imgengine" "$build/src/libimgengine.so.0" | sed -n 's/.*(NEEDED).*\[lib\([a-z0-9_+-]*\)\.so.*\]/\1/p; s/.*(NEEDED).*\[\(ld-.*\)\]/ld/p' |
        sort -u | grep -vxE 'imgengine|c|m|ld|jansson|xxhash|utf8proc|jpeg|z|pthread|dl|asan|ubsan|tsan')
fi
verdict a_run_starts_with_few_libraries "$bad"

# What docs/safety.md promises, it shows by tests that are there. (A name may be cut: `killed_anywhere_…`.)
bad=
names=$(grep -oE '`[a-z0-9]+([_-][a-z0-9]+)+(_…)?`' docs/safety.md | tr -d '`' | sort -u)
for name in $names; do
    end='[^a-z0-9_-]'
    [ "$name" = "${name%…}" ] || { name=${name%…} end=; }
    grep -qE "^ *(static void |verdict |check )?$name$end" tests/unit/test_*.c tests/crash/*.c tests/e2e/*.sh tests/golden/rows \
        tests/structure/check.sh || bad="$bad $name"
done
[ "$(echo "$names" | wc -l)" -ge 80 ] || bad="$bad: too few names were found"
verdict every_test_that_the_promises_name_exists "$bad"

exit "$failures"
