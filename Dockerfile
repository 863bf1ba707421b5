# Two images of one source, each from its lock: `server` (the program) and `airflow` (with Airflow).
FROM python:3.11.14-slim-bookworm AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1

FROM base AS wheel
WORKDIR /src
COPY requirements/server.txt requirements/server.txt
RUN python -m venv /build && /build/bin/pip install --require-hashes -r requirements/server.txt
COPY pyproject.toml README.md LICENSE ./
COPY ingest ingest
RUN /build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM base AS server-packages
COPY requirements/server.txt /tmp/requirements.txt
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt
COPY --from=wheel /wheels /wheels
RUN /opt/venv/bin/pip install --no-deps /wheels/*.whl && /opt/venv/bin/python -m compileall -q /opt/venv/lib

FROM base AS airflow-packages
COPY requirements/cluster.txt /tmp/requirements.txt
RUN python -m venv /opt/venv && /opt/venv/bin/pip install --require-hashes -r /tmp/requirements.txt
COPY --from=wheel /wheels /wheels
RUN /opt/venv/bin/pip install --no-deps /wheels/*.whl && /opt/venv/bin/python -m compileall -q /opt/venv/lib

# Any user of group 0 may write the folders that volumes are mounted on, and nothing else.
FROM base AS runtime
ENV PATH=/opt/venv/bin:$PATH HOME=/tmp USER=summitwatch LOGNAME=summitwatch
RUN install -d -m 2770 -o 1000 -g 0 /keys /data /logs
COPY --chmod=0644 ops/probe.py /opt/probe.py
WORKDIR /tmp
USER 1000:0

FROM runtime AS airflow
ENV AIRFLOW_HOME=/tmp/airflow
COPY --from=airflow-packages /opt/venv /opt/venv
COPY dags /opt/summitwatch/dags
COPY --chmod=0755 ops/airflow-entrypoint /usr/local/bin/airflow-entrypoint
ENTRYPOINT ["airflow-entrypoint"]
CMD ["airflow", "version"]

FROM runtime AS server
COPY --from=server-packages /opt/venv /opt/venv
CMD ["summitwatch", "--help"]
