#!/bin/bash
# Run a driving script in a windowed Blender inside a chroot, on a virtual screen with software OpenGL, with the built
# extension installed and the worker running in this checkout's Python.
#
# usage: run_gui.sh CHROOT SCRIPT.py OUT_DIR EXTENSION.zip [PYTHON]
# CHROOT: a Debian with blender, xvfb, xauth and imagemagick. PYTHON: for the worker (default: .venv/bin/python).
# The Python's two folders are bind-mounted read-only for the run, so root is needed; they are unmounted on every exit.
# The script finds its output folder in $OUT and a spoken line in $LINE. TIMEOUT seconds (default 180).
# Exit status: Blender's, 124 on timeout.
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$1 script=$2 out=$3 extension=$4
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${5:-$here/.venv/bin/python}
[ -x "$root/usr/bin/blender" ] || { echo "run_gui: no Blender in $root" >&2; exit 2; }

venv=$("$python" -c 'import sys; print(sys.prefix)')
base=$("$python" -c 'import sys; print(sys.base_prefix)')
mounted=()
job=$(mktemp -d "$root/t.XXXXXX")
clean() {
    # The worker needs a moment to notice that Blender is gone; until then its Python is in use.
    for place in ${mounted[@]+"${mounted[@]}"}; do
        for _ in $(seq 60); do umount "$place" 2>/dev/null && break; sleep 0.5; done
        ! mountpoint -q "$place" || echo "run_gui: $place is still mounted; unmount it before removing $root" >&2
    done
    rm -rf --one-file-system "$job"
}
trap clean EXIT
for folder in "$venv" "$base"; do
    mkdir -p "$root$folder"
    mount --bind "$folder" "$root$folder"
    mounted+=("$root$folder")
    mount -o remount,bind,ro "$root$folder"
done

in=/${job##*/}
mkdir -m 700 "$job/out" "$job/home" "$job/run" "$job/profile"
cp "$script" "$job/drive.py"
# Blender itself puts this folder of the profile on its path.
mkdir -p "$job/profile/scripts/modules"
cp "$here/tools/gui/driver.py" "$job/profile/scripts/modules/ptalker_gui_driver.py"
cp "$extension" "$job/extension.zip"
cp "$here/assets/demo/line.wav" "$job/line.wav"
inside() {
    chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin LC_ALL=C.UTF-8 HOME="$in/home" XDG_RUNTIME_DIR="$in/run" \
        BLENDER_USER_RESOURCES="$in/profile" LIBGL_ALWAYS_SOFTWARE=1 OUT="$in/out" LINE="$in/line.wav" \
        PTALKER_PYTHON="$python" OMP_NUM_THREADS="${OMP_NUM_THREADS:-}" "$@"
}
inside blender --command extension install-file -r user_default --enable "$in/extension.zip"
status=0
inside xvfb-run -a -s "-screen 0 1600x1000x24" timeout "${TIMEOUT:-180}" \
    blender --window-geometry 0 0 1600 1000 -noaudio --gpu-backend opengl \
    --enable-event-simulate --python-exit-code 3 --python "$in/drive.py" || status=$?
mkdir -p "$out"
cp -r "$job/out/." "$out/"
exit "$status"
