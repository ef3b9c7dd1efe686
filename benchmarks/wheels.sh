#!/usr/bin/env bash
# Build sdist and wheel, install the wheel into a clean environment of each Python named (default: every
# python3.11 to python3.14 on PATH), and run ten lines that use nothing but `import scafe`.
#   bash benchmarks/wheels.sh [PYTHON...]        e.g. bash benchmarks/wheels.sh python3.11 ~/py313/bin/python
# Exits with 1 if one of them fails, or if there was none. Needs the package index.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pythons=("$@")
if [ ${#pythons[@]} -eq 0 ]; then
    for minor in 11 12 13 14; do command -v "python3.$minor" >/dev/null && pythons+=("python3.$minor"); done
fi
[ ${#pythons[@]} -gt 0 ] || { echo "no python3.11 to python3.14 on PATH; name one" >&2; exit 1; }

cat > "$work/ten_lines.py" <<'PYTHON'
import sys, numpy, scafe
run = scafe.demo(seed=0, patients_per_class=6, max_calls=5, out=sys.argv[1])
revision = run.revisions[0]
print(revision.name, revision.verdict.accepted_names, len(run.source(revision)), "characters")
image = numpy.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=numpy.uint8)
(prediction,) = run.bundle.predict([image])
print(run.status, len(run.bundle.features), "features; label", prediction.label, prediction.probability)
assert run.status == "frozen" and scafe.load_run(run.path).scores == run.scores
assert abs(sum(prediction.probability.values()) - 1) < 1e-5
print("scafe", scafe.__version__, "Python", sys.version.split()[0], "from", scafe.__file__.split("site-packages")[1])
PYTHON

git -C "$root" ls-files -z | tar -C "$root" --null -T - -cf - | { mkdir "$work/source" && tar -C "$work/source" -xf -; }
"${pythons[0]}" -m venv "$work/build"
"$work/build/bin/pip" install -qq --disable-pip-version-check build
"$work/build/bin/python" -m build --outdir "$work/dist" "$work/source" > "$work/build.log" 2>&1 ||
    { tail -20 "$work/build.log" >&2; exit 1; }
ls -sh "$work/dist"

failed=0
for python in "${pythons[@]}"; do
    place="$work/$("$python" -c 'import sys; print("py%d%d" % sys.version_info[:2])')"
    started=$SECONDS
    if "$python" -m venv "$place" &&
        "$place/bin/pip" install -qq --disable-pip-version-check --only-binary :all: "$work"/dist/*.whl; then
        installed=$((SECONDS - started))
        (cd "$work" && "$place/bin/python" ten_lines.py "$place/runs" && "$place/bin/scafe" --version) || failed=1
        for _ in 1 2 3; do "$place/bin/python" -X importtime -c 'import scafe' 2>&1 | tail -1; done | sort -t'|' -k2n | head -1
        echo "$python: installed in ${installed} s, $("$place/bin/pip" list 2>/dev/null | tail -n +3 | wc -l) packages," \
            "$(du -sm "$place" | cut -f1) MB; the lines took $((SECONDS - started - installed)) s"
    else
        echo "$python: the wheel could not be installed" >&2
        failed=1
    fi
done
exit $failed
