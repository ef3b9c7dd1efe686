# ScaFE in a container, built from a wheelhouse, so that no network is needed while it is built:
#   bash packaging/wheelhouse.sh && docker build --network none -t scafe:local .
# Run it with a read-only root, no network, and only what it needs written:
#   docker run --rm --read-only --tmpfs /tmp --shm-size 1g --network none \
#       -v "$PWD/photos:/data:ro" -v "$PWD/runs:/runs" scafe:local run scar.vss --data /data --out /runs
# `runs` has to belong to the image's user (chown 10001 runs); without a `-v …:/runs` runs go to a volume of the engine.
# With a model's endpoint leave `--network none` out and pass the key: -e SCAFE_API_KEY.
# `docker run … scafe:local doctor` says which walls hold inside; a host whose engine forbids both refuses to run.
# The base must have the Python version that the wheelhouse was made for.
ARG BASE=python:3.12-slim-bookworm
FROM ${BASE}

ARG EXTRAS=dicom,nifti,tiff
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    PATH=/opt/scafe/bin:$PATH

COPY dist/wheelhouse /wheelhouse
# One layer: the wheelhouse's files are not needed once they are installed, and the checksums are read first.
WORKDIR /wheelhouse
RUN sha256sum --check --strict --quiet SHA256SUMS \
    && python3 -m venv /opt/scafe \
    && /opt/scafe/bin/pip install --no-cache-dir --no-index --find-links /wheelhouse "scafe[${EXTRAS}]" \
    && python3 -m compileall -q /opt/scafe/lib \
    && useradd --uid 10001 --create-home --shell /usr/sbin/nologin scafe \
    && mkdir /runs && chown scafe /runs

USER 10001
WORKDIR /runs
VOLUME /runs
# Says within seconds whether the sandbox's walls still hold; a host that lost them is unhealthy.
HEALTHCHECK --interval=5m --timeout=60s --start-period=10s CMD ["scafe", "doctor", "--quiet"]
ENTRYPOINT ["scafe"]
CMD ["--help"]
