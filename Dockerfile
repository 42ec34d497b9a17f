# Two images, built and joined by docker-compose.yml: the server (--target app), and nginx in front (--target nginx).
ARG NODE_IMAGE=node:22-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /build
# Alone, so that a change of the sources does not install everything anew. .npmrc keeps install scripts from running.
COPY package.json package-lock.json .npmrc ./
RUN npm ci

# Alone as well: compiling it takes minutes, where its download does not work.
FROM packages AS worker
COPY scripts/worker.mjs scripts/
COPY scripts/set-up scripts/set-up
RUN node scripts/worker.mjs /build/mediasoup-worker

FROM packages AS build
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE} AS app
RUN apt-get update \
    && apt-get install -y --no-install-recommends ffmpeg libsrtp2-1 libssl3 libusrsctp2 libuv1 \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o node -g node /var/lib/tidemark /srv/media
WORKDIR /app
COPY package.json ./
COPY config/default.yaml config/slate.png config/
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY --from=worker /build/mediasoup-worker /usr/local/bin/mediasoup-worker
ENV NODE_ENV=production MEDIASOUP_WORKER_BIN=/usr/local/bin/mediasoup-worker DATA_DIR=/var/lib/tidemark MEDIA_DIR=/srv/media
USER node
EXPOSE 8000 1935 44300-44307/udp 44300-44307/tcp
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:8000/health').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "dist/main.js"]

# Debian's nginx, since it comes with a Lua module of its own version; the official image has none.
FROM debian:bookworm-slim AS nginx
RUN apt-get update \
    && apt-get install -y --no-install-recommends nginx libnginx-mod-http-lua gettext-base openssl \
    && rm -rf /var/lib/apt/lists/* \
    && install -d -o www-data -g www-data /tls /var/cache/tidemark
COPY nginx/tidemark.conf nginx/docker/nginx.conf nginx/docker/start.sh /etc/tidemark/
ENV LISTEN=8080 LISTEN_TLS=8443 HSTS= UPSTREAM=app:8000 MEDIA_DIR=/srv/media TRUSTED_PROXY=255.255.255.255 \
    TLS_CERT_FILE=/tls/certificate.pem TLS_KEY_FILE=/tls/key.pem CACHE_DIR=/var/cache/tidemark/parts COLLECTOR=127.0.0.1:8009
USER www-data
EXPOSE 8080 8443
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["bash", "-c", "</dev/tcp/127.0.0.1/8080"]
STOPSIGNAL SIGQUIT
CMD ["sh", "/etc/tidemark/start.sh"]
