# Container of the workers of Dataflow: Beam, babycryd.detect and training.cloud, so that nothing is installed at a start.
#   docker build -f training/cloud/worker.Dockerfile -t REGION-docker.pkg.dev/PROJECT/babycryd/worker .
# Then, with the same version of Beam here:
#   python -m training.cloud.dataflow rescore --input gs://... --output gs://... --runner=DataflowRunner \
#       --sdk_container_image=REGION-docker.pkg.dev/PROJECT/babycryd/worker --sdk_location=container ...
# BEAM is Apache's image, from which only the program that starts a worker is taken; its Python must be that of BASE.
ARG BASE=debian:bookworm-slim
ARG BEAM=docker.io/apache/beam_python3.11_sdk:2.77.0
FROM ${BEAM} AS beam
FROM ${BASE}
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv
COPY pyproject.toml LICENSE ./
COPY babycryd/__init__.py babycryd/
RUN touch README.md \
    && python3 -m venv /opt/worker \
    && /opt/worker/bin/pip install --no-cache-dir --prefer-binary 'apache-beam[gcp]==2.77.0' 'scipy>=1.11' '.[cloud,parquet]' \
    && /opt/worker/bin/pip uninstall --yes babycryd
COPY babycryd babycryd
COPY training training
COPY --from=beam /opt/apache/beam /opt/apache/beam
ENV PATH=/opt/worker/bin:/usr/bin:/bin PYTHONPATH=/srv
ENTRYPOINT ["/opt/apache/beam/boot"]
