-- Content by its digest. `reference_count` counts uploads and results; at 0 the file may be removed (see file_store.hpp).
CREATE TABLE images.files (
    sha256          text PRIMARY KEY CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    size            bigint NOT NULL,
    reference_count bigint NOT NULL CHECK (reference_count >= 0),
    created_at      timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX files_unreferenced ON images.files (sha256) WHERE reference_count = 0;

CREATE TABLE images.uploads (
    id         text PRIMARY KEY,
    user_id    text NOT NULL,
    filename   text NOT NULL,
    file_size  bigint NOT NULL,
    mime_type  text NOT NULL,
    -- After EXIF orientation.
    width      integer NOT NULL,
    height     integer NOT NULL,
    frames     integer NOT NULL,
    has_alpha  boolean NOT NULL,
    sha256     text NOT NULL REFERENCES images.files (sha256),
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX uploads_by_user ON images.uploads (user_id, created_at DESC, id DESC);
CREATE INDEX uploads_by_time ON images.uploads (created_at DESC, id DESC);

CREATE TABLE images.jobs (
    id                  text PRIMARY KEY,
    upload_id           text NOT NULL REFERENCES images.uploads (id),
    user_id             text NOT NULL,
    source_sha256       text NOT NULL,
    transformation_type text NOT NULL,
    -- Canonical: equal requests have equal texts.
    recipe              text NOT NULL,
    is_pipeline         boolean NOT NULL,
    status              text NOT NULL CHECK (status IN ('queued', 'processing', 'completed', 'failed', 'cancelled')),
    progress            integer NOT NULL DEFAULT 0 CHECK (progress BETWEEN 0 AND 100),
    -- Fences: an attempt that lost its lease can change nothing any more.
    attempts            integer NOT NULL DEFAULT 0,
    crashes             integer NOT NULL DEFAULT 0,
    available_at        timestamptz NOT NULL DEFAULT now(),
    lease_owner         text,
    lease_until         timestamptz,
    error_code          text,
    error               text,
    engine              text,
    result_sha256       text REFERENCES images.files (sha256),
    result_size         bigint,
    result_mime_type    text,
    result_width        integer,
    result_height       integer,
    correlation_id      text NOT NULL,
    created_at          timestamptz NOT NULL DEFAULT now(),
    started_at          timestamptz,
    finished_at         timestamptz,
    CONSTRAINT jobs_completed_has_result CHECK (status <> 'completed' OR (result_sha256 IS NOT NULL AND progress = 100)),
    CONSTRAINT jobs_lease CHECK ((status = 'processing') = (lease_owner IS NOT NULL AND lease_until IS NOT NULL))
);
CREATE INDEX jobs_by_upload ON images.jobs (upload_id, created_at DESC, id DESC);
CREATE INDEX jobs_by_user ON images.jobs (user_id);
CREATE INDEX jobs_queued ON images.jobs (available_at, created_at) WHERE status = 'queued';
CREATE INDEX jobs_leased ON images.jobs (lease_until) WHERE status = 'processing';
-- A result is made once: same pixels, same recipe, same engine.
CREATE INDEX jobs_reusable ON images.jobs (source_sha256, md5(recipe), engine) WHERE status = 'completed';

-- Wakes workers at commit: there is a job to take, or one of theirs was called off.
CREATE FUNCTION images.notify_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('images.jobs', '');
    RETURN NULL;
END
$$;
CREATE TRIGGER queued_job_wakes_workers AFTER INSERT ON images.jobs
    FOR EACH ROW WHEN (NEW.status = 'queued') EXECUTE FUNCTION images.notify_jobs();
CREATE TRIGGER changed_job_wakes_workers AFTER UPDATE OF status ON images.jobs
    FOR EACH ROW WHEN (NEW.status IN ('queued', 'cancelled')) EXECUTE FUNCTION images.notify_jobs();
CREATE TRIGGER deleted_job_wakes_workers AFTER DELETE ON images.jobs
    FOR EACH ROW WHEN (OLD.status = 'processing') EXECUTE FUNCTION images.notify_jobs();
