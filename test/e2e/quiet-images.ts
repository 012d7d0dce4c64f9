/** The files of an image that is built over another one: by path in the context. */
export interface ImageRecipe {
  readonly reference: string;
  readonly files: Readonly<Record<string, string>>;
}

export const DEBIAN = "quiet/debian:12";

/** As the web servers that people run: a script of several parts prepares the configuration, and becomes the server. */
const web: ImageRecipe = {
  reference: "quiet/web:1",
  files: {
    Dockerfile: `FROM ${DEBIAN}
COPY entrypoint.sh /
COPY entrypoint.d /entrypoint.d
COPY default.conf.in /etc/nginx/templates/
COPY site /srv/site
RUN chmod 755 /entrypoint.sh /entrypoint.d/*.sh && rm -f /etc/nginx/sites-enabled/default && \\
    ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log
ENV SERVER_NAME=localhost
HEALTHCHECK --interval=10s CMD curl -sf http://127.0.0.1/ >/dev/null
STOPSIGNAL SIGQUIT
ENTRYPOINT ["/entrypoint.sh"]
CMD ["nginx", "-g", "daemon off;"]
`,
    "entrypoint.sh": `#!/bin/sh
set -e
find /entrypoint.d -follow -type f | sort -V | while read -r part; do "$part"; done
exec "$@"
`,
    "entrypoint.d/10-configuration.sh": `#!/bin/sh
sed "s/@SERVER_NAME@/$SERVER_NAME/" /etc/nginx/templates/default.conf.in >/etc/nginx/conf.d/default.conf
`,
    "entrypoint.d/20-workers.sh": `#!/bin/bash
sed -i "s/^worker_processes .*/worker_processes 2;/" /etc/nginx/nginx.conf
`,
    "default.conf.in": `server {
  listen 80; server_name @SERVER_NAME@; root /srv/site;
  access_log /var/log/nginx/access.log; access_log /var/log/nginx/site.log;
  client_body_temp_path /tmp/body;
  location /status { stub_status; }
  location /app/ { proxy_pass http://127.0.0.1:3000/; }
}
`,
    "site/index.html": "<!doctype html><title>quiet</title>\n",
    "site/large.txt": "0123456789abcdef\n".repeat(8192),
  },
};

/** As images of databases do it: root gives the directory away, becomes another user, and begins it the first time. */
const database: ImageRecipe = {
  reference: "quiet/db:1",
  files: {
    Dockerfile: `FROM ${DEBIAN}
COPY entrypoint.sh /usr/local/bin/
RUN chmod 755 /usr/local/bin/entrypoint.sh && ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin/ && \\
    mkdir -p /data && chown postgres:postgres /data && install -d -o postgres -g postgres /run/postgresql
ENV PGDATA=/data/main
VOLUME /data
HEALTHCHECK --interval=10s CMD pg_isready -q -h 127.0.0.1
STOPSIGNAL SIGINT
ENTRYPOINT ["entrypoint.sh"]
CMD ["postgres"]
`,
    "entrypoint.sh": `#!/usr/bin/env bash
set -Eeo pipefail
if [ "$1" = postgres ] && [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" && chmod 700 "$PGDATA"
  find "$PGDATA" \\! -user postgres -exec chown postgres '{}' +
  exec gosu postgres "$BASH_SOURCE" "$@"
fi
if [ "$1" = postgres ] && ! [ -s "$PGDATA/PG_VERSION" ]; then
  initdb --auth=trust --username=postgres >/dev/null
  pg_ctl -w -o "-c listen_addresses=''" start >/dev/null
  psql -q -c 'CREATE DATABASE shop'
  psql -q shop -c 'CREATE TABLE orders (id serial PRIMARY KEY, note text)'
  pg_ctl -w -m fast stop >/dev/null
fi
exec "$@"
`,
  },
};

/** A service in Node with a database of its own in a file. */
const app: ImageRecipe = {
  reference: "quiet/app:1",
  files: {
    Dockerfile: `FROM ${DEBIAN}
COPY node /usr/local/bin/node
COPY server.js app.test.js package.json /app/
COPY node_modules /app/node_modules
RUN chmod 755 /app/node_modules/.bin/* && useradd --system --create-home app && mkdir /var/lib/app && chown app /var/lib/app
WORKDIR /app
USER app
HEALTHCHECK --interval=10s CMD ["node", "-e", "fetch('http://127.0.0.1:3000/').then((r) => process.exit(r.ok ? 0 : 1))"]
CMD ["node", "server.js"]
`,
    "package.json":
      '{"name":"app","type":"module","scripts":{"build":"bundle server.js","test":"node --test"}}\n',
    "app.test.js": `import { test } from "node:test";
import { execFileSync } from "node:child_process";
test("runs a tool", () => execFileSync("openssl", ["version"]));
`,
    "node_modules/.bin/bundle": "#!/usr/bin/env node\nprocess.stdout.write(process.argv[2] ?? '');\n",
    "server.js": `import { appendFileSync, readFileSync } from "node:fs";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { DatabaseSync } from "node:sqlite";
const database = new DatabaseSync("/var/lib/app/app.sqlite");
database.exec("CREATE TABLE IF NOT EXISTS visit (at INTEGER, path TEXT)");
const insert = database.prepare("INSERT INTO visit VALUES (?, ?)");
createServer((request, response) => {
  insert.run(Date.now(), request.url);
  appendFileSync("/tmp/app.log", request.url + "\\n");
  readFileSync("/app/package.json");
  const answer = JSON.stringify(database.prepare("SELECT count(*) AS visits FROM visit").get());
  if (request.url !== "/tool") response.end(answer);
  else execFile("openssl", ["rand", "-hex", "8"], (error, text) => response.end(error ? "failed" : text));
}).listen(3000, "127.0.0.1");
process.on("SIGTERM", () => process.exit(0));
`,
  },
};

/** Several programs under a supervisor: a cache, and cron with a job that its first script writes. */
const jobs: ImageRecipe = {
  reference: "quiet/jobs:1",
  files: {
    Dockerfile: `FROM ${DEBIAN}
COPY entrypoint.sh job.sh /usr/local/bin/
COPY jobs.conf /etc/supervisor/conf.d/
RUN chmod 755 /usr/local/bin/*.sh && update-ca-certificates >/dev/null && ldconfig
HEALTHCHECK --interval=10s CMD redis-cli ping | grep -q PONG
ENTRYPOINT ["entrypoint.sh"]
CMD ["supervisord", "-n", "-c", "/etc/supervisor/supervisord.conf"]
`,
    "entrypoint.sh": `#!/bin/sh
set -e
echo '* * * * * root /usr/local/bin/job.sh' >/etc/cron.d/job
exec "$@"
`,
    "job.sh": `#!/bin/sh
redis-cli incr jobs >/dev/null
find /tmp -type f -mtime +1 -delete
git -C /var/lib/repository commit -q --allow-empty -m job 2>/dev/null || git init -q /var/lib/repository
`,
    "jobs.conf": `[program:cache]
command=redis-server --save 5 1 --dir /var/lib/redis
user=redis
[program:cron]
command=cron -f
`,
  },
};

/** In the order in which they are built. */
export const quietImages: readonly ImageRecipe[] = [web, database, app, jobs];

/** What is compiled, tested and packed, on a volume as people mount their checkouts. */
export const source: Readonly<Record<string, string>> = {
  Makefile: `CFLAGS = -O2 -Wall
objects = $(patsubst %.c,%.o,$(wildcard *.c))
all: libsum.a test
libsum.a: sum.o
	$(AR) rcs $@ $^
test: $(objects) libsum.a
	$(CC) -o $@ test.o -L. -lsum
check: test
	./test
	python3 -m unittest -q check.py
dist: all
	tar czf /tmp/dist.tar.gz . && sha256sum /tmp/dist.tar.gz
install: all
	install -D test $(DESTDIR)/usr/local/bin/quiet-test
	install -D -m 644 libsum.a $(DESTDIR)/usr/local/lib/libsum.a
clean:
	rm -f *.o *.a test
.PHONY: all check dist install clean
`,
  "sum.c": "int sum(int left, int right) { return left + right; }\n",
  "test.c": '#include <stdio.h>\nint sum(int, int);\nint main(void) { puts("ok"); return sum(1, 2) != 3; }\n',
  "check.py":
    "import subprocess, tempfile, unittest\n\n\nclass Test(unittest.TestCase):\n    def test(self):\n        with tempfile.NamedTemporaryFile() as file:\n            file.write(b'x')\n        self.assertEqual(subprocess.run(['true']).returncode, 0)\n",
};

/** Built anew in each round, as a build server does. */
export const built = `FROM ${DEBIAN}
ARG round
COPY . /src/
RUN make -C /src -s install && rm -rf /src
RUN groupadd --system quiet && useradd --system --gid quiet quiet && mkdir -p /var/lib/quiet && chown quiet /var/lib/quiet
RUN mkdir -p /pkg/DEBIAN /pkg/usr/share/quiet && echo $round >/pkg/usr/share/quiet/round && \\
    printf 'Package: quiet\\nVersion: 1\\nArchitecture: all\\nMaintainer: x <x@example.org>\\nDescription: x\\n' >/pkg/DEBIAN/control && \\
    dpkg-deb --build /pkg /quiet.deb && apt-get install -qq -y /quiet.deb >/dev/null && rm -rf /pkg /quiet.deb
USER quiet
CMD ["quiet-test"]
`;
