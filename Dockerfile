# Wiregrade: the service and its workers are one program, with the toolchains
# that students' programs are built and run with. It runs as an ordinary user.
#
#   docker build -t wiregrade .          # then: docker compose up (compose.yaml)

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /grader ./cmd/grader

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends \
        ca-certificates git tini \
        python3 python3-venv gcc g++ libc6-dev make cmake openjdk-17-jdk-headless maven nodejs npm \
        postgresql-client \
 && rm -rf /var/lib/apt/lists/*
# The students' Go is the one that built this.
COPY --from=build /usr/local/go /usr/local/go
COPY --from=build /grader /opt/wiregrade/grader
ENV PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/wiregrade \
    GOTOOLCHAIN=local
RUN useradd --uid 1000 --create-home --home-dir /var/lib/wiregrade --shell /usr/sbin/nologin wiregrade
USER wiregrade
WORKDIR /var/lib/wiregrade
VOLUME /var/lib/wiregrade
EXPOSE 8080
LABEL org.opencontainers.image.title="Wiregrade" \
      org.opencontainers.image.description="Grades network programs from what is on the wire" \
      org.opencontainers.image.licenses="see LICENSE"
# Asks the service whether it and its database answer. A worker has no port: switch it off there.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
ENTRYPOINT ["tini", "--", "grader"]
CMD ["serve", "--listen", ":8080", "--data", "/var/lib/wiregrade"]
