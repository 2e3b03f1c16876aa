# One image, started as the API (the default) or as a worker: `docker run strand python -m app.worker.run`.
FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements/image.txt requirements/image.txt
RUN python -m venv /opt/strand \
 && /opt/strand/bin/pip install --quiet --no-deps --require-hashes -r requirements/image.txt
COPY pyproject.toml README.md ./
COPY app app
RUN /opt/strand/bin/pip install --quiet --no-deps --no-build-isolation . \
 && /opt/strand/bin/pip uninstall --quiet --yes pip setuptools

FROM python:3.13-slim
ENV PATH=/opt/strand/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 APP_ENV=production HOST=0.0.0.0 PORT=8000 STRAND_HOME=/var/lib/strand
RUN useradd --system --uid 10001 --home-dir /var/lib/strand --create-home --shell /usr/sbin/nologin strand
COPY --from=build /opt/strand /opt/strand
USER 10001
WORKDIR /var/lib/strand
VOLUME /var/lib/strand
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/api/v1/health/ready', timeout=4)"]
CMD ["strand", "api"]
