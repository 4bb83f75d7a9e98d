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
INSERT INTO schema_migrations (position, id) VALUES (22, '0023_job_texts');
INSERT INTO schema_migrations (position, id) VALUES (23, '0024_event_waits');
INSERT INTO schema_migrations (position, id) VALUES (24, '0025_recorded_at');
INSERT INTO schema_migrations (position, id) VALUES (25, '0026_trigger_origins');
INSERT INTO schema_migrations (position, id) VALUES (26, '0027_rate_turns');
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
      value_json TEXT NOT NULL, row_key TEXT, child_id TEXT, undo_number INTEGER, undo TEXT CHECK (undo IN ('begun', 'done')), at INTEGER,
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;
INSERT INTO job_values (job_id, path, value_json, row_key, child_id, undo_number, undo, at) VALUES ('job_02098zw90emhybxyhkx7mfpwwt00', 'first', '{"a":1}', NULL, NULL, 1, NULL, NULL);
CREATE TABLE idempotency_keys (
      idempotency_key TEXT PRIMARY KEY,
      request_hash TEXT NOT NULL,
      job_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES ('order 17', 'h', 'job_02098zw9026yew1bxq62yn8dsb00');
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
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639950162031, 'job_02098zw9019j3fpcjd51mpafdw00', 'acme', 'scheduled', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800001, 2208992400000, NULL, NULL, NULL, 86400000, 1, 0, 2208992400000, 2208992400000, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"batch":7}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639951124956, 'job_02098zw9026yew1bxq62yn8dsb00', 'acme', 'queued', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800002, NULL, 2208988800002, NULL, NULL, 86400000, 1, 0, 2208988830002, 2208988805002, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'order 17', '{}', '{"steps":{},"k":1}', '[["a",0],["d",0]]', NULL, NULL, '{"page":1}', NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639952015191, 'job_02098zw90323tqfpgf7mpx4tha00', 'acme', 'unsent', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800003, NULL, NULL, NULL, NULL, 86400000, 1, 1, 2208988800917, 2208988800917, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639953391201, 'job_02098zw904c3k16kze852hwxaq00', 'acme', 'acting', 'running', 'inline', 'hash-of-inline', 2208988800004, NULL, 2208988800004, 2208988800004, NULL, 86400000, 1, 0, 2208988840004, 2208988805004, 2, 'second', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["s",1,0,0],"second":["r",1,0]},"open":{"second":{"tries":1,"ended":0,"failures":0,"token":"t2","expected_by":2208988840004}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["s",0,"first"],["b",0,"second"]]', NULL, NULL, NULL, '{"first":{"status":200}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639954806360, 'job_02098zw905q9jr8876mgcpyq7j00', 'acme', 'sleeping', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800005, NULL, 2208988800005, 2208988800005, NULL, 86400000, 1, 0, 2208988870000, 2208988805005, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"wake_at":2208988860000,"expected_by":2208988870000}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["w",0,"first"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639955547659, 'job_02098zw906dxgbty7kcwraqj1v00', 'acme', 'asking', 'input_required', 'test-plan@1', 'hash-of-test-plan', 2208988800006, NULL, 2208988800006, 2208988800006, NULL, 86400000, 1, 0, 2208992400006, 2208988805006, 2, 'first', 'Go on?', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"question":{"request_id":"q","message":"Go on?","schema":{"type":"object","properties":{}},"fallback":{},"expires_at":2208992400006},"expected_by":2208992400006}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["q",0,"first","Go on?"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639956313087, 'job_02098zw90758zzrwycd33dnyhc00', 'acme', 'child', 'queued', 'inline', 'c3GD1X4yJgD0W4DcND4yqj', 2208988800007, NULL, NULL, NULL, NULL, 90000000, 1, 0, 2208988805007, 2208988805007, 1, NULL, NULL, NULL, NULL, NULL, 'job_02098zw907808ceevqhbbybsy200', NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639956402444, 'job_02098zw907808ceevqhbbybsy200', 'acme', 'parent', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800007, NULL, 2208988800007, 2208988800007, NULL, 86400000, 1, 0, 2240524800007, 2208988805007, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"child_id":"job_02098zw90758zzrwycd33dnyhc00","expected_by":2240524800007}},"tree":2,"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["c",0,"first","job_02098zw90758zzrwycd33dnyhc00"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639957461688, 'job_02098zw9088anr2phzmmh08fe600', 'acme', 'offering', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800008, NULL, 2208988800008, 2208988800008, NULL, 86400000, 1, 0, 2209075200008, 2208988805008, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"offer":{"queue":"q","expires_at":2209075200008},"expected_by":2209075200008}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["w",0,"first","queue q"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639959161315, 'job_02098zw909w6f3ya5xq7r1602g00', 'acme', 'awaiting', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800009, NULL, 2208988800009, 2208988800009, NULL, 86400000, 1, 0, 2209075200009, 2208988805009, 2, 'first', 'waits for the event order.paid', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["w",1,0]},"open":{"first":{"tries":1,"ended":0,"failures":0,"event":{"request_id":"first","fallback":{},"name":"order.paid","expires_at":2209075200009},"expected_by":2209075200009}},"k":1}', '[["a",0],["d",0],["r",0],["b",0,"first"],["w",0,"first","waits for the event order.paid"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639960247297, 'job_02098zw90axb018bcrmrt58dhr00', 'acme', 'succeeded', 'succeeded', 'test-plan@1', 'hash-of-test-plan', 2208988800010, NULL, 2208988800010, 2208988800010, 2208988800010, 86400000, 1, 0, 2208988830010, 2211580800010, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":["s",0,0,0]},"k":1}', '[["a",0],["d",0],["r",0],["s",0,"first"],["e",0,null,"succeeded"]]', '{"a":1}', NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639961145393, 'job_02098zw90brr1hscv8xd4eysfw00', 'acme', 'failed', 'failed', 'test-plan@1', 'hash-of-test-plan', 2208988800011, NULL, 2208988800011, 2208988800011, 2208988800011, 86400000, 1, 0, 2208988830011, 2211580800011, 2, 'second', NULL, NULL, 'Step second: HTTP 500', 'http_status', NULL, NULL, NULL, '{}', '{"steps":{"first":["s",0,0,0],"second":["f",0,0,0,"HTTP 500"]},"k":1}', '[["a",0],["d",0],["r",0],["s",0,"first"],["f",0,"second","HTTP 500"],["e",0,null,"failed: http_status"]]', NULL, NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639962416458, 'job_02098zw90czhaasmhwqcx5am2p00', 'acme', 'cancelled', 'cancelled', 'test-plan@1', 'hash-of-test-plan', 2208988800012, NULL, NULL, NULL, 2208988800012, 86400000, 1, 0, 2208988805012, 2211580800012, 2, NULL, NULL, NULL, 'not needed', NULL, NULL, NULL, NULL, '{}', '{"steps":{},"k":1}', '[["a",0],["e",0,null,"cancelled: not needed"]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639962900655, 'job_02098zw90dea5ftvz6rf71garf00', 'acme', 'failed', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800013, NULL, NULL, NULL, NULL, 86400000, 1, 0, 2208988805013, 2208988805013, 2, NULL, NULL, NULL, NULL, NULL, NULL, 'job_02098zw90brr1hscv8xd4eysfw00', NULL, '{}', '{"steps":{"first":["s",0,-2,-2]},"chain":{"root":"job_02098zw90brr1hscv8xd4eysfw00","number":1,"fresh":{}},"k":1}', '[["a",0]]', NULL, NULL, NULL, '{"first":{"a":1}}');
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639963485876, 'job_02098zw90e05nmr1fft1kg7hsw00', 'acme', 'undone', 'queued', 'test-plan@1', 'hash-of-undo', 2208988800014, NULL, NULL, NULL, NULL, 691200000, 1, 1, 2208988800917, 2208988800917, 1, NULL, NULL, NULL, NULL, NULL, 'job_02098zw90emhybxyhkx7mfpwwt00', NULL, NULL, '{}', '{"$cleanup":1,"steps":{},"k":1}', '[["a",0]]', NULL, NULL, NULL, NULL);
INSERT INTO jobs (job_number, job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json, result_json, submitted_by, input_json, outputs_json) VALUES (2316292639964153803, 'job_02098zw90emhybxyhkx7mfpwwt00', 'acme', 'undone', 'failed', 'test-plan@1', 'hash-of-undo', 2208988800014, NULL, 2208988800014, 2208988800014, 2208988800014, 86400000, 1, 0, 2208988830014, 2211580800014, 1, 'second', NULL, NULL, 'Step second: HTTP 500', 'http_status', NULL, NULL, NULL, '{}', '{"steps":{"first":["s",1,0,0],"second":["f",0,0,0,"HTTP 500"]},"k":1,"u":1,"undos":1,"in_flight":{},"cleanup_job_id":"job_02098zw90e05nmr1fft1kg7hsw00"}', '[["a",0],["d",0],["r",0],["b",0,"first"],["s",0,"first"],["f",0,"second","HTTP 500"],["e",0,null,"failed: http_status"]]', NULL, NULL, NULL, NULL);
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
INSERT INTO chains (root_id, retries, members) VALUES ('job_02098zw90brr1hscv8xd4eysfw00', 1, 2);
CREATE TABLE retries (
      job_id TEXT NOT NULL,
      request_hash TEXT NOT NULL,
      again_id TEXT NOT NULL,
      PRIMARY KEY (job_id, request_hash)
    ) STRICT, WITHOUT ROWID;
INSERT INTO retries (job_id, request_hash, again_id) VALUES ('job_02098zw90brr1hscv8xd4eysfw00', '31de189fd7c878e837d8589315e5cbd479be07bdc5b64b3b16e59c1562f2ce1c', 'job_02098zw90dea5ftvz6rf71garf00');
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
INSERT INTO audit (seq, at, action, actor, subject) VALUES (1, 2208988800012, 'job_cancelled', NULL, 'job_02098zw90czhaasmhwqcx5am2p00');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (2, 2208988800014, 'blueprint_saved', NULL, 'kept@1');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (3, 2208988800014, 'trigger_saved', NULL, 'report@1');
INSERT INTO audit (seq, at, action, actor, subject) VALUES (4, 2208988800015, 'secret_set', NULL, 'TOKEN');
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
INSERT INTO store_entries (key, version, value_json, due_at) VALUES ('lock', 1, '{"by":"me"}', 2208988860014);
CREATE INDEX store_entries_by_due ON store_entries (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE store_writes (
      seq INTEGER PRIMARY KEY,
      write_id TEXT NOT NULL UNIQUE,
      at INTEGER NOT NULL,
      answer_json TEXT NOT NULL
    ) STRICT;
INSERT INTO store_writes (seq, write_id, at, answer_json) VALUES (1, 'job.lock', 2208988800014, '{"value":{"by":"me"},"version":1,"stored":true,"expires_at":2208988860014}');
CREATE TABLE events (
      position INTEGER PRIMARY KEY,
      event_id TEXT NOT NULL,
      name TEXT NOT NULL,
      at INTEGER NOT NULL,
      data_json TEXT NOT NULL
    , depth INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (1, 'evt_ae8943e935c41eaec1830b65ac8f4615', 'job.settled', 2208988800010, '{"job_id":"job_02098zw90axb018bcrmrt58dhr00","name":"succeeded","status":"succeeded","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":null,"error_code":null,"result":{"a":1}}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (2, 'evt_a1b376046899d99ceb372b093d272f98', 'job.settled', 2208988800011, '{"job_id":"job_02098zw90brr1hscv8xd4eysfw00","name":"failed","status":"failed","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"Step second: HTTP 500","error_code":"http_status","result":null}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (3, 'evt_d5ead2bd40836d6f8b06eb9f2df5f093', 'job.settled', 2208988800012, '{"job_id":"job_02098zw90czhaasmhwqcx5am2p00","name":"cancelled","status":"cancelled","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"not needed","error_code":null,"result":null}', 0);
INSERT INTO events (position, event_id, name, at, data_json, depth) VALUES (4, 'evt_fcaaa883c205801ab5327522aaa84861', 'job.settled', 2208988800014, '{"job_id":"job_02098zw90emhybxyhkx7mfpwwt00","name":"undone","status":"failed","blueprint":"test-plan@1","metadata":{},"trigger":null,"batch_id":null,"parent_id":null,"error":"Step second: HTTP 500","error_code":"http_status","result":null}', 0);
CREATE TABLE event_log (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      listening_until INTEGER NOT NULL,
      gone_to INTEGER NOT NULL,
      gap INTEGER NOT NULL
    ) STRICT;
INSERT INTO event_log (one, listening_until, gone_to, gap) VALUES (1, 2209593600009, 0, 0);
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
INSERT INTO offers (number, tenant, job_id, path, queue, priority, state, token, failures, opened_at, deadline, due_at, lease_until, worker, lease_end, terms_json, input_json) VALUES (1, 'acme', 'job_02098zw9088anr2phzmmh08fe600', 'first', 'q', 0, 'leased', 1, 0, 2208988800008, 2209075200008, 2208988860008, 2208988860008, 'gpu', NULL, '{"lease_ms":60000,"retries":3,"delay_ms":0,"backoff":"fixed"}', '{"file":"a.mp4"}');
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
    , home_shard INTEGER, origin TEXT) STRICT, WITHOUT ROWID;
INSERT INTO triggers (name, tenant, shard, version, document_json, label, plan_hash, timeout_ms, anchor_at, saved_at, share, hook_id, event_name, home_shard, origin) VALUES ('report', 'acme', 0, 1, '{"name":"report","paused":false,"blueprint":"report","schedule":{"cron":"* * * * *","timezone":"UTC","overlap":"skip","missed":"last","catch_up":"1 hour"},"when":"{% false %}","changed":"{% $result.n %}"}', 'report@1', 'hash-of-test-plan', 3600000, 2208988800014, 2208988800014, 0.67578125, NULL, NULL, NULL, NULL);
CREATE UNIQUE INDEX triggers_by_hook ON triggers (hook_id) WHERE hook_id IS NOT NULL;
CREATE INDEX triggers_by_event ON triggers (event_name) WHERE event_name IS NOT NULL;
CREATE INDEX triggers_by_label ON triggers (label);
CREATE TABLE trigger_states (
      name TEXT PRIMARY KEY,
      due_at INTEGER,
      state_json TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO trigger_states (name, due_at, state_json) VALUES ('report', 2208988860000, '{"next":2208988860000,"runs":0,"active":[],"ledger":{"filed":25,"open":[{"outcome":"filtered","occurrence":"by-hand-PMCE56-ZS0JV7Bl5LBeqew","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-uVePZHbiOcwHlnZlFyOblg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-pfiqh7nOuw_RNvWfpzW0VQ","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand--g65FrY0vImii9UFyW0ZNQ","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-IE6q4tGE32cP0HTt9vDqrQ","at":2208988800014}]}}');
CREATE INDEX trigger_states_by_due ON trigger_states (due_at, name) WHERE due_at IS NOT NULL;
CREATE TABLE trigger_ledger (
      name TEXT NOT NULL,
      slot INTEGER NOT NULL,
      number INTEGER NOT NULL,
      entries_json TEXT NOT NULL,
      PRIMARY KEY (name, slot)
    ) STRICT, WITHOUT ROWID;
INSERT INTO trigger_ledger (name, slot, number, entries_json) VALUES ('report', 0, 0, '[{"outcome":"filtered","occurrence":"by-hand-tgFDC2_J121X7rirQ5OdoA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-NuyUWa8TV25XcLcyr9cVEA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-3jitIIOakEt3TDtQ5o9Spw","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-91jAz-56sX-hS62JlYUbBQ","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-qp60Aw9vDyiKypHBpbbpTw","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-07QKpyehzmB0M0VBdRb4_Q","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-99q7TQLFYp1Q2bql1XIFww","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-DB7dxAkJNBlE6wZVqd1VUg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-VZDzyD3q1f-vrlxY58ccgw","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-Gn70lV6hZnfxfzB-7jV3mw","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-hAlGgjRCieLDSYQLAYhqkg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-aCUSvW1AONucmkmh_i8kfg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-MK-ra9kMrwrECQAvH_V1xA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-pl3b_gQzmZK2QwrtxbI9BA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-ckt1Qd43JIyj2AR12U25SA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-nx1keIh2zLXdTZOB0afdIQ","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-1YkHySUtORGn2oKUgdWllw","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-LaITX1uhgxK3YnHHoDmH4w","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-R9lYVeMvAsycoxdr_uqevg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-Y03EsSEmYZ00OujHns0fZA","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-hBHqg1v0sy7d4Xd2sZkOAg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-CARwynIiAGkNWS7i7a_tIg","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-CTbuH_SZQ23FCL7mYc_B-g","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-TaXOJgWH5O1YfhWBc7kMog","at":2208988800014},{"outcome":"filtered","occurrence":"by-hand-Wk6QpfNCeHG0ljaWqwPU3Q","at":2208988800014}]');
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
INSERT INTO tenant_secrets (name, sealed, key_name, hosts_json, updated_at) VALUES ('TOKEN', 'key.iv.text', 'key', '["api.example.com"]', 2208988800015);
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
CREATE TABLE job_texts_end (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      number INTEGER NOT NULL
    ) STRICT;
CREATE VIRTUAL TABLE job_texts USING fts5(text, content='', contentless_delete=1, detail=none, tokenize='trigram');
CREATE TABLE event_waits (
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      tenant TEXT NOT NULL,
      name TEXT NOT NULL,
      when_text TEXT,
      scope_json TEXT NOT NULL,
      from_json TEXT NOT NULL,
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;
INSERT INTO event_waits (job_id, path, tenant, name, when_text, scope_json, from_json) VALUES ('job_02098zw909w6f3ya5xq7r1602g00', 'first', 'acme', 'order.paid', '{% $event.data.order = $input.order %}', '{"input":{"order":17},"steps":{},"job":{"id":"j","attempt":1,"submitted_at":""},"now":2208988800000}', '[0]');
CREATE INDEX event_waits_by_name ON event_waits (name, job_id, path);
CREATE TABLE event_wait_look (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      positions_json TEXT NOT NULL
    ) STRICT;
INSERT INTO event_wait_look (one, positions_json) VALUES (1, '[0]');
CREATE TABLE rate_turns (
      tenant TEXT NOT NULL,
      key TEXT NOT NULL,
      holder TEXT NOT NULL,
      at REAL NOT NULL,
      gap REAL NOT NULL,
      over_at INTEGER NOT NULL,
      PRIMARY KEY (tenant, key, holder)
    ) STRICT, WITHOUT ROWID;
INSERT INTO rate_turns (tenant, key, holder, at, gap, over_at) VALUES ('acme', 'api.example.com', 'job_02098zw904c3k16kze852hwxaq00-1.first.0', 2208988800009.0, 396000.00000000006, 2208989256009);
INSERT INTO rate_turns (tenant, key, holder, at, gap, over_at) VALUES ('acme', 'api.example.com', 'job_02098zw904c3k16kze852hwxaq00-1.second.0', 2208989196009.0, 396000.00000000006, 2208989652009);
CREATE INDEX rate_turns_over ON rate_turns (over_at);
