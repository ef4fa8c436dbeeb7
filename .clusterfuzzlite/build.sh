#!/bin/bash
# ClusterFuzzLite builds what OSS-Fuzz builds.
exec bash -eu "$SRC/infuzz/ci/oss-fuzz/build.sh"
