# Two images: `web` (also runs the images worker; no torch in it) and `worker` (trains).
# docker-compose.yml says what each service runs.
FROM node:24-slim AS browser
WORKDIR /loupe
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --omit=dev --no-audit --no-fund

FROM python:3.12-slim AS web
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /loupe
COPY pyproject.toml constraints.txt README.md ./
COPY app app
COPY worker worker
COPY migrations migrations
RUN pip install --constraint constraints.txt --editable . \
    && useradd --create-home --uid 1000 loupe && install --directory --owner=loupe /data
COPY templates templates
COPY static static
COPY --from=browser /loupe/node_modules node_modules
USER loupe
ENV LOUPE_DATA=/data LOUPE_HOST=0.0.0.0
EXPOSE 8000

FROM web AS worker
USER root
RUN pip install --constraint constraints.txt --editable '.[worker]'
USER loupe
