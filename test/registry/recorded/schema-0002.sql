CREATE TABLE schema_migrations (position INTEGER PRIMARY KEY, id TEXT NOT NULL) STRICT;
INSERT INTO schema_migrations (position, id) VALUES (0, '0001_jobs');
INSERT INTO schema_migrations (position, id) VALUES (1, '0002_revoked_keys');
CREATE TABLE jobs (
      job_id TEXT PRIMARY KEY,
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
      events_json TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw9016ydq3hswd1a6chf600', 'acme', 'scheduled', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800001, 2208992400000, NULL, NULL, NULL, 86400000, 1, 0, 2208992400000, 2208992400000, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{"batch":7}', '{"steps":{},"open":{}}', '[["accepted",2208988800001]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw902kzznyh96q0gnete300', 'acme', 'queued', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800002, NULL, 2208988800002, NULL, NULL, 86400000, 1, 0, 2208988830002, 2208988805002, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'order 17', '{}', '{"steps":{},"open":{}}', '[["accepted",2208988800002],["dispatched",2208988800002]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw903x7h91xs82g0w3hm500', 'acme', 'unsent', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800003, NULL, NULL, NULL, NULL, 86400000, 1, 1, 2208988810003, 2208988805003, 2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{},"open":{}}', '[["accepted",2208988800003]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw904wxg65qn5c86dt23m00', 'acme', 'acting', 'running', 'inline', 'hash-of-inline', 2208988800004, NULL, 2208988800004, 2208988800004, NULL, 86400000, 1, 0, 2208988840004, 2208988805004, 2, 'second', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"succeeded","tries":1,"started_at":2208988800004,"completed_at":2208988800004,"error":null},"second":{"status":"running","tries":1,"started_at":2208988800004,"completed_at":null,"error":null}},"open":{"second":{"tries":1,"ended":0,"failures":0,"token":"t2","expected_by":2208988840004}}}', '[["accepted",2208988800004],["dispatched",2208988800004],["started",2208988800004],["step_started",2208988800004,"first"],["step_succeeded",2208988800004,"first",null],["step_started",2208988800004,"second"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw905q5c7bzysswd6qh4y00', 'acme', 'sleeping', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800005, NULL, 2208988800005, 2208988800005, NULL, 86400000, 1, 0, 2208988870000, 2208988805005, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"waiting","tries":1,"started_at":2208988800005,"completed_at":null,"error":null}},"open":{"first":{"tries":1,"ended":0,"failures":0,"wake_at":2208988860000,"expected_by":2208988870000}}}', '[["accepted",2208988800005],["dispatched",2208988800005],["started",2208988800005],["step_started",2208988800005,"first"],["step_waiting",2208988800005,"first"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw906cj61f7zdz6mfqc0d00', 'acme', 'asking', 'input_required', 'test-plan@1', 'hash-of-test-plan', 2208988800006, NULL, 2208988800006, 2208988800006, NULL, 86400000, 1, 0, 2208992400006, 2208988805006, 2, 'first', 'Go on?', NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"waiting","tries":1,"started_at":2208988800006,"completed_at":null,"error":null}},"open":{"first":{"tries":1,"ended":0,"failures":0,"question":{"request_id":"q","message":"Go on?","schema":{"type":"object","properties":{}},"fallback":{},"expires_at":2208992400006},"expected_by":2208992400006}}}', '[["accepted",2208988800006],["dispatched",2208988800006],["started",2208988800006],["step_started",2208988800006,"first"],["input_requested",2208988800006,"first","Go on?"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw9076qe26706g9qmn50b00', 'acme', 'child', 'queued', 'inline', 'c3GD1X4yJgD0W4DcND4yqj', 2208988800007, NULL, 2208988800007, NULL, NULL, 86400000, 1, 0, 2208988830007, 2208988805007, 1, NULL, NULL, NULL, NULL, NULL, 'job_02098zw907w5ynsfhrkybmg01z00', NULL, NULL, '{}', '{"steps":{},"open":{}}', '[["accepted",2208988800007],["dispatched",2208988800007]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw907w5ynsfhrkybmg01z00', 'acme', 'parent', 'running', 'test-plan@1', 'hash-of-test-plan', 2208988800007, NULL, 2208988800007, 2208988800007, NULL, 86400000, 1, 0, 2211580800007, 2208988805007, 2, 'first', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"waiting","tries":1,"started_at":2208988800007,"completed_at":null,"error":null}},"open":{"first":{"tries":1,"ended":0,"failures":0,"child_id":"job_02098zw9076qe26706g9qmn50b00","expected_by":2211580800007}}}', '[["accepted",2208988800007],["dispatched",2208988800007],["started",2208988800007],["step_started",2208988800007,"first"],["child_started",2208988800007,"first","job_02098zw9076qe26706g9qmn50b00"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw908cvhvk4gg77mm19s500', 'acme', 'succeeded', 'succeeded', 'test-plan@1', 'hash-of-test-plan', 2208988800008, NULL, 2208988800008, 2208988800008, 2208988800008, 86400000, 1, 0, 2208988830008, 2211580800008, 2, NULL, NULL, '$result', NULL, NULL, NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"succeeded","tries":0,"started_at":2208988800008,"completed_at":2208988800008,"error":null}},"open":{}}', '[["accepted",2208988800008],["dispatched",2208988800008],["started",2208988800008],["step_succeeded",2208988800008,"first",null],["settled",2208988800008,null,"succeeded"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw909je19n5knkmrvykwh00', 'acme', 'failed', 'failed', 'test-plan@1', 'hash-of-test-plan', 2208988800009, NULL, 2208988800009, 2208988800009, 2208988800009, 86400000, 1, 0, 2208988830009, 2211580800009, 2, 'second', NULL, NULL, 'Step second: HTTP 500', 'http_status', NULL, NULL, NULL, '{}', '{"steps":{"first":{"status":"succeeded","tries":0,"started_at":2208988800009,"completed_at":2208988800009,"error":null},"second":{"tries":0,"started_at":2208988800009,"status":"failed","completed_at":2208988800009,"error":"HTTP 500"}},"open":{}}', '[["accepted",2208988800009],["dispatched",2208988800009],["started",2208988800009],["step_succeeded",2208988800009,"first",null],["step_failed",2208988800009,"second","HTTP 500"],["settled",2208988800009,null,"failed: http_status"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw90adze3m8e8h9ghaze600', 'acme', 'cancelled', 'cancelled', 'test-plan@1', 'hash-of-test-plan', 2208988800010, NULL, 2208988800010, NULL, 2208988800010, 86400000, 1, 0, 2208988830010, 2211580800010, 2, NULL, NULL, NULL, 'not needed', NULL, NULL, NULL, NULL, '{}', '{"steps":{},"open":{}}', '[["accepted",2208988800010],["dispatched",2208988800010],["settled",2208988800010,null,"cancelled: not needed"]]');
INSERT INTO jobs (job_id, tenant, name, status, blueprint, plan_hash, submitted_at, run_at, dispatched_at, started_at, settled_at, timeout_ms, attempt, nudges, expected_by, due_at, step_count, step, message, result_path, error, error_code, parent_id, retried_from, idempotency_key, metadata_json, run_json, events_json) VALUES ('job_02098zw90b3s0g4fc87gmjdp9z00', 'acme', 'failed', 'queued', 'test-plan@1', 'hash-of-test-plan', 2208988800011, NULL, 2208988800011, NULL, NULL, 86400000, 1, 0, 2208988830011, 2208988805011, 2, NULL, NULL, NULL, NULL, NULL, NULL, 'job_02098zw909je19n5knkmrvykwh00', 'retry job_02098zw909je19n5knkmrvykwh00 31de189fd7c878e837d8589315e5cbd479be07bdc5b64b3b16e59c1562f2ce1c', '{}', '{"steps":{"first":{"status":"succeeded","tries":0,"started_at":2208988800009,"completed_at":2208988800009,"error":null}},"open":{}}', '[["accepted",2208988800011],["dispatched",2208988800011]]');
CREATE INDEX jobs_by_status ON jobs (status, job_id);
CREATE INDEX jobs_by_blueprint ON jobs (blueprint, job_id);
CREATE INDEX jobs_by_due ON jobs (due_at, job_id);
CREATE TABLE plans (
      plan_hash TEXT PRIMARY KEY,
      plan_json TEXT NOT NULL,
      inline_uses INTEGER NOT NULL,
      pinned INTEGER NOT NULL CHECK (pinned IN (0, 1))
    ) STRICT, WITHOUT ROWID;
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('c3GD1X4yJgD0W4DcND4yqj', '{"name":"test-plan","steps":[{"id":"rest","type":"sleep","retry":{"limit":0,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","on_error":"fail","for":"1 hour"}]}', 1, 0);
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('hash-of-inline', '{"name":"test-plan","steps":[{"id":"first","type":"http","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","on_error":"fail","url":"https://example.com/1","method":"GET","max_bytes":262144},{"id":"second","type":"http","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","on_error":"fail","url":"https://example.com/2","method":"GET","max_bytes":262144}]}', 1, 0);
INSERT INTO plans (plan_hash, plan_json, inline_uses, pinned) VALUES ('hash-of-test-plan', '{"name":"test-plan","steps":[{"id":"first","type":"http","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","on_error":"fail","url":"https://example.com/1","method":"GET","max_bytes":262144},{"id":"second","type":"http","retry":{"limit":3,"delay":"2 seconds","backoff":"exponential"},"timeout":"30 seconds","on_error":"fail","url":"https://example.com/2","method":"GET","max_bytes":262144}]}', 0, 1);
CREATE TABLE job_values (
      job_id TEXT NOT NULL,
      path TEXT NOT NULL,
      value_json TEXT NOT NULL,
      PRIMARY KEY (job_id, path)
    ) STRICT, WITHOUT ROWID;
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw902kzznyh96q0gnete300', '$input', '{"page":1}');
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw904wxg65qn5c86dt23m00', 'first', '{"status":200}');
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw908cvhvk4gg77mm19s500', '$result', '{"a":1}');
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw908cvhvk4gg77mm19s500', 'first', '{"a":1}');
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw909je19n5knkmrvykwh00', 'first', '{"a":1}');
INSERT INTO job_values (job_id, path, value_json) VALUES ('job_02098zw90b3s0g4fc87gmjdp9z00', 'first', '{"a":1}');
CREATE TABLE idempotency_keys (
      idempotency_key TEXT PRIMARY KEY,
      request_hash TEXT NOT NULL,
      job_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES ('order 17', 'h', 'job_02098zw902kzznyh96q0gnete300');
INSERT INTO idempotency_keys (idempotency_key, request_hash, job_id) VALUES ('retry job_02098zw909je19n5knkmrvykwh00 31de189fd7c878e837d8589315e5cbd479be07bdc5b64b3b16e59c1562f2ce1c', '31de189fd7c878e837d8589315e5cbd479be07bdc5b64b3b16e59c1562f2ce1c', 'job_02098zw90b3s0g4fc87gmjdp9z00');
CREATE TABLE revoked_keys (
      key_id TEXT PRIMARY KEY,
      revoked_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
INSERT INTO revoked_keys (key_id, revoked_at) VALUES ('key 1', 2208988800000);
