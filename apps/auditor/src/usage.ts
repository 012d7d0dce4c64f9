/** What `--help` prints. */
export const usage = `pratique-audit: verifies an audit log without trusting whoever keeps it

A LOG is a directory as c2sp.org/tlog-tiles lays it out, or the http(s) URL of one. Of a Pratique
server it is https://SERVER:8443/audit/v1, with --token TOKEN (or --token @FILE) of somebody who may
read the audit log, and --ca FILE where the server has a certificate of its own.
A KEY is a verifier key (NAME+ID+BASE64), or @FILE with one a line.

pratique-audit verify LOG --key KEY [--earlier FILE] [--witness KEY... --quorum N]
               [--max-silence SECONDS] [--save FILE] [--json]
  Reads all of it. --earlier is a checkpoint that was kept elsewhere, and --save keeps
  this one for the next time.
pratique-audit prove LOG INDEX [--output FILE] [--entry FILE]
  Writes a proof (c2sp.org/tlog-proof) for one entry, and the entry itself.
pratique-audit prove --check PROOF --entry FILE --key KEY [--witness KEY... --quorum N] [--json]
  Verifies a proof without any connection.
pratique-audit prove --check EXPORT --key KEY [--witness KEY... --quorum N] [--json]
  Verifies entries that were exported with their proofs, by the console or by
  GET /api/v1/audit/export, line by line, without any connection.
pratique-audit export LOG --key KEY [--format json|cef|ocsf] [--from INDEX] [--to INDEX]
  Writes one line an entry, and verifies the log meanwhile.
pratique-audit witness --name NAME --key FILE --state FILE --log KEY... [--listen HOST:PORT]
               [--tls-cert FILE --tls-key FILE]
  Cosigns what it has seen of logs (c2sp.org/tlog-witness). Run it on another host, with a
  certificate and its key in PEM.

Example: pratique-audit verify https://127.0.0.1:8443/audit/v1 --token @token --ca server.pem \
         --key @log.vkey --save last.checkpoint

Exit codes: 0 whole, 1 could not run, 2 problems found, 3 could not be fully checked.
`;
