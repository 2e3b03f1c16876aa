# One image, started as the API (the default) or as a worker: `docker run strand strand worker`.
# It reads recordings; `--build-arg EXTRAS=` leaves that out and makes it smaller. The embedded database is never in it.
FROM python:3.13-slim AS packages
ARG EXTRAS=media
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
RUN python -m venv --without-pip /opt/strand
COPY requirements/image.txt requirements/image-media.txt requirements/
RUN pip --python /opt/strand/bin/python install --quiet --no-deps --require-hashes -r "requirements/image${EXTRAS:+-$EXTRAS}.txt" \
 && find /opt/strand -depth \( \( -type d \( -name tests -o -name include \) \) -o \( -type f \( -name '*.pyi' -o -name '*.pxd' -o -name '*.pyx' \) \) \) -exec rm -rf '{}' +

# The code lies apart from the packages, so that a change of it is a small layer.
FROM packages AS code
COPY requirements/build.txt requirements/
RUN pip --python /opt/strand/bin/python install --quiet --no-deps --require-hashes -r requirements/build.txt
COPY pyproject.toml README.md ./
COPY app app
RUN pip --python /opt/strand/bin/python install --quiet --no-deps --no-build-isolation --target /opt/app .

FROM python:3.13-slim
# The root is read-only when it runs, so what Python would compile at each start is compiled here.
RUN pip uninstall --quiet --yes --root-user-action=ignore pip \
 && python -m compileall -q -x '/(ensurepip|idlelib|lib2to3|pydoc_data|site-packages|tkinter|turtledemo)/' "$(python -c 'import os; print(os.path.dirname(os.__file__))')" \
 && useradd --system --uid 10001 --home-dir /var/lib/strand --create-home --shell /usr/sbin/nologin strand
COPY --from=packages /opt/strand /opt/strand
COPY --from=code /opt/app /opt/app
ENV PATH=/opt/app/bin:/opt/strand/bin:$PATH PYTHONPATH=/opt/app PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    APP_ENV=production HOST=0.0.0.0 PORT=8000 STRAND_HOME=/var/lib/strand
USER 10001
WORKDIR /var/lib/strand
VOLUME /var/lib/strand
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=10s --start-period=40s --retries=3 CMD ["strand", "health"]
CMD ["strand", "api"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Strand" \
      org.opencontainers.image.description="The pre-production partner of people who make videos that explain something." \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION"
