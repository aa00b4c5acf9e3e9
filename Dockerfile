# syntax=docker/dockerfile:1
# The tags move to each fix of their release. For reproducible builds, pass both images by digest.
ARG BUILD_IMAGE=node:24-bookworm
ARG IMAGE=node:24-bookworm-slim

FROM ${BUILD_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
# The files of the npm package, the packages that it imports (those for OpenTelemetry too), and the list of those.
RUN npm pack --silent \
  && mkdir /product && tar -xzf *.tgz -C /product --strip-components=1 \
  && npm pkg delete workspaces devDependencies peerDependenciesMeta \
  && if [ -d node_modules/better-sqlite3-napi ]; then npm pkg delete optionalDependencies.better-sqlite3; fi \
  && npm prune --no-audit --no-fund \
  && npm sbom --sbom-format=cyclonedx > /product/sbom.json \
  && rm -rf node_modules/better-sqlite3*/deps node_modules/better-sqlite3*/src \
  && find node_modules/better-sqlite3* -type f \( -path '*/build/*' -o -path '*/prebuilds/*' \) \
    ! -name better_sqlite3.node ! -name 'linux*.node' -delete \
  && mv node_modules /product/

FROM ${IMAGE}
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="library-api" \
  org.opencontainers.image.description="A REST backend with accounts: register, log in, keep your own records of authors and their books." \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.version="${VERSION}" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 DATA_DIR=/data
WORKDIR /app
COPY --from=build /product ./
# The product installs nothing, so an intruder finds no package manager.
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn* /usr/local/bin/yarn* \
  && ln -s /app/bin/library-api.js /usr/local/bin/library-api \
  && mkdir /data && chown 1000:1000 /data
# node, as a number, so that Kubernetes sees that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/live`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Not through npm: npm does not pass SIGTERM on.
CMD ["library-api", "serve"]
