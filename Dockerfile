# The image of every Signalbox process; the command says which one runs. Node is the LTS version that is supported longest.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production PORT=3000 METRICS_PORT=9464
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
# Migrations are read at run time, beside dist.
COPY drizzle ./drizzle
# A new volume mounted here takes over this owner.
RUN mkdir -p /var/lib/signalbox/artifacts && chown -R node:node /var/lib/signalbox
ENV ARTIFACTS_DIR=/var/lib/signalbox/artifacts
USER node
EXPOSE 3000 9464
STOPSIGNAL SIGTERM
# Node runs as process 1: it handles SIGTERM itself and starts no children that would need reaping.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.HEALTH_PORT ?? process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--enable-source-maps", "dist/main/api.js"]
