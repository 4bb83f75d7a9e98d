CREATE TABLE schema_migrations (position INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
INSERT INTO schema_migrations (position, id) VALUES (0, '0001_jobs');
INSERT INTO schema_migrations (position, id) VALUES (1, '0002_revoked_keys');
INSERT INTO schema_migrations (position, id) VALUES (2, '0003_saved_blueprints');
INSERT INTO schema_migrations (position, id) VALUES (3, '0004_spent_codes');
INSERT INTO schema_migrations (position, id) VALUES (4, '0005_job_numbers');
INSERT INTO schema_migrations (position, id) VALUES (5, '0006_chains');
INSERT INTO schema_migrations (position, id) VALUES (6, '0007_audit');
INSERT INTO schema_migrations (position, id) VALUES (7, '0008_deleted_blueprints');
INSERT INTO schema_migrations (position, id) VALUES (8, '0009_store');
INSERT INTO schema_migrations (position, id) VALUES (9, '0010_events');
INSERT INTO schema_migrations (position, id) VALUES (10, '0011_emitted_events');
INSERT INTO schema_migrations (position, id) VALUES (11, '0012_offers');
INSERT INTO schema_migrations (position, id) VALUES (12, '0013_small_inputs');
INSERT INTO schema_migrations (position, id) VALUES (13, '0014_triggers');
INSERT INTO schema_migrations (position, id) VALUES (14, '0015_subscriptions');
INSERT INTO schema_migrations (position, id) VALUES (15, '0016_undo');
INSERT INTO schema_migrations (position, id) VALUES (16, '0017_small_outputs');
INSERT INTO schema_migrations (position, id) VALUES (17, '0018_tenant_secrets');
INSERT INTO schema_migrations (position, id) VALUES (18, '0019_event_triggers');
INSERT INTO schema_migrations (position, id) VALUES (19, '0020_replays');
INSERT INTO schema_migrations (position, id) VALUES (20, '0021_gone_children');
INSERT INTO schema_migrations (position, id) VALUES (21, '0022_slots');
CREATE TABLE plans (
      plan_hash TEXT PRIMARY KEY,
      plan_json TEXT NOT NULL,
      inline_uses INTEGER NOT NULL,
      pinned INTEGER NOT NULL CHECK (pinned IN (0, 1))
    ) STRICT, WITHOUT ROWID;
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('c3GD1X4yJgD0W4DcND4yqj', '{"name":"test-plan","steps":[{"id":"rest","type":"sleep","on_error":"fail","retry":{"limit":0,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","for":"1 hour"}]}', 1, 0);
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('hash-of-inline', '{"name":"test-plan","steps":[{"id":"first","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/1","method":"GET","max_bytes":262144},{"id":"second","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/2","method":"GET","max_bytes":262144}]}', 1, 0);
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('hash-of-test-plan', '{"name":"test-plan","steps":[{"id":"first","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/1","method":"GET","max_bytes":262144},{"id":"second","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/2","method":"GET","max_bytes":262144}]}', 0, 1);
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('hash-of-undo', '{"name":"test-plan","steps":[{"id":"first","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/","method":"GET","max_bytes":262144,"undo":{"id":"undo","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/undo","method":"GET","max_bytes":262144}}]}', 0, 1);
CREATE TABLE job_values (
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      value_json TEXT NOT NULL, row_key TEXT, child_id TEXT, undo_number INTEGER, undo TEXT CHECK (undo IN ('begun', 'done')),
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;
INSERT INTO job_values (job_id, path, value_json, row_key, child_id, undo_number, undo) VALUES ('job_02098zw90d45nzmndvhqge9yf900', 'first', '{"a":1}', NULL, NULL, 1, NULL);
CREATE TABLE idempotency_keys (
      idempotency_key TEXT PRIMARY KEY,
      request_hash TEXT NOT NULL,
      job_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES ('order 17', 'h', 'job_02098zw902fy5t9mqa62vgqgjk00');
CREATE TABLE revoked_keys (
      key_id TEXT PRIMARY KEY,
      revoked_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO revoked_keys (key_id, revoked_at) VALUES ('key 1', 2208988800000);
CREATE TABLE saved_blueprints (
      name TEXT NOT NULL,
      version INTEGER NOT NULL,
      description TEXT NOT NULL,
      document_json TEXT NOT NULL,
      plan_json TEXT NOT NULL,
      PRIMARY KEY (name, version)
    ) STRICT, WITHOUT ROWID;
INSERT INTO saved_blueprints (name, version, description, document_json, plan_json) VALUES ('kept', 1, '', '{"name":"kept","steps":[]}', '{"name":"kept","steps":[{"id":"first","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/1","method":"GET","max_bytes":262144},{"id":"second","type":"http","on_error":"fail","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","url":"https://example.com/2","method":"GET","max_bytes":262144}]}');
CREATE TABLE spent_codes (
      grant_id TEXT PRIMARY KEY,
      spent_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO spent_codes (grant_id, spent_at) VALUES ('grant 1', 2208988800000);
CREATE TABLE jobs (
      job_number INTEGER PRIMARY KEY,
      job_id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('queued','running','input_required','succeeded','failed','cancelled')),
      blueprint TEXT NOT NULL,
      plan_hash TEXT NOT NULL,
      submitted_at INTEGER NOT NULL,
      run_at INTEGER,
      dispatched_at INTEGER,
      started_at INTEGER,
      settled_at INTEGER,
      timeout_ms INTEGER NOT NULL,
      attempt INTEGER NOT NULL,
      nudges INTEGER NOT NULL,
      expected_by INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      step_count INTEGER NOT NULL,
      step TEXT,
      message TEXT,
      result_path TEXT,
      error TEXT,
      error_code TEXT,
      parent_id TEXT,
      retried_from TEXT,
      idempotency_key TEXT,
      metadata_json TEXT NOT NULL,
      run_json TEXT NOT NULL,
      events_json TEXT NOT NULL,
      result_json TEXT
    , submitted_by TEXT, input_json TEXT, outputs_json TEXT) STRICT;
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639950056429, 'job_02098zw9016azdswp7a42tmkdy00', 'acme', 'scheduled', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800001, 2208992400000, NULL, NULL, NULL, 86400000, 1, 0, 2208992400000, 2208992400000, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"batch":7}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639951419578, 'job_02098zw902fy5t9mqa62vgqgjk00', 'acme', 'queued', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800002, NULL, 2208988800002, NULL, NULL, 86400000, 1, 0, 2208988830002, 2208988805002, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'order 17', '{}', '{"steps":{},"k":1}', '[["a",0],["d",0]]', NULL, NULL, '{"page":1}', NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639952467446, 'job_02098zw903fxfpx1pr5h98ey2r00', 'acme', 'unsent', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800003, NULL, NULL, NULL, NULL, 86400000, 1, 1, 2208988800749, 2208988800749, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639953161227, 'job_02098zw904530byq66mcrw0nwz00', 'acme', 'acting', 'running', 'inline', 'hash-of-inline', 2208988800004, NULL, 2208988800004, 2208988800004, NULL, 86400000, 1, 0, 2208988840004, 2208988805004, 2, 'second', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["s",1,0,0],"second":["r",1,0]},"open":{"second":{"tries":1,"ended":0,"failures":0,"token":"t2","expected_by":2208988840004}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["s",0,"first"],["b",0,"second"]]', NULL, NULL, NULL, '{"first":{"status":200}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639954317492, 'job_02098zw9058c5mvnvjxjmc3v1q00', 'acme', 'sleeping', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800005, NULL, 2208988800005, 2208988800005, NULL, 86400000, 1, 0, 2208988870000, 2208988805005, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"wake_at":2208988860000,"expected_by":2208988870000}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["w",0,"first"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639955999476, 'job_02098zw906vpqm47fpej48kp4h00', 'acme', 'asking', 'input_required', 'test-plan@1', 'hash-of-test-plan', 2208988800006, NULL, 2208988800006, 2208988800006, NULL, 86400000, 1, 0, 2208992400006, 2208988805006, 2, 'first', 'Go on?', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"question":{"request_id":"q","message":"Go on?","schema":{"type":"object","properties":{}},"fallback":{},"expires_at":2208992400006},"expected_by":2208992400006}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["q",0,"first","Go on?"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639956153545, 'job_02098zw9070d692161h3z9jnfn00', 'acme', 'child', 'queued', 'inline', 'c3GD1X4yJgD0W4DcND4yqj', 2208988800007, NULL, NULL, NULL, NULL, 90000000, 1, 0, 2208988805007, 2208988805007, 1, NULL, NULL, NULL, NULL, NULL, 'job_02098zw907ctcfz28ay79x25tm00', NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639956560271, 'job_02098zw907ctcfz28ay79x25tm00', 'acme', 'parent', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800007, NULL, 2208988800007, 2208988800007, NULL, 86400000, 1, 0, 2240524800007, 2208988805007, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"child_id":"job_02098zw9070d692161h3z9jnfn00","expected_by":2240524800007}},"tree":2,"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["c",0,"first","job_02098zw9070d692161h3z9jnfn00"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639957988005, 'job_02098zw908rcn54v64wr0ty3ne00', 'acme', 'offering', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800008, NULL, 2208988800008, 2208988800008, NULL, 86400000, 1, 0, 2209075200008, 2208988805008, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"offer":{"queue":"q","expires_at":2209075200008},"expected_by":2209075200008}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["w",0,"first","queue q"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639958857009, 'job_02098zw909jx9hw491c3hcn16a00', 'acme', 'succeeded', 'succeeded', 'test-plan@1', 'hash-of-test-plan', 2208988800009, NULL, 2208988800009, 2208988800009, 2208988800009, 86400000, 1, 0, 2208988830009, 2211580800009, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["s",0,0,0]},"k":1}', '[["a",0],["d",0],["r",0],["s",0,"first"],["e",0,null,"succeeded"]]', '{"a":1}', NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639959622858, 'job_02098zw90aa96a6c5adfsjqrg600', 'acme', 'failed', 'failed', 'test-plan@1', 'hash-of-test-plan', 2208988800010, NULL, 2208988800010, 2208988800010, 2208988800010, 86400000, 1, 0, 2208988830010, 2211580800010, 2, 'second', NULL, NULL, 'Step second: HTTP 500', 'http_status', NULL, NULL, NULL, '{}', '{"steps":{"first":["s",0,0,0],"second":["f",0,0,0,"HTTP 500"]},"k":1}', '[["a",0],["d",0],["r",0],["s",0,"first"],["f",0,"second","HTTP 500"],["e",0,null,"failed: http_status"]]', NULL, NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639960647999, 'job_02098zw90b9j9z7tacb7182rp700', 'acme', 'cancelled', 'cancelled', 'test-plan@1', 'hash-of-test-plan', 2208988800011, NULL, NULL, NULL, 2208988800011, 86400000, 1, 0, 2208988805011, 2211580800011, 2, NULL, NULL, NULL, 'not needed', NULL, NULL, NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0],["e",0,null,"cancelled: not needed"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639962135109, 'job_02098zw90cpyj5w2xjq7w8mdbe00', 'acme', 'failed', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800012, NULL, NULL, NULL, NULL, 86400000, 1, 0, 2208988805012, 2208988805012, 2, NULL, NULL, NULL, NULL, NULL, NULL, 'job_02098zw90aa96a6c5adfsjqrg600', NULL, '{}', '{"steps":{"first":["s",0,-2,-2]},"chain":{"root":"job_02098zw90aa96a6c5adfsjqrg600","number":1,"fresh":{}},"k":1}', '[["a",0]]', NULL, NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639962568383, 'job_02098zw90d45nzmndvhqge9yf900', 'acme', 'undone', 'failed', 'test-plan@1', 'hash-of-undo', 2208988800013, NULL, 2208988800013, 2208988800013, 2208988800013, 86400000, 1, 0, 2208988830013, 2211580800013, 1, 'second', NULL, NULL, 'Step second: HTTP 500', 'http_status', NULL, NULL, NULL, '{}', '{"steps":{"first":["s",1,0,0],"second":["f",0,0,0,"HTTP 500"]},"k":1,"u":1,"undos":1,"in_flight":{},"cleanup_job_id":"job_02098zw90dkbc4y1mxdvhkq0yr00"}', '[["a",0],["d",0],["r",0],["b",0,"first"],["s",0,"first"],["f",0,"second","HTTP 500"],["e",0,null,"failed: http_status"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639963065732, 'job_02098zw90dkbc4y1mxdvhkq0yr00', 'acme', 'undone', 'queued', 'test-plan@1', 'hash-of-undo', 2208988800013, NULL, NULL, NULL, NULL, 691200000, 1, 1, 2208988800749, 2208988800749, 1, NULL, NULL, NULL, NULL, NULL, 'job_02098zw90d45nzmndvhqge9yf900', NULL, NULL, '{}', '{"$cleanup":1,"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_by_blueprint ON jobs (blueprint);
CREATE INDEX jobs_by_due ON jobs (due_at);
CREATE TABLE last_states (
      hour INTEGER NOT NULL,
      job_id TEXT NOT NULL,
      tenant TEXT NOT NULL,
      deleted_at INTEGER NOT NULL,
      status_json TEXT NOT NULL,
      PRIMARY KEY (hour, job_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE chains (
      root_id TEXT PRIMARY KEY,
      retries INTEGER NOT NULL,
      members INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO chains (root_id, retries, members) VALUES ('job_02098zw90aa96a6c5adfsjqrg600', 1, 2);
CREATE TABLE retries (
      job_id TEXT NOT NULL,
      request_hash TEXT NOT NULL,
      again_id TEXT NOT NULL,
      PRIMARY KEY (job_id, request_hash)
    ) STRICT, WITHOUT ROWID;
INSERT INTO retries (job_id, request_hash, again_id) VALUES ('job_02098zw90aa96a6c5adfsjqrg600', '31de189fd7c878e837d8589315e5cbd479be07bdc5b64b3b16e59c1562f2ce1c', 'job_02098zw90cpyj5w2xjq7w8mdbe00');
CREATE TABLE actions (
      job_id TEXT NOT NULL,
      key_path TEXT NOT NULL,
      suffix INTEGER NOT NULL,
      polls INTEGER NOT NULL,
      outcome TEXT CHECK (outcome IN ('unknown', 'definite')),
      child_id TEXT,
      PRIMARY KEY (job_id, key_path)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
      seq INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      action TEXT NOT NULL,
      actor TEXT,
      subject TEXT NOT NULL
    ) STRICT;
INSERT INTO audit (seq, at, action, actor, subject) VALUES (1, 2208988800011, 'job_cancelled', NULL, 'job_02098zw90b9j9z7tacb7182rp700');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (2, 2208988800013, 'blueprint_saved', NULL, 'kept@1');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (3, 2208988800013, 'trigger_saved', NULL, 'report@1');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (4, 2208988800014, 'secret_set', NULL, 'TOKEN');
CREATE TABLE key_shards (shard INTEGER PRIMARY KEY) STRICT;
CREATE TABLE deleted_blueprints (
      name TEXT PRIMARY KEY,
      version INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE TABLE store_entries (
      key TEXT PRIMARY KEY,
      version INTEGER NOT NULL,
      value_json TEXT,
      due_at INTEGER
    ) STRICT, WITHOUT ROWID;
INSERT INTO store_entries (key, version, value_json, due_at) VALUES ('lock', 1, '{"by":"me"}', 2208988860013);
CREATE INDEX store_entries_by_due ON store_entries (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE store_writes (
      seq INTEGER PRIMARY KEY,
      write_id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      answer_json TEXT NOT NULL
    ) STRICT;
INSERT INTO store_writes (seq, write_id, at, answer_json) VALUES (1, 'job.lock', 2208988800013, '{"value":{"by":"me"},"version":1,"stored":true,"expires_at":2208988860013}');
CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      event_id TEXT NOT NULL,
      name TEXT NOT NULL,
      at INTEGER NOT NULL,
      data_json TEXT NOT NULL
    , depth INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (1, 'evt_15be07b5992fcbfbef715eec39950b37', 'job.settled', 2208988800009, '{"job_id":"job_02098zw909jx9hw491c3hcn16a00","name":"succeeded","status":"succeeded","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":null,"error_code":null,"result":{"a":1}}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (2, 'evt_9f0f3c4313dc352e25f4e3e799fa3af5', 'job.settled', 2208988800010, '{"job_id":"job_02098zw90aa96a6c5adfsjqrg600","name":"failed","status":"failed","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"Step second: HTTP 500","error_code":"http_status","result":null}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (3, 'evt_fb665721e7ea3ea8b3fc4ef036014a07', 'job.settled', 2208988800011, '{"job_id":"job_02098zw90b9j9z7tacb7182rp700","name":"cancelled","status":"cancelled","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"not needed","error_code":null,"result":null}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (4, 'evt_168c08d9593979f52b787583e347a19e', 'job.settled', 2208988800013, '{"job_id":"job_02098zw90d45nzmndvhqge9yf900","name":"undone","status":"failed","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"Step second: HTTP 500","error_code":"http_status","result":null}', 0);
CREATE TABLE event_log (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      listening_until INTEGER NOT NULL,
      gone_to INTEGER NOT NULL,
      gap INTEGER NOT NULL
    ) STRICT;
INSERT INTO event_log (one, listening_until, gone_to, gap) VALUES (1, 2209593600008, 0, 0);
CREATE UNIQUE INDEX events_emitted ON events (event_id) WHERE name NOT GLOB 'job.*' AND name NOT GLOB 'trigger.*';
CREATE TABLE offers (
      number INTEGER PRIMARY KEY,
      tenant TEXT NOT NULL,
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      queue TEXT NOT NULL,
      priority INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('open', 'delayed', 'leased', 'ended')),
      token INTEGER NOT NULL,
      failures INTEGER NOT NULL,
      opened_at INTEGER NOT NULL,
      deadline INTEGER NOT NULL,
      due_at INTEGER NOT NULL,
      lease_until INTEGER,
      worker TEXT,
      lease_end TEXT CHECK (lease_end IN ('completed', 'failed', 'released', 'expired', 'unwanted')),
      terms_json TEXT NOT NULL,
      input_json TEXT NOT NULL
    ) STRICT;
INSERT INTO offers (number, tenant, job_id, path, queue, priority, state, token, failures, opened_at, deadline, due_at, lease_until, worker, lease_end, terms_json, input_json) VALUES (1, 'acme', 'job_02098zw908rcn54v64wr0ty3ne00', 'first', 'q', 0, 'leased', 1, 0, 2208988800008, 2209075200008, 2208988860008, 2208988860008, 'gpu', NULL, '{"lease_ms":60000,"retries":3,"delay_ms":0,"backoff":"fixed"}', '{"file":"a.mp4"}');
CREATE UNIQUE INDEX offers_by_step ON offers (job_id, path);
CREATE INDEX open_offers ON offers (queue, priority DESC) WHERE state = 'open';
CREATE INDEX due_offers ON offers (due_at) WHERE state <> 'ended';
CREATE TABLE triggers (
      name TEXT PRIMARY KEY,
      tenant TEXT NOT NULL,
      shard INTEGER NOT NULL,
      version INTEGER NOT NULL,
      document_json TEXT NOT NULL,
      label TEXT NOT NULL,
      plan_hash TEXT,
      timeout_ms INTEGER NOT NULL,
      anchor_at INTEGER NOT NULL,
      saved_at INTEGER NOT NULL,
      share REAL NOT NULL,
      hook_id TEXT,
      event_name TEXT
    , home_shard INTEGER) STRICT, WITHOUT ROWID;
INSERT INTO triggers (name, tenant, shard, version, document_json, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name, home_shard) VALUES ('report', 'acme', 0, 1, '{"name":"report","paused":false,"blueprint":"report","schedule":{"cron":"* * * * *","timezone":"UTC","overlap":"skip","missed":"last","catch_up":"1 hour"},"when":"{% false %}","changed":"{% $result.n %}"}', 'report@1', 'hash-of-test-plan', 3600000, 2208988800013, 2208988800013, 0.31640625, NULL, NULL, NULL);
CREATE UNIQUE INDEX triggers_by_hook ON triggers (hook_id) WHERE hook_id IS NOT NULL;
CREATE INDEX triggers_by_event ON triggers (event_name) WHERE event_name IS NOT NULL;
CREATE INDEX triggers_by_label ON triggers (label);
CREATE TABLE trigger_states (
      name TEXT PRIMARY KEY,
      due_at INTEGER,
      state_json TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO trigger_states (name, due_at, state_json) VALUES ('report', 2208988860000, '{"next":2208988860000,"runs":0,"active":[],"ledger":{"filed":25,"open":[{"outcome":"filtered","occurrence":"by-hand-Mkznbh6lDsbHwPZTAxCfJQ","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-7xGRhIEKHj5fadR9kK9Crw","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-v_z5M9zo5LZOuriEjFFTLA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-W0aj7Td76tav3xlFGLQHxw","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-60USmFRFohXHjtHI30ZcnQ","at":2208988800013}]}}');
CREATE INDEX trigger_states_by_due ON trigger_states (due_at, name) WHERE due_at IS NOT NULL;
CREATE TABLE trigger_ledger (
      name TEXT NOT NULL,
      slot INTEGER NOT NULL,
      number INTEGER NOT NULL,
      entries_json TEXT NOT NULL,
      PRIMARY KEY (name, slot)
    ) STRICT, WITHOUT ROWID;
INSERT INTO trigger_ledger (name, slot, number, entries_json) VALUES ('report', 0, 0, '[{"outcome":"filtered","occurrence":"by-hand-td4Zha2SHB77NzoXw0Y60w","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-fkTnF9rR24axScwbURWQGA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-J6En2unR2Z5YPZh-kF26fg","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-JeWwN9gvF9bYPIsOjCwZ8Q","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-MOmItFq-ZTUvrux-8pbc-Q","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-xmEBVLQUiFIQB6yg5h9V6A","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-VW7JRxdPnLK3C__PRAyDAg","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-Xrjnrf3xwSS5D6Tbv2fHFA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-Abha1kz9DUYZOTOXY3PUog","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-1Fj_leBWefRwEJ59bGQ9mA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-O4q0wvcw0FWuD07NnO8H6g","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-BNycpQxlT-jN9fOHDWJhiA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-YYT7OrEVPEBbu84uurFH0w","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-wR7PCeO6jwLlfvr4RrLU2Q","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-oQEpasms5Reid-V8zjSGxw","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand--x-VzPjaEmodpm-VqNSaBA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-x5EWUHuYzKzLHf-Kz3IbNA","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-ZRlaon_LeT_nXj9nN7bruw","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-1rEptdWNmX8tg2TJV-Xb4A","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-AIq2LsRlj__DXuG5yYi4rQ","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-fhJRUaG87D3LUGLavwybuw","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-qA4sASIaw7_BeMv1Xq3UVQ","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-uv97bDCmBUD0Fdfhmp2A1A","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-jxaEuaRGsYexnucDdCH-7g","at":2208988800013},{"outcome":"filtered","occurrence":"by-hand-_T730AKQLwSORicChP748Q","at":2208988800013}]');
CREATE TABLE trigger_values (
      name TEXT NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('last', 'watched')),
      value_json TEXT NOT NULL,
      PRIMARY KEY (name, kind)
    ) STRICT, WITHOUT ROWID;
INSERT INTO trigger_values (name, kind, value_json) VALUES ('report', 'watched', '1');
CREATE TABLE subscriptions (
      subscription_id TEXT PRIMARY KEY,
      key_id TEXT,
      url TEXT NOT NULL,
      name TEXT NOT NULL,
      filter_json TEXT NOT NULL,
      secrets_json TEXT NOT NULL,
      positions_json TEXT NOT NULL,
      status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'ended')),
      tries INTEGER NOT NULL,
      attempts INTEGER NOT NULL,
      expires_at INTEGER,
      due_at INTEGER NOT NULL,
      last_delivery_at INTEGER,
      last_error TEXT,
      failed_since INTEGER
    ) STRICT, WITHOUT ROWID;
CREATE INDEX subscriptions_by_due ON subscriptions (due_at);
CREATE TABLE delivery_attempts (
      subscription_id TEXT NOT NULL,
      number INTEGER NOT NULL,
      event_id TEXT NOT NULL,
      at INTEGER NOT NULL,
      outcome TEXT NOT NULL CHECK (outcome IN ('delivered', 'failed', 'given_up')),
      http_status INTEGER,
      error TEXT, shard INTEGER, position INTEGER, replay INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (subscription_id, number)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE event_subscribers (shard INTEGER PRIMARY KEY) STRICT;
CREATE TABLE tenant_secrets (
      name TEXT PRIMARY KEY,
      sealed TEXT NOT NULL,
      key_name TEXT NOT NULL,
      hosts_json TEXT NOT NULL,
      updated_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO tenant_secrets (name, sealed, key_name, hosts_json, updated_at) VALUES ('TOKEN', 'key.iv.text', 'key', '["api.example.com"]', 2208988800014);
CREATE INDEX tenant_secrets_by_key ON tenant_secrets (key_name);
CREATE INDEX event_triggers ON triggers (name) WHERE event_name IS NOT NULL;
CREATE TABLE event_look (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      position INTEGER NOT NULL,
      name TEXT NOT NULL
    ) STRICT;
CREATE TABLE trigger_news (
      name TEXT PRIMARY KEY,
      at INTEGER NOT NULL,
      due_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_news_by_due ON trigger_news (due_at);
CREATE TABLE emitted_names (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE gone_children (
      chain_of TEXT NOT NULL,
      job_id TEXT NOT NULL,
      state_json TEXT NOT NULL,
      PRIMARY KEY (chain_of, job_id)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE slot_holders (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      holder TEXT NOT NULL,
      since INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, holder)
    ) STRICT, WITHOUT ROWID;
CREATE TABLE slot_waiters (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      rank INTEGER NOT NULL,
      since INTEGER NOT NULL,
      holder TEXT NOT NULL,
      most INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, rank, since, holder)
    ) STRICT, WITHOUT ROWID;
