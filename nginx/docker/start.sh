#!/bin/sh
# Fills in tidemark.conf from the environment and becomes nginx.
set -eu

# For a first start. Replace both files by those of a real certificate, then: docker compose exec nginx nginx -c /etc/tidemark/nginx.conf -s reload
if [ ! -e "$TLS_CERT_FILE" ] && [ ! -e "$TLS_KEY_FILE" ]; then
  echo "making a self-signed certificate: browsers will warn of it"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=tidemark \
    -keyout "$TLS_KEY_FILE" -out "$TLS_CERT_FILE"
fi

# These names only: nginx has variables of its own.
envsubst '$LISTEN $LISTEN_TLS $UPSTREAM $MEDIA_DIR $TLS_CERT_FILE $TLS_KEY_FILE $HSTS $CACHE_DIR $COLLECTOR $TRUSTED_PROXY' \
  </etc/tidemark/tidemark.conf >/tmp/tidemark.conf
exec nginx -c /etc/tidemark/nginx.conf -e stderr
