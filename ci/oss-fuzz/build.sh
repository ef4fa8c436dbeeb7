#!/bin/bash
# Builds the fuzz targets into $OUT, as OSS-Fuzz and ClusterFuzzLite call it: of each target the
# binary, TARGET_seed_corpus.zip, TARGET.dict and TARGET.options. FUZZ_TARGETS="NAME NAME" builds
# only these.
set -euo pipefail
cd "$SRC/infuzz"

# The list is printed by an ordinary build: the flags of the environment are for the targets.
limits=$(env -u RUSTFLAGS -u CFLAGS -u CXXFLAGS ci/targets --limits)
all=$(cut -d ' ' -f 1 <<<"$limits")
targets=${FUZZ_TARGETS:-$all}

# Findings depend on the checks for overflow: a target built without them refuses to run.
if [ "$targets" = "$all" ]; then
    cargo fuzz build -O --debug-assertions
else
    for target in $targets; do cargo fuzz build -O --debug-assertions "$target"; done
fi

for target in $targets; do
    read -r _ max_len timeout_s rss_mib < <(grep "^$target " <<<"$limits")
    cp "${CARGO_TARGET_DIR:-target}/x86_64-unknown-linux-gnu/release/$target" "$OUT/"
    cp "dictionaries/$target.dict" "$OUT/"

    # One flat folder in the archive; the reasons beside the regressions are for people.
    seeds=$WORK/seeds/$target
    rm -rf "$seeds"
    mkdir -p "$seeds"
    for kind in seed regression; do
        for file in "corpus/$target/$kind"/*; do
            case $file in *.why) continue ;; esac
            if [ -f "$file" ]; then cp "$file" "$seeds/$kind-${file##*/}"; fi
        done
    done
    rm -f "$OUT/${target}_seed_corpus.zip"
    zip -jqX "$OUT/${target}_seed_corpus.zip" "$seeds"/*

    cat >"$OUT/$target.options" <<END
[libfuzzer]
max_len = $max_len
timeout = $timeout_s
rss_limit_mb = $rss_mib
dict = $target.dict
END
done
