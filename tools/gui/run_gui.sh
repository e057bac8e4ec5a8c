#!/bin/bash
# Run a driving script in a windowed Blender inside a chroot, on a virtual screen with software OpenGL, with the built
# extension installed and the worker running in this checkout's Python.
#
# usage: run_gui.sh CHROOT SCRIPT.py OUT_DIR EXTENSION.zip [PYTHON]
# CHROOT: a Debian with blender, xvfb, xauth and imagemagick. PYTHON: for the worker (default: .venv/bin/python).
# The Python's two folders are bind-mounted read-only for the run, so root is needed; they are unmounted on every exit.
# The script finds its output folder in $OUT, a spoken line in $LINE, the zip in $EXTENSION and xdnd.py, which drops files
# on the window, in $DROP. A script whose name ends in _install finds the extension not installed. TIMEOUT seconds
# (default 180). Exit status: Blender's, 124 on timeout.
#
# Kept in CHROOT between runs, since each costs seconds: the shaders that Mesa compiled (gui_shaders) and, for each zip, a
# profile with the extension installed and its modules compiled (gui_profile-*), of which every run gets a copy.
set -euo pipefail
[ $# -ge 4 ] || { sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2; }
root=$1 script=$2 out=$3 extension=$4
here=$(cd "$(dirname "$0")/../.." && pwd)
python=${5:-$here/.venv/bin/python}
[ -x "$root/usr/bin/blender" ] || { echo "run_gui: no Blender in $root" >&2; exit 2; }

venv=$("$python" -c 'import sys; print(sys.prefix)')
base=$("$python" -c 'import sys; print(sys.base_prefix)')
mounted=()
job=$(mktemp -d "$root/t.XXXXXX")
clean() {
    # Lazily: gone from here at once, while a worker that has yet to notice that Blender ended keeps its Python.
    for place in ${mounted[@]+"${mounted[@]}"}; do
        umount --lazy "$place" || echo "run_gui: $place is still mounted; unmount it before removing $root" >&2
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

# The chroot is made without Blender's languages; a list of them is all that our own messages need (drive_assets).
mkdir -p "$root/usr/share/locale"
printf '%s\n' 0:Automatic:DEFAULT:100% 1:English:en_US:100% 7:German:de_DE:100% >"$job/languages"
mv "$job/languages" "$root/usr/share/locale/languages"

in=/${job##*/}
mkdir -m 700 "$job/out" "$job/home" "$job/run" "$job/profile"
mkdir -p "$root/gui_shaders"
cp "$script" "$job/drive.py"
cp "$here/tools/gui/xdnd.py" "$job/xdnd.py"
cp "$extension" "$job/extension.zip"
cp "$here/assets/demo/line.wav" "$job/line.wav"
inside() {
    chroot "$root" env -i PATH=/usr/bin:/bin:/usr/sbin LC_ALL=C.UTF-8 HOME="$in/home" XDG_RUNTIME_DIR="$in/run" \
        BLENDER_USER_RESOURCES="$in/profile" LIBGL_ALWAYS_SOFTWARE=1 MESA_SHADER_CACHE_DIR=/gui_shaders \
        OUT="$in/out" LINE="$in/line.wav" EXTENSION="$in/extension.zip" DROP="$in/xdnd.py" PTALKER_PYTHON="$python" \
        OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" "$@"
}
prepare() {
    inside blender --command extension install-file -r user_default --enable "$in/extension.zip"
    # For the worker's Python; Blender's own has just compiled what it loads.
    inside "$python" -m compileall -q "$in/profile/extensions/user_default/ptalker"
    # Another run may have been faster; a profile is never made by halves.
    cp -a "$job/profile" "$job/prepared"
    mv -T "$job/prepared" "$prepared" || [ -d "$prepared" ]
}
if [[ $script != *_install.py ]]; then
    prepared=$root/gui_profile-$(sha256sum "$extension" | cut -c1-16)
    if [ -d "$prepared" ]; then
        cp -a "$prepared/." "$job/profile/"
    else
        prepare
    fi
fi
# Blender itself puts this folder of the profile on its path.
mkdir -p "$job/profile/scripts/modules"
cp "$here/tools/gui/driver.py" "$job/profile/scripts/modules/ptalker_gui_driver.py"
status=0
inside xvfb-run -a -s "-screen 0 1600x1000x24" timeout "${TIMEOUT:-180}" \
    blender --window-geometry 0 0 1600 1000 -noaudio --gpu-backend opengl \
    --enable-event-simulate --python-exit-code 3 --python "$in/drive.py" || status=$?
mkdir -p "$out"
cp -r "$job/out/." "$out/"
exit "$status"
