import { describe, expect, it } from "vitest";
import { givenScript } from "./given-script.ts";

/** What is told of a command line; the first word is the program, from the root. */
function scriptOf(line: string, exe?: string) {
  const [exePath = "", ...args] = line.split(" ");
  return givenScript({ exePath, exe: exe ?? exePath, args, directory: "/srv" });
}

describe("the file that an interpreter was given", () => {
  it.each([
    ["python3 /usr/lib/x/tool.py --port 1", "/usr/lib/x/tool.py"],
    ["python3.11 -u -W ignore -Xdev tool.py", "/srv/tool.py"],
    ["python3 -Esc", undefined],
    ["python3 -um http.server 80", undefined],
    ["python3 -c import_x /a.py", undefined],
    ["python3 --check-hash-based-pycs always -- -odd.py", "/srv/-odd.py"],
    ["python3 -", undefined],
    ["python3", undefined],
    ["pypy3.10 x.py", "/srv/x.py"],
    ["perl -wT /usr/share/x/tool.pl", "/usr/share/x/tool.pl"],
    ["perl5.36.0 -I lib -MData::Dumper -CSD tool.pl a", "/srv/tool.pl"],
    ["perl -lane print /etc/passwd", undefined],
    ["perl -0777ne print /etc/passwd", undefined],
    ["perl -i.bak -pe s/a/b/ /etc/passwd", undefined],
    ["perl -S tool", undefined],
    ["ruby3.1 -W0 -r bundler/setup -Ilib tool.rb", "/srv/tool.rb"],
    ["ruby --encoding utf-8 --enable=gems tool.rb", "/srv/tool.rb"],
    ["ruby -rjson -e puts /a.rb", undefined],
    ["ruby -C /tmp tool.rb", undefined],
    ["php8.2 -d memory_limit=1G -dx=1 artisan serve", "/srv/artisan"],
    ["php -q -f /app/x.php -- -f y", "/app/x.php"],
    ["php --file=/app/x.php", "/app/x.php"],
    ["php -S 0.0.0.0:80 -t public router.php", "/srv/router.php"],
    ["php -r phpinfo();", undefined],
    ["php-cgi8.2 x.php", "/srv/x.php"],
    ["php-fpm8.2 -F", undefined],
    ["lua5.4 -l socket -W tool.lua", "/srv/tool.lua"],
    ["dash /usr/sbin/thing -c x", "/usr/sbin/thing"],
    ["bash -euo pipefail -O extglob +x /thing", "/thing"],
    ["bash --rcfile /etc/rc --norc thing", "/srv/thing"],
    ["bash -lc thing", undefined],
    ["bash -s thing", undefined],
    ["sh - thing", "/srv/thing"],
    ["zsh -f", undefined],
    ["java -Xmx1g -cp /lib/a.jar:/lib/b.jar -jar /app/a.jar", "/app/a.jar"],
    ["java -Dx=1 @options -jar a.jar -jar b.jar", "/srv/a.jar"],
    ["java -cp /lib/a.jar com.example.Main -jar x.jar", undefined],
    ["java -m com.example/Main", undefined],
    // A list of what there is, and no program that would be executed.
    ["cat /etc/passwd", undefined],
    ["pythonista x.py", undefined],
  ])("%s", (line, file) => {
    expect(scriptOf(`/usr/bin/${line}`)[0]).toBe(file);
  });

  it.each([
    ["sh", "/usr/sbin/thing", "/usr/sbin/thing"],
    ["-ash", "-e thing", "/srv/thing"],
    ["/bin/busybox", "sh thing", "/srv/thing"],
    ["cat", "/etc/passwd", undefined],
    ["busybox", "cat /etc/passwd", undefined],
    ["busybox", "", undefined],
  ])("one of many in one, called %s %s", (exe, args, file) => {
    expect(scriptOf(`/bin/busybox ${args}`, exe)[0]).toBe(file);
  });

  it.each([
    ["/usr/bin/node /app/node_modules/x/cli.js", "/app/node_modules/x/cli.js"],
    ["/usr/bin/node --max-old-space-size=99 --require ./a.js -r b --env-file=.env app", "/srv/app"],
    ["/usr/bin/nodejs --experimental-loader x --enable-source-maps app", "/srv/app"],
    ["/usr/bin/node --input_type module app", "/srv/app"],
  ])("and what Node may mean by it: %s", (line, file) => {
    expect(scriptOf(line)).toEqual([file, `${file}.js`, `${file}/index.js`]);
  });

  it.each(["-e x", "-pe x", "--eval=x", "--print x", "--run dev", "- x"])("is none of node %s", (args) => {
    expect(scriptOf(`/usr/bin/node ${args}`)).toEqual([]);
  });

  it("and what Python may mean by it", () => {
    expect(scriptOf("/usr/bin/python3 /app")).toEqual(["/app", "/app/__main__.py"]);
  });

  it("is not known below a directory that is not", () => {
    const python = { exePath: "/usr/bin/python3", exe: "python3", directory: "" };
    expect(givenScript({ ...python, args: ["x.py"] })).toEqual([]);
    expect(givenScript({ ...python, args: ["/x.py"] })[0]).toBe("/x.py");
  });

  it.each([
    // What the kernel makes of `/usr/bin/tool`, by its first line.
    ["#!/usr/bin/python3 -Es", "/usr/bin/python3", ["-Es", "/usr/bin/tool", "run"]],
    ["#!/usr/bin/env python3", "/usr/bin/python3", ["/usr/bin/tool", "run"]],
    ["#!/usr/bin/env -S node --no-warnings", "/usr/bin/node", ["--no-warnings", "/usr/bin/tool", "run"]],
    // A script whose interpreter is one, too: the program of the last interpreter is the first script.
    ["#!/usr/bin/tool", "/bin/dash", ["-e", "/usr/bin/tool", "/usr/bin/other", "run"]],
  ])("of a file that begins with %s", (_, exePath, args) => {
    expect(givenScript({ exePath, exe: exePath, args, directory: "/" })[0]).toBe("/usr/bin/tool");
  });
});
