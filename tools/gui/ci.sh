#!/bin/bash
# Drive the built extension in windowed Blenders, as an artist would: bash tools/gui/ci.sh [OUT_DIR]
#
# Takes dist/*.zip (make extension) to Blender 4.3 (Debian trixie) and 5.2 (sid). Their chroots are made in .cache/gui when
# they are not there, which takes minutes, a mirror of Debian and root; later runs only drive. Results, one folder for each
# version and script with result.json and screenshots: OUT_DIR, default out/gui. Status 0 when every script passed.
# ONLY="drive_bake" runs some scripts, SUITES="trixie" some versions; ONLY=none makes the chroots and drives nothing.
# EXTENSION is another zip than that in dist.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 1
out=${1:-out/gui}
[ "${ONLY:-}" = none ] || extension=${EXTENSION:-$(ls dist/*.zip)} || { echo "gui: no dist/*.zip; run make extension first" >&2; exit 2; }
# One thread each: two Blenders' worth of threads beside software OpenGL starve each other on two cores.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
failed=()

chroot_of() {
    local root=.cache/gui/$1
    [ -f "$root.ready" ] && [ -x "$root/usr/bin/blender" ] && return
    # A half-made one is of no use. Nothing is mounted in it: mounts are made by run_gui.sh for a run.
    rm -rf --one-file-system "$root"
    bash tools/gui/make_chroot.sh "$root" "$1" && touch "$root.ready"
}

drive() {
    local suite=$1 script=$2 start=$SECONDS status=0
    rm -rf "${out:?}/$suite/$script"
    TIMEOUT=${TIMEOUT:-300} bash tools/gui/run_gui.sh ".cache/gui/$suite" "tools/gui/$script.py" "$out/$suite/$script" \
        "$extension" >"$out/$suite/$script.log" 2>&1 || status=$?
    # A panel that cannot draw itself only prints; the script may well go on.
    grep -E "Python script error|Error in bpy" "$out/$suite/$script.log" && status=1
    if [ "$status" = 0 ]; then
        echo "gui: $suite $script passed in $((SECONDS - start)) s"
        return
    fi
    failed+=("$suite/$script")
    tail -15 "$out/$suite/$script.log"
    echo "gui: $suite $script failed with status $status; see $out/$suite/$script"
}

for suite in ${SUITES:-trixie sid}; do
    mkdir -p "$out/$suite"
    chroot_of "$suite" || { failed+=("$suite"); continue; }
    [ "${ONLY:-}" != none ] || continue
    find ".cache/gui/$suite" -maxdepth 1 -name "gui_profile-*" -mmin +120 -exec rm -rf {} +
    scripts="drive_bake drive_jobs drive_lines"
    [ "$suite" = trixie ] || scripts+=" drive_install drive_live drive_assets"   # ours, not the version's
    for script in ${ONLY:-$scripts}; do
        drive "$suite" "$script"
    done
done
[ "${ONLY:-}" = none ] || .venv/bin/python tools/gui/summary.py "$out"
[ ${#failed[@]} = 0 ]
