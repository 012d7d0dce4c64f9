-- The tables as 0001-first-page made them, with two images, three records, a host and a session.
CREATE TABLE "kysely_migration" ("name" varchar(255) not null primary key, "timestamp" varchar(255) not null);
insert into kysely_migration ("name", "timestamp") values ('0001-first-page', '2026-11-25T03:08:05.949Z');
CREATE TABLE "kysely_migration_lock" ("id" varchar(255) not null primary key, "is_locked" integer default 0 not null);
insert into kysely_migration_lock ("id", "is_locked") values ('migration_lock', 0);
CREATE TABLE "images" ("image_id" text primary key, "reference" text not null, "digest" text, "platform" text, "distro" text, "size_bytes" bigint not null, "created" text, "scanned_at" text not null, "assessment" text not null, "assessment_codes" text not null, "critical" integer not null, "high" integer not null, "medium" integer not null, "low" integer not null, "negligible" integer not null, "unknown" integer not null, "fixable" integer not null, "known_exploited" integer not null, "suppressed" integer not null, "packages" integer not null, "weight" bigint not null, "search" text not null, "last_decision" text, "last_decided_at" text, "report" blob not null);
insert into images ("image_id", "reference", "digest", "platform", "distro", "size_bytes", "created", "scanned_at", "assessment", "assessment_codes", "critical", "high", "medium", "low", "negligible", "unknown", "fixable", "known_exploited", "suppressed", "packages", "weight", "search", "last_decision", "last_decided_at", "report") values ('sha256:0000000000000000000000000000000000000000000000000000000000000001', 'nginx:1.27', null, null, 'debian 12.5', 1000, null, '2026-11-20T10:00:00.000Z', 'complete', '[]', 1, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1001000001000, 'nginx:1.27
sha256:0000000000000000000000000000000000000000000000000000000000000001
debian 12.5', 'deny', '2026-11-24T10:00:03.000Z', x'28b52ffd0058e50a00b6574422306ddb06a05013b87a8d1ae193d96f370b54b6155da8399eb73ff5c961050d05151c3a0037003c00af99ade309128094108d2dedf9556ddf2afb1ec9f72e4ffbf8068412a14469012589941203094a9e6f83b5ada9e263ca37c7f82d83369651fc48cf317b2c3d2a1cf2dc1cebbee3b7b7711a4e3dbfadcd6d1bcccbacc7072194f2bc0d39d808c6c7e7020049fae3f8a66cb1ebf9c51ec9bbca1a3d1e2512181096c65663ca51f130ad050ceb2260b12b1786f37cf31ccef10cebe2f96d683b7e1d481fef2cca50ea1cbb399c5206eddc3b3ecb028fe279f2e09a24310b63123e90bf65287d9d780ec7c7e54695fcda66ae712012da836b8ce3d7b65a45d1e7d9816f54b1664f3d0f69f6f6b1acb01c1a002932d300cc8384e5c8a6e4640cdf68bb40194e5eb290d5b2b6b376b8a7f3addd86bd62621211ad2067982fc38d3b6d937aa93c8679623210d5389ba2327385263632b72f8e02');
insert into images ("image_id", "reference", "digest", "platform", "distro", "size_bytes", "created", "scanned_at", "assessment", "assessment_codes", "critical", "high", "medium", "low", "negligible", "unknown", "fixable", "known_exploited", "suppressed", "packages", "weight", "search", "last_decision", "last_decided_at", "report") values ('sha256:0000000000000000000000000000000000000000000000000000000000000002', 'alpine:3.20', null, null, 'debian 12.5', 1000, null, '2026-11-24T10:00:00.000Z', 'complete', '[]', 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 'alpine:3.20
sha256:0000000000000000000000000000000000000000000000000000000000000002
debian 12.5', null, null, x'28b52ffd0058950700869134224089b60d805d6827a016834166b8d450068abbccaecdc023977da7b76b320c0300012c002a0028006e15ebfec8bf659cbee313104a84122107028901410c04094a9e7f08b5cc9afa88e499ad768ba0ce36a9ff08082124dffb140c7661f5f1f9c02141ee389e752dab9e57eb8f3c73af973a1e2587805c5e8da1cf6fe20dedf8b8c152423cc6dcf1d9e5582f87d2a392c837b3d675c7ef5b4673587a7e9fbee675bab75b8f4f8f92c837c34bf1521c95a7795ad0b42e00cbaa6416ed79866bb4e39bd6e5f975948fdfa6f08e6f8c2e92060a00659071e76a522f95c7304f4c06a21a67535466aef0c44668f7c551');
CREATE INDEX "images_weight" on "images" ("weight", "image_id");
CREATE INDEX "images_scanned_at" on "images" ("scanned_at", "image_id");
CREATE TABLE "launches" ("id" text primary key, "log_id" text not null, "sequence" bigint not null, "record_hash" text not null, "time" text not null, "host" text not null, "decision" text not null, "outcome" text not null, "image" text not null, "image_id" text, "search" text not null, "document" text not null);
insert into launches ("id", "log_id", "sequence", "record_hash", "time", "host", "decision", "outcome", "image", "image_id", "search", "document") values ('log.1', 'log', 1, '0000000000000000000000000000000000000000000000000000000000000001', '2026-11-24T10:00:01.000Z', 'web-1', 'deny', 'denied', 'nginx:1.27', 'sha256:0000000000000000000000000000000000000000000000000000000000000001', 'nginx:1.27
web
no-critical', '{"image":"nginx:1.27"}');
insert into launches ("id", "log_id", "sequence", "record_hash", "time", "host", "decision", "outcome", "image", "image_id", "search", "document") values ('log.2', 'log', 2, '0000000000000000000000000000000000000000000000000000000000000002', '2026-11-24T10:00:02.000Z', 'web-1', 'deny', 'denied', 'nginx:1.27', 'sha256:0000000000000000000000000000000000000000000000000000000000000001', 'nginx:1.27
web
no-critical', '{"image":"nginx:1.27"}');
insert into launches ("id", "log_id", "sequence", "record_hash", "time", "host", "decision", "outcome", "image", "image_id", "search", "document") values ('log.3', 'log', 3, '0000000000000000000000000000000000000000000000000000000000000003', '2026-11-24T10:00:03.000Z', 'web-1', 'deny', 'denied', 'nginx:1.27', 'sha256:0000000000000000000000000000000000000000000000000000000000000001', 'nginx:1.27
web
no-critical', '{"image":"nginx:1.27"}');
CREATE INDEX "launches_time" on "launches" ("time", "id");
CREATE INDEX "launches_image" on "launches" ("image_id", "time");
CREATE TABLE "logs" ("log_id" text primary key, "host" text not null, "acknowledged" bigint not null, "last_hash" text not null);
insert into logs ("log_id", "host", "acknowledged", "last_hash") values ('log', 'web-1', 3, '0000000000000000000000000000000000000000000000000000000000000003');
CREATE TABLE "records" ("log_id" text not null, "sequence" bigint not null, "time" text not null, "class" text not null, "action" text not null, "actor" text not null, "data" text not null, "previous_hash" text not null, "hash" text not null, constraint "records_key" primary key ("log_id", "sequence"));
insert into records ("log_id", "sequence", "time", "class", "action", "actor", "data", "previous_hash", "hash") values ('log', 1, '2026-11-24T10:00:01.000Z', 'launch', 'launch.denied', 'uid:0', '{}', '0000000000000000000000000000000000000000000000000000000000000000', '0000000000000000000000000000000000000000000000000000000000000001');
insert into records ("log_id", "sequence", "time", "class", "action", "actor", "data", "previous_hash", "hash") values ('log', 2, '2026-11-24T10:00:02.000Z', 'launch', 'launch.denied', 'uid:0', '{}', '0000000000000000000000000000000000000000000000000000000000000001', '0000000000000000000000000000000000000000000000000000000000000002');
insert into records ("log_id", "sequence", "time", "class", "action", "actor", "data", "previous_hash", "hash") values ('log', 3, '2026-11-24T10:00:03.000Z', 'launch', 'launch.denied', 'uid:0', '{}', '0000000000000000000000000000000000000000000000000000000000000002', '0000000000000000000000000000000000000000000000000000000000000003');
CREATE TABLE "hosts" ("name" text primary key, "heard_at" text not null, "log_id" text not null, "status" text not null);
insert into hosts ("name", "heard_at", "log_id", "status") values ('web-1', '2026-11-24T10:00:00.000Z', 'log', '{"n":1}');
CREATE TABLE "sessions" ("token_hash" text primary key, "account" text not null, "expires_at_ms" bigint not null);
insert into sessions ("token_hash", "account", "expires_at_ms") values ('2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b', 'operator', 9000000000000);
CREATE TABLE "sign_in_tokens" ("token_hash" text primary key, "account" text not null, "expires_at_ms" bigint not null);
CREATE TABLE "changes" ("sequence" integer primary key autoincrement, "kind" text not null, "subject" text not null);
insert into changes ("sequence", "kind", "subject") values (1, 'image', 'sha256:0000000000000000000000000000000000000000000000000000000000000001');
insert into changes ("sequence", "kind", "subject") values (2, 'image', 'sha256:0000000000000000000000000000000000000000000000000000000000000002');
insert into changes ("sequence", "kind", "subject") values (3, 'launch', 'log.1');
insert into changes ("sequence", "kind", "subject") values (4, 'launch', 'log.2');
insert into changes ("sequence", "kind", "subject") values (5, 'launch', 'log.3');
insert into changes ("sequence", "kind", "subject") values (6, 'host', 'web-1');
